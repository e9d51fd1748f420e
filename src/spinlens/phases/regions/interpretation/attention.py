"""How far attention reaches beside how far spins know of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.regions.labelled import Labelled
from spinlens.phases.regions.labels import EDGES, HOTTEST, REGIONS, bounds

GROUPS = (0.0, EDGES[0], 1.6, 1.9, EDGES[1], 2.2, 2.26, EDGES[2], 2.5, 2.8, 3.2, HOTTEST)
"""Edges of the groups of temperatures in the unit of the regions, narrow where the correlation length is long."""

Look = Callable[[NDArray[Any]], xr.Dataset]
Lengths = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def attention_report(
    trained: Look,
    untrained: Look,
    images: Labelled,
    *,
    groups: Sequence[float] = GROUPS,
    images_per_group: int = 16,
    unit: float = 1.0,
    lengths: Lengths | None = None,
) -> xr.Dataset:
    """Measure how far the heads of a transformer look at each temperature, and where in one image of each region.

    Parameters
    ----------
    trained, untrained : callable
        From `spinlens.learning.vision.interpretation.interpreter`: configurations (n, *sides) to ``distance``
        (layer, image, head), ``attention`` and ``rollout`` (image, row, column) and ``uniform_distance``. The second
        is the control.
    images : Labelled
        Configurations that the network was not trained on.
    groups : sequence of float
        Edges of the groups of temperatures in that unit, ascending; an edge belongs to the colder group. Groups
        without images are left out.
    images_per_group : int
        The first so many images of each group are looked at, or all there are; at least two.
    unit : float
        What the edges of the regions are multiples of, see `spinlens.phases.regions.region_of`.
    lengths : callable, optional
        From temperatures (n,) to correlation lengths of the infinite lattice, where they are known.

    Returns
    -------
    Dataset
        - ``distance`` and ``distance_error`` (network, layer, head, group): mean distance of attention in lattice
          units and its standard error over images; ``network`` is trained or untrained;
        - ``uniform_distance``: that of attention that is the same everywhere, exact;
        - ``temperature``, ``images`` (group): mean temperature of the images of the group, and how many there are;
        - ``correlation_length`` (group): of the infinite lattice at that temperature, lattice units, NaN if not known;
        - ``spins`` (region, x, y), ``example_temperature`` (region), ``attention`` and ``rollout`` (region, row,
          column): an image of each region in the middle of its temperatures, of a cube its first layer, and what the
          trained network takes from each patch; each map sums to one.

    Raises
    ------
    InputError
        If the edges do not ascend, fewer than two images of a group are asked for, or no group has two images.
    """
    temperature = images.temperature
    chosen = _choose(temperature, [unit * edge for edge in groups], images_per_group)
    places = np.concatenate(chosen)
    names = ("trained", "untrained")
    distances = [_distances(look(images.spins[places]), chosen) for look in (trained, untrained)]
    examples = _examples(images, unit)
    seen = trained(images.spins[examples])
    # Of a cube its first layer.
    shown = images.spins[examples].reshape(len(examples), -1, *images.spins.shape[-2:])[:, 0]
    middle = np.array([temperature[group].mean() for group in chosen])
    dimensions = ("network", "layer", "head", "group")
    return xr.Dataset(
        {
            "distance": (dimensions, np.stack([mean for mean, _ in distances])),
            "distance_error": (dimensions, np.stack([error for _, error in distances])),
            "uniform_distance": ((), float(seen["uniform_distance"])),
            "temperature": ("group", middle),
            "images": ("group", [len(group) for group in chosen]),
            "correlation_length": ("group", np.full(len(middle), np.nan) if lengths is None else lengths(middle)),
            "spins": (("region", "x", "y"), shown),
            "example_temperature": ("region", temperature[examples]),
            "attention": (("region", "row", "column"), seen["attention"].to_numpy()),
            "rollout": (("region", "row", "column"), seen["rollout"].to_numpy()),
        },
        coords={"network": list(names), "region": [REGIONS[label] for label in images.labels[examples]]},
        attrs={"axis": images.axis},
    )


def _choose(temperature: NDArray[np.float64], edges: Sequence[float], most: int) -> list[NDArray[np.int64]]:
    """Return the places of the images of each group that are looked at."""
    if len(edges) < 2 or any(low >= high for low, high in pairwise(edges)):
        raise InputError("groups", tuple(edges), "must be at least two edges, ascending")
    if most < 2:
        raise InputError("images_per_group", most, "an error over images needs at least two")
    groups = [np.flatnonzero((temperature > low) & (temperature <= high))[:most] for low, high in pairwise(edges)]
    full = [group for group in groups if len(group) > 1]
    if not full:
        raise InputError("images", len(temperature), "no group of temperatures has two of them", "Take more images")
    return full


def _distances(seen: xr.Dataset, chosen: Sequence[NDArray[np.int64]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return mean distances and their errors over the images of each group, each (layer, head, group)."""
    table = seen["distance"].transpose("layer", "head", "image").to_numpy()
    blocks = np.split(table, np.cumsum([len(group) for group in chosen])[:-1], axis=-1)
    means = np.stack([block.mean(-1) for block in blocks], axis=-1)
    errors = np.stack([block.std(-1, ddof=1) / np.sqrt(block.shape[-1]) for block in blocks], axis=-1)
    return means, errors


def _examples(images: Labelled, unit: float) -> NDArray[np.int64]:
    """Return the place of the image nearest to the middle of each region's temperatures."""
    found = []
    for label, (low, high) in enumerate(pairwise(bounds(unit))):
        here = np.flatnonzero(images.labels == label)
        if len(here):
            found.append(here[np.abs(images.temperature[here] - (low + high) / 2).argmin()])
    return np.array(found, dtype=np.int64)
