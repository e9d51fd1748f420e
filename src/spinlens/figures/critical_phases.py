"""How a critical phase shows: powers that do not change with the size, and a stiffness that ends in a jump."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.palette import INK
from spinlens.figures.scaling import INKS, POINTS
from spinlens.phases.transitions import Findings
from spinlens.statistics.scaling import Fit, Stretch
from spinlens.statistics.scaling.resamples import Resamples
from spinlens.statistics.scaling.stretch import growth_of
from spinlens.statistics.scaling.unbinding import expected, stiffness

SUSCEPTIBILITY = "susceptibility"


def draw_growth(found: Findings, ax: Axes) -> None:
    """Draw the power of L that the susceptibility grows with from each size to the next.

    Where curves lie on each other the power does not change with the size: a critical phase. The dashed line is the
    power at its end.
    """
    study, grid = found.study, _grid(found)
    assert study is not None
    stretch = _stretch(found)
    curves = [study.layout.spread(k, scan.curves(grid)[SUSCEPTIBILITY]) for k, scan in enumerate(study.scans)]
    for k, (first, second) in enumerate(pairwise(range(len(curves)))):
        lengths = study.sizes[first], study.sizes[second]
        power = np.log(curves[second] / curves[first]) / np.log(lengths[1] / lengths[0])
        _band(ax, grid, Resamples(study.layout, power), k, f"L = {lengths[0]}, {lengths[1]}")
    end = stretch.end
    ax.axhline(end.growth, color=INK, linestyle="--", linewidth=0.9)
    words = f"{end.growth:.4g}: {end.name}"
    ax.annotate(words, (0.98, end.growth), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=9)
    ax.set(xlim=(grid[0], grid[-1]), xlabel=_axis(found), ylabel=r"power of L of the susceptibility, $2 - \eta$")
    ax.legend(loc="lower left")


def draw_stiffness(found: Findings, ax: Axes) -> None:
    """Draw the helicity modulus of each size against the line on which it jumps.

    Points are where each size is, by the best fit, what it is at the transition with its logarithm: one value of the
    control for all of them.
    """
    study, grid = found.study, _grid(found)
    assert study is not None
    stretch = _stretch(found)
    end, fixed = stretch.end, study.scans[0].temperature
    temperature = grid if fixed is None else np.full(len(grid), fixed)
    fit = _best(found)
    assert end.jump is not None
    for k, size in enumerate(study.sizes):
        ratio = stiffness(study.scans, study.layout, k)
        _band(ax, grid, Resamples(study.layout, temperature[:, None] * ratio(grid)), k, f"L = {size}")
        if fit is not None:
            level = (fit.value.value if fixed is None else fixed) * expected(end, fit, np.array([float(size)]))
            ax.plot(
                [fit.value.value], level, "o", color=INKS[k % len(INKS)], markeredgecolor=INK, markersize=5, zorder=5
            )
    ax.plot(grid, end.jump[0] * temperature, color=INK, linestyle="--", linewidth=0.9)
    ax.annotate(
        r"$2T/\pi$", (grid[0], end.jump[0] * temperature[0]), xytext=(4, 6), textcoords="offset points", va="bottom",
        fontsize=9,
    )  # fmt: skip
    ax.set(xlim=(grid[0], grid[-1]), xlabel=_axis(found), ylabel=r"helicity modulus $\Upsilon$ ($J$)")
    ax.legend(loc="lower left")


def draw_rates(found: Findings, ax: Axes) -> None:
    """Draw how fast the power of L changes with ln L, which is nothing in a critical phase, and 1/nu of both sides."""
    study, grid = found.study, _grid(found)
    assert study is not None
    stretch = _stretch(found)
    flow = growth_of(study.scans, study.layout, SUSCEPTIBILITY).flow
    values = Resamples(study.layout, np.array([flow(np.full(study.layout.samples, x)) for x in grid]))
    _band(ax, grid, values, 1, "")
    ax.axhline(0.0, color=INK, linestyle="--", linewidth=0.9)
    sides = {"ordered": stretch.ordered, "disordered": stretch.disordered}
    words = [rf"$1/\nu$ of the {name} side: {rate}" for name, rate in sides.items() if rate]
    ax.set_title("\n".join(words), fontsize=9.5)
    ax.set(xlim=(grid[0], grid[-1]), xlabel=_axis(found), ylabel=r"change of the power with $\ln L$")


def _stretch(found: Findings) -> Stretch:
    assert found.evidence is not None
    assert found.evidence.stretch is not None
    return found.evidence.stretch


def _best(found: Findings) -> Fit | None:
    assert found.study is not None
    try:
        return found.study.unbinding(by="jump").best
    except InputError:
        return None


def _grid(found: Findings) -> NDArray[np.float64]:
    assert found.study is not None
    low, high = max(scan.low for scan in found.study.scans), min(scan.high for scan in found.study.scans)
    return np.linspace(low, high, POINTS)


def _axis(found: Findings) -> str:
    assert found.study is not None
    return found.study.scans[0].control.replace("_", " ")


def _band(ax: Axes, grid: NDArray[np.float64], curve: Resamples, ink: int, words: str) -> None:
    colour = INKS[ink % len(INKS)]
    ax.fill_between(grid, curve.values - curve.errors, curve.values + curve.errors, color=colour, alpha=0.25, lw=0)
    ax.plot(grid, curve.values, color=colour, label=words)
