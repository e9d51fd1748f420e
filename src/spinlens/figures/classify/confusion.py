"""Which regions are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from spinlens.figures.classify.colours import network_colours
from spinlens.figures.classify.scores import check_rows
from spinlens.figures.palette import INK
from spinlens.figures.style import new_figure, styled
from spinlens.phases.regions import ScoreRow
from spinlens.phases.regions.labels import TITLES

Floats = NDArray[np.float64]

PANEL = 2.9
COLOURS = "cividis"


@styled
def draw_confusion(
    rows: Sequence[ScoreRow], figure: Figure | None = None, *, title: str = "", best: Any = None
) -> Figure:
    """Draw the confusion matrix of each network, every row divided by its sum.

    Parameters
    ----------
    rows : sequence of ScoreRow
        Of one system.
    figure : Figure, optional
        Where to draw; a new one by default.
    title : str
        The system.
    best : array, shape (4, 4), optional
        That of the best possible classifier, `spinlens.phases.regions.Ceiling.confusion`.

    Raises
    ------
    InputError
        If there are none.
    """
    check_rows(rows)
    networks = [np.asarray(row.confusion, dtype=np.float64) for row in rows]
    tables = {network_colours(row.network)[0]: table for row, table in zip(rows, networks, strict=True)}
    if best is not None:
        tables["the best possible"] = np.asarray(best, dtype=np.float64)
    if figure is None:
        figure = new_figure((PANEL * len(tables) + 1.2, PANEL + 1.7))
    axes = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    names = [title.replace("-critical", "-\ncritical") for title in TITLES]
    for ax, (name, table) in zip(axes, tables.items(), strict=True):
        sums = table.sum(axis=1, keepdims=True)
        shares = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0)
        ax.imshow(shares, cmap=COLOURS, vmin=0, vmax=1)
        for (row, column), share in np.ndenumerate(shares):
            text = f"{share:.1%}" if 0.0005 <= share < 1 else f"{share:.0%}"
            ax.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if share < 0.55 else INK)
        ax.set_title(name, fontsize=11)
        ax.set_xticks(range(len(names)), names, fontsize=8.5, rotation=40, ha="right", rotation_mode="anchor")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("predicted region")
    axes[0].set_yticks(range(len(names)), names, fontsize=8.5)
    axes[0].set_ylabel("true region")
    words = _finding(networks)
    figure.suptitle(f"{title}: {words}" if title else words.capitalize(), x=0.01, ha="left", fontsize=12)
    return figure


def _finding(tables: Sequence[Floats]) -> str:
    """Say what share of all mistakes is between neighbouring regions."""
    total = np.sum([table / table.sum() for table in tables], axis=0)
    wrong = total.sum() - np.trace(total)
    if not wrong:
        return "no mistakes"
    near = np.trace(total, 1) + np.trace(total, -1)
    return f"{near / wrong:.0%} of mistakes are between neighbouring regions"
