"""Averages over quenched samples: thermal averages first, sample by sample, then their average and its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models import Model
from spinlens.statistics.fluctuations import Quantity
from spinlens.statistics.jackknife import Statistic, jackknife
from spinlens.statistics.observables import quantities
from spinlens.statistics.recordings import Recordings, recordings

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def disorder_averages(
    source: Any, *, model: Any = None, lattice: Any = None, temperature: Any = None, **controls: Any
) -> xr.Dataset:
    """Average the thermodynamics over quenched samples.

    Parameters
    ----------
    source, model, lattice, temperature, **controls
        What was recorded where, see `spinlens.statistics.observables`; one axis of the conditions is that of the
        samples, for all models here ``sample``.

    Returns
    -------
    xarray.Dataset
        Over the conditions without the samples; each of these, and beside it its standard error as ``NAME_error``, with
        e and m per site, <> the thermal average of a sample and [] that over samples:

        - ``energy`` [<e>] and ``specific_heat`` N [<e^2> - <e>^2] / T^2
        - for each order parameter NAME of the model ``NAME`` [<m>] (of one component), ``absolute_NAME`` [<abs m>] and
          ``NAME_squared`` [<m^2>]
        - of the first order parameter, of further ones with NAME and an underscore before it, the connected
          ``susceptibility`` N [<m^2> - <m>^2] / T, with <m> = 0 where a symmetry of every sample says so; the
          ``disconnected_susceptibility`` N [<m>^2]; and ``binder_cumulant`` 1 - d [<m^4>] / ((d + 2) [<m^2>]^2) for d
          components

        Errors are those of a jackknife over samples, in whose scatter that of the chains is contained. They are NaN
        for a single sample.

    Raises
    ------
    InputError
        If the model has no quenched samples, they are on no axis of their own, or something is wrong with the sums.

    Notes
    -----
    However many samples there are, the square of a thermal average that was measured in a few recordings is wrong on
    average: by the variance of the measurement. Here <m>^2 is the average of the products of different chains, which
    are independent, so that no chain needs to be long. It takes two chains at least; with one it is NaN.
    """
    import xarray as xr

    found = recordings(source, model=model, lattice=lattice, temperature=temperature, **controls)
    sites, number = found.sites, len(found.temperature)
    axis = sample_axis(found.model, found.dimensions)
    moments, wanted = _thermal(found)
    t = found.temperature.reshape(found.shape).take(0, axis).reshape(-1)

    def statistic(means: Array) -> dict[str, Array]:
        kelvin = t.reshape(-1, *(1,) * (means.ndim - 2))
        e, variance, *rest = means
        values = {"energy": e, "specific_heat": sites * variance / kelvin**2}
        for quantity in wanted:
            d, name, prefix = quantity.order.components, quantity.order.name, quantity.prefix
            first, size, squared, apart, fourth, *rest = rest
            with np.errstate(divide="ignore", invalid="ignore"):
                binder = 1.0 - d * fourth / ((d + 2.0) * squared**2)
            values |= {name: first} if d == 1 else {}
            values |= {
                f"absolute_{name}": size, f"{name}_squared": squared,
                f"{prefix}susceptibility": sites * (squared - apart) / kelvin,
                f"{prefix}disconnected_susceptibility": sites * apart, f"{prefix}binder_cumulant": binder,
            }  # fmt: skip
        return values

    assert moments.shape[1] == number
    dimensions, averages = average_over_samples(statistic, moments.reshape(-1, *found.shape), axis, found.dimensions)
    coordinates = {
        name: (dims, values) for name, (dims, values) in found.coordinates.items() if found.model.quenched not in dims
    }
    coordinates.pop(str(found.model.quenched), None)
    whole = found.labelled(xr.Dataset({n: (dimensions, v) for n, v in averages.items()}, coords=coordinates))
    return whole.assign_attrs(samples=found.shape[axis])


def sample_axis(model: Model, dimensions: tuple[str, ...]) -> int:
    """Return the axis of the samples.

    Raises
    ------
    InputError
        If the model has no quenched samples, or none of the dimensions is theirs.
    """
    if model.quenched is None:
        why = "has no quenched disorder, so there is nothing to average over but the chains"
        raise InputError("model", model.text, why, "Use observables")
    if model.quenched not in dimensions:
        raise InputError("sums.dims", dimensions, f"must contain {model.quenched!r}", "Pass arrays with named axes")
    return dimensions.index(model.quenched)


def average_over_samples(
    statistic: Statistic, moments: Array, axis: int, dimensions: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, Array]]:
    """Return functions of averages over samples, each with its error, and the dimensions that are left.

    Parameters
    ----------
    statistic : callable
        From averages (moment, conditions[, sample]) to named values, as for `spinlens.statistics.jackknife`.
    moments : ndarray, float64 (moment, ...)
        Thermal averages of each sample at each condition.
    axis : int
        Which of the axes after the first is that of the samples.
    dimensions : tuple of str
        Names of those axes.
    """
    last = np.moveaxis(moments, axis + 1, -1)
    rows = last.reshape(len(last), -1, last.shape[-1])
    found = jackknife(statistic, np.moveaxis(rows, 0, 1), np.ones(last.shape[-1]))
    left = tuple(name for place, name in enumerate(dimensions) if place != axis)
    return left, {name: values.reshape(last.shape[1:-1]) for name, values in found.items()}


def _thermal(found: Recordings) -> tuple[Array, list[Quantity]]:
    """Return unbiased thermal moments of each condition, (moment, C), and the order parameters that they are of."""
    rows = []
    for here, controls in found.runs():
        wanted = quantities(found, controls)
        for condition in range(here.start, here.stop):
            sums = {name: np.asarray(values[condition], dtype=np.float64) for name, values in found.sums.items()}
            t = found.temperature[condition]
            energy = np.asarray(found.model.energy_total(found.lattice, sums, temperature=t, **controls)) / found.sites
            rows.append(_moments(np.broadcast_to(energy, next(iter(sums.values())).shape), sums, found.sites, wanted))
    return np.array(rows).T, wanted


def _moments(energy: Array, sums: dict[str, Array], sites: int, wanted: list[Quantity]) -> list[float]:
    offset = energy[0, 0]
    e = energy - offset
    row = [float(offset + e.mean()), float((e**2).mean() - squared_mean(e))]
    for quantity in wanted:
        values = quantity.order.values(sums, sites)
        size = np.linalg.norm(values, axis=-1)
        apart = 0.0 if quantity.vanishes else sum(squared_mean(part) for part in np.moveaxis(values, -1, 0))
        powers = [float((size**power).mean()) for power in (1, 2, 4)]
        row += [float(values[..., 0].mean()), powers[0], powers[1], float(apart), powers[2]]
    return row


def squared_mean(series: Array) -> float:
    """Return the square of the average that a series (chain, recording) has, without bias, by pairs of chains."""
    means = series.mean(axis=1)
    if len(means) < 2:
        return float("nan")
    return float((means.sum() ** 2 - (means**2).sum()) / (len(means) * (len(means) - 1)))
