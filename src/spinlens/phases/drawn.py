"""Latent maps that draw themselves: a dataset like any other, whose ``plot()`` is the project's picture of it."""

from __future__ import annotations

from typing import Any

import xarray as xr

from spinlens.rooms import from_room


class LatentMaps(xr.Dataset):  # type: ignore[no-untyped-call]
    """What `latent_maps` returns; what is computed from it is a plain dataset where xarray makes a new one."""

    __slots__ = ()

    @property
    def plot(self) -> Any:  # type: ignore[override]
        """``maps.plot()`` draws all maps or curves; ``maps.plot.scatter(...)`` and so on are xarray's."""
        return from_room("figures.latents", "MapsPlot")(self)
