"""Where a transformer looks: maps over configurations, distances beside the correlation length."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from spinlens.figures.classify.colours import AXIS_SYMBOLS, axis_label
from spinlens.figures.classify.spins import SPINS, show_spins
from spinlens.figures.palette import BLUE, GREY, INK, VERMILION, diverging
from spinlens.figures.style import new_axes, new_figure, styled
from spinlens.phases.regions.labels import REGIONS, TITLES
from spinlens.spaces import Space

PANEL = 2.45
DISTANCE_SIZE = (6.8, 4.8)
OPACITY = 0.78
CURVE = 600
LEAST_RANGE = 1.1
"""The colours of a map reach at least from this share of an even share to its inverse."""


@styled
def draw_attention_maps(report: xr.Dataset, figure: Figure | None = None, *, space: Space = SPINS) -> Figure:
    """Draw what a network takes from each patch over one configuration of each region (a column).

    Parameters
    ----------
    report : Dataset
        From `spinlens.phases.regions.interpretation.attention_report`.
    figure : Figure, optional
        Where to draw; a new one by default: the spins, the attention of the last layer, and the rollout through all
        layers, both over what even attention would give. Smaller shares than the inverse of the largest one have
        the last colour.
    space : Space
        What can stand on a site.
    """
    regions = report["region"].to_numpy().tolist()
    if figure is None:
        figure = new_figure((PANEL * len(regions) + 1.3, 3 * PANEL + 0.9))
    axes = figure.subplots(3, len(regions), squeeze=False)
    for column, region in enumerate(regions):
        spins = report["spins"].to_numpy()[column]
        show_spins(axes[0, column], spins, space)
        temperature = float(report["example_temperature"][column])
        symbol = AXIS_SYMBOLS.get(_axis(report), _axis(report))
        title = f"{TITLES[REGIONS.index(region)]}\n{symbol} = {temperature:.2f}"
        axes[0, column].set_title(title, loc="center", fontsize=10.5)
    for line, name, title in ((1, "attention", "attention, last layer"), (2, "rollout", "rollout, all layers")):
        _draw_line(report, axes[line], name, space)
        axes[line, 0].set_ylabel(title, fontsize=10.5, labelpad=8)
    axes[0, 0].set_ylabel("spins", fontsize=10.5, labelpad=8)
    strongest = float(report["attention"].max() * report["attention"][0].size)
    title = f"The last layer gives the strongest patch {strongest:.3g} times an even share of attention"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5)
    return figure


def _draw_line(report: xr.Dataset, axes: np.ndarray, name: str, space: Space) -> None:
    """Lay the maps of one kind over the spins, all with one colour scale, and draw its bar."""
    maps = report[name].to_numpy()
    relative = maps * maps[0].size
    away = max(float(relative.max()), LEAST_RANGE)
    norm = LogNorm(1 / away, away, clip=True)
    spins = report["spins"].to_numpy()
    for ax, here, shown in zip(axes, relative, spins, strict=True):
        show_spins(ax, shown, space, pale=True)
        extent = (-0.5, shown.shape[1] - 0.5, shown.shape[0] - 0.5, -0.5)
        picture = ax.imshow(here, cmap=diverging(), norm=norm, alpha=OPACITY, extent=extent, interpolation="nearest")
    bar = axes[-1].figure.colorbar(picture, ax=list(axes), aspect=18, pad=0.02, shrink=0.9)
    bar.solids.set_alpha(1)
    bar.set_label("share over even share")
    bar.minorticks_off()
    bar.set_ticks(ticks := away ** np.linspace(-1, 1, 5), labels=[f"{tick:.3g}" for tick in ticks])
    bar.outline.set_visible(False)


@styled
def draw_attention_distance(
    report: xr.Dataset, axes: Axes | None = None, *, transition: float | None = None, lengths: Any = None
) -> Axes:
    """Draw how far attention reaches at each temperature, beside the correlation length where it is known.

    Parameters
    ----------
    report : Dataset
        From `spinlens.phases.regions.interpretation.attention_report`.
    axes : Axes, optional
        Where to draw; new ones by default. Thin lines are the heads of the trained network, the thick one their mean;
        an untrained network and uniform attention are the controls.
    transition : float, optional
        Temperature of the transition, if there is one.
    lengths : callable, optional
        From temperatures (n,) to exact correlation lengths of the infinite lattice.
    """
    ax = new_axes(DISTANCE_SIZE) if axes is None else axes
    temperature = report["temperature"].to_numpy()
    trained = report["distance"].sel(network="trained").transpose("layer", "head", "group").to_numpy()
    heads = trained.reshape(-1, len(temperature))
    for head in heads:
        ax.plot(temperature, head, color=BLUE, linewidth=0.7, alpha=0.45)
    ax.plot([], [], color=BLUE, linewidth=0.7, alpha=0.6, label="trained, each head")
    _draw_mean(report, ax, "untrained", VERMILION, "s", "untrained, mean of heads")
    _draw_mean(report, ax, "trained", BLUE, "o", "trained, mean of heads")
    uniform = float(report["uniform_distance"])
    ax.axhline(uniform, color=GREY, linestyle=(0, (4, 2)), label=f"uniform attention, {uniform:.1f}")
    grid = np.linspace(0.05, 1.05, CURVE) * float(temperature.max())
    if lengths is not None:
        ax.plot(grid, lengths(grid), color=INK, linewidth=1.6, label="exact correlation length")
    if transition is not None:
        ax.axvline(transition, color=INK, linewidth=0.7, linestyle=":")
    # The correlation length leaves the axes near the transition, or the heads could not be told apart.
    top = 1.35 * max(uniform, float(heads.max()))
    ax.set(ylim=(0, top), xlim=(0, grid[-1]), xlabel=axis_label(_axis(report)), ylabel="distance (lattice units)")
    means = heads.mean(axis=0)
    ends = dict.fromkeys(f"{end:.1f}" for end in (means.min(), means.max()))
    ax.set_title(f"Heads look {' to '.join(ends)} sites away on average; even attention {uniform:.1f}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, fontsize=8.5)
    return ax


def _axis(report: xr.Dataset) -> str:
    return str(report.attrs.get("axis", "temperature"))


def _draw_mean(report: xr.Dataset, ax: Axes, network: str, colour: str, marker: str, label: str) -> None:
    """Draw the mean over layers and heads; heads of an image are not independent, so their errors are averaged."""
    here = report.sel(network=network)
    mean, error = (here[name].mean(("layer", "head")).to_numpy() for name in ("distance", "distance_error"))
    size, width = (8, 3.2) if network == "untrained" else (4.5, 1.6)
    ax.errorbar(
        here["temperature"], mean, error, color=colour, marker=marker, markersize=size, linewidth=width, label=label
    )
