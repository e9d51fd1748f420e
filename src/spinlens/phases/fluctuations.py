"""Resampled fluctuations along an axis of a plane, ready for a search of their maxima."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.planes import symmetric_columns, thermal
from spinlens.phases.resampling import resampled_profiles

Floats = NDArray[np.float64]

FLOOR = 0.1
"""Fraction of the maximum below which a fluctuation's logarithm levels off."""


def variance_profiles(maps: xr.Dataset, name: str, *, resamples: int, seed: int) -> Floats:
    """Return N (<x^2> - <x>^2) of a number per site from resampled chains, shape (across, 1 + resamples, along)."""
    square, mean = (resampled_profiles(maps, each, resamples=resamples, seed=seed) for each in (f"{name}_square", name))
    return np.asarray(maps.attrs["sites"] * (square - mean**2))


def specific_heat_profiles(maps: xr.Dataset, *, resamples: int, seed: int) -> Floats:
    """Return N (<e^2> - <e>^2) / T^2 from resampled chains, shape (across, 1 + resamples, along).

    In imaginary time it is less by the kinks per site, see `spinlens.statistics.fluctuations.Events`.
    """
    found = variance_profiles(maps, "energy", resamples=resamples, seed=seed) / thermal(maps) ** 2
    for name in maps.attrs.get("events", []):
        found = found - resampled_profiles(maps, name, resamples=resamples, seed=seed)
    return np.asarray(found)


def susceptibility_profiles(maps: xr.Dataset, *, resamples: int, seed: int) -> Floats:
    """Return N (<m^2> - <m>^2) / T of the first order parameter, shape (across, 1 + resamples, along).

    Where there is a symmetry that order breaks abs(m) takes the place of m: on a finite lattice <m> = 0 there, and only
    the fluctuation of abs(m) has a maximum.
    """
    order = maps.attrs["order_parameter"]
    square, mean, absolute = (
        resampled_profiles(maps, name, resamples=resamples, seed=seed)
        for name in (f"{order}_square", order, f"absolute_{order}")
    )
    symmetric = symmetric_columns(maps)
    mean[symmetric] = absolute[symmetric]
    return np.asarray(maps.attrs["sites"] * (square - mean**2) / thermal(maps))


def conjugate_profiles(maps: xr.Dataset, control: str, *, resamples: int, seed: int) -> Floats:
    """Return how fast <x> of what a control couples to follows it: N (<x^2> - <x>^2) / T, less what is counted."""
    name = f"conjugate_{control}"
    found = variance_profiles(maps, name, resamples=resamples, seed=seed) / thermal(maps)
    if f"{name}_counted_chain" in maps:
        found = found - resampled_profiles(maps, f"{name}_counted", resamples=resamples, seed=seed)
    return np.asarray(found)


def even_noise(fluctuations: Floats) -> Floats:
    """Return log(fluctuation + floor), which peaks at the same temperature.

    The noise of a variance is proportional to it; that of its logarithm is the same at every temperature, so
    that a smooth curve through the logarithms is not pulled towards the quiet ends. The floor keeps the
    frozen corner, where a sample variance can be zero, from shouting.

    Parameters
    ----------
    fluctuations : ndarray of float64, shape (across, 1 + resamples, along)
        At least 0 up to rounding.
    """
    top = fluctuations[:, :1].max(axis=2, keepdims=True)
    floor = np.maximum(FLOOR * top, np.finfo(float).tiny)
    return np.asarray(np.log(np.maximum(fluctuations, 0) + floor))
