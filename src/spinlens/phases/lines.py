"""Ridges of the latent and thermodynamic maps as lines through a plane, with the exact ones beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.exact import transverse_susceptibility_ridge
from spinlens.phases.agreement import opposite
from spinlens.phases.exact_lines import exact_lines_of
from spinlens.phases.fluctuations import (
    conjugate_profiles,
    even_noise,
    specific_heat_profiles,
    susceptibility_profiles,
    variance_profiles,
)
from spinlens.phases.planes import axes
from spinlens.phases.resampling import resampled_profiles
from spinlens.phases.ridge import Ridge, find_ridge
from spinlens.phases.trainings import combined

Floats = NDArray[np.float64]
Profiles = Callable[[xr.Dataset], Floats]

LEARNED = ("tau_1", "nu_0")
"""Ridges of which every training has its own."""


def find_ridges(maps: xr.Dataset, trainings: Sequence[xr.Dataset], *, resamples: int, seed: int) -> dict[str, Ridge]:
    """Return the ridges of every column: where along it something is highest.

    Parameters
    ----------
    maps : Dataset
        Over a plane.
    trainings : sequence of Dataset
        Those of other trainings.
    resamples, seed : int
        Of the bootstrap over chains.

    Returns
    -------
    dict of str to Ridge
        ``tau_1`` and ``nu_0`` (the fluctuation of the learned order parameter, where it was recorded) over all
        trainings; ``specific_heat``, and ``susceptibility`` where the model has an order parameter.
    """
    drawing: dict[str, int] = {"resamples": resamples, "seed": seed}
    profiles: dict[str, Profiles] = {"tau_1": lambda each: resampled_profiles(each, "tau_1", **drawing)}
    if "learned_order_chain" in maps:
        profiles["nu_0"] = lambda each: even_noise(variance_profiles(each, "learned_order", **drawing))
    profiles["specific_heat"] = lambda each: even_noise(specific_heat_profiles(each, **drawing))
    if maps.attrs["order_parameter"]:
        profiles["susceptibility"] = lambda each: even_noise(susceptibility_profiles(each, **drawing))
    return _ridges(maps[axes(maps)[1]].to_numpy(), profiles, maps, trainings)


def find_row_ridges(
    maps: xr.Dataset, trainings: Sequence[xr.Dataset], *, resamples: int, seed: int
) -> dict[str, Ridge]:
    """Return the ridges of every row: where across the plane something fluctuates most.

    Returns
    -------
    dict of str to Ridge
        ``tau_1`` and ``nu_0`` over all trainings; ``susceptibility`` where the model has an order parameter;
        ``conjugate``, the response of what the control across couples to.
    """
    across, _ = axes(maps)
    drawing: dict[str, int] = {"resamples": resamples, "seed": seed}

    def turned(profiles: Floats) -> Floats:
        return even_noise(np.swapaxes(profiles, 0, 2))

    profiles: dict[str, Profiles] = {
        "tau_1": lambda each: np.swapaxes(resampled_profiles(each, "tau_1", **drawing), 0, 2)
    }
    if "learned_order_chain" in maps:
        profiles["nu_0"] = lambda each: turned(variance_profiles(each, "learned_order", **drawing))
    if maps.attrs["order_parameter"]:
        profiles["susceptibility"] = lambda each: turned(susceptibility_profiles(each, **drawing))
    if f"conjugate_{across}_chain" in maps:
        profiles["conjugate"] = lambda each: turned(conjugate_profiles(each, across, **drawing))
    return _ridges(maps[across].to_numpy(), profiles, maps, trainings, known=True)


def _ridges(
    at: Floats,
    profiles: Mapping[str, Profiles],
    maps: xr.Dataset,
    trainings: Sequence[xr.Dataset],
    *,
    known: bool = False,
) -> dict[str, Ridge]:
    learned = {
        name: combined([find_ridge(at, make(each), known=known) for each in (maps, *trainings)])
        for name, make in profiles.items() if name in LEARNED
    }  # fmt: skip
    return {name: learned[name] if name in learned else find_ridge(at, make(maps), known=known)
            for name, make in profiles.items()}  # fmt: skip


def tabulate_lines(values: Floats, ridges: dict[str, Ridge], dimension: str) -> xr.Dataset:
    """Return place, error and reason of every ridge over the columns, or the rows."""
    lines = xr.Dataset(coords={dimension: values})
    for name, ridge in ridges.items():
        lines[name] = (dimension, ridge.temperature)
        lines[f"{name}_error"] = (dimension, ridge.error)
        lines[f"{name}_reason"] = (dimension, np.array(ridge.reason))
    return lines


def with_exact_rows(rows: xr.Dataset, maps: xr.Dataset) -> xr.Dataset:
    """Return the ridges across a plane with the exact one of the response in a transverse field, where it is known."""
    across, along = axes(maps)
    coupling = float(maps.attrs.get("chain_coupling", np.nan))
    if "conjugate" not in rows or (across, along) != ("transverse_field", "temperature") or np.isnan(coupling):
        return rows
    exact = transverse_susceptibility_ridge(rows[along].to_numpy(), coupling=coupling)
    return rows.assign(exact_conjugate=(along, exact))


def tabulate_pairs(maps: xr.Dataset, ridges: dict[str, Ridge]) -> xr.Dataset:
    """Return the ridges over ``strength``, opposite columns averaged where one is the mirror image of the other.

    ``strength`` is then the absolute value of the control across, else the control itself. Where only one of two
    opposite columns has a ridge, it stands alone.
    """
    across, _ = axes(maps)
    values, mirrored = maps[across].to_numpy(), across in maps.attrs["mirrored"]
    groups = [[i] for i in range(len(values))]
    strength = values
    if mirrored:
        groups = [
            sorted({i, i if (j := opposite(values, i)) is None else j})
            for i in range(len(values))
            if values[i] >= 0 or opposite(values, i) is None
        ]
        groups.sort(key=lambda group: abs(values[group[0]]))
        strength = np.abs(values)
    pairs = xr.Dataset(coords={"strength": [strength[group[0]] for group in groups]})
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
    return pairs


def with_exact(lines: xr.Dataset, dimension: str, maps: xr.Dataset) -> xr.Dataset:
    """Return lines with the exact ones, NaN where nobody knows any."""
    exact = exact_lines_of(maps, lines[dimension].to_numpy())
    return lines.assign(
        exact_specific_heat=(dimension, exact.specific_heat), exact_susceptibility=(dimension, exact.susceptibility)
    )
