"""Order parameters: numbers or vectors that are linear in the recorded sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OrderParameter:
    """A vector of d components, per site: matrix . S / N + constant.

    Attributes
    ----------
    name : str
        What a physicist calls it, in snake case.
    series : tuple of str
        Names of the sums that it is made of.
    matrix : ndarray, float64 (d, len(series))
        What each sum adds to each component.
    constant : ndarray, float64 (d,)
        The components where all sums are zero.
    """

    name: str
    series: tuple[str, ...]
    matrix: Array
    constant: Array

    @property
    def components(self) -> int:
        """Number of components d."""
        return len(self.matrix)

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return the components for arrays of sums (...), float64 (..., d)."""
        stacked = np.stack([np.asarray(sums[name], dtype=np.float64) for name in self.series], axis=-1)
        return np.asarray(stacked / sites @ self.matrix.T + self.constant, dtype=np.float64)

    def size(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return the absolute value, or the Euclidean norm of several components, float64 (...)."""
        return np.asarray(np.linalg.norm(self.values(sums, sites), axis=-1))


def component(name: str, series: str, unit: float = 1.0) -> OrderParameter:
    """Return an order parameter of one component: one sum per site."""
    return OrderParameter(name, (series,), np.array([[unit]]), np.zeros(1))


def vector(name: str, components: int) -> OrderParameter:
    """Return an order parameter whose components are recorded per site, each as a sum of its own."""
    return OrderParameter(
        name, tuple(f"{name}_{k}" for k in range(components)), np.eye(components), np.zeros(components)
    )  # fmt: skip
