"""What disturbed images do to the scores of networks, beside a reader of nothing but the energy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from spinlens.errors import InputError
from spinlens.figures.classify.colours import network_colours
from spinlens.figures.palette import INK, PALE
from spinlens.figures.style import new_figure, styled

WORDS = {"shuffled": "sites shuffled", "permuted": "colours permuted", "spin_waves": "spin waves added"}
BEGUN = {"none": "from scratch", "lattice": "terms handed over", "spins": "no terms handed over"}


@styled
def draw_disturbances(
    rows: Sequence[Mapping[str, Any]], figure: Figure | None = None, *, titles: Mapping[str, str] | None = None
) -> Figure:
    """Draw the macro F1 of each network on images as they are and disturbed.

    Parameters
    ----------
    rows : sequence of mapping
        With ``system``, ``network``, ``pretrained``, ``disturbance``, the scores ``before`` and ``after``, the standard
        ``error`` of the latter, and ``best``, the score of the best rule on energies on the disturbed images.
    figure : Figure, optional
        Where to draw; a new one by default.
    titles : mapping of str to str, optional
        Of the systems.

    Raises
    ------
    InputError
        If there are none.
    """
    if not rows:
        raise InputError("rows", 0, "there is nothing to draw")
    if figure is None:
        figure = new_figure((8.4, 1.5 + 0.36 * len(rows)))
    ax = figure.subplots()
    names = []
    for place, row in enumerate(rows):
        title, colour, marker = network_colours(row["network"], row["pretrained"])
        words = WORDS.get(row["disturbance"], row["disturbance"])
        names.append(
            f"{(titles or {}).get(row['system'], row['system'])}, {words}\n"
            f"{title}, {BEGUN.get(row['pretrained'], row['pretrained'])}"
        )
        first = place == 0
        ax.plot([row["before"], row["after"]], [place, place], color=PALE, linewidth=2.0, zorder=1)
        look: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "none", "zorder": 3}
        ax.plot(row["before"], place, markerfacecolor="white", label="as they are" if first else None, **look)
        ax.errorbar(row["after"], place, xerr=row["error"], label="disturbed" if first else None, **look)
        ax.plot(
            row["best"], place, marker="|", color=INK, markersize=13, markeredgewidth=2.0, linestyle="none",
            label="disturbed, reader of energies" if first else None, zorder=2,
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xlabel="macro F1 on the large test set")
    # Titles stand left of the axes, whose names are long.
    ax.set_title("Disturbed images tell what networks read", loc="left")
    figure.legend(loc="outside lower center", ncols=3)
    return figure
