"""Learning by confusion, all cuts of the control at once: where two labels are told apart best, two phases meet."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from spinlens.learning.observing.objective import Loss
from spinlens.learning.observing.observer import Observer
from spinlens.statistics import Configurations, Indicator
from spinlens.statistics.indicator import indicator_of


class Confusion(Observer):
    """A network that says, for every cut between neighbouring values, on which side of it a draw was taken.

    One network with an output a cut learns all of them together. See `Observer` for its parameters.

    References
    ----------
    E. van Nieuwenburg, Y.-H. Liu, S. Huber, Nature Phys. 13, 435 (2017), doi:10.1038/nphys4037; J. Arnold, F. Schaefer,
    N. Loerch, arXiv:2311.09128.
    """

    def transform(self, X: Configurations) -> np.ndarray:
        """Return the expected number of cuts below each draw, float64 (C, chain, draw)."""
        return np.asarray((1.0 / (1.0 + np.exp(-self.outputs(X)))).sum(axis=-1))

    def indicator(self, configurations: Configurations) -> Indicator:
        """Return the share of draws that are put on the right side of each cut, (C - 1,).

        The ends say nothing: there nearly all draws are on one side, and a constant is nearly always right.
        """
        self._check_values(configurations)
        cuts = np.arange(len(configurations.values) - 1)
        right = (self.outputs(configurations) > 0) == (np.arange(len(cuts) + 1)[:, None, None, None] > cuts)
        at = configurations.values
        return indicator_of(
            "accuracy of each cut", configurations.control, 0.5 * (at[1:] + at[:-1]),
            [np.moveaxis(right, -1, 0).astype(np.float64)], lambda share: share.mean(axis=1),
        )  # fmt: skip

    def _outputs(self, conditions: int) -> int:
        return conditions - 1

    def _loss_of(self, values: np.ndarray) -> Loss:
        cuts = torch.arange(len(values) - 1)

        def loss(outputs: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
            above = (condition[:, None] > cuts.to(outputs.device)).float()
            return nn.functional.binary_cross_entropy_with_logits(outputs, above)

        return loss
