"""Ridges of the latent and thermodynamic maps as lines over the field, with the exact ones beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.agreement import opposite
from spinlens.phases.exact_lines import exact_lines
from spinlens.phases.fluctuations import even_noise, specific_heat_profiles, susceptibility_profiles
from spinlens.phases.resampling import resampled_profiles
from spinlens.phases.ridge import Ridge, find_ridge
from spinlens.phases.trainings import combined

Floats = NDArray[np.float64]


def find_ridges(maps: xr.Dataset, trainings: Sequence[xr.Dataset], *, resamples: int, seed: int) -> dict[str, Ridge]:
    """Return the ridges of tau_1 over all trainings, of the specific heat and of the susceptibility, with resamples."""
    temperature = maps["temperature"].to_numpy()
    drawing: dict[str, int] = {"resamples": resamples, "seed": seed}
    return {
        "tau_1": combined(
            [find_ridge(temperature, resampled_profiles(each, "tau_1", **drawing)) for each in (maps, *trainings)]
        ),
        "specific_heat": find_ridge(temperature, even_noise(specific_heat_profiles(maps, **drawing))),
        "susceptibility": find_ridge(temperature, even_noise(susceptibility_profiles(maps, **drawing))),
    }


def tabulate_lines(field: Floats, ridges: dict[str, Ridge], coupling: float) -> xr.Dataset:
    """Return temperature, error and reason of every ridge over ``field``, and the exact lines."""
    lines = xr.Dataset(coords={"field": field})
    for name, ridge in ridges.items():
        lines[name] = ("field", ridge.temperature)
        lines[f"{name}_error"] = ("field", ridge.error)
        lines[f"{name}_reason"] = ("field", np.array(ridge.reason))
    return _with_exact(lines, "field", coupling)


def tabulate_pairs(field: Floats, ridges: dict[str, Ridge], coupling: float) -> xr.Dataset:
    """Return the ridges over ``strength`` = abs(h), opposite fields averaged, and the exact lines.

    Where only one of two opposite fields has a ridge, it stands alone.
    """
    groups = [
        sorted({i, i if (j := opposite(field, i)) is None else j})
        for i in range(len(field))
        if field[i] >= 0 or opposite(field, i) is None
    ]
    groups.sort(key=lambda group: abs(field[group[0]]))
    pairs = xr.Dataset(coords={"strength": [abs(field[group[0]]) for group in groups]})
    for name, ridge in ridges.items():
        known = [[i for i in group if np.isfinite(ridge.temperature[i])] for group in groups]
        nothing = np.full(ridge.resampled.shape[1], np.nan)
        pairs[name] = ("strength", [ridge.temperature[i].mean() if i else np.nan for i in known])
        pairs[f"{name}_error"] = (
            "strength",
            [np.sqrt(np.sum(ridge.error[i] ** 2)) / len(i) if i else np.nan for i in known],
        )
        resampled = [ridge.resampled[i].mean(axis=0) if i else nothing for i in known]
        pairs[f"{name}_resampled"] = (("strength", "resample"), np.array(resampled))
    return _with_exact(pairs, "strength", coupling)


def _with_exact(lines: xr.Dataset, dimension: str, coupling: float) -> xr.Dataset:
    exact = exact_lines(lines[dimension].to_numpy(), coupling=coupling)
    lines["exact_specific_heat"] = (dimension, exact.specific_heat)
    lines["exact_susceptibility"] = (dimension, exact.susceptibility)
    return lines
