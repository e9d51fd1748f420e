"""What was found in a window: the curves that were read, of all sizes, and the place that each method gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spinlens.errors import InputError
from spinlens.figures.critical_phases import draw_growth, draw_rates, draw_stiffness
from spinlens.figures.palette import BLUE, INK, VERMILION
from spinlens.figures.scaling import draw_sizes
from spinlens.figures.style import new_figure, styled
from spinlens.phases.transitions import Findings, PhaseTransition
from spinlens.phases.transitions.usable import heat_of

WIDTH, HEIGHT = 3.85, 3.8

Panel = Callable[[Findings, Axes], object]


@styled
def draw_findings(found: Findings) -> Figure:
    """Draw the curves of all sizes that the answer was read from, and the places by method with their errors.

    Parameters
    ----------
    found : Findings
        From `spinlens.find_transitions`.

    Returns
    -------
    matplotlib.figure.Figure
        A row for each part of a window that was divided. Where a critical phase was looked for and found, the powers
        of L that the susceptibility grows with and, where it was read, the helicity modulus; otherwise cumulants and
        specific heats, or responses to another control. Bands are one standard error; the shaded strip is the 68 %
        interval of the answer.

    Raises
    ------
    InputError
        If the recordings contradicted themselves, so that there are no curves.
    """
    windows = [each for each in found.windows if each.study is not None]
    if not windows:
        raise InputError("found", "no curves", "the recordings contradict themselves", found.words)
    rows = [_panels(window) for window in windows]
    columns = max(map(len, rows))
    figure = new_figure((WIDTH * columns, HEIGHT * len(rows)))
    for row, (window, panels) in enumerate(zip(windows, rows, strict=True)):
        for column, panel in enumerate(panels):
            ax = figure.add_subplot(len(rows), columns, row * columns + column + 1)
            panel(window, ax)
            for transition in window.transitions:
                ax.axvspan(*transition.interval_68, color=INK, alpha=0.15, linewidth=0)
    if not found.transitions:
        figure.suptitle("no transition found")
    return figure


def _panels(window: Findings) -> list[Panel]:
    """Return what shows the evidence that was used."""
    places = [_draw_methods] if window.transitions else []
    assert window.study is not None
    stretch = window.evidence.stretch if window.evidence and window.evidence.critical else None
    if stretch is None:
        return [_curves("binder_cumulant"), _curves(heat_of(window.study)), *places]
    read = draw_stiffness if stretch.end.jump and window.study.scans[0].moduli else draw_rates
    return [draw_growth, read, *places]


def _curves(name: str) -> Panel:
    return lambda window, ax: draw_sizes(window.study, name, ax=ax)  # type: ignore[arg-type]


def _draw_methods(window: Findings, ax: Axes) -> None:
    """Draw the place of every method, the answer below them."""
    (found,) = window.transitions
    seen = [place for place in found.by_method if place.estimate is not None]
    rows = [(place.method, place.estimate, BLUE) for place in seen] + [("together", found.estimate, VERMILION)]
    for row, (_, estimate, ink) in enumerate(rows):
        assert estimate is not None
        ax.errorbar(estimate.value, -row, xerr=estimate.error, fmt="o", color=ink, markersize=4, capsize=2)
    ax.set_yticks(-np.arange(len(rows)), [_wrapped(name) for name, _, _ in rows])
    ax.set_ylim(-len(rows) + 0.5, 0.5)
    reach = _reach(found)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.set(xlim=(found.value - reach, found.value + reach), xlabel=found.axis.replace("_", " "))


def _reach(found: PhaseTransition) -> float:
    first = next((place.estimate for place in found.by_method if place.estimate is not None), None)
    # Methods with much larger errors do not decide how far one looks.
    return max(12.0 * found.error, 3.0 * abs(first.value - found.value) if first else 0.0)


def _wrapped(name: str) -> str:
    return name.replace(" of the ", "\nof the ") if len(name) > 20 else name
