"""A plane of two controls: maps with one axis across and one along which lines are looked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError

Floats = NDArray[np.float64]


INSIDE = ("chain", "component", "latent")
"""Axes of what there is at a condition."""


def axes(maps: xr.Dataset) -> tuple[str, str]:
    """Return the names of the axis across and the axis along: temperature lies along where it varies.

    Raises
    ------
    InputError
        If not exactly two controls have an axis.
    """
    names = list(dict.fromkeys(str(name) for each in maps.values() for name in each.dims if name not in INSIDE))
    if len(names) != 2:
        raise InputError(
            "controls", ", ".join(names), "a plane has two controls that vary", "Fix all others at one value each"
        )
    across, along = sorted(names, key=lambda name: name == "temperature")
    return across, along


def on_plane(maps: xr.Dataset) -> xr.Dataset:
    """Return maps over the two controls that vary; of quenched samples the averages.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps`, over any number of controls of which two have several values; a third may number samples.

    Returns
    -------
    xarray.Dataset
        Over the two controls. The others are coordinates of one value. Where there are samples, chains of one sample
        are averaged and ``chain`` numbers the samples, which are what is independent: energies and all other moments
        are counted from each sample's own average at a condition, so that fluctuations are thermal ones averaged over
        samples, [<e^2> - <e>^2], and not those between samples.

    Raises
    ------
    InputError
        If not exactly two controls vary.
    """
    controls, samples = maps["tau_0"].dims, maps.attrs.get("quenched", "")
    if samples and samples in controls:
        maps = _averaged(maps, samples)
    single = [name for name in controls if name != samples and maps.sizes[name] == 1]
    maps = maps.squeeze(single[: max(0, maps["tau_0"].ndim - 2)])
    axes(maps)
    return maps


def _averaged(maps: xr.Dataset, samples: str) -> xr.Dataset:
    found = xr.Dataset(attrs=maps.attrs)
    shift = {}
    for name in map(str, maps.data_vars):
        if name.endswith("_square_chain"):
            base = name.removesuffix("_square_chain")
            mean = maps[f"{base}_chain"].mean("chain")
            # Where order may break a symmetry all samples are alike, and the order parameter's size is what counts.
            shift[base] = (mean.mean(samples) - mean).where(~maps["symmetric"], 0.0)
    for key, values in maps.data_vars.items():
        name = str(key)
        base = name.removesuffix("_chain").removesuffix("_square")
        if samples not in values.dims:
            found[name] = values
        elif values.dtype == bool:
            found[name] = values.all(samples)
        elif "chain" not in values.dims:
            found[name] = values.mean(samples, keep_attrs=True)
        else:
            d = shift.get(base, 0.0)
            moved = values + d
            if name.endswith("_square_chain"):
                moved = values + 2 * d * maps[f"{base}_chain"] + d**2
            found[name] = moved.mean("chain").rename({samples: "chain"}).transpose(..., "chain")
    return found.drop_vars(samples, errors="ignore").assign_coords(chain=np.arange(maps.sizes[samples]))


def symmetric_columns(maps: xr.Dataset) -> NDArray[np.bool_]:
    """Return where there is a symmetry that order breaks, bool (across,)."""
    return columns_where(maps, "symmetric")


def columns_where(maps: xr.Dataset, name: str) -> NDArray[np.bool_]:
    """Return in which columns something holds throughout that was noted over the controls, bool (across,)."""
    across, _ = axes(maps)
    noted = maps[name]
    if across in noted.dims:
        return noted.all([each for each in noted.dims if each != across]).to_numpy().astype(bool)
    return np.full(maps.sizes[across], bool(noted.all()))


def thermal(maps: xr.Dataset) -> Floats:
    """Return the temperature, shape that broadcasts against (across, resample, along)."""
    across, along = axes(maps)
    temperature = maps["temperature"].to_numpy().astype(np.float64)
    return temperature[:, None, None] if across == "temperature" and along != "temperature" else temperature


@dataclass(frozen=True, slots=True)
class Known:
    """A transition that theory or careful numerics gave.

    Attributes
    ----------
    value, error : float
        The temperature, or the control in which there is one at T = 0, in units of energy; the error of an exact one
        is 0.
    quantity, source : str
        What it is and whose.
    """

    value: float
    error: float
    quantity: str
    source: str


def known_transitions(maps: xr.Dataset) -> dict[float, Known]:
    """Return the known transitions in the plane by the value of the control across."""
    across, _ = axes(maps)
    found: dict[float, Known] = {}
    exact = float(maps.attrs.get("critical_temperature", np.nan))
    if np.isfinite(exact) and (symmetric_columns(maps) & (maps[across].to_numpy() == 0)).any():
        found[0.0] = Known(exact, 0.0, "critical temperature", "exact")
    for item in json.loads(maps.attrs.get("references", "[]")):
        controls: dict[str, Any] = item["controls"]
        held = {name: float(maps[name]) for name in controls if name != across and name in maps.coords}
        others = {name: value for name, value in controls.items() if name in held}
        if across in controls and all(np.isclose(held[name], value) for name, value in others.items()):
            parts = (item["temperature"], item["error"], item["quantity"], item["source"])
            known = Known(*parts)
            if known.error <= found.get(controls[across], known).error:
                found[float(controls[across])] = known
    return dict(sorted(found.items()))


def known_apex(maps: xr.Dataset) -> Known | None:
    """Return the known value of the control across at which there is a transition at T = 0; None where none is."""
    across, _ = axes(maps)
    for item in json.loads(maps.attrs.get("zero_temperature", "[]")):
        held = {name: value for name, value in item["controls"].items() if name != across and name in maps.coords}
        if item["control"] == across and all(np.isclose(float(maps[name]), value) for name, value in held.items()):
            return Known(item["value"], item["error"], item["quantity"], item["source"])
    return None
