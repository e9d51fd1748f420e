"""How far spins of the infinite square lattice know of each other at zero field."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.conditions import check_coupling, check_temperature

Numbers = NDArray[np.float64] | np.float64


def correlation_length(temperature: Any, *, couplings: tuple[float, float] = (1.0, 1.0)) -> tuple[Numbers, Numbers]:
    """Return the distance over which correlations of the infinite lattice decay by a factor e, along x and along y.

    Parameters
    ----------
    temperature : float or array
        T > 0, in units of energy (k_B = 1).
    couplings : tuple of float
        Jx and Jy, each other than zero; the signs do not matter, because a sublattice flip changes them.

    Returns
    -------
    pair of float64, each of the shape of the temperature
        In sites; infinite at the critical temperature, where sinh(2 Kx) sinh(2 Ky) = 1. Below it, of what is left when
        the spontaneous order is taken away.

    Raises
    ------
    InputError
        If a temperature is not > 0, or the couplings are not two numbers other than zero.

    Notes
    -----
    With Kx = abs(Jx) / T and Ky = abs(Jy) / T: 1 / xi_x = ln coth Kx - 2 Ky above the critical temperature, and twice
    its negative below.

    References
    ----------
    B. M. McCoy and T. T. Wu, The Two-Dimensional Ising Model (1973), doi:10.4159/harvard.9780674180758;
    M. E. Fisher and R. J. Burford, Phys. Rev. 156, 583 (1967), doi:10.1103/PhysRev.156.583.
    """
    values = check_temperature(temperature)
    if not isinstance(couplings, tuple | list | np.ndarray) or len(couplings) != 2:
        raise InputError("couplings", " ".join(repr(couplings).split()), "must be two numbers, Jx and Jy")
    strengths = [abs(check_coupling(each, name=f"couplings[{axis}]")) for axis, each in enumerate(couplings)]
    along = [strength / values for strength in strengths]
    return _length(along[0], along[1]), _length(along[1], along[0])


def _length(along: Any, across: Any) -> Numbers:
    # -ln tanh K, without the loss of digits at large K.
    decay = np.exp(-2.0 * along)
    with np.errstate(divide="ignore"):
        # Without any coupling the rate is infinite.
        rate = np.log1p(decay) - np.log1p(-decay) - 2.0 * across
    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = 1.0 / np.where(rate >= 0, np.abs(rate), 2.0 * np.abs(rate))
    return result[()]
