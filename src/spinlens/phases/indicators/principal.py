"""The directions in which configurations differ most, by sublattices of a unit cell: order of any wave vector in it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from spinlens.errors import InputError
from spinlens.statistics import Configurations

Array = NDArray[np.float64]

MOST_COUNTED = 64
"""Codes that are counted one by one."""

LEAST_SHARE = 1e-6
"""Smaller eigenvalues, relative to the largest, are those of statistics that sum to a constant."""


class PrincipalOrder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Principal components of the statistics of sites, averaged over each sublattice of a unit cell.

    Parameters
    ----------
    cell : int
        Sites of the unit cell along every axis: 2 sees uniform, staggered and striped order, wave vectors whose
        components are 0 or pi.
    components : int, optional
        How many are kept; by default those before the largest gap: one of spins, q - 1 of q colours.

    Attributes
    ----------
    origin_ : ndarray, float64 (features,)
        Where order is measured from: the mean where configurations differ least.
    directions_ : ndarray, float64 (d, features)
        Orthonormal rows.
    variances_ : ndarray, float64 (features,)
        Mean square along each direction, in falling order.

    Notes
    -----
    Configurations of a lattice without a defect are as likely as their translations, so that the principal components
    of sites are plane waves: averages over sublattices hold all those that fit into the cell and, unlike sites, are
    the same for every size. Mean squares are taken from an origin rather than from the mean of all, because below a
    transition the mean over some tens of chains is not that of all phases.

    References
    ----------
    L. Wang, Phys. Rev. B 94, 195105 (2016), doi:10.1103/PhysRevB.94.195105.
    """

    def __init__(self, cell: int = 2, *, components: int | None = None) -> None:
        self.cell, self.components = cell, components

    def fit(self, X: Configurations, y: Any = None) -> Self:  # noqa: ARG002
        """Find the directions.

        Raises
        ------
        InputError
            If a side is shorter than the cell, or nothing varies.
        """
        features = self._features(X)
        rows = features.reshape(len(features), -1, features.shape[-1])
        self.origin_ = rows[int(rows.var(axis=1).sum(axis=-1).argmin())].mean(axis=0)
        apart = (rows - self.origin_).reshape(-1, rows.shape[-1])
        variances, directions = np.linalg.eigh(apart.T @ apart / len(apart))
        variances, directions = variances[::-1], directions[:, ::-1].T
        if not variances[0] > 0:
            raise InputError("configurations", "all alike", "hold nothing that varies")
        seen = max(1, int((variances > LEAST_SHARE * variances[0]).sum()))
        gap = int(np.argmax(variances[: seen - 1] / variances[1:seen])) + 1 if seen > 1 else 1
        # Each direction's largest entry is positive, so that the same configurations always give the same signs.
        largest = np.abs(directions).argmax(axis=1)
        directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
        self.variances_, self.directions_ = variances, directions[: self.components or gap]
        return self

    def transform(self, X: Configurations) -> Array:
        """Return the order of every draw, per site, float64 (C, chain, draw), with an axis d more of several."""
        found = (self._features(X) - self.origin_) @ self.directions_.T / np.sqrt(self.cell**X.dimensions)
        return np.asarray(found[..., 0] if found.shape[-1] == 1 else found)

    def _features(self, configurations: Configurations) -> Array:
        """Return mean statistics of each sublattice, float64 (C, chain, draw, features)."""
        if not 1 <= self.cell <= min(configurations.shape):
            raise InputError("cell", self.cell, f"must be from 1 to {min(configurations.shape)}, the shortest side")
        states = configurations.space.states
        table = configurations.space.statistics(np.arange(states))
        if table.shape[1] >= states - 1:
            # These say which value stands there, as its indicator does: with that, exchanging values is a rotation.
            table = np.eye(states)
        codes, parts = configurations.codes, []
        for corner in np.ndindex(*(self.cell,) * configurations.dimensions):
            place: tuple[Any, ...] = (Ellipsis, *(slice(start, None, self.cell) for start in corner))
            here = codes[place]
            flat = here.reshape(*here.shape[:3], -1)
            parts.append(_means(flat, table))
        return np.concatenate(parts, axis=-1)


def _means(codes: NDArray[Any], table: Array) -> Array:
    """Return mean rows of a table (q, d) by codes (C, chain, draw, site), float64 (C, chain, draw, d)."""
    if len(table) > MOST_COUNTED:
        return np.array([[table[chain].mean(axis=-2) for chain in condition] for condition in codes])
    # Counting codes takes a fraction of the memory of looking up statistics site by site.
    shares = np.stack([(codes == code).mean(axis=-1) for code in range(len(table))], axis=-1)
    return np.asarray(shares @ table)
