"""The zero-field Ising model on a finite torus: Kaufman's product formula in all four sign sectors.

With n = Lx, K = J / T and the excitation energies gamma_l, the partition function is

    Z = (1/2) (2 sinh 2K)^(Lx Ly / 2) (+-A +-B +-C +-D),
    A = prod_{r<n} 2 cosh(Ly gamma_{2r+1} / 2),  B the same with sinh,
    C = prod_{r<n} 2 cosh(Ly gamma_{2r} / 2),    D the same with sinh.

Everything is written as log A plus the logarithm of 1 +- B/A +- (C/A)(1 +- D/C), whose terms stay of
order one, and differentiated analytically in K.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_coupling, check_temperature
from spinlens.exact.ising.jet import Jet
from spinlens.exact.ising.square import energy_shift, single_coupling
from spinlens.exact.thermodynamics import Thermodynamics
from spinlens.lattices import Lattice
from spinlens.models import Model

Array = NDArray[np.float64]
Numbers = Array | np.float64

SMALLEST_REMAINDER = 1e-6
"""Where two seams cross, terms cancel; below this remainder fewer than about seven digits would be left."""


@dataclass(frozen=True, slots=True)
class Kaufman:
    """Exact zero-field values on a torus, each of the shape of the temperature.

    Attributes
    ----------
    log_z : float64
        ln Z / N, per site.
    energy : float64
        Energy per site, in units of energy.
    specific_heat : float64
        dE/dT per site (k_B = 1).
    """

    log_z: Numbers
    energy: Numbers
    specific_heat: Numbers


def kaufman(model: Model, lattice: Lattice, *, temperature: Any, **controls: float) -> Thermodynamics:
    """Solve the zero-field Ising model on a finite torus exactly; see `kaufman_torus`.

    Parameters
    ----------
    model : Model
        An Ising model with one coupling, or a model that is one under another name.
    lattice : Lattice
        Square, periodic or antiperiodic along each axis.
    temperature : float or array
        T > 0, in units of energy (k_B = 1).
    **controls : float
        What leaves the field at zero.

    Returns
    -------
    Thermodynamics
        ``log_z``, ``free_energy``, ``energy`` and ``specific_heat`` per site, each of the shape of the temperature.

    Raises
    ------
    InputError
        If the model or the boundary is another one, or as `kaufman_torus`.
    """
    coupling = single_coupling(model, lattice, "Kaufman's formula", controls)
    if not lattice.torus:
        raise InputError("boundary", lattice.boundary_text, "Kaufman's formula knows rings along both axes")
    x, y = lattice.seams
    found = kaufman_torus((lattice.shape[0], lattice.shape[1]), temperature, coupling=coupling, seams=(x, y))
    # Models under another name count their energies from elsewhere.
    shift = energy_shift(model, lattice, coupling, controls)
    t = np.asarray(temperature, dtype=np.float64)
    log_z = found.log_z - shift / t
    return Thermodynamics({
        "log_z": log_z, "free_energy": -t * log_z, "energy": found.energy + shift, "specific_heat": found.specific_heat
    })  # fmt: skip


def kaufman_torus(
    lattice_shape: tuple[int, int],
    temperature: Any,
    *,
    coupling: float = 1.0,
    seams: tuple[bool, bool] = (False, False),
) -> Kaufman:
    """Solve the zero-field Ising model on a finite torus exactly.

    Parameters
    ----------
    lattice_shape : tuple of int
        The sides (Lx, Ly), each at least 2; a side of 2 has both of its coinciding bonds.
    temperature : float or array
        T > 0, in units of energy (k_B = 1).
    coupling : float
        J; negative for the antiferromagnet, odd sides included.
    seams : tuple of bool
        Whether the boundary is antiperiodic along x and along y.

    Returns
    -------
    Kaufman
        ln Z, energy and specific heat, all per site.

    Raises
    ------
    InputError
        If the shape, a temperature or the coupling is not allowed, or if so little is left after the
        cancellation of two crossing seams (low temperature, large lattice) that double precision fails.

    References
    ----------
    B. Kaufman, Phys. Rev. 76, 1232 (1949), doi:10.1103/PhysRev.76.1232;
    A. E. Ferdinand and M. E. Fisher, Phys. Rev. 185, 832 (1969), doi:10.1103/PhysRev.185.832.
    """
    height, width = Lattice(lattice_shape).shape
    shape = height, width
    values = check_temperature(temperature)
    strength = check_coupling(coupling)
    seam_x, seam_y = bool(seams[0]), bool(seams[1])
    if strength < 0:
        # The flip of one sublattice turns J into -J and an odd periodic side into an antiperiodic one.
        seam_x, seam_y = seam_x ^ bool(shape[0] % 2), seam_y ^ bool(shape[1] % 2)
    if seam_y and not seam_x:
        # In a seam in x all terms are positive, in a seam in y they cancel: look at the torus from the side.
        shape, seam_x, seam_y = (shape[1], shape[0]), True, False
    inverse = abs(strength) / values
    if np.any(inverse > 300):
        raise InputError("temperature", float(values.min()), "must be > abs(J) / 300 for double precision")
    log_z = _log_partition_function(shape, inverse.reshape(-1), seam_x=seam_x, seam_y=seam_y)
    sites = shape[0] * shape[1]
    per_site = [part.reshape(values.shape) / sites for part in (log_z.value, log_z.first, log_z.second)]
    return Kaufman(per_site[0][()], (-abs(strength) * per_site[1])[()], (inverse**2 * per_site[2])[()])


def _log_partition_function(shape: tuple[int, int], k: Array, *, seam_x: bool, seam_y: bool) -> Jet:
    """Return ln Z and its first two derivatives in K, each of shape (K,)."""
    length = float(shape[1])
    momenta = np.arange(1, 2 * shape[0])[:, None]
    gamma = _excitations(momenta, shape[0], k)
    positive, zero = gamma.scaled(length / 2), _zero_mode(k).scaled(length / 2)
    odd, even = positive[0::2], positive[1::2]
    log_a, log_c = _log_cosh(odd).sum(), _log_cosh(even).sum() + _log_cosh(zero)
    one_plus_b, one_minus_b = _one_plus_minus(_log_tanh(odd[1:]).sum(), odd[0])
    one_plus_d, one_minus_d = _one_plus_minus(_log_tanh(even).sum(), zero)
    c = (log_c - log_a).exp()
    if not seam_x:
        total = one_plus_b + c * one_plus_d
    elif not seam_y:
        total = one_minus_b + c * one_minus_d
    else:
        total = c * one_minus_d - one_minus_b
    largest = np.maximum(one_minus_b.value, c.value * one_minus_d.value)
    if np.any(total.value <= (SMALLEST_REMAINDER * largest if seam_y else 0.0)):
        raise InputError(
            "seams",
            (seam_x, seam_y),
            "the domain walls cost so much here that Z is lost in rounding",
            "Take a higher temperature or a smaller lattice",
        )
    return _prefactor(k, shape[0] * shape[1]) + log_a + total.log()


def _prefactor(k: Array, sites: int) -> Jet:
    """Return ln[(1/2) (2 sinh 2K)^(N/2)]."""
    decay = np.exp(-4.0 * k)
    coth = (1.0 + decay) / (1.0 - decay)
    value = sites / 2 * (2.0 * k + np.log1p(-decay)) - np.log(2.0)
    return Jet(value, sites * coth, -2.0 * sites * (coth**2 - 1.0))


def _zero_mode(k: Array) -> Jet:
    """Return gamma_0 = 2K + ln tanh K, which changes sign at the critical point of the infinite lattice."""
    sinh, cosh = np.sinh(2.0 * k), np.cosh(2.0 * k)
    return Jet(2.0 * k + np.log(np.tanh(k)), 2.0 + 2.0 / sinh, -4.0 * (cosh / sinh) / sinh)


def _excitations(momenta: NDArray[np.int_], side: int, k: Array) -> Jet:
    """Return gamma_l > 0 from cosh gamma_l = cosh^2(2K) / sinh(2K) - cos(pi l / n), shape (l, K)."""
    sinh, cosh = np.sinh(2.0 * k), np.cosh(2.0 * k)
    # cosh(gamma) - 1 as a sum of two squares: near the critical point nothing cancels.
    excess = (sinh - 1.0) ** 2 / sinh + 2.0 * np.sin(np.pi * momenta / (2 * side)) ** 2
    sinh_gamma = np.sqrt(excess * (excess + 2.0))
    slope = 2.0 * cosh * (1.0 - 1.0 / sinh) * (1.0 + 1.0 / sinh)
    curve = 4.0 * sinh * (1.0 - 1.0 / sinh) * (1.0 + 1.0 / sinh) + 8.0 * (cosh / sinh) ** 2 / sinh
    first = slope / sinh_gamma
    second = (curve - (1.0 + excess) * first**2) / sinh_gamma
    return Jet(2.0 * np.arcsinh(np.sqrt(excess / 2.0)), first, second)


def _log_cosh(x: Jet) -> Jet:
    """Return ln(2 cosh x)."""
    size = np.abs(x.value)
    tanh = np.tanh(x.value)
    slope = (1.0 - tanh) * (1.0 + tanh)
    return Jet(size + np.log1p(np.exp(-2.0 * size)), tanh * x.first, tanh * x.second + slope * x.first**2)


def _log_tanh(x: Jet) -> Jet:
    """Return ln tanh x for x > 0, to full relative precision however small it is."""
    q = np.exp(-2.0 * x.value)
    gap = 1.0 - q**2
    slope, curve = 4.0 * q / gap, -8.0 * q * (1.0 + q**2) / gap**2
    return Jet(-2.0 * np.arctanh(q), slope * x.first, slope * x.second + curve * x.first**2)


def _one_plus_minus(rest: Jet, x: Jet) -> tuple[Jet, Jet]:
    """Return 1 + p and 1 - p for p = tanh(x) exp(rest), where x may have either sign or vanish."""
    tanh = np.tanh(x.value)
    q = np.exp(-2.0 * np.abs(x.value))
    slope = 4.0 * q / (1.0 + q) ** 2
    factor = Jet(tanh, slope * x.first, slope * x.second - 2.0 * tanh * slope * x.first**2)
    product = factor * rest.exp()
    with np.errstate(divide="ignore"):
        small = -np.expm1(-2.0 * np.arctanh(q) + rest.value)
    large = 1.0 + np.abs(product.value)
    plus = np.where(x.value < 0, small, large)
    minus = np.where(x.value < 0, large, small)
    return Jet(plus, product.first, product.second), Jet(minus, -product.first, -product.second)
