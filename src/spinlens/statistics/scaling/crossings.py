"""Where the curves of two sizes cross, how steeply, and what other observables do there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.curves import Curve, Interpolant, interpolant, located
from spinlens.statistics.scaling.resamples import Layout, Resamples, stacked
from spinlens.statistics.scaling.scan import Curves

Array = NDArray[np.float64]

GRID = 97
"""Points at which curves are looked at first."""

FEWEST_SIGMAS = 3.0
"""By how many standard errors two curves must differ on either side of a crossing."""


@dataclass(frozen=True)
class Crossing:
    """Where two sizes agree.

    Attributes
    ----------
    sizes : tuple of int
        L and L'.
    place : Estimate
        The value of the control.
    height : Estimate
        The common value of the observable.
    inverse_nu : Estimate
        ln(slope' / slope) / ln(L' / L): 1 / nu of a quantity without a dimension, but for corrections.
    """

    sizes: tuple[int, int]
    place: Estimate
    height: Estimate
    inverse_nu: Estimate

    def __str__(self) -> str:
        """Return one line."""
        first, second = self.sizes
        return f"L = {first}, {second}: at {self.place}, height {self.height}, 1/nu {self.inverse_nu}"


@dataclass(frozen=True, eq=False)
class Crossings(Sequence[Crossing]):
    """The crossings of several pairs of sizes.

    Attributes
    ----------
    name : str
        The observable.
    pairs : tuple of tuple of int
        Positions of the sizes of each pair among those of the study.
    lengths : ndarray, float64 (pair, 2)
        L and L' of each.
    places, heights, inverse_nus : Resamples
        Of the pairs, with their covariance.
    """

    name: str
    pairs: tuple[tuple[int, int], ...]
    lengths: Array
    places: Resamples
    heights: Resamples
    inverse_nus: Resamples
    windows: tuple[tuple[float, float], ...] = field(repr=False)

    def __getitem__(self, which: int) -> Crossing:  # type: ignore[override]
        parts = (each.estimates[which] for each in (self.places, self.heights, self.inverse_nus))
        return Crossing((int(self.lengths[which][0]), int(self.lengths[which][1])), *parts)

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Crossing]:
        return (self[which] for which in range(len(self)))

    def __str__(self) -> str:
        """Return a line a pair."""
        return "\n".join([f"crossings of the {self.name.replace('_', ' ')}", *map(str, self)])


@dataclass(frozen=True)
class Quotient:
    """How an observable grows from one size to another where a third quantity crosses.

    Attributes
    ----------
    sizes : tuple of int
        L and L'.
    ratio : Estimate
        A(L') / A(L).
    exponent : Estimate
        ln ratio / ln(L' / L): A grows with this power of L, but for corrections.
    """

    sizes: tuple[int, int]
    ratio: Estimate
    exponent: Estimate

    def __str__(self) -> str:
        """Return one line."""
        return f"L = {self.sizes[0]}, {self.sizes[1]}: ratio {self.ratio}, exponent {self.exponent}"


@dataclass(frozen=True, eq=False)
class Quotients(Sequence[Quotient]):
    """Quotients of several pairs of sizes.

    Attributes
    ----------
    name : str
        The observable.
    lengths : ndarray, float64 (pair, 2)
        L and L' of each.
    ratios, exponents : Resamples
        Of the pairs, with their covariance.

    References
    ----------
    M. P. Nightingale, Physica A 83, 561 (1976), doi:10.1016/0378-4371(75)90021-7; H. G. Ballesteros et al., Phys. Lett.
    B 378, 207 (1996), doi:10.1016/0370-2693(96)00358-9.
    """

    name: str
    lengths: Array
    ratios: Resamples
    exponents: Resamples

    def __getitem__(self, which: int) -> Quotient:  # type: ignore[override]
        pair = (int(self.lengths[which][0]), int(self.lengths[which][1]))
        return Quotient(pair, self.ratios.estimates[which], self.exponents.estimates[which])

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[Quotient]:
        return (self[which] for which in range(len(self)))

    def __str__(self) -> str:
        """Return a line a pair."""
        return "\n".join([f"quotients of the {self.name.replace('_', ' ')}", *map(str, self)])


def find_crossings(
    scans: Sequence[Curves], layout: Layout, name: str, pairs: Sequence[tuple[int, int]], between: tuple[float, float]
) -> Crossings:
    """Find the crossings of pairs of sizes, by their positions, within a range of the control."""
    rows: list[tuple[Array, Array, Array]] = []
    windows, lengths = [], []
    for first, second in pairs:
        place, curves = _cross(scans, layout, name, (first, second), between)
        slopes = [curve.slope(place) for curve in curves]
        length = scans[first].length, scans[second].length
        with np.errstate(invalid="ignore"):
            inverse_nu = np.log(slopes[1] / slopes[0]) / np.log(length[1] / length[0])
        rows.append((place, curves[0](place), inverse_nu))
        windows.append((curves[0].low, curves[0].high))
        lengths.append(length)
    places, heights, inverse_nus = (stacked(layout, [row[k] for row in rows]) for k in range(3))
    return Crossings(
        name, tuple(pairs), np.array(lengths, dtype=np.float64), places, heights, inverse_nus, tuple(windows)
    )  # fmt: skip


def find_quotients(scans: Sequence[Curves], layout: Layout, name: str, crossings: Crossings) -> Quotients:
    """Compare an observable of the two sizes of each pair where their curves of another one cross."""
    ratios, exponents = [], []
    for pair, window, place, lengths in zip(
        crossings.pairs, crossings.windows, crossings.places.samples, crossings.lengths, strict=True
    ):
        low, high = (interpolant(curve_of(scans, layout, name, size), *window)(place) for size in pair)
        ratio = high / low
        ratios.append(ratio)
        with np.errstate(invalid="ignore", divide="ignore"):
            exponents.append(np.log(ratio) / np.log(lengths[1] / lengths[0]))
    return Quotients(name, crossings.lengths, stacked(layout, ratios), stacked(layout, exponents))


def curve_of(scans: Sequence[Curves], layout: Layout, name: str, size: int) -> Curve:
    """Return the curves of one size, (n, samples) at (n,)."""
    return lambda values: layout.spread(size, scans[size].curves(values)[name])


def _cross(
    scans: Sequence[Curves], layout: Layout, name: str, pair: tuple[int, int], between: tuple[float, float]
) -> tuple[Array, list[Interpolant]]:
    """Return the place of a crossing in every sample, and the curves of both sizes near it."""
    first, second = (curve_of(scans, layout, name, size) for size in pair)
    sizes = [scans[size] for size in pair]
    low, high = max(between[0], *(s.low for s in sizes)), min(between[1], *(s.high for s in sizes))
    lengths = " and ".join(str(s.length) for s in sizes)
    if not low < high:
        raise InputError(
            "sizes", lengths, f"share no range of the {sizes[0].control}", "Simulate them at the same ones"
        )
    grid = np.linspace(low, high, GRID)
    larger = second(grid)
    apart = Resamples(layout, larger - first(grid))
    start = _change_of_sign(grid, apart)
    if start is None:
        raise _missing(grid, apart, larger[:, 0], f"crossing of {name}", lengths, sizes[0].control)
    found = located(
        lambda values: second(values) - first(values), start, width=2 * (grid[1] - grid[0]), low=low, high=high
    )  # fmt: skip
    if found is None:
        raise InputError(
            f"crossing of {name}", f"L = {lengths}", f"leaves {low:g} to {high:g} where some chains are left out",
            "Simulate longer, or a wider range",
        )  # fmt: skip
    difference, place = found
    return place, [interpolant(curve, difference.low, difference.high) for curve in (first, second)]


def _change_of_sign(grid: Array, apart: Resamples) -> float | None:
    """Return where a difference changes its sign between two ranges in which it is not zero beyond doubt.

    Far away from a transition both sizes agree within their errors, and their difference changes its sign at random.
    """
    difference = apart.samples[:, 0]
    sigmas = np.abs(difference) / np.maximum(apart.errors, 1e-300)
    changes = np.flatnonzero(np.sign(difference[1:]) != np.sign(difference[:-1]))
    edges = [0, *(changes + 1), len(grid)]
    most = [float(sigmas[first:last].max()) for first, last in pairwise(edges)]
    strength = [min(pair) for pair in pairwise(most)]
    if not strength or max(strength) < FEWEST_SIGMAS:
        return None
    k = int(changes[int(np.argmax(strength))])
    share = difference[k] / (difference[k] - difference[k + 1])
    return float(grid[k] + share * (grid[k + 1] - grid[k]))


def _missing(grid: Array, apart: Resamples, larger: Array, what: str, lengths: str, control: str) -> InputError:
    """Return the error that says where a crossing must lie.

    The difference of two curves over the slope of one is how far they are shifted against each other, which shrinks
    towards a transition from both sides; the difference alone also vanishes far away from it.
    """
    why, do = "agree within their errors everywhere", "Simulate longer"
    difference, slope = np.abs(apart.samples[:, 0]), np.abs(np.gradient(larger, grid))
    if np.any(difference > FEWEST_SIGMAS * apart.errors):
        tenth = max(2, len(grid) // 10)
        shift = [difference[part].mean() / slope[part].mean() for part in (slice(tenth), slice(-tenth, None))]
        way = "lower" if shift[0] < shift[1] else "higher"
        why, do = f"come nearer to each other towards {way} {control}", f"Look, or simulate, at {way} {control}"
    return InputError(what, f"none between {grid[0]:g} and {grid[-1]:g}", f"the curves of L = {lengths} {why}", do)
