"""Numbers that depend on several independent sizes, with what they are without each group of chains of each size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.statistics.estimate import Estimate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Layout:
    """Where the samples of each size stand in a row: first everything, then each size without each of its groups.

    Parameters
    ----------
    groups : tuple of int
        Groups of chains of each size.

    Notes
    -----
    The sizes were simulated independently, so that the variance of a function of all of them is the sum over sizes of
    the jackknife's variances. A jackknife rather than a bootstrap: what is wanted are smooth functions of averages, for
    which the two agree; the free energies without a group are solved once and serve every later question, where
    a bootstrap would solve hundreds of times or leave their uncertainty out; and nothing is drawn, so that the same
    recordings always give the same error.

    References
    ----------
    B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), doi:10.1137/1.9781611970319.
    """

    groups: tuple[int, ...]

    @property
    def samples(self) -> int:
        """Length of a row."""
        return 1 + sum(self.groups)

    def blocks(self) -> Iterator[slice]:
        """Yield the places of each size's groups."""
        first = 1
        for count in self.groups:
            yield slice(first, first + count)
            first += count

    def spread(self, size: int, values: Array) -> Array:
        """Return (..., samples) from (..., 1 + G) of one size, which stays whole where another one is resampled."""
        found = np.repeat(values[..., :1], self.samples, axis=-1)
        found[..., list(self.blocks())[size]] = values[..., 1:]
        return found

    def places(self, size: int) -> NDArray[np.int64]:
        """Return where in (1 + G) of one size each sample of a row is found; the inverse of `spread`."""
        found = np.zeros(self.samples, dtype=np.int64)
        found[list(self.blocks())[size]] = 1 + np.arange(self.groups[size])
        return found


@dataclass(frozen=True, eq=False)
class Resamples:
    """Values with their jackknife samples.

    Parameters
    ----------
    layout : Layout
        Which sample leaves out what.
    samples : ndarray, float64 (n, samples)
        First those of all recordings, then those without each group of each size.
    """

    layout: Layout
    samples: Array

    @property
    def values(self) -> Array:
        """The values (n,), their bias of first order in the number of groups taken out."""
        found = self.samples[:, 0].copy()
        for count, part in self._shifts():
            found -= (count - 1) * part.mean(axis=1)
        return found

    @property
    def covariance(self) -> Array:
        """Covariance of the values, float64 (n, n): of temperatures, observables and pairs that share a size."""
        found = np.zeros((len(self.samples), len(self.samples)))
        for count, part in self._shifts():
            apart = part - part.mean(axis=1, keepdims=True)
            found += (count - 1) / count * apart @ apart.T
        return found

    @property
    def errors(self) -> Array:
        """Standard errors (n,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)), dtype=np.float64)

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Each value with its standard error."""
        return tuple(Estimate(v, e) for v, e in zip(self.values, self.errors, strict=True))

    def _shifts(self) -> Iterator[tuple[int, Array]]:
        """Yield the groups of each size and by how much each value moves without them, (n, G)."""
        for count, block in zip(self.layout.groups, self.layout.blocks(), strict=True):
            # Measured from the whole, so that a constant stays what it is to the last digit.
            yield count, self.samples[:, block] - self.samples[:, :1]


def stacked(layout: Layout, rows: Sequence[Array]) -> Resamples:
    """Return the resamples of several numbers, each (samples,)."""
    return Resamples(layout, np.array(rows, dtype=np.float64).reshape(len(rows), layout.samples))
