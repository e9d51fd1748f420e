"""Ridges of thermodynamic fluctuations between the conditions that were simulated, by reweighting their recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spinlens.errors import SpinlensError
from spinlens.phases.planes import axes, columns_where
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.peaks import find_peaks
from spinlens.statistics.scaling.resamples import Layout
from spinlens.statistics.scaling.scan import Scan
from spinlens.statistics.scaling.sources import from_ensemble

if TYPE_CHECKING:
    from spinlens.ensemble import Ensemble

NOWHERE = Estimate(np.nan, np.nan)


def reweighted_ridges(ensemble: Ensemble, maps: xr.Dataset) -> xr.Dataset:
    """Find where along each column of a plane specific heat and susceptibility peak, by all histograms of the column.

    Parameters
    ----------
    ensemble : Ensemble
        Over a plane of two controls; without quenched samples, whose histograms have nothing in common.
    maps : Dataset
        Its latent maps, which say in which columns order breaks a symmetry: there the susceptibility is that of the
        absolute order parameter.

    Returns
    -------
    xarray.Dataset
        Over the control across: ``reweighted_specific_heat`` and ``reweighted_susceptibility`` with ``NAME_error``
        (jackknife over groups of chains). NaN where a curve has no peak inside the range, where it leaves the range
        without some chains, and where histograms do not overlap or there are fewer than 16 chains.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989), doi:10.1103/PhysRevLett.63.1195.
    """
    across, along = axes(maps)
    values, symmetric = maps[across].to_numpy(), columns_where(maps, "symmetric")
    fixed = {
        name: float(points[0]) for name, points in ensemble.grid.items() if name not in (across, along, "temperature")
    }
    found: dict[str, list[float]] = {}
    for value, broken in zip(values, symmetric, strict=True):
        names = {"specific_heat": "specific_heat", "susceptibility": f"susceptibility{'_absolute' if broken else ''}"}
        if not maps.attrs["order_parameter"]:
            del names["susceptibility"]
        places = _peaks(ensemble, along, names, {**fixed, across: float(value)})
        for name, place in places.items():
            found.setdefault(f"reweighted_{name}", []).append(place.value)
            found.setdefault(f"reweighted_{name}_error", []).append(place.error)
    # Along a control in which nothing can be reweighted, as the temperature in imaginary time, there are none.
    known = {name for name, each in found.items() if np.isfinite(each).any()}
    return xr.Dataset(
        {name: (across, np.array(each)) for name, each in found.items() if name.removesuffix("_error") in known},
        coords={across: values},
    )


def _peaks(ensemble: Ensemble, along: str, names: dict[str, str], fixed: dict[str, float]) -> dict[str, Estimate]:
    places = dict.fromkeys(names, NOWHERE)
    try:
        scan = Scan(from_ensemble(ensemble, control=along, fixed=fixed, observables={}))
    except SpinlensError:
        return places
    for name, wanted in names.items():
        try:
            (peak,) = find_peaks([scan], Layout((scan.groups,)), wanted, (scan.low, scan.high))
        except SpinlensError:
            continue
        places[name] = peak.place
    return places
