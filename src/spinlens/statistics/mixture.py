"""All recordings of several conditions as draws from one mixture, weighted so that they answer for other conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spinlens.statistics.free_energies import blocks, leave_one_out, responsibilities, solve
from spinlens.statistics.histogram import RowHistogram

Array = NDArray[np.float64]

KEPT = 1 << 25
"""Rows times groups whose numbers are kept between calls, 256 MiB; of more they are worked out anew, block by block."""

FEWEST_EFFECTIVE = 100.0
"""Recordings that must be left, in effect, after they were weighted."""

SMALLEST_SHARE = 0.01
"""The same as a share of the recordings of a condition. A histogram that ends before the wanted distribution does
puts nearly all weight on its last, rarely visited rows, which is what this notices."""


class Mixture:
    """Rows of sums from K conditions in G groups, with the free energies that weigh the conditions.

    Parameters
    ----------
    histogram : RowHistogram
        U rows, their counts.
    factors : ndarray, float64 (K, columns)
        By how much each column raises ln p at each condition.

    Attributes
    ----------
    free : ndarray, float64 (K,)
        f_k = -ln Z_k, with f_0 = 0.
    ratio : ndarray, float64 (K, G)
        N_k exp(f_k) without each group over the same with all, see `spinlens.statistics.free_energies.leave_one_out`.
    recordings : ndarray, float64 (K,)
        Recordings of each condition.
    counts : ndarray, float64 (U,)
        Recordings of each row.
    density : ndarray, float64 (U,)
        ln of the mixture's density at each row.
    """

    def __init__(self, histogram: RowHistogram, factors: Array) -> None:
        self.histogram, self._factors = histogram, factors
        self.recordings = histogram.recordings.sum(axis=1)
        self.counts = np.asarray(histogram.counts.sum(axis=0)).reshape(-1)
        means = -(factors @ histogram.means.T)
        self.free = solve(histogram, self.exponents, means)
        self.ratio = leave_one_out(histogram, self.exponents, self.free)
        self.density = np.empty(len(self.counts))
        for here in self._blocks():
            _, self.density[here] = responsibilities(self.free, self.recordings, self.exponents(here))
        self._rest: Array | None = None

    @property
    def groups(self) -> int:
        """Groups of chains, or of stretches of time, that errors rest on."""
        return int(self.ratio.shape[1])

    def exponents(self, here: slice) -> Array:
        """Return -ln p of some rows at each condition but for a constant, E / T, (condition, row)."""
        return -(self._factors @ self.histogram.rows[here].T)

    def log_z(self) -> tuple[Array, Array]:
        """Return ln Z_k - ln Z_0 of all conditions and its errors, each (K,)."""
        total = self.recordings[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.log(self.ratio * total / (total - self.histogram.recordings))
        shift = shift - shift[0]
        error = np.sqrt((self.groups - 1) / self.groups * ((shift - shift.mean(1, keepdims=True)) ** 2).sum(1))
        error = error if self.groups > 1 else np.full(len(self.free), np.nan)
        error[0] = 0.0
        return 0.0 - self.free, error

    def weight(self, factors: Array) -> tuple[Array, float]:
        """Return the weight of one recording of each row at a condition, (U,), and ln of what it was divided by."""
        log_weight = self.histogram.rows @ factors - self.density
        top = float(log_weight.max())
        return np.exp(log_weight - top), top

    @property
    def fewest(self) -> float:
        """Recordings that must count, in effect, at a condition for it to be answered."""
        return max(FEWEST_EFFECTIVE, SMALLEST_SHARE * float(self.recordings.mean()))

    def effective(self, weight: Array) -> float:
        """Return (sum of weights)^2 / (sum of their squares): how many recordings count."""
        return float((self.counts @ weight) ** 2 / (self.counts @ weight**2))

    def sums(self, weight: Array, values: Sequence[Array]) -> Array:
        """Return weighted sums over all recordings, and over those without each group, float64 (values, 1 + G).

        The weights without a group are those that the free energies without it give.
        """
        found = np.zeros((len(values), 1 + self.groups if self.groups > 1 else 1))
        for here in self._blocks():
            table = np.stack([numbers[here] for numbers in values])
            found[:, 0] += table @ (self.counts[here] * weight[here])
            if self.groups > 1:
                found[:, 1:] += (table * weight[here]) @ self._without(here)
        return found

    def _blocks(self) -> list[slice]:
        return list(blocks(len(self.counts), max(len(self.free), self.groups)))

    def _without(self, here: slice) -> Array:
        """Return what is left of counts without each group, over the change of the density, (row, group)."""
        if self._rest is None and len(self.counts) * self.groups <= KEPT:
            self._rest = np.concatenate([self._worked_out(part) for part in self._blocks()])
        return self._worked_out(here) if self._rest is None else self._rest[here]

    def change(self, here: slice) -> Array:
        """Return the density of the mixture without each group over the same with all of them, (row, group)."""
        share, _ = responsibilities(self.free, self.recordings, self.exponents(here))
        return np.asarray(share @ self.ratio, dtype=np.float64)

    def _worked_out(self, here: slice) -> Array:
        rest = self.counts[here, None] - self.histogram.counts[:, here].toarray().T
        return np.asarray(rest / self.change(here))
