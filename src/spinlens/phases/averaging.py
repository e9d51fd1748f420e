"""One average of several readings of the same recordings: what each says of a place, weighted with its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POWER = -3.0
"""Of the errors, as weights: with inverse squares every reading adds the same to the average of the squared errors, so
that those that know next to nothing widen it; with inverse fourth powers the most confident one would be alone with its
bias."""


@dataclass(frozen=True, eq=False)
class Average:
    """The mean of several readings, and what its error is made of.

    They come from the same recordings: nothing is gained by there being several, so a part of the error is that of one
    of them, on average, and how far they are apart belongs to it.

    Attributes
    ----------
    values : ndarray, float64 (n,)
        What was read.
    weights : ndarray, float64 (n,)
        Shares of 1.
    """

    values: Array
    weights: Array

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float(self.weights @ self.values)

    def part(self, errors: Sequence[float] | Array) -> float:
        """Return a part of the error that each reading has of its own, (n,)."""
        return float(np.sqrt(self.weights @ np.asarray(errors) ** 2))

    def spread(self, errors: Sequence[float] | Array) -> float:
        """Return such a part together with how far the readings are apart."""
        return float(np.sqrt(self.weights @ (np.asarray(errors) ** 2 + (self.values - self.mean) ** 2)))


def average(
    values: Sequence[float], errors: Sequence[float] | Array, *, shares: Sequence[float] | None = None
) -> Average:
    """Average readings of one place.

    Parameters
    ----------
    values, errors : sequence of float, (n,)
        Of each.
    shares : sequence of float, optional
        Weights; by default the inverse cubes of the errors.
    """
    weight = np.asarray(errors, dtype=np.float64) ** POWER if shares is None else np.array(shares, dtype=np.float64)
    return Average(np.array(values, dtype=np.float64), weight / weight.sum())
