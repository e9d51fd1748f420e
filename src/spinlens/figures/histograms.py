"""How well configurations come back from the network: figures 9 to 11 of the crossover study."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.palette import BLUE, VERMILION
from spinlens.figures.style import HISTOGRAM_SIZE, new_axes, styled

Floats = NDArray[np.float64]

RARE = 0.001
"""The divergence axis leaves out this share at either end, and says so in words."""


@styled
def draw_spin_error(reconstruction: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the distribution of truth minus prediction, spins counted as 0 and 1 (figure 9)."""
    ax = _draw(reconstruction, "spin_error", ax)
    _mark_mean(reconstruction, "spin_error", ax, "{:+.4f}")
    ax.set(
        title="Spin error",
        xlabel="true spin $-$ predicted spin   (spins are 0 and 1)",
        ylabel="share of spins",
    )
    return ax


@styled
def draw_absolute_spin_error(reconstruction: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the absolute spin error (figure 10)."""
    ax = _draw(reconstruction, "absolute_spin_error", ax)
    _mark_mean(reconstruction, "absolute_spin_error", ax, "{:.3f}")
    label = "|true spin $-$ predicted spin|   (spins are 0 and 1)"
    ax.set(title="Absolute spin error", xlabel=label, ylabel="share of spins")
    return ax


@styled
def draw_kl_divergence(reconstruction: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the divergence of the posterior from the prior (figure 11)."""
    ax = _draw(reconstruction, "kl_divergence", ax)
    edges, share = histogram(reconstruction, "kl_divergence")
    low, high = _range(share)
    ax.set_xlim(edges[low], edges[high])
    _mark_mean(reconstruction, "kl_divergence", ax, "{:.2f} nats")
    label = "divergence of the encoding from the prior (nats)"
    beyond = float(share[:low].sum() + share[high:].sum())
    if beyond > 0:
        label += f"\n{beyond:.2%} lie outside, from {edges[0]:.3g} to {edges[-1]:.3g} nats"
    ax.set(title="Kullback-Leibler divergence", xlabel=label, ylabel="share of configurations")
    return ax


def histogram(reconstruction: xr.Dataset, name: str) -> tuple[Floats, Floats]:
    """Return the bin edges, shape (bin + 1,), and the share of counts in each bin, shape (bin,).

    Raises
    ------
    InputError
        If the data set lacks the histogram, or it is empty.
    """
    if name not in reconstruction:
        known = ", ".join(map(str, reconstruction.data_vars))
        raise InputError("histogram", name, "is not in the data set", f"There are: {known}")
    counts = reconstruction[name].to_numpy().astype(np.float64)
    if not counts.sum() > 0:
        raise InputError(name, counts.sum(), "the histogram is empty")
    return reconstruction[f"{name}_edge"].to_numpy(), counts / counts.sum()


def _draw(reconstruction: xr.Dataset, name: str, ax: Axes | None) -> Axes:
    edges, share = histogram(reconstruction, name)
    ax = new_axes(HISTOGRAM_SIZE) if ax is None else ax
    # Empty bins stop at the floor; the top leaves room for the mean's label.
    floor = 10.0 ** np.floor(np.log10(share[share > 0].min()))
    ax.set(yscale="log", xlim=edges[[0, -1]], ylim=(floor, 10.0 ** np.ceil(np.log10(2.5 * share.max()))))
    heights = np.maximum(share, floor)
    ax.stairs(heights, edges, baseline=floor, fill=True, color=BLUE, alpha=0.25, linewidth=0)
    ax.stairs(heights, edges, baseline=floor, color=BLUE, linewidth=1.1)
    return ax


def _range(share: Floats) -> tuple[int, int]:
    """Return the bins from which and up to which all but `RARE` at either end lie."""
    below = np.cumsum(share)
    low = int(np.searchsorted(below, RARE, side="right"))
    return low, min(int(np.searchsorted(below, 1 - RARE)) + 1, len(share))


def _mark_mean(reconstruction: xr.Dataset, name: str, ax: Axes, form: str) -> None:
    """Draw a line at the mean and write its value beside it."""
    if f"mean_{name}" in reconstruction:
        mean = float(reconstruction[f"mean_{name}"])
    else:
        edges, share = histogram(reconstruction, name)
        mean = float(np.sum(share * (edges[1:] + edges[:-1]) / 2))
    ax.axvline(mean, color=VERMILION, linewidth=1.2)
    low, high = ax.get_xlim()
    right = mean < (low + high) / 2
    text = f" mean {form.format(mean)} ".replace("-", "\N{MINUS SIGN}")
    ax.annotate(
        text,
        (mean, 0.97),
        xycoords=("data", "axes fraction"),
        ha="left" if right else "right",
        va="top",
        color=VERMILION,
    )
