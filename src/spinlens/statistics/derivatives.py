"""Derivatives of thermal averages in any control: covariances with the sums, since ln p = K . S - ln Z."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.recordings import recordings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def derivatives(
    source: Any, *, of: str, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
) -> xr.Dataset:
    """Estimate the derivatives of the average of a sum in the temperature and in every control.

    Parameters
    ----------
    source, model, lattice, temperature, **controls
        What was recorded where, see `spinlens.statistics.observables`.
    of : str
        Name of one of the recorded sums A.

    Returns
    -------
    xarray.Dataset
        Over the conditions, per site: ``temperature`` d<A>/dT / N and one variable for each control, each with its
        standard error ``NAME_error``.

    Raises
    ------
    InputError
        As `spinlens.statistics.observables`; or if there is no such sum.

    Notes
    -----
    d<A>/dK_i = <A S_i> - <A><S_i>. K = strengths / T is linear in every control of the models here, so dK / dcontrol is
    the difference of the strengths at control + 1 and at control, over T.
    """
    import xarray as xr

    found = recordings(source, model=model, lattice=lattice, temperature=temperature, **controls)
    if of not in found.sums:
        raise InputError("of", repr(of), "was not recorded", did_you_mean(of, found.sums))
    names = [name for name in found.model.tables(found.lattice).names if name in found.sums]
    rows: dict[str, list[Array]] = {}
    for condition in range(len(found.temperature)):
        at, t = found.controls_at(condition), float(found.temperature[condition])
        directions = _directions(found, names, at, t)
        for name, value in _slopes(found, names, of, condition, directions).items():
            rows.setdefault(name, []).append(value)
    return xr.Dataset(
        {name: (found.dimensions, np.array(values).reshape(found.shape)) for name, values in rows.items()},
        coords=found.coordinates,
    )


def _directions(found: Any, names: list[str], controls: dict[str, float], temperature: float) -> dict[str, Array]:
    """Return dK of the recorded sums in the temperature and in each control."""
    model, lattice = found.model, found.lattice
    kept = [i for i, name in enumerate(model.tables(lattice).names) if name in names]
    here = model.strengths(lattice, **controls)[kept]
    slopes = {"temperature": -here / temperature**2}
    for name, value in controls.items():
        there = model.strengths(lattice, **{**controls, name: value + 1.0})[kept]
        slopes[name] = (there - here) / temperature
    return slopes


def _slopes(found: Any, names: list[str], of: str, condition: int, directions: dict[str, Array]) -> dict[str, Array]:
    sums = np.stack([np.asarray(found.sums[name][condition], dtype=np.float64) for name in names])
    sums -= sums[:, :1, :1]
    a = sums[names.index(of)]
    moments = np.concatenate([sums, a * sums])

    def statistic(means: Array) -> dict[str, Array]:
        first, products = means[: len(names)], means[len(names) :]
        covariance = products - first[names.index(of)] * first
        return {name: np.tensordot(slope, covariance, axes=1) / found.sites for name, slope in directions.items()}

    return jackknife(statistic, *group_sums(moments))
