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

from spinlens.figures.maps import control_label, mark_unequilibrated, paint
from spinlens.figures.palette import INK, SKY, VERMILION
from spinlens.figures.style import OVERVIEW_SIZE, style
from spinlens.phases import Crossover
from spinlens.phases.exact_lines import exact_lines_of
from spinlens.phases.planes import axes, known_transitions, on_plane, symmetric_columns

WORDS = {"nu_0": "order", "learned_order": "order", "tau_0": "paramagnetic cone", "tau_1": "crossover"}
SYMBOLS = {"nu_0": "$\\nu_0$", "learned_order": "$|\\nu_0|$", "tau_0": "$\\tau_0$", "tau_1": "$\\tau_1$"}
FINE = 201
MOST_IN_A_ROW = 6
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
    maps = on_plane(maps)
    across, along = axes(maps)
    look: dict[str, str] = {"across": across, "along": along}
    # Where order breaks a symmetry in every column the mean of nu_0 is zero, and its distance from there is the order.
    order = "learned_order" if "learned_order" in maps and symmetric_columns(maps).all() else "nu_0"
    with style():
        if figure is None:
            figure = Figure(figsize=OVERVIEW_SIZE)
            FigureCanvasAgg(figure)
        figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.06))
        panels = figure.subplots(1, 3, sharey=True)
        for ax, name in zip(panels, (order, "tau_0", "tau_1"), strict=True):
            mesh = paint(maps, name, ax, signed=name == "nu_0", **look)
            bar = figure.colorbar(mesh, ax=ax, location="bottom", aspect=34, pad=0.03, shrink=0.92)
            bar.outline.set_visible(False)
            bar.ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.set(title=_title(found, name), xlabel=control_label(across))
            _draw_exact(maps, found, ax)
            if name != "tau_1" or len(found.critical_line) < 2:
                _draw_critical_points(maps, found, ax, label=name == "tau_0")
            _draw_apex(found, ax)
        panels[0].set_ylabel(control_label(along))
        _draw_ridges(found, panels[2])
        _legend(figure, panels, mark_unequilibrated(maps, panels[0], **look))
        for ax in panels[1:]:
            mark_unequilibrated(maps, ax, **look)
    return figure


def _title(found: Crossover, name: str) -> str:
    """Return what a panel shows: of planes without mirror images what the component follows."""
    named = found.components.get("nu_0" if name == "learned_order" else name)
    words = WORDS[name] if found.across == "field" or not (named and named.name) else named.name.replace("_", " ")
    return f"{SYMBOLS[name]}: {words}"


def _halo(width: float, colour: str = INK) -> list[Any]:
    return [effects.withStroke(linewidth=width, foreground=colour)]


def _draw_exact(maps: xr.Dataset, found: Crossover, ax: Axes) -> None:
    if not np.isfinite(found.lines["exact_specific_heat"]).any():
        return
    low, high = maps[found.across].to_numpy()[[0, -1]]
    field = np.linspace(low, high, FINE)
    exact = exact_lines_of(maps, field)
    limits = ax.get_ylim()
    for name, (label, dashes) in CURVES.items():
        line = getattr(exact, name)
        if np.isfinite(line).any():
            ax.plot(field, line, color="white", linestyle=dashes, label=label, linewidth=1.3, path_effects=_halo(2.6))
    ax.set_ylim(limits)


