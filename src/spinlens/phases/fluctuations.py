"""Resampled specific heat and susceptibility along temperature, ready for a search of their maxima."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.resampling import resampled_profiles

Floats = NDArray[np.float64]

FLOOR = 0.1
"""Fraction of the maximum below which a fluctuation's logarithm levels off."""


def specific_heat_profiles(maps: xr.Dataset, *, resamples: int, seed: int) -> Floats:
    """Return N (<e^2> - <e>^2) / T^2 from resampled chains, shape (field, 1 + resamples, temperature)."""
    square, mean = (
        resampled_profiles(maps, name, resamples=resamples, seed=seed) for name in ("energy_square", "energy")
    )
    return np.asarray(maps.attrs["sites"] * (square - mean**2) / maps["temperature"].to_numpy() ** 2)


def susceptibility_profiles(maps: xr.Dataset, *, resamples: int, seed: int) -> Floats:
    """Return N (<m^2> - <m>^2) / T from resampled chains, shape (field, 1 + resamples, temperature).

    At zero field abs(m) takes the place of m: on a finite lattice <m> = 0 there, and only the
    fluctuation of abs(m) has a maximum.
    """
    square, mean, absolute = (
        resampled_profiles(maps, name, resamples=resamples, seed=seed)
        for name in ("magnetization_square", "magnetization", "absolute_magnetization")
    )
    zero = maps["field"].to_numpy() == 0
    mean[zero] = absolute[zero]
    return np.asarray(maps.attrs["sites"] * (square - mean**2) / maps["temperature"].to_numpy())


def even_noise(fluctuations: Floats) -> Floats:
    """Return log(fluctuation + floor), which peaks at the same temperature.

    The noise of a variance is proportional to it; that of its logarithm is the same at every temperature, so
    that a smooth curve through the logarithms is not pulled towards the quiet ends. The floor keeps the
    frozen corner, where a sample variance can be zero, from shouting.

    Parameters
    ----------
    fluctuations : ndarray of float64, shape (field, 1 + resamples, temperature)
        At least 0 up to rounding.
    """
    top = fluctuations[:, :1].max(axis=2, keepdims=True)
    floor = np.maximum(FLOOR * top, np.finfo(float).tiny)
    return np.asarray(np.log(np.maximum(fluctuations, 0) + floor))
