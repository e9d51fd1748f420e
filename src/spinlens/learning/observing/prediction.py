"""Prediction of the control: where the mean prediction changes fastest, configurations change fastest."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from spinlens.learning.observing.objective import Loss
from spinlens.learning.observing.observer import Observer
from spinlens.statistics import Configurations, Indicator, information
from spinlens.statistics.indicator import indicator_of


class Prediction(Observer):
    """A network that predicts the control by least squares; see `Observer` for its parameters.

    References
    ----------
    F. Schaefer, N. Loerch, Phys. Rev. E 99, 062107 (2019), doi:10.1103/PhysRevE.99.062107.
    """

    def transform(self, X: Configurations) -> np.ndarray:
        """Return the prediction of every draw, float64 (C, chain, draw), in units of the control."""
        found = self.outputs(X)[..., 0]
        return np.asarray(self.values_.mean() + self.values_.std() * found)

    def indicator(self, configurations: Configurations) -> Indicator:
        """Return the divergence of the mean prediction, (C - 1,): its slope over the control."""
        at = configurations.values
        return indicator_of(
            "slope of the mean prediction", configurations.control, 0.5 * (at[1:] + at[:-1]),
            [self.transform(configurations)], lambda mean: np.diff(mean) / np.diff(at),
        )  # fmt: skip

    def information(self, configurations: Configurations) -> Indicator:
        """Return what the prediction tells of the control, (C - 1,); see `spinlens.statistics.information`."""
        numbers = [self.transform(configurations)]
        return information("information of the prediction", configurations.control, configurations.values, numbers)

    def _outputs(self, conditions: int) -> int:  # noqa: ARG002
        return 1

    def _loss_of(self, values: np.ndarray) -> Loss:
        targets = torch.from_numpy(((values - values.mean()) / values.std()).astype(np.float32))

        def loss(outputs: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
            return nn.functional.mse_loss(outputs[:, 0], targets.to(outputs.device)[condition])

        return loss
