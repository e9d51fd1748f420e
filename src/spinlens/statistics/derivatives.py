"""Derivatives of thermal averages in any control: covariances with the sums, since ln p = K . S - ln Z."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.recordings import Recordings, recordings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

STEP = 2.0**-12
"""Half of the difference of controls over which strengths are compared: exact where they are linear or quadratic in a
control, as those of all models here are, and elsewhere wrong by some 1e-8."""


def derivatives(
    source: Any, *, of: Any, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
) -> xr.Dataset:
    """Estimate by how much an average changes with each K, with the temperature and with each control.

    Parameters
    ----------
    source, model, lattice, temperature, **controls
        What was recorded where, see `spinlens.statistics.observables`.
    of : str or array, shape (..., chain, recording)
        The name of a recorded sum A, which is then taken per site, or any quantity A that was recorded beside the sums.

    Returns
    -------
    xarray.Dataset
        Over the conditions: ``by_SUM`` d<A>/dK_i for each recorded sum S_i, K being that of
        `spinlens.models.Model.factors`; ``by_temperature`` d<A>/dT; ``by_CONTROL`` d<A>/dc for each control c. Each has
        its standard error ``NAME_error``. Controls that act on sums that were not recorded are left out.

    Raises
    ------
    InputError
        As `spinlens.statistics.observables`; or if A is no recorded sum, or has another shape.

    Notes
    -----
    Sums that were recorded in units of 2^-30 are taken in units of 1 here, A and S_i alike.
    d<A>/dK_i = <A S_i> - <A><S_i>, and by the chain rule d<A>/dc = sum_i dK_i/dc d<A>/dK_i. A must not itself depend on
    the control, as energies do. Derivatives of strengths in controls are symmetric differences, those in T exact.
    """
    import xarray as xr

    found = recordings(source, model=model, lattice=lattice, temperature=temperature, **controls)
    rows = [_slopes(found, wanted, condition) for condition, wanted in enumerate(_wanted(found, of))]
    values = {name: np.array([row[name] for row in rows if name in row]) for name in rows[0]}
    return xr.Dataset(
        {name: (found.dimensions, v.reshape(found.shape)) for name, v in values.items() if len(v) == len(rows)},
        coords=found.coordinates,
    )


def _wanted(found: Recordings, of: Any) -> Iterator[Array]:
    """Yield A of each condition, (chain, recording)."""
    if isinstance(of, str):
        if of not in found.sums:
            raise InputError("of", repr(of), "was not recorded", did_you_mean(of, found.sums))
        share = _units(found)[of] / found.sites
        yield from (np.asarray(values, dtype=np.float64) * share for values in found.sums[of])
        return
    series = next(iter(found.sums.values())).shape[1:]
    if hasattr(of, "dims") and set(of.dims) >= {*found.dimensions, "chain", "recording"}:
        of = of.transpose(*found.dimensions, "chain", "recording")
    array = np.asarray(of, dtype=np.float64)
    if array.shape != (*found.shape, *series):
        raise InputError("of.shape", array.shape, f"must be {(*found.shape, *series)} like the sums")
    yield from array.reshape(-1, *series)


def _units(found: Recordings) -> dict[str, float]:
    """Return what 1 in each recorded sum stands for."""
    return {term.name: term.unit for term in found.model.tables(found.lattice).terms if term.name in found.sums}


def _directions(found: Recordings, condition: int) -> dict[str, dict[str, float]]:
    """Return dK_i in each K_i, in the temperature and in each control, by the names of the sums."""
    model, lattice = found.model, found.lattice
    names, at = model.tables(lattice).names, found.controls_at(condition)
    t = float(found.temperature[condition])
    strengths, events = model.strengths(lattice, **at), model.tables(lattice).events
    # K is strength / T, of events its logarithm.
    changes = {"temperature": np.where(events, -1.0 / t, -strengths / t**2)}
    for name, value in at.items():
        if name == model.quenched:
            continue
        up, down = (model.strengths(lattice, **{**at, name: value + step}) for step in (STEP, -STEP))
        changes[name] = (up - down) / (2.0 * STEP * np.where(events, strengths, t))
    slopes = {name: {name: unit} for name, unit in _units(found).items()}
    for name, change in changes.items():
        slopes[name] = {n: float(slope) for n, slope in zip(names, change, strict=True) if slope != 0}
        missing = sorted(set(slopes[name]) - set(found.sums))
        if missing and name == "temperature":
            raise InputError("sums", sorted(found.sums), f"lack {missing[0]!r}, on which the energy depends")
        if missing:
            del slopes[name]
    return slopes


def _slopes(found: Recordings, a: Array, condition: int) -> dict[str, Array]:
    names, slopes = list(found.sums), _directions(found, condition)
    sums = np.stack([np.asarray(found.sums[name][condition], dtype=np.float64) for name in names])
    # Measured from the first recording, so that covariances lose no digits and are exactly zero for constant series.
    sums, a = sums - sums[:, :1, :1], a - a[0, 0]
    moments = np.concatenate([a[None], sums, a * sums])

    def statistic(means: Array) -> dict[str, Array]:
        first, products = means[1 : 1 + len(names)], means[1 + len(names) :]
        covariance = dict(zip(names, products - means[0] * first, strict=True))
        return {
            f"by_{name}": sum((slope * covariance[n] for n, slope in along.items()), np.zeros_like(means[0]))
            for name, along in slopes.items()
        }

    return jackknife(statistic, *group_sums(moments))
