"""Where a curve has its peak, and how high."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.curves import located
from spinlens.statistics.scaling.resamples import Layout, Resamples, stacked
from spinlens.statistics.scaling.scan import Curves

Array = NDArray[np.float64]

GRID = 193
"""Points at which a curve is looked at first."""


@dataclass(frozen=True)
class Peak:
    """The peak of one size.

    Attributes
    ----------
    size : int
        L.
    place : Estimate
        The value of the control.
    height : Estimate
        The observable there.
    """

    size: int
    place: Estimate
    height: Estimate

    def __str__(self) -> str:
        """Return one line."""
        return f"L = {self.size}: at {self.place}, height {self.height}"


@dataclass(frozen=True, eq=False)
class Peaks(Sequence[Peak]):
    """The peaks of all sizes.

    Attributes
    ----------
    name : str
        The observable.
    lengths : ndarray, float64 (size,)
        L of each.
    places, heights : Resamples
        Of all sizes.
    """

    name: str
    lengths: Array
    places: Resamples
    heights: Resamples

    def __getitem__(self, which: int) -> Peak:  # type: ignore[override]
        return Peak(int(self.lengths[which]), self.places.estimates[which], self.heights.estimates[which])

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Peak]:
        return (self[which] for which in range(len(self)))

    @property
    def exponents(self) -> Resamples:
        """ln(height' / height) / ln(L' / L) of each two successive sizes: the power of L that the heights grow with."""
        with np.errstate(invalid="ignore", divide="ignore"):
            grown = np.diff(np.log(np.abs(self.heights.samples)), axis=0) / np.diff(np.log(self.lengths))[:, None]
        return Resamples(self.heights.layout, grown)

    def __str__(self) -> str:
        """Return a line a size."""
        return "\n".join([f"peaks of the {self.name.replace('_', ' ')}", *map(str, self)])


def find_peaks(
    scans: Sequence[Curves], layout: Layout, name: str, between: tuple[float, float], *, minimum: bool = False
) -> Peaks:
    """Find the peak of every size within a range of the control."""
    places: list[Array] = []
    heights: list[Array] = []
    sign = -1.0 if minimum else 1.0
    for scan in scans:
        low, high = max(between[0], scan.low), min(between[1], scan.high)
        if not low < high:
            raise InputError("between", between, f"has nothing of what L = {scan.length} was simulated at")
        grid = np.linspace(low, high, GRID)
        rough = sign * scan.curves(grid)[name][:, 0]
        k = int(np.argmax(rough))
        word = "falls" if minimum else "rises"
        if k in (0, GRID - 1):
            way = "lower" if k == 0 else "higher"
            raise InputError(
                f"peak of {name}", f"none between {low:g} and {high:g}",
                f"that of L = {scan.length} still {word} at the edge", f"Look, or simulate, at {way} {scan.control}",
            )  # fmt: skip
        found = located(
            lambda values, scan=scan: scan.curves(values)[name],  # type: ignore[misc]
            float(grid[k]), width=2 * (grid[1] - grid[0]), low=low, high=high, extremum=True,
        )  # fmt: skip
        if found is None:
            raise InputError(
                f"peak of {name}", f"L = {scan.length}", f"leaves {low:g} to {high:g} where some chains are left out",
                "Simulate longer, or a wider range",
            )  # fmt: skip
        curve, place = found
        heights.append(layout.spread(len(places), curve(place)))
        places.append(layout.spread(len(places), place))
    lengths = np.array([scan.length for scan in scans], dtype=np.float64)
    return Peaks(name, lengths, stacked(layout, places), stacked(layout, heights))
