"""How the score grows with the number of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from spinlens.errors import InputError
from spinlens.figures.classify.colours import beginning_title, network_colours, system_title
from spinlens.figures.classify.scores import check_rows
from spinlens.figures.palette import GREY, INK, PALE, VERMILION
from spinlens.figures.style import new_axes, styled

SIZE = (5.6, 4.0)
NEEDED = ("system", "network", "pretrained", "labels", "macro_f1_mean", "macro_f1_std")


@styled
def draw_label_efficiency(
    rows: Sequence[Mapping[str, Any]],
    axes: Axes | None = None,
    *,
    baseline: Mapping[int, float] | None = None,
    ceiling: float | None = None,
) -> Axes:
    """Draw score against number of labels, a line for each network and kind of first weights.

    Parameters
    ----------
    rows : sequence of mapping
        With ``system``, ``network``, ``pretrained``, ``labels``, ``macro_f1_mean`` and ``macro_f1_std`` (over trials),
        all of one system.
    axes : Axes, optional
        Where to draw; new ones by default.
    baseline : mapping of int to float, optional
        Macro F1 of logistic regression on energy and order by number of labels.
    ceiling : float, optional
        The best possible macro F1.

    Raises
    ------
    InputError
        If there are no rows, one lacks a value, or they are of several systems.
    """
    check_rows(rows, NEEDED)
    systems = sorted({row["system"] for row in rows})
    if len(systems) > 1:
        raise InputError("rows", ", ".join(systems), "must be of one system", "Draw one figure for each")
    ax = new_axes(SIZE) if axes is None else axes
    if ceiling is not None:
        ax.axhline(ceiling, color=INK, linewidth=1.2, label=f"ceiling {ceiling:.3f}")
    if baseline:
        labels, scores = zip(*sorted(baseline.items()), strict=True)
        look: dict[str, Any] = {"linestyle": (0, (3, 2)), "marker": "_", "markersize": 9, "markeredgewidth": 1.8}
        ax.plot(labels, scores, color=GREY, label="logistic regression on energy and order", **look)
    for network, pretrained in sorted({(row["network"], row["pretrained"]) for row in rows}):
        line = sorted(
            (row for row in rows if (row["network"], row["pretrained"]) == (network, pretrained)),
            key=lambda row: row["labels"],
        )
        title, colour, marker = network_colours(network, pretrained)
        begun = pretrained != "none"
        ax.errorbar(
            [row["labels"] for row in line], [row["macro_f1_mean"] for row in line],
            [row["macro_f1_std"] for row in line], color=colour if begun else VERMILION, marker=marker,
            markerfacecolor=None if begun else "white", markersize=6, capsize=3, elinewidth=1.1,
            label=f"{title}, {beginning_title(pretrained)}",
        )  # fmt: skip
    counts = sorted({int(row["labels"]) for row in rows} | {int(labels) for labels in baseline or ()})
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(counts))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticks(counts, [str(count) for count in counts])
    ax.grid(axis="y", color=PALE, linewidth=0.5)
    ax.set_axisbelow(True)
    ax.set(xlabel="labelled images", ylabel="macro F1 on the large test set", title=_finding(rows))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=8.5)
    return ax


def _finding(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say what pretraining is worth where labels are fewest."""
    system = system_title(rows[0]["system"])
    fewest = min(row["labels"] for row in rows)
    with_it, without = (
        [r["macro_f1_mean"] for r in rows if r["labels"] == fewest and (r["pretrained"] != "none") == pretrained]
        for pretrained in (True, False)
    )
    if not with_it or not without:
        return f"{system}: score by number of labels"
    gain = max(with_it) - max(without)
    verb = "adds" if gain >= 0 else "costs"
    return f"{system}: with {fewest} labels\npretraining {verb} {abs(gain):.3f} macro F1"