def _draw_critical_points(maps: xr.Dataset, found: Crossover, ax: Axes, *, label: bool) -> None:
    """Mark the transitions that were found, and beside more than one of them those that are known."""
    line = found.critical_line
    if len(line) < 2:
        # The one transition of a plane has a name of its own.
        line = {next(iter(line), 0.0): found.critical_temperature} if found.critical_temperature else {}
    points = {at: each for at, each in line.items() if np.isfinite(each.value)}
    several = len(points) > 1
    if points:
        values, errors = ([getattr(each, part) for each in points.values()] for part in ("value", "error"))
        ax.errorbar(
            list(points), values, np.nan_to_num(errors), fmt="o", color=VERMILION, markersize=5.0 if several else 6.5,
            markeredgecolor="white", markeredgewidth=1.1, elinewidth=2, capsize=0, zorder=6,
            label="transition, by $\\tau_0$" if several else None,
        )  # fmt: skip
    known = known_transitions(maps) if several else {}
    if known and found.along == "temperature":
        limits = ax.get_xlim(), ax.get_ylim()
        ax.plot(
            list(known), [each.value for each in known.values()], "D", color="white", markeredgecolor=INK,
            markersize=5.5, markeredgewidth=0.9, zorder=7, label="known transition",
        )  # fmt: skip
        ax.set(xlim=limits[0], ylim=limits[1])
    if label and not several:
        for at, each in points.items():
            text = f"$T_c$ = {each}" + (f"\nexact {each.exact:.4f}" if np.isfinite(each.exact) else "")
            ax.annotate(
                text, (at, each.value), xytext=(0, -16), textcoords="offset points", ha="center", va="top",
                color="white", fontsize=10, path_effects=_halo(2.2),
            )  # fmt: skip


FAN = {"conjugate": ("v", "white", "response in {across}"), "nu_0": ("D", SKY, "fluctuation of $\\nu_0$, across")}
"""Of ridges across the plane that lead to its apex: marker, colour and label."""


def _draw_apex(found: Crossover, ax: Axes) -> None:
    """Draw what leads to the transition at T = 0, and mark where it is known to be."""
    if not found.apex:
        return
    limits, rows = (ax.get_xlim(), ax.get_ylim()), found.rows
    if "exact_conjugate" in rows:
        ax.plot(rows["exact_conjugate"], rows[found.along], color="white", linestyle=":", linewidth=1.6,
                path_effects=_halo(2.8), label="exact response maximum")  # fmt: skip
    for name, (marker, colour, label) in FAN.items():
        ax.errorbar(
            rows[name], rows[found.along], xerr=rows[f"{name}_error"], fmt=marker, color=colour, markeredgecolor=INK,
            ecolor=colour, markeredgewidth=0.5, markersize=4.0, elinewidth=0.9,
            label=label.format(across=control_label(found.across)),
        )  # fmt: skip
    ax.set(xlim=limits[0], ylim=limits[1])
    if found.known_apex is not None:
        ax.set_ylim(bottom=0.0)
        ax.plot([found.known_apex.value], [0.0], "*", color="white", markeredgecolor=INK, markersize=13,
                clip_on=False, zorder=8, label="known transition at $T = 0$")  # fmt: skip


def _draw_ridges(found: Crossover, ax: Axes) -> None:
    lines = found.lines
    field = lines[found.across]
    look: dict[str, Any] = {"fmt": "none", "elinewidth": 0.9, "ecolor": "white"}
    for name, marker, label in (
        ("specific_heat", "^", "$C$ of the ensemble"),
        ("susceptibility", "s", "$\\chi$ of the ensemble"),
    ):
        name = f"reweighted_{name}" if f"reweighted_{name}" in lines else name
        if name not in lines:
            continue
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
    if len(found.critical_line) > 1 and "nu_0" in lines:
        ax.errorbar(
            field, lines["nu_0"], lines["nu_0_error"], fmt="D", color=SKY, markeredgecolor="white",
            markeredgewidth=0.6, markersize=4.2, elinewidth=1.1, label="fluctuation of $\\nu_0$",
        )  # fmt: skip
    limits = ax.get_ylim()
    ax.errorbar(
        field, lines["tau_1"], lines["tau_1_error"], fmt="o", color=VERMILION, markeredgecolor="white",
        markeredgewidth=0.6, markersize=4.6, elinewidth=1.1, label="ridge of $\\tau_1$",
    )  # fmt: skip
    ax.set_ylim(limits)


def _legend(figure: Figure, panels: Any, flagged: Any) -> None:
    drawn = {label: handle for ax in panels for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    labels, handles = list(drawn), list(drawn.values())
    if flagged is not None:
        handles.append(flagged)
        labels.append(flagged.get_label())
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=min(len(labels), MOST_IN_A_ROW),
        facecolor="#8a8a8a",
        frameon=False,
        handletextpad=0.5,
    )
