"""Telling neighbouring conditions apart: how well that can be done is the Fisher information."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from spinlens.learning.observing.objective import Loss
from spinlens.learning.observing.observer import Observer
from spinlens.statistics import Configurations, Indicator
from spinlens.statistics.indicator import indicator_of


class Neighbours(Observer):
    """A network with an output for each pair of neighbouring values: the log odds that a draw is of the higher one.

    Only draws of the pair teach an output. See `Observer` for the parameters.

    Notes
    -----
    ln 2 less the cross-entropy on draws that were not trained on is, in expectation, at most the Jensen-Shannon
    divergence of the two distributions, which is F step^2 / 8 for small steps: so the indicator is a lower bound of the
    Fisher information F, and reaches it where the network knows the likelihood. On the draws of its training it is
    no bound.

    References
    ----------
    J. Arnold, F. Holtorf, F. Schaefer, N. Loerch, Phys. Rev. Research 5, 033195 (2023),
    doi:10.1103/PhysRevResearch.5.033195.
    """

    def transform(self, X: Configurations) -> np.ndarray:
        """Return the mean log odds of the pairs at each draw, float64 (C, chain, draw)."""
        return np.asarray(self.outputs(X).mean(axis=-1))

    def indicator(self, configurations: Configurations) -> Indicator:
        """Return the estimate of the Fisher information of each pair, (C - 1,): 8 (ln 2 - cross-entropy) / step^2."""
        self._check_values(configurations)
        odds, at = self.outputs(configurations), configurations.values
        pair = np.arange(len(at) - 1)
        # Log likelihood of the right answer where the draw is of the lower value, and of the higher one.
        low = -np.logaddexp(0.0, odds[pair, :, :, pair])
        high = -np.logaddexp(0.0, -odds[pair + 1, :, :, pair])
        step = np.diff(at)

        def estimate(means: np.ndarray) -> np.ndarray:
            return np.asarray(8.0 * (np.log(2.0) + 0.5 * (means[0] + means[1])) / step**2)

        return indicator_of(
            "information of neighbours", configurations.control, 0.5 * (at[1:] + at[:-1]), [np.stack([low, high])],
            estimate,
        )  # fmt: skip

    def _outputs(self, conditions: int) -> int:
        return conditions - 1

    def _loss_of(self, values: np.ndarray) -> Loss:
        pairs = len(values) - 1

        def loss(outputs: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
            row = torch.arange(len(outputs), device=outputs.device)
            below, above = condition.clamp(max=pairs - 1), (condition - 1).clamp(min=0)
            plus = nn.functional.softplus(outputs[row, below]) * (condition < pairs)
            minus = nn.functional.softplus(-outputs[row, above]) * (condition > 0)
            return (plus + minus).mean()

        return loss
