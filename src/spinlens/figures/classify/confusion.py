"""Which regions are taken for which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.classify.colours import network_colours, system_title
from spinlens.figures.palette import INK
from spinlens.figures.style import new_figure, styled
from spinlens.regions.labels import REGIONS, TITLES

Floats = NDArray[np.float64]

PANEL = 2.9
COLOURS = "cividis"


@styled
def draw_confusion(
    matrices: Mapping[str, Any], figure: Figure | None = None, *, system: str = "", best: Any = None
) -> Figure:
    """Draw the confusion matrix of each network, every row divided by its sum.

    Parameters
    ----------
    matrices : mapping of str to array, shape (4, 4)
        Images by true (row) and predicted (column) region, by network.
    figure : Figure, optional
        Where to draw; a new one by default.
    system : str
        For the title.
    best : array, shape (4, 4), optional
        That of the best possible classifier, `spinlens.regions.Ceiling.confusion`.

    Raises
    ------
    InputError
        If there are none or a shape is not (4, 4).
    """
    tables = {network_colours(name)[0]: np.asarray(table, dtype=np.float64) for name, table in matrices.items()}
    networks = list(tables.values())
    if best is not None:
        tables["the best possible"] = np.asarray(best, dtype=np.float64)
    if not matrices:
        raise InputError("matrices", 0, "there is nothing to draw")
    for name, table in tables.items():
        if table.shape != (len(REGIONS), len(REGIONS)):
            raise InputError(f"matrices[{name!r}].shape", table.shape, f"must be ({len(REGIONS)}, {len(REGIONS)})")
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
    figure.suptitle(
        f"{system_title(system)}: {words}" if system else words.capitalize(), x=0.01, ha="left", fontsize=12
    )
    return figure


def _finding(tables: Sequence[Floats]) -> str:
    """Say what share of all mistakes is between neighbouring regions."""
    total = np.sum([table / table.sum() for table in tables], axis=0)
    wrong = total.sum() - np.trace(total)
    if not wrong:
        return "no mistakes"
    near = np.trace(total, 1) + np.trace(total, -1)
    return f"{near / wrong:.0%} of mistakes are between neighbouring regions"
