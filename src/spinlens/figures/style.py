"""One style sheet for all figures, applied without touching the user's settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spinlens.figures.palette import INK

P = ParamSpec("P")
Drawing = TypeVar("Drawing")

SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.labelsize": 10.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.4,
    "hatch.linewidth": 0.6,
    "savefig.dpi": 200,
    "figure.dpi": 100,
    "svg.fonttype": "path",
    "svg.hashsalt": "spinlens",
}
"""Matplotlib settings; everything else is matplotlib's default, whatever the user has set."""

_KEPT = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")

MAP_SIZE = (4.8, 4.2)
HISTOGRAM_SIZE = (4.8, 3.4)
OVERVIEW_SIZE = (12.0, 5.4)


def style() -> Any:
    """Return a context in which only the project's settings hold."""
    settings: Any = {name: value for name, value in rcParamsDefault.items() if name not in _KEPT}
    return rc_context(settings | SETTINGS)


def new_axes(size: tuple[float, float]) -> Axes:
    """Return axes on a figure of their own, unknown to pyplot."""
    return new_figure(size).add_subplot()


def new_figure(size: tuple[float, float]) -> Figure:
    """Return a figure that is unknown to pyplot."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def styled(draw: Callable[P, Drawing]) -> Callable[P, Drawing]:
    """Run a drawing function within the style."""

    @wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Drawing:
        with style():
            return draw(*args, **kwargs)

    return wrapper
