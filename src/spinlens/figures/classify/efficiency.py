"""How the score grows with the number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from spinlens.errors import InputError
from spinlens.figures.classify.colours import beginning_title, network_colours
from spinlens.figures.classify.scores import check_rows
from spinlens.figures.palette import GREY, INK, PALE, VERMILION
from spinlens.figures.style import new_axes, styled
from spinlens.phases.regions import ScoreRow

SIZE = (5.6, 4.0)


@styled
def draw_label_efficiency(rows: Sequence[ScoreRow], axes: Axes | None = None, *, title: str = "") -> Axes:
    """Draw score against number of labels, a line for each network and kind of first weights.

    Parameters
    ----------
    rows : sequence of ScoreRow
        All of one system; their ceiling and logistic regression are drawn too.
    axes : Axes, optional
        Where to draw; new ones by default.
    title : str
        The system.

    Raises
    ------
    InputError
        If there are no rows, or they are of several systems.
    """
    check_rows(rows)
    systems = sorted({row.system for row in rows})
    if len(systems) > 1:
        raise InputError("rows", ", ".join(systems), "must be of one system", "Draw one figure for each")
    ax = new_axes(SIZE) if axes is None else axes
    ceiling = rows[0].ceiling.value
    ax.axhline(ceiling, color=INK, linewidth=1.2, label=f"ceiling {ceiling:.3f}")
    baseline = sorted({(row.labels, row.logistic_regression) for row in rows if row.logistic_regression is not None})
    if baseline:
        look: dict[str, Any] = {"linestyle": (0, (3, 2)), "marker": "_", "markersize": 9, "markeredgewidth": 1.8}
        ax.plot(*zip(*baseline, strict=True), color=GREY, label="logistic regression on energy and order", **look)
    for network, pretrained in sorted({(row.network, row.pretrained) for row in rows}):
        line = sorted(
            (row for row in rows if (row.network, row.pretrained) == (network, pretrained)), key=lambda row: row.labels
        )
        name, colour, marker = network_colours(network, pretrained)
        begun = pretrained != "none"
        ax.errorbar(
            [row.labels for row in line], [row.macro_f1.value for row in line], [row.macro_f1.error for row in line],
            color=colour if begun else VERMILION, marker=marker, markerfacecolor=None if begun else "white",
            markersize=6, capsize=3, elinewidth=1.1, label=f"{name}, {beginning_title(pretrained)}",
        )  # fmt: skip
    counts = sorted({row.labels for row in rows})
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(counts))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(counts, [str(count) for count in counts])
    ax.grid(axis="y", color=PALE, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.set(xlabel="labelled images", ylabel="macro F1 on the large test set", title=_finding(rows, title or systems[0]))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=8.5)
    return ax


def _finding(rows: Sequence[ScoreRow], system: str) -> str:
    """Say what pretraining is worth where labels are fewest."""
    fewest = min(row.labels for row in rows)
    with_it, without = (
        [row.macro_f1.value for row in rows if row.labels == fewest and (row.pretrained != "none") == pretrained]
        for pretrained in (True, False)
    )
    if not with_it or not without:
        return f"{system}: score by number of labels"
    gain = max(with_it) - max(without)
    verb = "adds" if gain >= 0 else "costs"
    return f"{system}: with {fewest} labels\npretraining {verb} {abs(gain):.3f} macro F1"
