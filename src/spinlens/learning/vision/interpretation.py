"""A trained transformer as a function of spins that says where it looks, for readers that know no torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from spinlens.lattices import Lattice
from spinlens.learning.vision.attention import CHUNK, attention, attention_distance, patch_distances, rollout
from spinlens.learning.vision.classifier import Classifier
from spinlens.learning.vision.reader import Reader

Look = Callable[[np.ndarray], xr.Dataset]


def interpreter(model: Classifier | Reader, lattice: Lattice) -> Look:
    """Return a function that shows where a vision transformer looks.

    Parameters
    ----------
    model : VisionTransformer or its network
        A trained classifier, or a network from `build` as a control.
    lattice : Lattice
        Shape and boundary, which decide what is near.

    Returns
    -------
    callable
        Of configurations, an ensemble or an array (n, L, L), to a Dataset over (layer, image, head, row, column):

        - ``distance`` (layer, image, head), float64: mean distance of attention, lattice units;
        - ``attention`` and ``rollout`` (image, row, column), float64: what the head of the network takes from each
          patch, in the last layer (mean over heads) and through all layers; the class token is left out and each map
          sums to one;
        - ``uniform_distance``: the distance if all patches are looked at alike, lattice units, exact.

        It raises InputError if the network has no attention or the images have other sides than it.
    """

    def look(spins: np.ndarray) -> xr.Dataset:
        parts = [_look(model, lattice, spins[start : start + CHUNK]) for start in range(0, len(spins), CHUNK)]
        return xr.concat(parts, dim="image", data_vars="minimal", coords="minimal", compat="equals", join="exact")

    return look


def _look(model: Classifier | Reader, lattice: Lattice, spins: np.ndarray) -> xr.Dataset:
    maps = attention(model, spins)
    network: Reader = model.network_ if isinstance(model, Classifier) else model
    mean = network.architecture.pooling == "mean"
    last = _to_patches(maps[-1].mean(1, dtype=np.float64), lattice.axes, mean=mean)
    through = _to_patches(rollout(maps), lattice.axes, mean=mean)
    uniform = patch_distances(lattice, maps.shape[-1] - 1).mean()
    return xr.Dataset(
        {
            "distance": (("layer", "image", "head"), attention_distance(maps, lattice)),
            "attention": (("image", "row", "column"), last),
            "rollout": (("image", "row", "column"), through),
            "uniform_distance": ((), uniform),
        }
    )


def _to_patches(maps: np.ndarray, axes: int, *, mean: bool) -> np.ndarray:
    """Return (n, rows, columns): what the pooled tokens take from each patch, those of a cube summed along x.

    It sums to one.
    """
    pooled = maps[:, 1:, 1:].mean(1) if mean else maps[:, 0, 1:]
    shares = pooled / pooled.sum(-1, keepdims=True)
    along = round(shares.shape[-1] ** (1 / axes))
    return np.asarray(shares.reshape(len(shares), -1, along, along).sum(1))
