"""Where the infinite chain in a transverse field fluctuates most, by free fermions: exact lines of its phase diagram.

References
----------
P. Pfeuty, Ann. Phys. 57, 79 (1970), doi:10.1016/0003-4916(70)90270-8.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from spinlens.exact.conditions import check_coupling, check_temperature

Array = NDArray[np.float64]

WAVES = 1024
"""Wave numbers that integrals are averages over: to rounding above T = 0.05 J, where integrands are smooth."""

COARSE = 160
"""Places at which a maximum is looked for before it is refined."""


def transverse_susceptibility(*, temperature: ArrayLike, transverse_field: ArrayLike, coupling: float = 1.0) -> Array:
    """Return d<sx> / dGamma of the infinite chain H = -J sum sz sz' - Gamma sum sx.

    Parameters
    ----------
    temperature, transverse_field : array_like
        T > 0 and Gamma, in units of energy (k_B = 1), broadcast against each other.
    coupling : float
        J.

    Returns
    -------
    ndarray, float64
        Per site, in units of one over energy.

    Raises
    ------
    InputError
        If a temperature or the coupling is not allowed.

    Notes
    -----
    T d^2/dGamma^2 of the average over k of ln 2 cosh(eps / 2T), eps(k) = 2 sqrt(J^2 + Gamma^2 - 2 J Gamma cos k).
    """
    j, t = abs(check_coupling(coupling)), check_temperature(temperature)[..., None]
    gamma = np.asarray(transverse_field, dtype=np.float64)[..., None]
    energy, k = _energy(j, gamma)
    slope = 4.0 * (gamma - j * np.cos(k)) / energy
    bend = 16.0 * (j * np.sin(k)) ** 2 / energy**3
    half = 0.5 * energy / t
    return np.asarray(
        (slope**2 / np.cosh(np.minimum(half, 300.0)) ** 2 / (4.0 * t) + 0.5 * bend * np.tanh(half)).mean(-1)
    )


def specific_heat_ridge(transverse_field: ArrayLike, *, coupling: float = 1.0) -> Array:
    """Return the temperature at which the specific heat of the infinite chain is highest, at each transverse field.

    Parameters
    ----------
    transverse_field : array_like
        Gamma >= 0, in units of energy.
    coupling : float
        J.

    Returns
    -------
    ndarray, float64
        T, in units of energy (k_B = 1).

    Raises
    ------
    InputError
        If the coupling is not allowed.
    """
    j = abs(check_coupling(coupling))

    def heat(gamma: float) -> Callable[[Array], Array]:
        energy, _ = _energy(j, np.array([gamma]))

        def of(t: Array) -> Array:
            half = 0.5 * energy / t[:, None]
            return np.asarray(((half / np.cosh(np.minimum(half, 300.0))) ** 2).mean(-1))

        return of

    fields = np.atleast_1d(np.asarray(transverse_field, dtype=np.float64))
    return np.array([_highest(heat(float(g)), 0.05 * (j + g), 2.0 * (j + g)) for g in fields])


def transverse_susceptibility_ridge(temperature: ArrayLike, *, coupling: float = 1.0) -> Array:
    """Return the transverse field at which d<sx> / dGamma of the infinite chain is highest, at each temperature.

    It leads to the quantum critical point Gamma = J as T goes to zero.

    Parameters
    ----------
    temperature : array_like
        T > 0, in units of energy (k_B = 1).
    coupling : float
        J.

    Returns
    -------
    ndarray, float64
        Gamma, in units of energy; NaN where no transverse field up to 3 J is better than all others.

    Raises
    ------
    InputError
        If a temperature or the coupling is not allowed.
    """
    j = abs(check_coupling(coupling))

    def response(t: float) -> Callable[[Array], Array]:
        return lambda gamma: transverse_susceptibility(temperature=t, transverse_field=gamma, coupling=j)

    temperatures = np.atleast_1d(np.asarray(temperature, dtype=np.float64))
    return np.array([_highest(response(float(t)), 1e-3 * j, 3.0 * j) for t in temperatures])


def _energy(j: float, gamma: Array) -> tuple[Array, Array]:
    """Return eps(k) and k; no k is zero, where eps vanishes at Gamma = J."""
    k = np.pi * (np.arange(WAVES) + 0.5) / WAVES
    return 2.0 * np.sqrt((j - gamma) ** 2 + 4.0 * j * gamma * np.sin(0.5 * k) ** 2), k


def _highest(function: Callable[[Array], Array], low: float, high: float) -> float:
    """Return where a function is highest between two places, NaN at their ends."""
    places = np.linspace(low, high, COARSE)
    top = int(np.argmax(function(places)))
    if not 0 < top < COARSE - 1:
        return float("nan")
    found = minimize_scalar(
        lambda x: -function(np.array([x]))[0], bounds=(places[top - 1], places[top + 1]), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    return float(found.x)
