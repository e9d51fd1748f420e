"""Bins of the sum that a scan moves along: one for each value, or for values that are near each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_BINS = 1 << 12
"""Bins of the conjugate sum; more different values than that share bins."""

FINEST = 2.0**-20
"""Values of the conjugate sum that are closer than this differ by rounding alone."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Values of the conjugate sum, each with its bin.

    Attributes
    ----------
    keys : ndarray, int64 (bin,)
        Ascending whole multiples of `width`.
    width : float
        Values that round to the same multiple share a bin.
    values : ndarray, float64 (bin,)
        The mean value of each.
    centre : float
        Where `apart` is measured from.
    """

    keys: NDArray[np.int64]
    width: float
    values: Array
    centre: float

    @property
    def apart(self) -> Array:
        """Values less the centre."""
        return self.values - self.centre

    def of(self, x: Array) -> NDArray[np.int64]:
        """Return the bin of each value."""
        return np.searchsorted(self.keys, np.rint(x / self.width).astype(np.int64))


def bins_of(conjugate: Sequence[Array]) -> Bins:
    """Give each value its bin; where there are too many, those that are near each other share one.

    A bin of width w makes weights wrong by (w (b - b'))^2 / 24 of them, b' being the nearest simulated condition: some
    1e-5 at 2^12 bins.
    """
    width = FINEST
    low, high = min(float(x.min()) for x in conjugate), max(float(x.max()) for x in conjugate)
    keys = _keys(conjugate, width)
    if len(keys) > MOST_BINS:
        width = (high - low) / MOST_BINS
        keys = _keys(conjugate, width)
    sums, counts = np.zeros(len(keys)), np.zeros(len(keys))
    for x in conjugate:
        place = np.searchsorted(keys, np.rint(x / width).astype(np.int64)).reshape(-1)
        sums += np.bincount(place, weights=x.reshape(-1), minlength=len(keys))
        counts += np.bincount(place, minlength=len(keys))
    return Bins(keys, width, sums / counts, 0.5 * (low + high))


def _keys(conjugate: Sequence[Array], width: float) -> NDArray[np.int64]:
    found = [np.unique(np.rint(x / width).astype(np.int64)) for x in conjugate]
    return np.unique(np.concatenate(found))
