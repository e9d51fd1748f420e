"""Averages and fluctuations of energy and magnetization at every condition, each with its error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models.ising import Ising
from spinlens.statistics.jackknife import Statistic, group_sums, jackknife

Array = NDArray[np.float64]

OBSERVABLES = (
    "energy",
    "magnetization",
    "absolute_magnetization",
    "specific_heat",
    "susceptibility",
    "susceptibility_absolute",
    "binder_cumulant",
)
"""What `observables` estimates, all per site."""


def observables(
    bond_sum: Any,
    spin_sum: Any,
    *,
    model: Ising,
    temperature: Any,
    field: Any,
    sites: int,
    symmetric_at_zero: bool = True,
    bond_sum_x: Any = None,
    staggered_sum: Any = None,
) -> dict[str, Array]:
    """Estimate the thermodynamics of every condition from its recorded sums.

    Parameters
    ----------
    bond_sum, spin_sum : array of int, shape (field, temperature, chain, recording)
        Exact totals of s s' over bonds and of s over sites.
    model : Ising
        The Hamiltonian.
    temperature : array, shape (temperature,)
        T > 0, in units of energy (k_B = 1).
    field : array, shape (field,)
        h, in units of energy.
    sites : int
        Number of spins N.
    symmetric_at_zero : bool
        Whether <m> = 0 at h = 0; False where the boundary favours one sign.
    bond_sum_x, staggered_sum : array of int, optional
        As the other sums: the bonds along x, where Jx and Jy differ, and (-1)^(x + y) s, where the field is staggered.

    Returns
    -------
    dict of ndarray, shape (field, temperature), float64
        Each of these, and beside it its standard error as ``NAME_error``, with e and m per site:

        - ``energy`` <e>, ``magnetization`` <m>, ``absolute_magnetization`` <abs m>
        - ``specific_heat`` N (<e^2> - <e>^2) / T^2
        - ``susceptibility`` N (<m^2> - <m>^2) / T, where <m> = 0 by symmetry is used at h = 0
        - ``susceptibility_absolute`` N (<m^2> - <abs m>^2) / T, the one with a peak at h = 0
        - ``binder_cumulant`` 1 - <m^4> / (3 <m^2>^2)

        Errors are those of a jackknife over chains, or over blocks of time where there are fewer than 16
        chains; NaN where there is a single recording.

    Raises
    ------
    InputError
        If the shapes do not fit together, a series is empty, or one that the energy depends on is left out.

    Notes
    -----
    Works field by field: memory stays at about a hundred bytes per recording of one field.
    """
    shape = np.shape(bond_sum)
    temperatures, fields = (
        np.atleast_1d(np.asarray(temperature, float)),
        np.atleast_1d(np.asarray(field, float)),
    )
    expected = (len(fields), len(temperatures))
    if len(shape) != 4 or shape != np.shape(spin_sum) or shape[:2] != expected or 0 in shape:
        raise InputError(
            "bond_sum.shape, spin_sum.shape",
            (shape, np.shape(spin_sum)),
            f"both must be {expected} + (chain, recording), each at least 1",
        )
    result = {name + end: np.empty(expected) for name in OBSERVABLES for end in ("", "_error")}
    for i, h in enumerate(fields):
        along_x, staggered = (
            None if sums is None else np.asarray(sums[i], float) for sums in (bond_sum_x, staggered_sum)
        )
        spins = np.asarray(spin_sum[i], float)
        energy = model.energy_total(
            np.asarray(bond_sum[i], float), spins, float(h), bond_sum_x=along_x, staggered_sum=staggered
        )
        moments, offset = _moments(energy / sites, spins / sites)
        symmetric = symmetric_at_zero and h == 0
        row = jackknife(thermodynamics(offset, temperatures, sites, symmetric=symmetric), *group_sums(moments))
        for name, values in row.items():
            result[name][i] = values
    return result


def _moments(e: Array, m: Array) -> tuple[Array, Array]:
    """Return moments, shape (temperature, moment, chain, recording), and offsets, shape (3, temperature).

    Energy, magnetization and its size are measured from the first recording, so that variances lose no digits
    and are exactly zero for a constant series.
    """
    offset = np.stack([values[:, 0, 0] for values in (e, m, np.abs(m))])
    e0, m0, a0 = offset[:, :, None, None]
    e, d, a = e - e0, m - m0, np.abs(m) - a0
    squared = m**2
    return np.stack([e, e**2, d, d**2, a, a**2, squared, squared**2], axis=1), offset


def thermodynamics(offset: Array, temperature: Array, sites: int, *, symmetric: bool) -> Statistic:
    """Return the function from average moments to observables.

    Parameters
    ----------
    offset : ndarray, shape (3, temperature)
        Where energy, magnetization and its size are measured from, per site.
    temperature : ndarray, shape (temperature,)
        T > 0.
    sites : int
        Number of spins N.
    symmetric : bool
        Whether <m> is known to be zero.

    Returns
    -------
    callable
        From averages, shape (moment, temperature[, group]), of e, e^2, d, d^2, a, a^2, m^2, m^4, where e, d, a are
        energy, magnetization and its size less their offsets.
    """

    def statistic(means: Array) -> dict[str, Array]:
        extra = (1,) * (means.ndim - 2)
        e0, m0, a0 = offset.reshape(*offset.shape, *extra)
        t = temperature.reshape(-1, *extra)
        e, ee, d, dd, a, aa, squared, fourth = means
        variance = squared if symmetric else dd - d**2
        with np.errstate(divide="ignore", invalid="ignore"):
            binder = 1.0 - fourth / (3.0 * squared**2)
        return {
            "energy": e0 + e,
            "magnetization": m0 + d,
            "absolute_magnetization": a0 + a,
            "specific_heat": sites * (ee - e**2) / t**2,
            "susceptibility": sites * variance / t,
            "susceptibility_absolute": sites * (aa - a**2) / t,
            "binder_cumulant": binder,
        }

    return statistic
