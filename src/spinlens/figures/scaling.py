"""Curves of several sizes over a control, with bands of one standard error, and where they cross."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from spinlens.errors import InputError
from spinlens.figures.palette import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION
from spinlens.figures.style import new_axes, styled
from spinlens.statistics.labels import label
from spinlens.statistics.scaling import FiniteSize

SIZE = (4.8, 3.8)
INKS = (SKY, BLUE, GREEN, ORANGE, VERMILION, PURPLE)
POINTS = 129


@styled
def draw_sizes(
    study: FiniteSize, name: str = "binder_cumulant", *, between: tuple[float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw an observable of every size, and mark the crossings of each with the next where all of them are seen.

    Parameters
    ----------
    study : FiniteSize
        The sizes.
    name : str
        The observable.
    between : (float, float), optional
        The range of the control; by default all that the sizes share.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        With a line and a band for each size, and a point for each crossing.

    Raises
    ------
    InputError
        If there is no such observable.
    """
    whole = study.observables(None)
    if name not in whole:
        raise InputError("observable", repr(name), f"is none of {', '.join(study.names)}")
    (control,) = (str(dim) for dim in whole.dims if dim != "size")
    low, high = (float(whole[control][0]), float(whole[control][-1])) if between is None else between
    found = study.observables(np.linspace(low, high, POINTS))
    ax = new_axes(SIZE) if ax is None else ax
    at = found[control].values
    for k, size in enumerate(study.sizes):
        value, error = found[name].values[k], found[f"{name}_error"].values[k]
        ink = INKS[k % len(INKS)]
        ax.fill_between(at, value - error, value + error, color=ink, alpha=0.25, linewidth=0)
        ax.plot(at, value, color=ink, label=f"L = {size}")
    for crossing in _crossings(study, name, (low, high)):
        ax.errorbar(
            crossing.place.value, crossing.height.value, xerr=crossing.place.error, yerr=crossing.height.error,
            color=INK, marker="o", markersize=3.5, linewidth=1.0, zorder=5,
        )  # fmt: skip
    words, unit = label(name)
    ax.set(
        xlim=(low, high),
        xlabel=control.replace("_", " "),
        ylabel=words + (f" ({unit.replace('k_B', '$k_B$')})" if unit != "1" else ""),
    )
    ax.legend()
    return ax


def _crossings(study: FiniteSize, name: str, between: tuple[float, float]) -> Any:
    """Return the crossings of neighbouring sizes, none where one pair has none."""
    try:
        return study.crossings(name, between=between)
    except InputError:
        return ()
