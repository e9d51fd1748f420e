"""A critical phase told from a critical point: whether the growth of the susceptibility changes with size on each side.

Let kappa be the power of L with which the susceptibility grows. Near a critical point its distance from kappa at that
point is a function of (x - x_c) L^(1/nu), x being the control, so that d kappa / d ln L = (x - x_c) kappa' / nu on
either side. In a critical phase kappa moves with the control and not with the size: 1/nu of that side is zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.crossings import GRID, curve_of
from spinlens.statistics.scaling.curves import Interpolant, interpolant, roots
from spinlens.statistics.scaling.phase_ends import PhaseEnd
from spinlens.statistics.scaling.resamples import Layout, Resamples, stacked
from spinlens.statistics.scaling.scan import Curves

Array = NDArray[np.float64]

FEWEST_SIZES = 3
"""Whose susceptibilities tell a bend of ln chi over ln L."""

POINTS = 12
"""Values of the control at which each side is compared."""

SHARE = 0.5
"""Of the way from the given growth to full order, d: how far from it the growth still counts, on both sides."""

SIGMAS = 3.0
"""Standard errors by which the growth must move over a side, which says nothing otherwise."""


@dataclass(frozen=True)
class Stretch:
    """What the growth of the susceptibility does on both sides of where it has the power of an end of a critical phase.

    Attributes
    ----------
    end : PhaseEnd
        Whose power of L is asked for.
    place : Estimate or None
        The value of the control at which the sizes, taken together, grow with it; None where none in the window do.
    ordered, disordered : Estimate or None
        1/nu of the side on which the growth is larger, and smaller: zero in a critical phase. Where the window holds
        one side alone, distances are taken from its end, which makes 1/nu larger but not zero something else. None
        where the growth moves by no more than its errors.
    growth : tuple of float
        The largest and the smallest power in the window.

    References
    ----------
    J. M. Kosterlitz, J. Phys. C 7, 1046 (1974), doi:10.1088/0022-3719/7/6/005.
    """

    end: PhaseEnd
    place: Estimate | None
    ordered: Estimate | None
    disordered: Estimate | None
    growth: tuple[float, float]

    @property
    def phase(self) -> Estimate | None:
        """1/nu of the side that would be the critical phase."""
        return self.disordered if self.end.locked else self.ordered

    @property
    def beyond(self) -> Estimate | None:
        """1/nu of the other side."""
        return self.ordered if self.end.locked else self.disordered


@dataclass(frozen=True, eq=False)
class Growth:
    """Curves of kappa and of d kappa / d ln L over the control, in the middle of the sizes.

    Attributes
    ----------
    power, flow : Interpolant
        Both, (samples,) at a value of the control of each sample.
    """

    power: Interpolant
    flow: Interpolant


def find_stretch(scans: Sequence[Curves], layout: Layout, name: str, end: PhaseEnd) -> Stretch:
    """Compare the growth of an observable on both sides of where it has the power of an end of a critical phase.

    Raises
    ------
    InputError
        If there are fewer than three sizes, the observable is not positive, or they share no range.
    """
    growth = growth_of(scans, layout, name)
    low, high, power = growth.power.low, growth.power.high, end.growth
    grid = np.linspace(low, high, GRID)
    whole = np.array([float(growth.power(np.full(layout.samples, x))[0]) for x in grid])
    # The side of larger growth lies to the left, as low temperatures do, or to the right.
    rising = whole[-1] > whole[0]
    place = _place(growth.power, grid, whole, power)
    reach = SHARE * (scans[0].dimensions - power)
    sides: list[Estimate | None] = []
    for sign in (1.0, -1.0):
        left = (sign > 0) != rising
        edge = low if left else high
        if place is not None:
            start = place
        elif np.all(sign * (whole - power) > 0):
            start = np.full(layout.samples, high if left else low)
        else:
            sides.append(None)
            continue
        sides.append(_side(layout, growth, start, _reached(grid, whole, start[0], edge, power + sign * reach)))
    where = None if place is None else stacked(layout, [place]).estimates[0]
    return Stretch(end, where, sides[0], sides[1], (float(whole.max()), float(whole.min())))


def growth_of(scans: Sequence[Curves], layout: Layout, name: str) -> Growth:
    """Fit a parabola in ln L to the logarithms, with one set of weights for all values of the control.

    Raises
    ------
    InputError
        If there are fewer than three sizes, the observable is not positive, or they share no range.
    """
    if len(scans) < FEWEST_SIZES:
        raise InputError("sizes", len(scans), f"must be {FEWEST_SIZES} or more to tell a phase from a point")
    low, high = max(scan.low for scan in scans), min(scan.high for scan in scans)
    if not low < high:
        raise InputError("sizes", [scan.length for scan in scans], "share no range of the control")
    curves = [curve_of(scans, layout, name, size) for size in range(len(scans))]
    looked = [curve(np.linspace(low, high, POINTS)) for curve in curves]
    if not all(np.all(each > 0) for each in looked):
        raise InputError(name, "not positive", "its growth has no power")
    errors = np.array([float(np.sqrt(np.mean(Resamples(layout, np.log(each)).errors ** 2))) for each in looked])
    x = np.log([scan.length for scan in scans])
    columns = np.vander(x - x.mean(), 3, increasing=True)
    weights = 1.0 / np.maximum(errors, 1e-300)
    solution = np.linalg.pinv(columns * weights[:, None]) * weights
    parts = [interpolant(lambda values, curve=curve: np.log(curve(values)), low, high) for curve in curves]  # type: ignore[misc]
    most = max(len(part.coefficients) for part in parts)
    logs = np.array([np.pad(part.coefficients, ((0, most - len(part.coefficients)), (0, 0))) for part in parts])
    power, bend = (np.tensordot(solution[row], logs, axes=1) for row in (1, 2))
    return Growth(Interpolant(low, high, power), Interpolant(low, high, 2.0 * bend))


def _place(power: Interpolant, grid: Array, whole: Array, wanted: float) -> Array | None:
    """Return where each sample has the wanted power, (samples,); None where some have it nowhere."""
    changes = np.flatnonzero(np.diff(np.sign(whole - wanted)))
    if not len(changes):
        return None
    apart = power.coefficients.copy()
    apart[0] -= wanted
    return roots(Interpolant(power.low, power.high, apart), float(grid[changes[0]]))


def _reached(grid: Array, whole: Array, start: float, end: float, limit: float) -> float:
    """Return how far towards an end of the window the growth stays within a limit."""
    inside = (grid - start) * (end - start) >= 0
    beyond = inside & ((whole - limit) * np.sign(limit - np.interp(start, grid, whole)) > 0)
    if not beyond.any():
        return end
    far = grid[beyond]
    return float(far[np.abs(far - start).argmin()])


def _side(layout: Layout, growth: Growth, start: Array, end: float) -> Estimate | None:
    """Return 1/nu between a place of each sample and one end."""
    points = start + np.linspace(0.0, 1.0, POINTS + 1)[1:, None] * (end - start)
    moved = stacked(layout, [growth.power(points[-1]) - growth.power(points[0])])
    if not abs(moved.values[0]) > SIGMAS * moved.errors[0]:
        return None
    flow = np.array([growth.flow(row) for row in points])
    drift = np.array([growth.power.slope(row) for row in points]) * (points - start)
    return stacked(layout, [(flow * drift).sum(axis=0) / (drift**2).sum(axis=0)]).estimates[0]
