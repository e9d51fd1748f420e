"""The phase diagram as the network found it, next to the exact one: the picture for a talk."""

from __future__ import annotations

from typing import Any

import matplotlib.patheffects as effects
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from spinlens.figures.maps import FIELD_LABEL, TEMPERATURE_LABEL, mark_unequilibrated, paint
from spinlens.figures.palette import INK, VERMILION
from spinlens.figures.style import OVERVIEW_SIZE, style
from spinlens.phases import Crossover, exact_lines

PANELS = (
    ("nu_0", "$\\nu_0$: order", True),
    ("tau_0", "$\\tau_0$: paramagnetic cone", False),
    ("tau_1", "$\\tau_1$: crossover", False),
)
FINE = 201
CURVES = {
    "specific_heat": ("exact $C$ maximum", "-"),
    "susceptibility": ("exact $\\chi$ maximum", (0, (4, 2))),
}


def draw_overview(maps: xr.Dataset, found: Crossover, *, figure: Figure | None = None) -> Figure:
    """Draw nu_0, tau_0 and tau_1 side by side with the critical temperature and the crossover lines.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`.
    found : Crossover
        From `find_crossover`.
    figure : Figure, optional
        Where to draw; a new one, unknown to pyplot, by default.

    Returns
    -------
    Figure
        With three panels.
    """
    with style():
        if figure is None:
            figure = Figure(figsize=OVERVIEW_SIZE)
            FigureCanvasAgg(figure)
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06))
        axes = figure.subplots(1, 3, sharey=True)
        for ax, (name, title, signed) in zip(axes, PANELS, strict=True):
            mesh = paint(maps, name, ax, signed=signed)
            bar = figure.colorbar(mesh, ax=ax, location="bottom", aspect=34, pad=0.03, shrink=0.92)
            bar.outline.set_visible(False)
            bar.ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.set(title=title, xlabel=FIELD_LABEL)
            _draw_exact(maps, ax)
            _draw_critical_point(found, ax, label=name == "tau_0")
        axes[0].set_ylabel(TEMPERATURE_LABEL)
        _draw_ridges(found, axes[2])
        _legend(figure, axes[2], mark_unequilibrated(maps, axes[0]))
        for ax in axes[1:]:
            mark_unequilibrated(maps, ax)
    return figure


def _halo(width: float, colour: str = INK) -> list[Any]:
    return [effects.withStroke(linewidth=width, foreground=colour)]


def _draw_exact(maps: xr.Dataset, ax: Axes) -> None:
    low, high = maps["field"].to_numpy()[[0, -1]]
    field = np.linspace(low, high, FINE)
    exact = exact_lines(field, coupling=float(maps.attrs["coupling"]))
    limits = ax.get_ylim()
    for name, (label, dashes) in CURVES.items():
        line = getattr(exact, name)
        ax.plot(field, line, color="white", linestyle=dashes, label=label, linewidth=1.3, path_effects=_halo(2.6))
    ax.set_ylim(limits)


def _draw_critical_point(found: Crossover, ax: Axes, *, label: bool) -> None:
    transition = found.critical_temperature
    if not np.isfinite(transition.value):
        return
    ax.errorbar(
        0, transition.value, transition.error, fmt="o", color=VERMILION, markersize=6.5, markeredgecolor="white",
        markeredgewidth=1.1, elinewidth=2, capsize=0, zorder=6,
    )  # fmt: skip
    if label:
        text = f"$T_c$ = {transition}\nexact {transition.exact:.4f}"
        ax.annotate(
            text, (0, transition.value), xytext=(0, -16), textcoords="offset points", ha="center", va="top",
            color="white", fontsize=10, path_effects=_halo(2.2),
        )  # fmt: skip


def _draw_ridges(found: Crossover, ax: Axes) -> None:
    lines = found.lines
    field = lines["field"]
    look: dict[str, Any] = {"fmt": "none", "elinewidth": 0.9, "ecolor": "white"}
    for name, marker, label in (
        ("specific_heat", "^", "$C$ of the ensemble"),
        ("susceptibility", "s", "$\\chi$ of the ensemble"),
    ):
        ax.errorbar(field, lines[name], lines[f"{name}_error"], **look)
        ax.plot(
            field,
            lines[name],
            marker,
            color="white",
            markeredgecolor=INK,
            markersize=3.4,
            markeredgewidth=0.5,
            label=label,
        )
    ax.errorbar(
        field, lines["tau_1"], lines["tau_1_error"], fmt="o", color=VERMILION, markeredgecolor="white",
        markeredgewidth=0.6, markersize=4.6, elinewidth=1.1, label="ridge of $\\tau_1$",
    )  # fmt: skip


def _legend(figure: Figure, ax: Axes, flagged: Any) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if flagged is not None:
        handles.append(flagged)
        labels.append(flagged.get_label())
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        facecolor="#8a8a8a",
        frameon=False,
        handletextpad=0.5,
    )
