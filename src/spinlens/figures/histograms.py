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

PROBABLE = 0.995
"""The divergence axis reaches to this quantile; what lies beyond is counted in words."""


@styled
def draw_spin_error(reconstruction: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the distribution of truth minus prediction, spins counted as 0 and 1 (figure 9)."""
    ax = _draw(reconstruction, "spin_error", ax, logarithmic=True)
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
    ax = _draw(reconstruction, "absolute_spin_error", ax, logarithmic=True)
    _mark_mean(reconstruction, "absolute_spin_error", ax, "{:.3f}")
    label = "|true spin $-$ predicted spin|   (spins are 0 and 1)"
    ax.set(title="Absolute spin error", xlabel=label, ylabel="share of spins")
    return ax


@styled
def draw_kl_divergence(reconstruction: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the distribution of the divergence of the posterior from the prior (figure 11)."""
    ax = _draw(reconstruction, "kl_divergence", ax, logarithmic=False)
    edges, share = histogram(reconstruction, "kl_divergence")
    last = min(int(np.searchsorted(np.cumsum(share), PROBABLE)) + 1, len(share))
    beyond = float(share[last:].sum())
    ax.set(xlim=(min(0.0, edges[0]), edges[last]))
    if beyond > 0:
        note = f"{beyond:.1%} lie beyond,\nup to {edges[-1]:.3g} nats"
        ax.annotate(note, (0.99, 0.82), xycoords="axes fraction", ha="right", va="top", fontsize=9)
    _mark_mean(reconstruction, "kl_divergence", ax, "{:.2f} nats")
    ax.set(title="Kullback-Leibler divergence", xlabel="divergence of the encoding from the prior (nats)")
    ax.set_ylabel("share of configurations")
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


def _draw(reconstruction: xr.Dataset, name: str, ax: Axes | None, *, logarithmic: bool) -> Axes:
    edges, share = histogram(reconstruction, name)
    ax = new_axes(HISTOGRAM_SIZE) if ax is None else ax
    if logarithmic:
        ax.set_yscale("log")
        floor = 10.0 ** np.floor(np.log10(share[share > 0].min()))
        ax.set_ylim(floor, 10.0 ** np.ceil(np.log10(1.6 * share.max())))
    else:
        floor = 0.0
        ax.set_ylim(0, 1.15 * share.max())
    ax.stairs(np.maximum(share, floor), edges, baseline=floor, fill=True, color=BLUE, alpha=0.25, linewidth=0)
    ax.stairs(np.maximum(share, floor), edges, baseline=floor, color=BLUE, linewidth=1.1)
    ax.set_xlim(edges[0], edges[-1])
    return ax


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
    text = f" mean {form.format(mean)} "
    ax.annotate(
        text,
        (mean, 0.97),
        xycoords=("data", "axes fraction"),
        ha="left" if right else "right",
        va="top",
        color=VERMILION,
    )
