"""Exact critical temperatures: planar Ising models with any ferromagnetic unit cell, Potts and clock models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq

from spinlens.exact.planar import frustrated, planar_critical_temperature
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Clock, HiddenUnit, LatticeGas, Model, Potts, check_model, refuse_sealed
from spinlens.models.ising import Ising

_CELLS = {"square": (2, 2), "triangular": (2, 2), "honeycomb": (2, 2)}
"""Smallest lattice that holds a unit cell without a pattern."""


def critical_temperature(model: Model, lattice: Lattice | None = None) -> float | None:
    """Return the exact critical temperature of the infinite lattice, at zero field.

    Parameters
    ----------
    model : Model
        The Hamiltonian.
    lattice : Lattice, optional
        Its kind counts, its sides do not; by default the square lattice.

    Returns
    -------
    float or None
        In units of the couplings (k_B = 1); None where nothing is known exactly. See `Model.references` for numbers.

    Raises
    ------
    InputError
        If the model's unit of energy is hidden.

    Notes
    -----
    A planar Ising ferromagnet that repeats with a unit cell is critical where Z00 = Z10 + Z01 + Z11, with Zab the
    sums over even subgraphs of the cell, closed to a torus, that wind a times round one way and b times round the other
    (mod 2), each bond with the weight tanh(J / T) [1]_, see `planar_critical_temperature`. Antiferromagnets without
    frustrated loops are ferromagnets seen through a sublattice flip. Potts models are self-dual or related by the star
    and the triangle [2]_.

    References
    ----------
    .. [1] D. Cimasoni and H. Duminil-Copin, Electron. J. Probab. 18, 44 (2013), doi:10.1214/EJP.v18-2352.
    .. [2] F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235.
    """
    model = check_model(model)
    refuse_sealed(model)
    lattice = Lattice((2, 2)) if lattice is None else check_lattice(lattice)
    rule = _RULES.get(type(model))
    return None if rule is None else rule(model, lattice)


def _ising(model: Ising, lattice: Lattice) -> float | None:
    if lattice.kind not in _CELLS:
        return None
    first, second, winding, strengths = planar_cell(model, lattice)
    if strengths.min() < 0:
        if frustrated(first.tolist(), second.tolist(), winding, strengths.tolist()):
            return None
        strengths = np.abs(strengths)
    return planar_critical_temperature(first, second, winding, strengths)


def planar_cell(model: Ising, lattice: Lattice) -> tuple[Any, Any, Any, Any]:
    """Return both ends, windings (bonds, 2) and couplings of the bonds of a unit cell on a torus."""
    couplings = model.couplings(lattice)
    shape = tuple(couplings.shape[1:]) or (1, 1)
    # Doubled where the lattice is drawn with a cell of two, or where a side would be one site.
    shape = tuple(side if side > 1 else 2 for side in shape)
    if lattice.kind == "honeycomb":
        shape = tuple(side if side % 2 == 0 else 2 * side for side in shape)
    torus = Lattice((shape[0], shape[1]), kind=lattice.kind)
    table = torus.neighbours
    places = np.array(np.unravel_index(table.origin, torus.shape))
    if couplings.ndim > 1:
        at = tuple(place % side for place, side in zip(places, couplings.shape[1:], strict=True))
        strengths = couplings[(table.direction, *at)]
    else:
        strengths = couplings[table.direction]
    ends = np.array(np.unravel_index(table.second, torus.shape))
    return table.first, table.second, (ends < places).T.astype(np.int64), strengths


def _potts(model: Potts, lattice: Lattice) -> float | None:
    if model.coupling < 0:
        return _ising(Ising(model.coupling / 2), lattice) if model.states == 2 else None
    q = model.states
    equation = {
        "square": lambda v: v**2 - q,
        "triangular": lambda v: v**3 + 3 * v**2 - q,
        "honeycomb": lambda v: v**3 - 3 * q * v - q**2,
    }.get(lattice.kind)
    if equation is None:
        return None
    # exp(J / T) - 1 at the transition.
    v = float(brentq(equation, 1e-9, 10.0 * q + 10.0, xtol=1e-14))
    return model.coupling / math.log1p(v)


def _clock(model: Clock, lattice: Lattice) -> float | None:
    if model.states == 2:
        return _ising(Ising(model.coupling), lattice)
    if model.states == 3 and model.coupling > 0:
        return _potts(Potts(3, 1.5 * model.coupling), lattice)
    return _ising(Ising(model.coupling / 2), lattice) if model.states == 4 else None


def _lattice_gas(model: LatticeGas, lattice: Lattice) -> float | None:
    return _ising(Ising(model.attraction / 4), lattice)


def _hidden_unit(model: HiddenUnit, lattice: Lattice) -> float | None:
    found = critical_temperature(model.model, lattice)
    return None if found is None else model.unit * found


_RULES: Mapping[type[Model], Callable[[Any, Lattice], float | None]] = {
    Ising: _ising, Potts: _potts, Clock: _clock, LatticeGas: _lattice_gas, HiddenUnit: _hidden_unit
}  # fmt: skip
