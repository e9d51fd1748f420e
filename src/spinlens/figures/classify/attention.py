"""Where a transformer looks: maps over configurations, distances beside the correlation length."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from spinlens.exact import correlation_length, critical_temperature
from spinlens.figures.classify.looks import TEMPERATURE_LABEL
from spinlens.figures.classify.spins import show_spins
from spinlens.figures.palette import BLUE, GREY, INK, SEQUENTIAL, VERMILION
from spinlens.figures.style import new_axes, new_figure, styled
from spinlens.regions.labels import REGIONS, TITLES

PANEL = 2.45
DISTANCE_SIZE = (6.6, 4.6)
OPACITY = 0.62
CURVE = 600


@styled
def draw_attention_maps(report: xr.Dataset, figure: Figure | None = None) -> Figure:
    """Draw what a network takes from each patch over one configuration of each region (a column).

    Parameters
    ----------
    report : Dataset
        From `spinlens.regions.reading.attention_report`.
    figure : Figure, optional
        Where to draw; a new one by default: the spins, the attention of the last layer, and the rollout through all
        layers, both in units of what uniform attention would give.
    """
    regions = report["region"].to_numpy().tolist()
    if figure is None:
        figure = new_figure((PANEL * len(regions) + 1.3, 3 * PANEL + 0.9))
    axes = figure.subplots(3, len(regions), squeeze=False)
    for column, region in enumerate(regions):
        spins = report["spins"].to_numpy()[column]
        show_spins(axes[0, column], spins)
        temperature = float(report["example_temperature"][column])
        title = f"{TITLES[REGIONS.index(region)]}\n$k_\\mathrm{{B}}T\\,/\\,|J|$ = {temperature:.2f}"
        axes[0, column].set_title(title, loc="center", fontsize=10.5)
    for line, name, title in ((1, "attention", "attention, last layer"), (2, "rollout", "rollout, all layers")):
        _draw_line(report, axes[line], name)
        axes[line, 0].set_ylabel(title, fontsize=10.5, labelpad=8)
    axes[0, 0].set_ylabel("spins", fontsize=10.5, labelpad=8)
    strongest = float(report["attention"].max() * report["attention"][0].size)
    title = f"No patch is given more than {strongest:.1f} times its even share of attention"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5)
    return figure


def _draw_line(report: xr.Dataset, axes: np.ndarray, name: str) -> None:
    """Lay the maps of one kind over the spins, all with one colour scale, and draw its bar."""
    maps = report[name].to_numpy()
    relative = maps * maps[0].size
    away = max(float(np.abs(relative - 1).max()), 1e-3)
    norm = TwoSlopeNorm(1.0, max(0.0, 1 - away) if away < 1 else 0.0, 1 + away)
    spins = report["spins"].to_numpy()
    for ax, here, shown in zip(axes, relative, spins, strict=True):
        show_spins(ax, shown, pale=True)
        extent = (-0.5, shown.shape[1] - 0.5, shown.shape[0] - 0.5, -0.5)
        picture = ax.imshow(here, cmap=SEQUENTIAL, norm=norm, alpha=OPACITY, extent=extent, interpolation="nearest")
    bar = axes[-1].figure.colorbar(picture, ax=list(axes), aspect=18, pad=0.02, shrink=0.9)
    bar.solids.set_alpha(1)
    bar.set_label("relative to uniform")
    bar.outline.set_visible(False)


@styled
def draw_attention_distance(report: xr.Dataset, axes: Axes | None = None) -> Axes:
    """Draw how far attention reaches at each temperature, beside the exact correlation length.

    Parameters
    ----------
    report : Dataset
        From `spinlens.regions.reading.attention_report`.
    axes : Axes, optional
        Where to draw; new ones by default. Thin lines are the heads of the trained network, the thick one their mean;
        an untrained network and uniform attention are the controls.
    """
    ax = new_axes(DISTANCE_SIZE) if axes is None else axes
    temperature = report["temperature"].to_numpy()
    trained = report["distance"].sel(network="trained").transpose("layer", "head", "group").to_numpy()
    heads = trained.reshape(-1, len(temperature))
    for head in heads:
        ax.plot(temperature, head, color=BLUE, linewidth=0.7, alpha=0.45)
    ax.plot([], [], color=BLUE, linewidth=0.7, alpha=0.6, label="trained, each head")
    _draw_mean(report, ax, "trained", BLUE, "o", "trained, mean of heads")
    _draw_mean(report, ax, "untrained", VERMILION, "s", "untrained, mean of heads")
    uniform = float(report["uniform_distance"])
    ax.axhline(uniform, color=GREY, linestyle=(0, (4, 2)), label=f"uniform attention, {uniform:.1f}")
    side = report.sizes["x"]
    grid = np.linspace(0.05, max(4.0, float(temperature.max())), CURVE)
    length = correlation_length(grid)
    ax.plot(grid, np.minimum(length, side), color=INK, linewidth=1.6, label="exact correlation length")
    ax.axvline(critical_temperature(), color=INK, linewidth=0.7, linestyle=":")
    ax.set(yscale="log", ylim=(0.1, 1.3 * side), xlim=(0, grid[-1]), xlabel=TEMPERATURE_LABEL)
    means = heads.mean(axis=0)
    finding = f"Heads look {means.min():.0f} to {means.max():.0f} sites away on average; uniform is {uniform:.0f}"
    ax.set(ylabel="distance (lattice units)", title=finding)
    ax.legend(loc="lower right", fontsize=8.5)
    return ax


def _draw_mean(report: xr.Dataset, ax: Axes, network: str, colour: str, marker: str, label: str) -> None:
    """Draw the mean over layers and heads; heads of an image are not independent, so their errors are averaged."""
    here = report.sel(network=network)
    mean, error = (here[name].mean(("layer", "head")).to_numpy() for name in ("distance", "distance_error"))
    ax.errorbar(here["temperature"], mean, error, color=colour, marker=marker, markersize=4.5, linewidth=2, label=label)
