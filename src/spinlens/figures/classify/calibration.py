"""Whether predicted probabilities mean what they say: reliability, and the exact posterior over the energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.figures.classify.colours import REGION_INKS, driven_label, network_colours
from spinlens.figures.palette import GREY, INK
from spinlens.figures.style import new_axes, new_figure, styled
from spinlens.phases.regions import Calibration, Posterior
from spinlens.phases.regions.labels import REGIONS, TITLES

RELIABILITY_SIZE = (4.6, 4.4)
POSTERIOR_SIZE = (10.5, 4.2)
CURVE = 1200
UNDECIDED = 1e-3
"""A panel reaches from this probability of the hotter regions to as much of the colder ones."""
EXPECTED = 5
"""Images below which a bin's accuracy is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a network says of some test images.

    Attributes
    ----------
    energy : ndarray
        float64 (n,), per site.
    probability : ndarray
        float64 (n, 4), of each region.
    axis : str
        The control that the regions lie along; where it is not the temperature what it drives takes the energy's place.
    """

    energy: NDArray[np.float64]
    probability: NDArray[np.float64]
    axis: str = "temperature"


@styled
def draw_reliability(calibrations: Mapping[str, Calibration], axes: Axes | None = None) -> Axes:
    """Draw accuracy against confidence, a line for each network, with the binomial error of each bin.

    Parameters
    ----------
    calibrations : mapping of str to Calibration
        By network. Bins with fewer than five images are left out.
    axes : Axes, optional
        Where to draw; new ones by default.

    Raises
    ------
    InputError
        If there are none.
    """
    if not calibrations:
        raise InputError("calibrations", 0, "there is nothing to draw")
    ax = new_axes(RELIABILITY_SIZE) if axes is None else axes
    ax.plot([0, 1], [0, 1], color=INK, linewidth=0.9)
    ax.annotate("calibrated", (0.33, 0.345), rotation=38, rotation_mode="anchor", fontsize=9, color=GREY)
    for name, found in calibrations.items():
        title, colour, marker = network_colours(name)
        full = found.images >= EXPECTED
        accuracy, images = found.accuracy[full], found.images[full]
        # Laplace's rule keeps the error of a bin without mistakes above zero.
        smooth = (accuracy * images + 1) / (images + 2)
        error = np.sqrt(smooth * (1 - smooth) / images)
        ax.errorbar(
            found.confidence[full], accuracy, error, color=colour, marker=marker, markersize=5, elinewidth=1.0,
            label=f"{title}: {found.expected_error:.3f}",
        )  # fmt: skip
    ax.set(xlim=(0.2, 1.02), ylim=(-0.03, 1.04), xlabel="confidence: probability of the predicted region")
    worst = max(found.expected_error for found in calibrations.values())
    ax.set(ylabel="accuracy", title=f"Confidence is off by at most {worst:.1%} on average")
    ax.legend(loc="upper left", title="expected calibration error", title_fontsize=9, alignment="left")
    return ax


@styled
def draw_posterior(
    prediction: Prediction, exact: Posterior, figure: Figure | None = None, *, network: str = "vit"
) -> Figure:
    """Draw the predicted probability of each region against the energy, beside the exact posterior.

    Parameters
    ----------
    prediction : Prediction
        Of the network.
    exact : Posterior
        p(region | energy) for the proportions of the test set.
    figure : Figure, optional
        Where to draw; a new one by default. Each panel shows the energies between which two regions are undecided.
    network : str
        Its name.

    Raises
    ------
    InputError
        If the shapes do not fit.
    """
    shape = np.shape(prediction.probability)
    if shape != (len(prediction.energy), len(REGIONS)):
        raise InputError("probability.shape", shape, f"must be ({len(prediction.energy)}, {len(REGIONS)})")
    if figure is None:
        figure = new_figure(POSTERIOR_SIZE)
    axes = figure.subplots(1, len(TITLES) - 1, sharey=True)
    for ax, limits, pair in zip(axes, _undecided(exact), pairwise(TITLES), strict=True):
        grid = np.linspace(*limits, CURVE)
        curves = exact.predict_proba(grid)
        shown = (prediction.energy >= limits[0]) & (prediction.energy <= limits[1])
        for label, colour in enumerate(REGION_INKS):
            energy, probability = prediction.energy[shown], prediction.probability[shown, label]
            ax.plot(energy, probability, ".", color=colour, markersize=4, alpha=0.5, rasterized=True)
            ax.plot(grid, curves[:, label], color="white", linewidth=3.0)
            ax.plot(grid, curves[:, label], color=colour, linewidth=1.7)
        ax.set(xlabel=driven_label(prediction.axis), xlim=limits, ylim=(-0.03, 1.03))
        ax.set_title(" or ".join(pair), fontsize=10.5)
        ax.xaxis.set_major_locator(MaxNLocator(5))
    axes[0].set_ylabel("probability of the region")
    distance = np.abs(exact.predict_proba(prediction.energy) - prediction.probability).sum(1).mean() / 2
    name = network_colours(network)[0]
    title = f"{name[0].upper()}{name[1:]} misplaces {distance:.1%} of the exact posterior's probability"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12.5)
    handles = [Line2D([], [], color=ink, label=title) for ink, title in zip(REGION_INKS, TITLES, strict=True)]
    look = {"linestyle": "none", "marker": ".", "color": INK, "label": "network, one dot an image"}
    handles += [Line2D([], [], color=INK, label="exact posterior"), Line2D([], [], **look)]  # type: ignore[arg-type]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, handlelength=1.4, columnspacing=1.4)
    return figure


def _undecided(exact: Posterior) -> list[tuple[float, float]]:
    """Return the energies per site between which each region and the next hotter one are undecided, with a margin."""
    levels = exact.distribution.energy / exact.distribution.sites
    hotter = 1 - exact.predict_proba(levels).cumsum(axis=1)
    limits = []
    for edge in range(len(REGIONS) - 1):
        inside = levels[(hotter[:, edge] > UNDECIDED) & (hotter[:, edge] < 1 - UNDECIDED)]
        ends = (inside.min(), inside.max()) if len(inside) else (levels.min(), levels.max())
        margin = 0.15 * (ends[1] - ends[0])
        limits.append((max(float(ends[0] - margin), float(levels.min() - margin / 5)), float(ends[1] + margin)))
    return limits
