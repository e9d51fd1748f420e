"""Exact critical temperatures: planar Ising models with any ferromagnetic unit cell, Potts and clock models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from spinlens.errors import InputError
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Clock, LatticeGas, Model, Potts, check_model
from spinlens.models.ising import Ising

MOST_BONDS = 64
"""Largest unit cell, in bonds that are there."""

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

    Notes
    -----
    A planar Ising ferromagnet that repeats with a unit cell is critical where Z00 = Z10 + Z01 + Z11, with Zab the
    sums over even subgraphs of the cell, closed to a torus, that wind a times round one way and b times round the other
    (mod 2), each bond with the weight tanh(J / T) [1]_. Antiferromagnets without frustrated loops are ferromagnets seen
    through a sublattice flip. Potts models are self-dual or related by the star and the triangle [2]_.

    References
    ----------
    .. [1] D. Cimasoni and H. Duminil-Copin, Electron. J. Probab. 18, 44 (2013), doi:10.1214/EJP.v18-2352.
    .. [2] F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235.
    """
    model = check_model(model)
    lattice = Lattice((2, 2)) if lattice is None else check_lattice(lattice)
    rule = _RULES.get(type(model))
    return None if rule is None else rule(model, lattice)


def _ising(model: Ising, lattice: Lattice) -> float | None:
    if lattice.kind not in _CELLS:
        return None
    first, second, winding, strengths = _cell(model, lattice)
    if strengths.min() < 0:
        if _frustrated(first, second, winding, strengths):
            return None
        strengths = np.abs(strengths)
    kept = strengths > 0
    if kept.sum() > MOST_BONDS:
        raise InputError("coupling", f"a cell of {kept.sum()} bonds", f"at most {MOST_BONDS} are summed over")
    parts = (first[kept], second[kept], winding[kept], strengths[kept])
    scale = float(strengths.max())

    def excess(log_temperature: float) -> float:
        z = _sectors(*parts[:3], np.tanh(parts[3] / (scale * math.exp(log_temperature))))
        return float(z[0] - z[1] - z[2] - z[3])

    low, high = math.log(0.02), math.log(10.0)
    if excess(low) > 0 or excess(high) < 0:
        return None
    return scale * math.exp(float(brentq(excess, low, high, xtol=1e-14, rtol=1e-14)))


def _cell(model: Ising, lattice: Lattice) -> Any:
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


def _frustrated(first: Any, second: Any, winding: Any, strengths: Any) -> bool:
    """Return whether no choice of signs of the sites turns all couplings positive.

    Signs that alternate from cell to cell are allowed: they are looked for on the torus doubled along both axes.
    """
    edges: dict[tuple[int, int, int], list[tuple[tuple[int, int, int], int]]] = {}
    for i, j, (wx, wy), strength in zip(first.tolist(), second.tolist(), winding.tolist(), strengths, strict=True):
        for a, b in product(range(2), repeat=2):
            here, there = (i, a, b), (j, (a + wx) % 2, (b + wy) % 2)
            if strength:
                sign = 1 if strength > 0 else -1
                edges.setdefault(here, []).append((there, sign))
                edges.setdefault(there, []).append((here, sign))
    known: dict[tuple[int, int, int], int] = {}
    for root in edges:
        waiting = [] if root in known else [root]
        known.setdefault(root, 1)
        while waiting:
            here = waiting.pop()
            for there, sign in edges[here]:
                if there not in known:
                    known[there] = sign * known[here]
                    waiting.append(there)
                elif known[there] != sign * known[here]:
                    return True
    return False


def _sectors(first: Any, second: Any, winding: Any, weight: Any) -> NDArray[np.float64]:
    """Return the sums over even subgraphs by winding parity (00, 10, 01, 11), bond after bond.

    The state is which sites have met an odd number of bonds so far, and the parity of both windings; sites whose bonds
    are all counted must be even.
    """
    last = {site: index for index, ends in enumerate(zip(first, second, strict=True)) for site in map(int, ends)}
    states: dict[tuple[int, int], float] = {(0, 0): 1.0}
    for index, (a, b, (wx, wy), w) in enumerate(
        zip(first.tolist(), second.tolist(), winding.tolist(), weight, strict=True)
    ):
        turned = (1 << a) ^ (1 << b)
        parity = wx + 2 * wy
        following: dict[tuple[int, int], float] = {}
        done = [site for site in {a, b} if last[site] == index]
        for (odd, wound), value in states.items():
            for key, part in (((odd, wound), value), ((odd ^ turned, wound ^ parity), value * float(w))):
                if not any(key[0] >> site & 1 for site in done):
                    following[key] = following.get(key, 0.0) + part
        states = following
    return np.array([states.get((0, wound), 0.0) for wound in range(4)])


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


_RULES: Mapping[type[Model], Callable[[Any, Lattice], float | None]] = {
    Ising: _ising, Potts: _potts, Clock: _clock, LatticeGas: _lattice_gas
}  # fmt: skip
