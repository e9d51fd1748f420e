"""The Potts model of the square lattice at its transition: closed forms for more than four colours."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spinlens.errors import InputError
from spinlens.models import Potts


@dataclass(frozen=True, slots=True)
class PottsTransition:
    """The transition of the infinite square lattice, per site, for a coupling J.

    Attributes
    ----------
    temperature : float
        J / ln(1 + sqrt(q)).
    energy : float
        -J (1 + 1 / sqrt(q)); where there is a latent heat the mean of both phases.
    latent_heat : float
        Energy of the disordered phase less that of the ordered ones; 0 up to four colours.
    correlation_length : float
        Of the disordered phase, in sites; infinite up to four colours.
    order_parameter : float
        Of an ordered phase, (q <N_max> / N - 1) / (q - 1); 0 up to four colours.
    """

    temperature: float
    energy: float
    latent_heat: float
    correlation_length: float
    order_parameter: float


def potts_transition(model: Potts) -> PottsTransition:
    """Return what is known exactly of the ferromagnet on the infinite square lattice at its transition.

    Parameters
    ----------
    model : Potts
        With J > 0.

    Raises
    ------
    InputError
        If the coupling is negative.

    References
    ----------
    R. J. Baxter, J. Phys. C 6, L445 (1973), doi:10.1088/0022-3719/6/23/005, for the latent heat; J. Phys. A 15, 3329
    (1982), doi:10.1088/0305-4470/15/10/035, for the order parameter; E. Buffenoir and S. Wallon, J. Phys. A 26, 3045
    (1993), doi:10.1088/0305-4470/26/13/009, for the correlation length.
    """
    q, j = model.states, model.coupling
    if j < 0:
        raise InputError("coupling", j, "the transition of the ferromagnet alone is known exactly", "Take J > 0")
    root = math.sqrt(q)
    temperature, energy = j / math.log1p(root), -j * (1.0 + 1.0 / root)
    if q <= 4:
        return PottsTransition(temperature, energy, 0.0, math.inf, 0.0)
    theta = math.acosh(root / 2.0)
    product = 1.0
    for n in range(1, math.ceil(20.0 / theta)):
        product *= math.tanh(n * theta) ** 2
    latent = 2.0 * j * (1.0 + 1.0 / root) * math.tanh(theta / 2.0) * product
    return PottsTransition(temperature, energy, latent, _correlation_length(theta), _order_parameter(theta))


def _order_parameter(theta: float) -> float:
    """Return the product of (1 - x^(2n - 1)) / (1 + x^(2n)) with x = exp(-2 theta)."""
    x = math.exp(-2.0 * theta)
    value, power = 1.0, x
    while power > 1e-18:
        value *= (1.0 - power) / (1.0 + power * x)
        power *= x * x
    return value


def _correlation_length(theta: float) -> float:
    """Return xi with 1 / xi = 4 sum_n ln[(1 + w_n) / (1 - w_n)], 1 / w_n = sqrt(2) cosh((n + 1/2) pi^2 / theta)."""
    total, n = 0.0, 0
    while True:
        argument = (n + 0.5) * math.pi**2 / theta
        w = 0.0 if argument > 300 else 1.0 / (math.sqrt(2.0) * math.cosh(argument))
        total += math.log1p(w) - math.log1p(-w)
        n += 1
        if w < 1e-18 * total or w == 0.0:
            return 1.0 / (4.0 * total) if total else math.inf
