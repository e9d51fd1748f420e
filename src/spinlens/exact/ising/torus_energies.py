"""The whole distribution of the energy on a finite torus at zero field, from Kaufman's formula at complex couplings.

With B the sum of s s' over the bonds, Z(K + i phi) / Z(K) is the average of exp(i phi B) at K = J / T: the Fourier
transform of the distribution of B, whose values lie 4 apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_coupling, check_temperature
from spinlens.exact.ising.kaufman import kaufman_torus
from spinlens.lattices import Lattice

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

REACH = 14.0
"""Standard deviations to either side of the mean beyond which nothing is looked for."""

FEWEST_LEVELS = 64

PRECISION = 1e-13
"""Smaller probabilities are taken for rounding errors and set to zero."""


@dataclass(frozen=True, slots=True, eq=False)
class TorusEnergies:
    """p(E | T) for K levels and T temperatures.

    Attributes
    ----------
    energy : ndarray, shape (K,), float64
        Total energies, ascending, in units of energy; those that have a probability anywhere.
    probability : ndarray, shape (T, K), float64
        Rows sum to one; right to about 1e-11.
    log_z : ndarray, shape (T,), float64
        ln Z, of the whole lattice.
    """

    energy: Array
    probability: Array
    log_z: Array


def torus_energies(lattice_shape: tuple[int, int], temperature: Any, *, coupling: float = 1.0) -> TorusEnergies:
    """Return the exact distribution of the energy on a periodic lattice at zero field.

    Parameters
    ----------
    lattice_shape : tuple of int
        The sides (Lx, Ly), each at least 2.
    temperature : float or array, shape (T,)
        T > 0, in units of energy (k_B = 1).
    coupling : float
        J; where it is negative both sides must be even.

    Returns
    -------
    TorusEnergies
        Levels and probabilities.

    Raises
    ------
    InputError
        If the shape, a temperature or the coupling is not allowed.

    References
    ----------
    B. Kaufman, Phys. Rev. 76, 1232 (1949), doi:10.1103/PhysRev.76.1232;
    P. D. Beale, Phys. Rev. Lett. 76, 78 (1996), doi:10.1103/PhysRevLett.76.78, for the density of states from it.
    """
    height, width = Lattice(lattice_shape).shape
    shape = height, width
    values = np.atleast_1d(check_temperature(temperature))
    if values.ndim > 1:
        raise InputError("temperature", f"an array of shape {values.shape}", "must be one number or a list of numbers")
    strength = check_coupling(coupling)
    if strength < 0 and any(side % 2 for side in shape):
        raise InputError("coupling", coupling, f"on {shape[0]} x {shape[1]} it is frustrated", "Take even sides")
    bonds = 2 * shape[0] * shape[1]
    levels = bonds // 2 + 1
    exact = kaufman_torus(shape, values, coupling=abs(strength))
    averages = np.atleast_1d(exact.energy), np.atleast_1d(exact.specific_heat)
    table = np.zeros((len(values), levels))
    for row, t, energy, heat in zip(table, values, *averages, strict=True):
        # Level j has the bond sum 2 N - 4 j.
        mean = (bonds + energy / abs(strength) * bonds / 2) / 4
        spread = np.sqrt(max(heat, 0.0) * bonds / 2) * t / abs(strength) / 4
        length = 2 ** int(np.ceil(np.log2(FEWEST_LEVELS + 2 * REACH * spread)))
        first = round(mean) - length // 2
        angles = 2 * np.pi * np.arange(length // 2 + 1) / (4 * length)
        log_z = _log_z(shape, abs(strength) / t + 1j * angles)
        wave = np.exp(log_z - log_z[0].real - 1j * angles * bonds)
        places = first + np.arange(length)
        probability = np.fft.irfft(wave, n=length)[places % length]
        there = (places >= 0) & (places < levels) & (probability > PRECISION)
        row[places[there]] = probability[there]
    seen = np.flatnonzero(table.any(axis=0))
    table = table[:, seen] / table.sum(axis=1, keepdims=True)
    level = np.asarray(abs(strength) * (4.0 * seen - bonds), dtype=np.float64)
    return TorusEnergies(level, table, np.atleast_1d(exact.log_z) * (bonds / 2))


def _log_z(shape: tuple[int, int], k: Complex) -> Complex:
    """Return ln Z at complex couplings, shape (angle,), up to multiples of 2 pi i."""
    # Momenta l and 2 n - l are alike, so most count twice.
    momenta = np.arange(shape[0] + 1)[:, None]
    times = np.where((momenta == 0) | (momenta == shape[0]), 1, 2)
    sinh = np.sinh(2 * k)
    gamma: Complex = np.arccosh(sinh + 1 / sinh - np.cos(np.pi * momenta / shape[0]))
    # This mode has to change its sign at the critical point, where the inverse function turns round.
    small = np.exp(-2 * k)
    gamma[0] = 2 * k + np.log1p(-small) - np.log1p(small)
    half = np.asarray(gamma * (shape[1] / 2), dtype=np.complex128)
    log_cosh, log_sinh = times * _log_hyperbolic(half, 1), times * _log_hyperbolic(half, -1)
    terms = np.stack([part[first::2].sum(axis=0) for part in (log_cosh, log_sinh) for first in (1, 0)])
    top = terms.real.max(axis=0)
    total = np.log(np.exp(terms - top).sum(axis=0)) + top
    return np.asarray(shape[0] * shape[1] / 2 * np.log(2 * sinh) - np.log(2) + total)


def _log_hyperbolic(x: Complex, sign: int) -> Complex:
    """Return ln(2 cosh x) for sign 1 and ln(2 sinh x) for sign -1."""
    left = x.real < 0
    right = np.where(left, -x, x)
    turn = 1j * np.pi if sign < 0 else 0.0
    # sinh vanishes at the critical point.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(right + np.log1p(sign * np.exp(-2 * right)) + np.where(left, turn, 0.0))
