"""Macro F1 of every system and network, beside the best that is possible and what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spinlens.errors import InputError
from spinlens.figures.classify.colours import beginning_title, network_colours
from spinlens.figures.palette import GREY, INK, PALE
from spinlens.figures.style import new_figure, styled
from spinlens.phases.regions import ScoreRow
from spinlens.statistics import Estimate

SHIFT = 0.25
"""Distance between our values and the published one at a network's place."""


@styled
def draw_scores(
    rows: Sequence[ScoreRow], figure: Figure | None = None, *, titles: Mapping[str, str] | None = None
) -> Figure:
    """Draw mean and spread of the scores, a panel for each system.

    Parameters
    ----------
    rows : sequence of ScoreRow
        What is compared.
    figure : Figure, optional
        Where to draw; a new one by default.
    titles : mapping of str to str, optional
        Of the systems.

    Raises
    ------
    InputError
        If there are no rows.
    """
    check_rows(rows)
    systems = list(dict.fromkeys(row.system for row in rows))
    if figure is None:
        figure = new_figure((max(5.8, 1.0 + 2.75 * len(systems)), 5.0))
    axes = figure.subplots(1, len(systems), sharey=True, squeeze=False)[0]
    for ax, system in zip(axes, systems, strict=True):
        _draw_system(ax, [row for row in rows if row.system == system])
        ax.set_title((titles or {}).get(system, system), fontsize=11)
    axes[0].set_ylabel("macro F1 on the large test set")
    figure.suptitle(_finding(rows), x=0.01, ha="left", fontsize=12.5)
    columns = min(4, max(2, len(systems)))
    figure.legend(handles=_handles(rows), loc="outside lower center", ncols=columns)
    return figure


def check_rows(rows: Sequence[ScoreRow]) -> None:
    """Refuse to draw nothing."""
    if not rows:
        raise InputError("rows", 0, "there is nothing to draw")


def _draw_system(ax: Axes, rows: Sequence[ScoreRow]) -> None:
    kinds = list(dict.fromkeys((row.network, row.pretrained) for row in rows))
    both = len({row.protocol for row in rows}) > 1
    _draw_ceiling(ax, rows[0])
    for row in rows:
        title, colour, marker = network_colours(row.network, row.pretrained)
        clean = row.protocol == "clean"
        middle = kinds.index((row.network, row.pretrained))
        place = middle - SHIFT * (both and clean)
        face = colour if clean else "white"
        ax.errorbar(
            place, row.macro_f1.value, row.macro_f1.error, fmt=marker, color=colour, markerfacecolor=face,
            markersize=7, markeredgewidth=1.4, elinewidth=1.4, capsize=3, label=title, zorder=4,
        )  # fmt: skip
        trials = row.macro_f1_trials
        if len(trials) > 0:
            ax.plot([place - 0.09] * len(trials), trials, ".", color=colour, alpha=0.5, markersize=4, zorder=3)
        if row.published and (clean or not both):
            _draw_published(ax, middle + SHIFT, row.published)
    names = [network_colours(network)[0] + (",\nno bond sums" if begun == "spins" else "") for network, begun in kinds]
    places = list(range(len(kinds)))
    if rows[0].logistic_regression is not None:
        places.append(len(kinds))
        names.append("logistic regr.")
        ax.plot(places[-1], rows[0].logistic_regression, marker="_", color=INK, markersize=16, markeredgewidth=2.2)
    ax.set_xticks(places, names, fontsize=9, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_xlim(-0.55, places[-1] + 0.6)
    ax.grid(axis="y", color=PALE, linewidth=0.5, zorder=0)
    ax.set_axisbelow(True)


def _draw_ceiling(ax: Axes, row: ScoreRow) -> None:
    top, error = row.ceiling.value, row.ceiling.error
    if row.small_test_error:
        ax.axhspan(top - row.small_test_error, top + row.small_test_error, color=PALE, alpha=0.55, linewidth=0)
    ax.axhspan(top - error, top + error, color=INK, alpha=0.35, linewidth=0)
    ax.axhline(top, color=INK, linewidth=1.2)


def _draw_published(ax: Axes, place: float, published: Estimate) -> None:
    ax.errorbar(
        place, published.value, published.error, fmt="o", color=GREY, markerfacecolor="white", markersize=6,
        markeredgewidth=1.1, elinewidth=1.0, capsize=2, zorder=3,
    )  # fmt: skip


def _finding(rows: Sequence[ScoreRow]) -> str:
    """Say which share of the ceiling the best network reaches in each system, and the best that saw no bond sums."""
    words, high = _best(rows)
    blind = [row for row in rows if row.pretrained != "lattice"]
    beside = f";\n{_best(blind)[0]} without bond sums among its targets" if 0 < len(blind) < len(rows) else ""
    if high > 1:
        return f"The best network is as good as the best possible one, within the scatter of the test images{beside}"
    return f"The best network reaches {words} of the best possible score{beside}"


def _best(rows: Sequence[ScoreRow]) -> tuple[str, float]:
    """Return the range over systems of the largest share of the ceiling, in words, and its end."""
    best: dict[str, float] = {}
    for row in rows:
        share = row.fraction_of_ceiling
        best[row.system] = max(share, best.get(row.system, 0.0))
    low, high = float(np.min(list(best.values()))), float(np.max(list(best.values())))
    # Rounded as they are printed, so that a range never names the same number twice.
    return f"{low:.1%}" if f"{low:.1%}" == f"{high:.1%}" else f"{low:.1%} to {high:.1%}", high


def _handles(rows: Sequence[ScoreRow]) -> list[Any]:
    protocols = {row.protocol for row in rows}
    look: dict[str, Any] = {"linestyle": "none", "color": INK, "marker": "o", "markersize": 6.5}
    handles: list[Any] = []
    for network, pretrained in dict.fromkeys((row.network, row.pretrained) for row in rows):
        title, colour, marker = network_colours(network, pretrained)
        kind = {**look, "color": colour, "marker": marker}
        handles.append(Line2D([], [], label=f"{title}, {beginning_title(pretrained)}", **kind))
    filled, hollow = ("filled: ", "hollow: ") if len(protocols) > 1 else ("", "")
    if "clean" in protocols:
        handles.append(Line2D([], [], label=f"{filled}equilibrated, split by chain", **look))
    if protocols - {"clean"}:
        handles.append(Line2D([], [], label=f"{hollow}published protocol", markerfacecolor="white", **look))
    if any(row.published for row in rows):
        handles.append(Line2D([], [], label="published number", **{**look, "color": GREY}, markerfacecolor="white"))
    handles.append(Line2D([], [], color=INK, linewidth=1.2, label="ceiling: best possible"))
    if any(row.small_test_error for row in rows):
        images = rows[0].small_test_images
        handles.append(Line2D([], [], color=PALE, linewidth=7, label=f"scatter of {images} test images"))
    if any(row.logistic_regression is not None for row in rows):
        label = "logistic regression on energy, order"
        handles.append(Line2D([], [], label=label, **{**look, "marker": "_", "markersize": 11, "markeredgewidth": 2.2}))
    return handles
