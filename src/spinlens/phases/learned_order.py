"""How large the order parameter is that a network found, whatever symmetry gives it its sign or direction."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.components import Components


def learned_order(
    nu: Components, mean: NDArray[np.floating], symmetric: xr.DataArray, grid: tuple[str, ...], *, components: int
) -> xr.Dataset:
    """Return moments of the learned order parameter of each chain, whose fluctuation marks transitions and crossovers.

    Parameters
    ----------
    nu : Components
        Of the latent means.
    mean : ndarray, shape (controls, temperature, chain, draw, latent)
        Latent means.
    symmetric : DataArray, bool (controls,)
        Whether there is a symmetry that order breaks.
    grid : tuple of str
        Names of the controls and temperature.
    components : int
        Numbers of the model's own order parameter: so many first components are its image.

    Returns
    -------
    xarray.Dataset
        ``learned_order`` over (controls, temperature); ``learned_order_chain`` and ``learned_order_square_chain`` over
        (controls, temperature, chain). The
        learned order is nu_0 as it is, and where there is a symmetry the distance from the place that the symmetry
        leaves alone, as abs(m) takes the place of m on finite lattices. That place is the average over all conditions
        with the symmetry.
    """
    count = min(components, len(nu.shares))
    values = np.stack([nu.project(mean, k) for k in range(count)], axis=-1)
    order = values[..., 0].copy()
    chosen = symmetric.to_numpy()
    if chosen.any():
        there = values[chosen]
        centre = there.reshape(-1, count).mean(axis=0)
        order[chosen] = np.linalg.norm(there - centre, axis=-1)
    dimensions = (*grid, "chain")
    return xr.Dataset({
        "learned_order": (grid, order.mean(axis=(-2, -1)), {"long_name": "learned order parameter"}),
        "learned_order_chain": (dimensions, order.mean(axis=-1)),
        "learned_order_square_chain": (dimensions, (order**2).mean(axis=-1)),
    })  # fmt: skip
