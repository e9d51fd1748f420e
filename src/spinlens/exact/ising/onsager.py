"""The infinite square lattice at zero field: energy, specific heat, magnetization, correlation length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ellipe, ellipkm1

from spinlens.exact.conditions import check_coupling, check_temperature
from spinlens.exact.ising.square import single_coupling
from spinlens.exact.thermodynamics import Thermodynamics
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.models.ising import CRITICAL_TEMPERATURE

Numbers = NDArray[np.float64] | np.float64


@dataclass(frozen=True, slots=True)
class Onsager:
    """Exact zero-field values per site, each of the shape of the temperature.

    Attributes
    ----------
    energy : float64
        Energy per site, in units of energy.
    specific_heat : float64
        dE/dT per site (k_B = 1); infinite at the critical temperature.
    magnetization : float64
        Spontaneous magnetization per site, >= 0; the staggered one when J < 0.
    """

    energy: Numbers
    specific_heat: Numbers
    magnetization: Numbers


def onsager(model: Model, lattice: Lattice | None = None, *, temperature: Any, **controls: float) -> Thermodynamics:
    """Solve the zero-field Ising model on the infinite square lattice; see `onsager_lattice`.

    Parameters
    ----------
    model : Model
        An Ising model with one coupling.
    lattice : Lattice, optional
        Square; its sides do not matter.
    temperature : float or array
        T > 0, in units of energy (k_B = 1).
    **controls : float
        What leaves the field at zero.

    Returns
    -------
    Thermodynamics
        ``energy``, ``specific_heat`` and the spontaneous ``magnetization`` or ``staggered_magnetization`` per site.

    Raises
    ------
    InputError
        If the model or the lattice is another one, or as `onsager_lattice`.
    """
    coupling = single_coupling(model, lattice, "Onsager's solution", controls)
    found = onsager_lattice(temperature, coupling=coupling)
    order = "magnetization" if coupling > 0 else "staggered_magnetization"
    return Thermodynamics({
        "energy": found.energy, "specific_heat": found.specific_heat, order: found.magnetization
    })  # fmt: skip


def onsager_lattice(temperature: Any, *, coupling: float = 1.0) -> Onsager:
    """Solve the zero-field Ising model on the infinite square lattice.

    Parameters
    ----------
    temperature : float or array
        T > 0, in units of energy (k_B = 1).
    coupling : float
        J; the antiferromagnet (J < 0) is the ferromagnet seen through the sublattice flip.

    Returns
    -------
    Onsager
        Energy, specific heat and spontaneous magnetization per site.

    Raises
    ------
    InputError
        If a temperature is not > 0 or the coupling is zero.

    References
    ----------
    L. Onsager, Phys. Rev. 65, 117 (1944), doi:10.1103/PhysRev.65.117;
    C. N. Yang, Phys. Rev. 85, 808 (1952), doi:10.1103/PhysRev.85.808.
    """
    values = check_temperature(temperature)
    strength = abs(check_coupling(coupling))
    inverse = strength / values
    tanh = np.tanh(2.0 * inverse)
    # The complementary modulus, factored as it vanishes linearly at the critical point.
    kappa = 2.0 * tanh**2 - 1.0
    critical = values == CRITICAL_TEMPERATURE * strength
    kappa = np.where(critical, 0.0, kappa)
    with np.errstate(divide="ignore"):
        first = np.where(kappa == 0, np.inf, ellipkm1(kappa**2))
    kappa_first = np.where(kappa == 0, 0.0, kappa * np.where(kappa == 0, 0.0, first))
    second = ellipe(1.0 - kappa**2)
    energy = -strength / tanh * (1.0 + 2.0 / np.pi * kappa_first)
    heat = 2.0 * first - 2.0 * second - (1.0 - kappa) * (np.pi / 2.0 + kappa_first)
    specific_heat = 2.0 / np.pi * (inverse / tanh) ** 2 * heat
    decay = np.exp(-2.0 * inverse)
    inverse_sinh = 2.0 * decay / (1.0 - decay**2)
    ordered = np.maximum(1.0 - np.minimum(inverse_sinh, 1.0) ** 4, 0.0) ** 0.125
    magnetization = np.where(values < CRITICAL_TEMPERATURE * strength, ordered, 0.0)
    return Onsager(energy[()], specific_heat[()], magnetization[()])
