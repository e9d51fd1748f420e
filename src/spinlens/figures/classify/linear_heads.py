"""What each layer knows of energy and order."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from spinlens.figures.palette import BLUE, PALE, VERMILION
from spinlens.figures.style import new_axes, styled

SIZE = (6.4, 4.2)
LOOKS = {"energy": (BLUE, "o", "energy"), "order": (VERMILION, "s", "absolute order parameter")}
NEARLY_NOTHING = 5e-4
"""Below this the title names the unexplained share itself."""

LEAST = 1e-5
"""Unexplained shares are drawn as at least this."""


@styled
def draw_linear_heads(report: xr.Dataset, axes: Axes | None = None) -> Axes:
    """Draw the unexplained share of the variance, 1 - R^2, of linear probes of each layer.

    Parameters
    ----------
    report : Dataset
        From `spinlens.phases.regions.interpretation.linear_head_report`.
    axes : Axes, optional
        Where to draw; new ones by default. Dashed lines are probes of the raw spins.
    """
    ax = new_axes(SIZE) if axes is None else axes
    layers = report["layer"].to_numpy()
    for quantity, (colour, marker, label) in LOOKS.items():
        here = report.sel(quantity=quantity)
        left = np.maximum(1 - here["r2"].to_numpy(), LEAST)
        error = np.minimum(here["r2_error"].to_numpy(), 0.9 * left)
        ax.errorbar(layers, left, error, color=colour, marker=marker, markersize=5.5, capsize=2, label=label)
        raw = max(1 - float(here["raw_r2"]), LEAST)
        ax.axhline(raw, color=colour, linestyle=(0, (4, 2) if quantity == "energy" else (1, 1.5)), linewidth=1.2)
    raw = float((1 - report["raw_r2"]).min())
    ax.annotate("linear probes of the raw spins", (layers[-1], raw), xytext=(0, -6), textcoords="offset points",
                ha="right", va="top", fontsize=9)  # fmt: skip
    names = ["patches", *(str(layer) for layer in layers[1:])]
    ax.set_xticks(layers, names)
    ax.set(yscale="log", xlabel="hidden state after layer", ylabel="unexplained share of the variance, $1 - R^2$")
    ax.grid(axis="y", color=PALE, linewidth=0.5)
    ax.set_axisbelow(True)
    best = report["r2"].sel(quantity="energy").to_numpy()
    place = int(best.argmax())
    where = f"layer {names[place]}" if place else "the patches"
    left = 1 - float(best[place])
    share = f"to $R^2$ = {1 - left:.4f}" if left > NEARLY_NOTHING else f"but for {100 * left:.1g}% of its variance"
    ax.set_title(f"A linear probe of {where}\nreads the energy {share}")
    ax.legend(loc="upper left", bbox_to_anchor=(0.02, 0.88))
    return ax
