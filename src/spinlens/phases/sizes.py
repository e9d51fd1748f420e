"""What networks of several sizes say of one column of a plane, and of the infinite lattice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from spinlens.phases.lines import find_ridges
from spinlens.phases.planes import axes, on_plane
from spinlens.phases.resampling import resampled_profiles
from spinlens.phases.ridge import find_ridge
from spinlens.phases.trainings import combined
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling.extrapolation import extrapolate
from spinlens.statistics.scaling.limit import SHIFT

NOWHERE = Estimate(np.nan, np.nan)


def column_places(
    maps: xr.Dataset, *, trainings: Sequence[xr.Dataset] = (), resamples: int = 200, seed: int = 0
) -> dict[str, Estimate]:
    """Return where along one column the learned and the thermodynamic quantities put the transition.

    Parameters
    ----------
    maps : Dataset
        From `latent_maps` of an ensemble at one value of the control across.
    trainings : sequence of Dataset
        Those of other trainings.
    resamples, seed : int
        Of the bootstrap over chains.

    Returns
    -------
    dict of str to Estimate
        ``tau_0`` (its steepest rise), and the ridges of `find_ridges`. NaN where there is none.
    """
    maps, *others = (on_plane(each) for each in (maps, *trainings))
    along = maps[axes(maps)[1]].to_numpy()
    ridges = find_ridges(maps, others, resamples=resamples, seed=seed)
    rises = [
        find_ridge(along, resampled_profiles(each, "tau_0", resamples=resamples, seed=seed), slope=True)
        for each in (maps, *others)
    ]
    found = {"tau_0": combined(rises), **{name: ridge for name, ridge in ridges.items() if name != "tau_1"}}
    return {name: Estimate(float(ridge.temperature[0]), float(ridge.error[0])) for name, ridge in found.items()}


def infinite_lattice(sides: Sequence[float], places: Sequence[Estimate]) -> Estimate:
    """Extrapolate places to infinite size, T(L) = T + a L^-e with an exponent of which little is assumed.

    NaN where fewer than three sizes have a place. The error covers sizes and the choice of the window; that of the form
    is the wide prior of the exponent (1.5 +- 0.7).
    """
    known = [
        (side, each) for side, each in zip(sides, places, strict=True) if np.isfinite([each.value, each.error]).all()
    ]
    if len(known) < 3:
        return NOWHERE
    lengths, values, errors = (
        np.array(part) for part in zip(*((s, e.value, max(e.error, 1e-9)) for s, e in known), strict=True)
    )
    found = extrapolate(lengths, values, errors, forms=[(SHIFT,)])
    return Estimate(found.value, float(np.hypot(found.statistical, found.choices)))
