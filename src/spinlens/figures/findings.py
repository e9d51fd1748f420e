"""What was found in a window: the curves of all sizes, and the place that each method gives."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spinlens.errors import InputError
from spinlens.figures.palette import BLUE, INK, VERMILION
from spinlens.figures.scaling import draw_sizes
from spinlens.figures.style import new_figure, styled
from spinlens.phases.transitions import Findings, PhaseTransition

WIDTH, HEIGHT = 3.85, 3.8
PANELS = (("binder_cumulant",), ("response", "specific_heat"))
"""What is drawn: of each the first that was recorded."""


@styled
def draw_findings(found: Findings) -> Figure:
    """Draw cumulants and specific heats, or responses to another control, of all sizes, and the places by method.

    Parameters
    ----------
    found : Findings
        From `spinlens.find_transitions`.

    Returns
    -------
    matplotlib.figure.Figure
        Bands are one standard error; the shaded strip is the 68 % interval of the answer.

    Raises
    ------
    InputError
        If the recordings contradicted themselves, so that there are no curves.
    """
    if found.study is None:
        raise InputError("found", "no curves", "the recordings contradict themselves", found.words)
    transition = found.transitions[0] if found.transitions else None
    panels = len(PANELS) + (transition is not None)
    figure = new_figure((WIDTH * panels, HEIGHT))
    axes = figure.subplots(1, panels)
    for ax, names in zip(axes, PANELS, strict=False):
        draw_sizes(found.study, next(name for name in names if name in found.study.names), ax=ax)
        if transition is not None:
            ax.axvspan(*transition.interval_68, color=INK, alpha=0.15, linewidth=0)
    if transition is None:
        figure.suptitle("no transition found")
    else:
        _draw_methods(transition, axes[-1])
    return figure


def _draw_methods(found: PhaseTransition, ax: Axes) -> None:
    """Draw the place of every method, the answer below them."""
    seen = [place for place in found.by_method if place.estimate is not None]
    rows = [(place.method, place.estimate, BLUE) for place in seen] + [("together", found.estimate, VERMILION)]
    for row, (_, estimate, ink) in enumerate(rows):
        assert estimate is not None
        ax.errorbar(estimate.value, -row, xerr=estimate.error, fmt="o", color=ink, markersize=4, capsize=2)
    ax.axvspan(*found.interval_68, color=INK, alpha=0.15, linewidth=0)
    ax.set_yticks(-np.arange(len(rows)), [name for name, _, _ in rows])
    # Methods with much larger errors do not decide how far one looks.
    reach = max(12.0 * found.error, 3.0 * abs(rows[0][1].value - found.value) if rows[0][1] else 0.0)
    ax.set(xlim=(found.value - reach, found.value + reach), xlabel=found.axis.replace("_", " "))
