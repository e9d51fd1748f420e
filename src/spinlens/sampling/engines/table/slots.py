"""The bonds of each site side by side: who the neighbours are and by which matrix each is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Weights:
    """What the probability of a configuration is made of: ln p = (sum over bonds + sum over sites) / T + constant.

    Attributes
    ----------
    first, second : ndarray, int64 (B,)
        The two ends of each bond.
    which : ndarray, int64 (B,)
        The matrix of each bond.
    matrices : ndarray, float64 (M, q, q)
        Minus the energy of a bond; the row is the code of its first end, the column that of its second.
    kind : ndarray, int64 (N,)
        The row of ``site_weights`` of each site.
    site_weights : ndarray, float64 (V, q)
        Minus the energy of a site.
    """

    first: Integers
    second: Integers
    which: Integers
    matrices: Array
    kind: Integers
    site_weights: Array

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return len(self.kind)

    @property
    def states(self) -> int:
        """Number of codes q."""
        return int(self.site_weights.shape[1])


@dataclass(frozen=True, eq=False)
class Slots:
    """For each site its neighbours, in up to z slots; those with the same matrix are side by side, empty ones last.

    Attributes
    ----------
    neighbour : ndarray, int32 (N, z)
        The site, or -1.
    which : ndarray, int32 (N, z)
        Its matrix among ``rows``, or -1.
    rows : ndarray, float64 (D, q, q)
        ``rows[which, code of the neighbour]`` are the weights of the site's own codes.
    """

    neighbour: NDArray[np.int32]
    which: NDArray[np.int32]
    rows: Array


def directed_slots(weights: Weights) -> Slots:
    """Return the slots of bonds between different sites; seen from a bond's first end its matrix is transposed."""
    assert not np.any(weights.first == weights.second)
    matrices = np.ascontiguousarray(weights.matrices, dtype=np.float64)
    lopsided = np.array([not np.array_equal(matrix, matrix.T) for matrix in matrices], dtype=bool)
    turned = np.where(lopsided, len(matrices) + np.cumsum(lopsided) - 1, np.arange(len(matrices)))
    rows = np.concatenate([matrices, matrices[lopsided].transpose(0, 2, 1)])
    site = np.concatenate([weights.second, weights.first])
    other = np.concatenate([weights.first, weights.second])
    which = np.concatenate([weights.which, turned[weights.which]]) if len(matrices) else np.zeros(0, dtype=np.int64)
    order = np.lexsort((other, which, site))
    site, other, which = site[order], other[order], which[order]
    degree = np.bincount(site, minlength=weights.sites)
    place = np.arange(len(site)) - np.repeat(np.cumsum(degree) - degree, degree)
    shape = weights.sites, max(1, int(degree.max(initial=0)))
    neighbour, matrix = np.full(shape, -1, dtype=np.int32), np.full(shape, -1, dtype=np.int32)
    neighbour[site, place], matrix[site, place] = other, which
    return Slots(neighbour, matrix, np.ascontiguousarray(rows))
