"""The loss of pretraining by masked spins, beside the exact floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from spinlens.errors import InputError
from spinlens.figures.palette import BLUE, INK, VERMILION
from spinlens.figures.style import new_axes, styled
from spinlens.statistics import Estimate

SIZE = (6.4, 4.6)


@styled
def draw_pretraining(
    history: Sequence[Mapping[str, Any]],
    axes: Axes | None = None,
    *,
    single_spin_loss: float | None = None,
    single_spin_error: float = 0.0,
    single_spin_floor: float | None = None,
) -> Axes:
    """Draw the loss of hidden spins of each epoch, and that of single hidden spins beside the least that it can be.

    Parameters
    ----------
    history : sequence of mapping
        Rows with ``epoch``, ``hidden_loss`` and, if there was validation, ``validation_loss``, in nats per hidden
        spin; see `spinlens.Pretraining`.
    axes : Axes, optional
        Where to draw; new ones by default.
    single_spin_loss, single_spin_error, single_spin_floor : float, optional
        Of single hidden spins, see `spinlens.Pretraining`.

    Raises
    ------
    InputError
        If the history is empty.
    """
    if not history:
        raise InputError("history", 0, "there is nothing to draw")
    ax = new_axes(SIZE) if axes is None else axes
    epochs = [row["epoch"] for row in history]
    ax.plot(epochs, [row["hidden_loss"] for row in history], color=BLUE, marker="s", markersize=3.5,
            label="training, hidden spins")  # fmt: skip
    held = [(row["epoch"], row["validation_loss"]) for row in history if row.get("validation_loss") is not None]
    if held:
        ax.plot(*zip(*held, strict=True), color=VERMILION, marker="o", markersize=3.5, label="held out, hidden spins")
    last = held[-1][1] if held else history[-1]["hidden_loss"]
    title = f"Hidden spins: {last:.3f} nats each after {epochs[-1]} epochs"
    if single_spin_loss is not None:
        ax.errorbar(
            epochs[-1], single_spin_loss, single_spin_error, fmt="D", color=INK, markersize=6, markerfacecolor="white",
            capsize=3, label=f"single hidden spins, {Estimate(single_spin_loss, single_spin_error)}", clip_on=False,
        )  # fmt: skip
    if single_spin_floor is not None:
        label = f"their exact floor, {single_spin_floor:.4f}"
        ax.axhline(single_spin_floor, color=INK, linestyle=(0, (4, 2)), label=label)
        if single_spin_loss is not None:
            more = single_spin_loss - single_spin_floor
            title = f"Single hidden spins cost {more:.4f} nats more than they must"
            if more < single_spin_error:
                title = "Single hidden spins cost no more than they must, within the error"
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0.08)
    if len(epochs) == 1:
        ax.set_xlim(epochs[0] - 0.5, epochs[0] + 0.5)
    ax.set(xlabel="epoch", ylabel="loss (nats per hidden spin)", title=title)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=9)
    return ax
