"""Correlation lengths by the second moment: how fast an order parameter forgets itself at the smallest wave number.

The structure factor of the order parameter m is S(k) = <abs(sum_r m_r exp(i k r))^2> / N, summed over components. Where
correlations decay as those of a free field, S(k) is in proportion to 1 / (1 / xi^2 + 4 sin^2(k / 2)), and

    xi = sqrt(S(0) / S(k) - 1) / (2 sin(k / 2)),    k = 2 pi / L along an axis of L sites.

References
----------
F. Cooper, B. Freedman and D. Preston, Nucl. Phys. B 210, 210 (1982), doi:10.1016/0550-3213(82)90240-1.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, NoOverlapError
from spinlens.lattices import Lattice
from spinlens.models import Model, OrderParameter, Sites
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.labels import labelled
from spinlens.symmetries import code_group, vanishes

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

KINDS = ("chain", "square", "cubic")
"""Lattices whose axes are at right angles, so that k along one of them is short."""

FEWEST = 100.0
"""Draws that must count at another temperature, (sum of weights)^2 / (sum of their squares)."""


def correlation_lengths(ensemble: Any, *, temperature: Any = None) -> xr.Dataset:
    """Estimate the correlation length of the first order parameter along each periodic axis, from the draws.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model whose first order parameter is a sum over sites, on a chain, square or cubic lattice.
    temperature : float or array, optional
        Where it is wanted, each from the draws at the nearest simulated temperature, reweighted; by default the
        simulated temperatures themselves.

    Returns
    -------
    xarray.Dataset
        Over the conditions: ``correlation_length_x`` and so on, in lattice units, and ``_error`` after each. Errors are
        those of a jackknife over chains, or over stretches of draws where there are fewer than 16 chains. The mean of
        the order parameter is subtracted unless a symmetry makes it vanish. Zero where nothing is correlated.

    Raises
    ------
    InputError
        If the order parameter is none of sites, or no axis is periodic.
    NoOverlapError
        If too few draws count at another temperature.
    """
    import xarray as xr

    model, lattice, codes = ensemble.model, ensemble.lattice, ensemble.codes()
    order = order_of(model, lattice)
    axes = _axes(lattice)
    names = [f"correlation_length_{'xyz'[axis]}" for axis in axes]
    simulated = np.asarray(codes["temperature"].values, dtype=np.float64)
    wanted = simulated if temperature is None else np.atleast_1d(np.asarray(temperature, dtype=np.float64))
    others = [str(dim) for dim in codes.dims[: -lattice.axes - 2] if dim != "temperature"]
    points = product(*(range(codes.sizes[name]) for name in others))
    found = []
    for point in points:
        place = dict(zip(others, point, strict=True))
        controls = {name: codes[name].values[at].item() for name, at in place.items()}
        here = [int(np.abs(np.log(simulated / t)).argmin()) for t in wanted]
        moments = []
        for source, t in zip(here, wanted, strict=True):
            drawn = codes.isel(place | {"temperature": source}).values
            rows = drawn.reshape(*drawn.shape[:2], lattice.sites)
            weights = _weights(model, lattice, rows, simulated[source], t, controls)
            moments.append(weights * _moments(model.at(**controls), lattice, order, rows, axes))
        zero = vanishes(order, model.at(**controls).tables(lattice), code_group(model, lattice, **controls))
        found.append(jackknife(_Lengths(names, lattice, axes, zero), *group_sums(np.stack(moments))))
    shape = (*(codes.sizes[name] for name in others), len(wanted))
    arrays = {name: ((*others, "temperature"), np.stack([f[name] for f in found]).reshape(shape)) for name in found[0]}
    coordinates = {name: codes.coords[name] for name in others} | {"temperature": wanted}
    return labelled(xr.Dataset(arrays, coords=coordinates), controls=tuple(model.controls))


def order_of(model: Model, lattice: Lattice) -> OrderParameter:
    """Return the first order parameter of a model.

    Raises
    ------
    InputError
        If it has none that is a sum over sites.
    """
    sites = {term.name for term in model.tables(lattice).terms if isinstance(term, Sites)}
    for order in model.order_parameters(lattice)[:1]:
        if set(order.series) <= sites and not model.imaginary_time:
            return order
    raise InputError("model", model.text, "has no order parameter that is a sum over sites", "Take XY() or Ising()")


def densities(model: Model, lattice: Lattice, order: OrderParameter, codes: NDArray[Any]) -> Array:
    """Return what every site adds to N times an order parameter, codes (..., N), float64 (d, ..., N)."""
    tables = model.tables(lattice)
    found = np.zeros((order.components, *codes.shape)) + order.constant.reshape(-1, *[1] * codes.ndim)
    for name, column in zip(order.series, order.matrix.T, strict=True):
        i = tables.names.index(name)
        found += np.multiply.outer(column, tables.terms[i].table[codes] * tables.site_factors[i])
    return found


def _axes(lattice: Lattice) -> list[int]:
    axes = [axis for axis, rule in enumerate(lattice.rules) if rule == "periodic"]
    if lattice.kind not in KINDS or not axes:
        why = f"correlation lengths are found along periodic axes of {', '.join(KINDS)} lattices"
        raise InputError("lattice", lattice.text, why)
    return axes


def _moments(model: Model, lattice: Lattice, order: OrderParameter, codes: NDArray[Any], axes: list[int]) -> Array:
    """Return 1, S(0), the means of the components and S(k) along each axis of each draw, (moment, chain, draw)."""
    density, sites = densities(model, lattice, order, codes), lattice.sites
    mean = density.mean(axis=-1)
    rows = [np.ones(codes.shape[:-1]), sites * (mean**2).sum(axis=0), *mean]
    for axis in axes:
        place = np.indices(lattice.shape)[axis].ravel()
        wave = density @ np.exp(2j * np.pi * place / lattice.shape[axis])
        rows.append((np.abs(wave) ** 2).sum(axis=0) / sites)
    return np.stack(rows)


def _weights(
    model: Model, lattice: Lattice, codes: NDArray[Any], here: float, there: float, controls: Mapping[str, float]
) -> Array:
    """Return by how much draws (chain, draw) at one temperature count at another; their mean is 1."""
    if here == there:
        return np.ones(codes.shape[:-1])
    factors = [model.factors(lattice, temperature=t, **controls) for t in (here, there)]
    sums = model.at(**controls).tables(lattice).sums(codes)
    logarithm = np.tensordot(factors[1] - factors[0], sums, axes=1)
    weights = np.exp(logarithm - logarithm.max())
    weights /= weights.mean()
    if (count := weights.sum() ** 2 / (weights**2).sum()) < FEWEST:
        raise NoOverlapError(
            "temperature", there, f"only {count:.0f} draws at {here:g} count there", "Simulate one nearer to it"
        )  # fmt: skip
    return np.asarray(weights)


class _Lengths:
    """From averages of `_moments` to lengths."""

    def __init__(self, names: list[str], lattice: Lattice, axes: list[int], vanishes: bool) -> None:
        self.names, self.sites, self.vanishes = names, lattice.sites, vanishes
        self.steps = [2.0 * np.sin(np.pi / lattice.shape[axis]) for axis in axes]

    def __call__(self, means: Array) -> dict[str, Array]:
        own = means[1:] / means[0]
        uniform, mean, waves = own[0], own[1 : -len(self.names)], own[-len(self.names) :]
        uniform = uniform if self.vanishes else uniform - self.sites * (mean**2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                name: np.sqrt(np.maximum(uniform / wave - 1.0, 0.0)) / step
                for name, wave, step in zip(self.names, waves, self.steps, strict=True)
            }
