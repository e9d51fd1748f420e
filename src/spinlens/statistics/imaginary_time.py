"""Correlations in imaginary time, and the gap above the ground state that they tell, from pictures of worldlines.

The correlation of an operator at evenly spaced imaginary times is a sum over excitations, each a hyperbolic cosine, and
its Fourier transform a sum of b / (l + a): l = (2 H T sin(pi k / H))^2 for the k-th of H frequencies, a likewise
(2 H T sinh(D / (2 H T)))^2 for an excitation of energy D. That is exact whatever the number of slices is.

References
----------
H. Suwa and S. Todo, Phys. Rev. Lett. 115, 080601 (2015), doi:10.1103/PhysRevLett.115.080601, in continuous time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.models import OrderParameter
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.labels import labelled
from spinlens.symmetries import code_group, vanishes

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


def time_correlation(ensemble: Any, *, of: str | None = None) -> xr.Dataset:
    """Estimate how an order parameter m is correlated with itself in imaginary time.

    Parameters
    ----------
    ensemble : Ensemble
        Of a model in imaginary time, sampled with ``raster=H``: its draws are pictures of worldlines.
    of : str, optional
        Which order parameter; by default the model's first.

    Returns
    -------
    xarray.Dataset
        ``correlation``, N (<m(0) m(u / T)> - <m>^2), and its error, over the conditions and ``u``, from 0 to 1/2 of the
        circle of imaginary time. Errors are those of a jackknife over chains.

    Raises
    ------
    InputError
        If the draws are no pictures, or the model does not have that order parameter.
    """

    def statistic(spectrum: Array, temperature: float) -> dict[str, Array]:
        del temperature
        height = 2 * (len(spectrum) - 1) + odd
        found = np.fft.irfft(spectrum, n=height, axis=0) * height
        return {f"{u}": found[u] for u in range(height // 2 + 1)}

    height = _height(ensemble)
    odd = height % 2
    found = _estimated(ensemble, of, statistic)
    times = [str(u) for u in range(height // 2 + 1)]
    dims = (*ensemble.plan.grid, "u")
    data = {
        f"correlation{part}": (dims, np.stack([found[f"{u}{part}"] for u in times], axis=-1))
        for part in ("", "_error")
    }  # fmt: skip
    return _dataset(ensemble, data, u=np.arange(len(times)) / height)


def energy_gap(ensemble: Any, *, of: str | None = None, order: int = 2) -> xr.Dataset:
    """Estimate the energy of the lowest excitation that an order parameter makes.

    Parameters
    ----------
    ensemble, of
        As of `time_correlation`. Temperatures of about a sixth of the gap are best: at higher ones excitations of
        excited states count as well, at much lower ones the first frequencies say all the same, and errors are large.
    order : int
        How many frequencies beside zero are combined. With 1 it is the second moment of the correlation; each further
        one suppresses higher excitations by one power more of the square of their energy, and has a larger error.

    Returns
    -------
    xarray.Dataset
        ``gap`` over the conditions, in units of energy, and its error by a jackknife over chains; NaN where noise
        leaves none.

    Raises
    ------
    InputError
        As `time_correlation`, or if there are not as many frequencies.

    Notes
    -----
    With divided differences over the first n + 1 frequencies l_k, C[l_0 .. l_n] of b / (l + a) is
    (-1)^n b / prod (l_k + a), and that of l times it is -a times as much. So their quotient is an average of all a,
    with the weights b / prod (l_k + a): never below the lowest, and nearer to it with every frequency.

    On a finite lattice with order that is the splitting of the ground states, which falls exponentially with the size.
    """
    height = _height(ensemble)
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= height // 2:
        why = f"must be a whole number from 1 to {height // 2}, half of the slices"
        raise InputError("order", order, why, "Take 1 or 2, or sample with more slices")

    def statistic(spectrum: Array, temperature: float) -> dict[str, Array]:
        return {"gap": gap_of_spectrum(spectrum, height=height, temperature=temperature, order=order)}

    found = _estimated(ensemble, of, statistic)
    return _dataset(ensemble, {name: (tuple(ensemble.plan.grid), values) for name, values in found.items()})


def gap_of_spectrum(spectrum: Array, *, height: int, temperature: float, order: int) -> Array:
    """Return the gap that a Fourier transform (frequency, ...) of a correlation over so many slices tells."""
    rate = 2.0 * height * temperature
    squares = (rate * np.sin(np.pi * np.arange(order + 1) / height)) ** 2
    apart = squares[:, None] - squares
    np.fill_diagonal(apart, 1.0)
    weight = 1.0 / apart.prod(axis=1)
    below = np.tensordot(weight, spectrum[: order + 1], axes=1)
    above = np.tensordot(weight * squares, spectrum[: order + 1], axes=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(rate * np.arcsinh(np.sqrt(-above / below) / rate))


def _height(ensemble: Any) -> int:
    height = ensemble.plan.raster
    if height is None:
        raise InputError("raster", None, "the draws show one imaginary time", "Simulate with raster=64, for example")
    return int(height)


def _order(ensemble: Any, of: str | None) -> OrderParameter:
    orders: dict[str, OrderParameter] = {
        each.name: each for each in ensemble.model.order_parameters(ensemble.lattice)
    }  # fmt: skip
    if of is not None and of not in orders:
        raise InputError("of", repr(of), "is no order parameter of the model", did_you_mean(of, orders))
    return orders[of] if of is not None else next(iter(orders.values()))


def _estimated(
    ensemble: Any, of: str | None, statistic: Callable[[Array, float], dict[str, Array]]
) -> dict[str, Array]:
    """Return what follows from the spectrum, and errors, over the grid."""
    height, order = _height(ensemble), _order(ensemble, of)
    shape = tuple(len(values) for values in ensemble.plan.grid.values())
    found: list[dict[str, Array]] = []
    for place in np.ndindex(*shape):
        at = {name: values[k] for k, (name, values) in zip(place, ensemble.plan.grid.items(), strict=True)}
        temperature = at.pop("temperature")
        model, lattice = ensemble.model.at(**at), ensemble.lattice
        tables = model.tables(lattice)
        known = vanishes(order, tables, code_group(model, lattice, **at))
        codes = ensemble.codes(**dict(zip(ensemble.plan.grid, place, strict=True))).values
        sums = dict(zip(tables.names, tables.sums(codes.reshape(*codes.shape[:3], -1)), strict=True))
        m = np.sqrt(lattice.sites) * order.values(sums, lattice.sites)
        spectrum = np.fft.rfft(m, axis=2) / height
        rows = np.moveaxis(np.concatenate([spectrum[:, :, 0].real, (np.abs(spectrum) ** 2).sum(axis=-1)], axis=2), 2, 0)

        def of_means(means: Array, known: bool = known, temperature: float = temperature) -> dict[str, Array]:
            mean, each = means[: order.components], means[order.components :].copy()
            if not known:
                each[0] -= (mean**2).sum(axis=0)
            return statistic(each, temperature)

        found.append(jackknife(of_means, *group_sums(rows)))
    return {name: np.array([part[name] for part in found]).reshape(shape) for name in found[0]}


def _dataset(ensemble: Any, data: dict[str, Any], **coordinates: Any) -> xr.Dataset:
    import xarray as xr

    found = xr.Dataset(data, coords={**ensemble.grid, **coordinates})
    return labelled(found, controls=tuple(ensemble.model.controls))
