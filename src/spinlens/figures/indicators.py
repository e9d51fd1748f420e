"""Indicators over a control, each with its band, below the ceiling that no reader passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from spinlens.errors import InputError
from spinlens.figures.palette import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION
from spinlens.figures.style import new_axes, styled
from spinlens.statistics import Indicator

SIZE = (4.8, 3.8)
INKS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)


@styled
def draw_indicators(
    indicators: Mapping[str, Indicator], *, ceiling: tuple[Any, Any] | None = None, root: bool = False,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw indicators of one control below their ceiling.

    Parameters
    ----------
    indicators : mapping of str to Indicator
        By what is written beside each; of one kind, so that one axis serves all.
    ceiling : (array, array), optional
        Values of the control, and the most that any of them can be there.
    root : bool
        Whether to draw square roots: of a Fisher information, signal over noise.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        With a line and a band of one standard error for each, and a line for the ceiling.

    Raises
    ------
    InputError
        If there is none, or their controls differ.
    """
    controls = {each.control for each in indicators.values()}
    if len(controls) != 1:
        raise InputError("indicators", sorted(controls), "must be of one control")
    ax = new_axes(SIZE) if ax is None else ax

    def shown(values: Any) -> Any:
        return np.sqrt(np.maximum(values, 0.0)) if root else np.asarray(values)

    if ceiling is not None:
        ax.plot(ceiling[0], shown(ceiling[1]), color=INK, linewidth=1.0, linestyle="--", label="ceiling")
    for k, (name, each) in enumerate(indicators.items()):
        low, high = shown(each.curve - each.error), shown(each.curve + each.error)
        ax.fill_between(each.at, low, high, color=INKS[k % len(INKS)], alpha=0.25, linewidth=0)
        ax.plot(each.at, shown(each.curve), color=INKS[k % len(INKS)], label=name)
    names = {each.name.replace("_", " ") for each in indicators.values()}
    what = names.pop() if len(names) == 1 else "indicator"
    ax.set(xlabel=controls.pop().replace("_", " "), ylabel=f"square root of {what}" if root else what)
    ax.legend()
    return ax
