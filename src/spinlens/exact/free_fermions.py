"""The chain in a transverse field, solved by free fermions: rings of any size, and the infinite chain.

References
----------
P. Pfeuty, Ann. Phys. 57, 79 (1970), doi:10.1016/0003-4916(70)90270-8. Both sectors of parity at any temperature: S.
Katsura, Phys. Rev. 127, 1508 (1962), doi:10.1103/PhysRev.127.1508.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from spinlens.errors import InputError
from spinlens.exact.conditions import check_coupling, check_one_temperature
from spinlens.exact.thermodynamics import Thermodynamics

Array = NDArray[np.float64]

ACCURACY = 1e-12
"""Of the integrals of the infinite chain."""


def transverse_chain(
    *, temperature: float, transverse_field: float = 1.0, coupling: float = 1.0, sites: int | None = None
) -> Thermodynamics:
    """Return the thermodynamics of H = -J sum sz sz' - Gamma sum sx on a ring, or of the infinite chain.

    Parameters
    ----------
    temperature : float
        T > 0, in units of energy (k_B = 1).
    transverse_field : float
        Gamma > 0.
    coupling : float
        J; of antiferromagnets the number of sites must be even.
    sites : int, optional
        N, at least 2; the infinite chain where left out.

    Returns
    -------
    Thermodynamics
        ``log_z``, ``free_energy``, ``energy``, ``specific_heat``, ``transverse_magnetization`` per site.

    Raises
    ------
    InputError
        If a parameter is not allowed.

    Notes
    -----
    Fermions have the energies eps(k) = 2 sqrt(J^2 + Gamma^2 - 2 J Gamma cos k). In the sector of even parity
    k = (2 j + 1) pi / N, in the odd one k = 2 pi j / N with eps(0) = 2 (Gamma - J), and each sector is projected:
    Z = (1/2) (prod 2 cosh(eps / 2T) +- prod 2 sinh(eps / 2T)), plus in the even one.
    """
    t = check_one_temperature(temperature)
    j, gamma, sites = _checked(transverse_field, coupling, sites)
    return _infinite(1.0 / t, j, gamma) if sites is None else _ring(sites, 1.0 / t, j, gamma)


def _checked(transverse_field: float, coupling: float, sites: int | None) -> tuple[float, float, int | None]:
    """Return abs(J), Gamma and the number of sites."""
    j, gamma = abs(check_coupling(coupling)), float(transverse_field)
    if not (math.isfinite(gamma) and gamma > 0):
        raise InputError("transverse_field", transverse_field, "must be a finite number > 0")
    if sites is not None:
        if isinstance(sites, bool) or not isinstance(sites, int) or sites < 2:
            raise InputError("sites", sites, "must be a whole number >= 2")
        if coupling < 0 and sites % 2:
            raise InputError("sites", sites, "must be even where J < 0: odd rings are frustrated", "Add a site")
    return j, gamma, sites


def transverse_chain_gap(*, transverse_field: float = 1.0, coupling: float = 1.0, sites: int | None = None) -> float:
    """Return the lowest energy above the ground state that the magnetization, or the staggered one, leads to.

    That is the distance of the ground states of both parities, in units of energy. On a ring in its ordered phase they
    are as good as one; the infinite chain has 2 (Gamma - abs(J)) above the transition, and 0 below.

    Parameters and errors are those of `transverse_chain`.
    """
    j, gamma, sites = _checked(transverse_field, coupling, sites)
    if sites is None:
        return max(0.0, 2.0 * (gamma - j))
    odd = 2.0 * np.pi * np.arange(sites) / sites
    even, others = (
        2.0 * np.sqrt((j - gamma) ** 2 + 4.0 * j * gamma * np.sin(0.5 * k) ** 2) for k in (odd + np.pi / sites, odd[1:])
    )
    # Both grow with the ring, and what is left of them is small: their terms are subtracted in pairs.
    return 0.5 * math.fsum([*np.sort(even), *(-np.sort(others)), -2.0 * (gamma - j)]) + 2.0 * (gamma - j)


def _ring(sites: int, b: float, j: float, gamma: float) -> Thermodynamics:
    odd = 2.0 * np.pi * np.arange(sites) / sites
    even = odd + np.pi / sites
    logs, signs, slopes, curvatures, sideways = [], [], [], [], []
    for k, parity in ((even, 1.0), (odd, -1.0)):
        energy = 2.0 * np.sqrt(np.maximum(j * j + gamma * gamma - 2.0 * j * gamma * np.cos(k), 0.0))
        zero = np.isclose(np.sin(k / 2), 0.0)
        energy = np.where(zero, 2.0 * (gamma - j), energy)
        # d eps / d Gamma = 4 (Gamma - J cos k) / eps, where eps changes its sign with Gamma - J.
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = np.where(zero, 2.0, 4.0 * (gamma - j * np.cos(k)) / energy)
        half = 0.5 * b * np.abs(energy)
        logs.append(float(np.sum(half + np.log1p(np.exp(-2.0 * half)))))
        signs.append(1.0)
        tanh = np.tanh(0.5 * b * energy)
        slopes.append(float(np.sum(0.5 * energy * tanh)))
        curvatures.append(float(np.sum(0.25 * energy**2 * (1.0 - tanh**2))))
        sideways.append(float(np.sum(0.5 * b * turn * tanh)))
        if np.any(energy == 0.0):
            # At Gamma = J the product of sinh vanishes; its slope in Gamma does not.
            others = energy[energy != 0.0]
            part = 0.5 * b * np.abs(others)
            logs.append(float(np.sum(part + np.log1p(-np.exp(-2.0 * part)))))
            signs.append(0.0)
            slopes.append(0.0)
            curvatures.append(0.0)
            sideways.append(parity * b * 2.0 * float(np.prod(np.sign(others))))
            continue
        logs.append(float(np.sum(half + np.log1p(-np.exp(-2.0 * half)))))
        signs.append(parity * float(np.prod(np.sign(energy))))
        slopes.append(float(np.sum(0.5 * energy / tanh)))
        curvatures.append(float(np.sum(0.25 * energy**2 * (1.0 - 1.0 / tanh**2))))
        sideways.append(float(np.sum(0.5 * b * turn / tanh)))
    top = max(logs)
    size = np.exp(np.array(logs) - top)
    sign, slope, curvature = (np.array(part) for part in (signs, slopes, curvatures))
    total = float(sign @ size)
    log_z = top + math.log(0.5 * total)
    first = float((sign * slope) @ size) / total
    second = float((sign * (slope**2 + curvature)) @ size) / total
    # Where a sign is zero the slope stands for that of the product itself.
    aside = np.array(sideways) * np.where(sign == 0.0, 1.0, sign)
    return _found(b, log_z / sites, -first / sites, b**2 * (second - first**2) / sites,
                  float(aside @ size) / total / b / sites)  # fmt: skip


def _infinite(b: float, j: float, gamma: float) -> Thermodynamics:
    def energy(k: float) -> float:
        return 2.0 * math.sqrt((j - gamma) ** 2 + 4.0 * j * gamma * math.sin(0.5 * k) ** 2)

    def average(function: Any) -> float:
        return float(quad(function, 0.0, math.pi, epsabs=ACCURACY, epsrel=ACCURACY, limit=500)[0]) / math.pi

    def log_z(k: float) -> float:
        half = 0.5 * b * energy(k)
        return half + math.log1p(math.exp(-2.0 * half))

    def heat(k: float) -> float:
        half = 0.5 * b * energy(k)
        return (half / math.cosh(half)) ** 2 if half < 300.0 else 0.0

    def turned(k: float) -> float:
        e = energy(k)
        ratio = math.tanh(0.5 * b * e) / e if e > 0 else 0.5 * b
        return 2.0 * (gamma - j * math.cos(k)) * ratio

    mean = -average(lambda k: 0.5 * energy(k) * math.tanh(0.5 * b * energy(k)))
    return _found(b, average(log_z), mean, average(heat), average(turned))


def _found(b: float, log_z: float, energy: float, heat: float, turned: float) -> Thermodynamics:
    return Thermodynamics({
        "log_z": log_z, "free_energy": -log_z / b, "energy": energy, "specific_heat": heat,
        "transverse_magnetization": turned,
    })  # fmt: skip
