"""How far spins know of each other along an infinitely long strip at zero field."""

from __future__ import annotations

import math

_MOST = 300.0
"""Couplings of this strength in units of T are rigid, and their duals are none; its exponential is a float."""


def strip_correlation_length(width: int, temperature: float, *, along: float, across: float) -> float:
    """Return the distance over which correlations along a periodic strip decay by a factor e: exact.

    Parameters
    ----------
    width : int
        Sites of the periodic narrow side, >= 1.
    temperature : float
        T > 0, in units of energy (k_B = 1).
    along, across : float
        Couplings along and across the strip, each other than zero; of their absolute values.

    Returns
    -------
    float
        In sites; infinite where the rate of the decay is lost to rounding. Far above the bulk's critical temperature
        it is the length of the infinite lattice, at it about 4 width / pi for equal couplings, and below it grows like
        exp(width sigma), sigma being the tension of a wall across the strip in units of T.

    Notes
    -----
    The ratio of the two largest eigenvalues of the transfer matrix: with Ka = abs(along) / T, Kc = abs(across) / T and
    the dual Ka* = -ln(tanh Ka) / 2, cosh e(k) = cosh 2Ka* cosh 2Kc - sinh 2Ka* sinh 2Kc cos k and e(0) = 2 (Ka* - Kc),
    of either sign, 1 / xi = (sum of e over odd multiples of pi / width - sum over even ones but zero + e(0)) / 2.

    References
    ----------
    B. Kaufman, Phys. Rev. 76, 1232 (1949), doi:10.1103/PhysRev.76.1232.
    """
    stiffness = abs(along) / temperature
    # ln coth without the loss of digits at strong couplings.
    dual = 2.0 * math.atanh(math.exp(-2.0 * stiffness)) if stiffness > 0.5 else -math.log(math.tanh(stiffness))
    dual, held = min(dual, _MOST), min(2.0 * abs(across) / temperature, _MOST)
    rate = dual - held
    for multiple in range(1, 2 * width):
        # cosh(e) - 1 without the loss of digits where it is small, and without overflow where it is large.
        half = math.sin(multiple * math.pi / (2 * width))
        apart = math.sinh(0.5 * (dual - held)) ** 2 + math.sinh(dual) * math.sinh(held) * half * half
        rate += (1 if multiple % 2 else -1) * 2.0 * math.asinh(math.sqrt(apart))
    rate *= 0.5
    return 1.0 / rate if rate > width * 1e-15 * (dual + held) else math.inf
