"""Where a planar ferromagnet that repeats with a unit cell is critical: even subgraphs of the cell on a torus."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from spinlens.errors import InputError

WIDEST = 20
"""Most sites of a cell that may have met some of their bonds and not all, bond after bond: 2^20 sums are kept."""

COLDEST, HOTTEST = 0.02, 1000.0
"""Where the critical temperature is looked for, in units of the largest coupling."""

Array = NDArray[np.float64]


def planar_critical_temperature(first: Any, second: Any, winding: Any, coupling: Any) -> float | None:
    """Return the critical temperature of a planar, doubly periodic Ising ferromagnet from the bonds of its unit cell.

    Parameters
    ----------
    first, second : sequence of int, shape (bonds,)
        The two sites that each bond joins, numbered within the cell; a site may be joined to itself across an edge,
        and two sites by several bonds.
    winding : array of int, shape (bonds, 2)
        How many cells further along each axis the second end lies.
    coupling : sequence of float, shape (bonds,)
        J >= 0 of each bond, in units of energy.

    Returns
    -------
    float or None
        The temperature (k_B = 1); None where the bonds order at no temperature above `COLDEST` largest couplings, as
        those of chains side by side.

    Raises
    ------
    InputError
        If shapes do not fit, a coupling is negative or not finite, or the cell is too large.

    Notes
    -----
    The graph must have a drawing in the plane that repeats with the cell and in which no bonds cross; this is not
    checked. With Zab the sums over even subgraphs of the cell, closed to a torus, that wind a times round one way and
    b times round the other (mod 2), each bond with the weight tanh(J / T), the one temperature with Z00 = Z10 + Z01 +
    Z11 is critical [1]_.

    References
    ----------
    .. [1] D. Cimasoni and H. Duminil-Copin, Electron. J. Probab. 18, 44 (2013), doi:10.1214/EJP.v18-2352.

    Examples
    --------
    >>> round(planar_critical_temperature([0, 0], [0, 0], [(1, 0), (0, 1)], [1.0, 1.0]), 6)  # the square lattice
    2.269185
    """
    ends, parity, strengths = _checked(first, second, winding, coupling)
    kept = strengths > 0
    if not kept.any():
        return None
    order = _order(ends[kept])
    ends, parity, strengths = ends[kept][order], parity[kept][order], strengths[kept][order]
    scale = float(strengths.max())

    def excess(log_temperature: float) -> float:
        z = sector_sums(ends, parity, np.tanh(strengths / (scale * math.exp(log_temperature))))
        return float(z[0, 0] - z[1, 0] - z[0, 1] - z[1, 1])

    low, high = math.log(COLDEST), math.log(HOTTEST)
    # Chains side by side have tanh = 1 to the last digit there, and the difference is 0.
    if excess(low) >= 0 or excess(high) <= 0:
        return None
    return scale * math.exp(float(brentq(excess, low, high, xtol=1e-14, rtol=1e-14)))


def sector_sums(ends: NDArray[np.int64], parity: NDArray[np.int64], weight: Array) -> Array:
    """Return the sums over even subgraphs of a cell on a torus by the parities of both windings, float64 (2, 2).

    Parameters
    ----------
    ends : ndarray, int64 (bonds, 2)
        The sites that each bond joins; bonds are summed over one after another.
    parity : ndarray, int64 (bonds, 2)
        Of the windings of each bond.
    weight : ndarray, float64 (bonds,)
        What a bond in a subgraph counts.

    Notes
    -----
    The sums so far are one array: the parities of both windings, and for each site that has met some of its bonds and
    not all, whether an odd number of them was taken. A site that has met all of them must be even.
    """
    last = {int(site): bond for bond, pair in enumerate(ends) for site in pair}
    sums: Array = np.zeros((2, 2))
    sums[0, 0] = 1.0
    axes: list[int] = []
    for bond, ((a, b), wound, w) in enumerate(zip(ends.tolist(), parity.tolist(), weight.tolist(), strict=True)):
        for site in {a, b}.difference(axes):
            # No bond of it was taken so far.
            sums = np.stack([sums, np.zeros_like(sums)], axis=-1)
            axes.append(site)
        turned = [axis for axis in (0, 1) if wound[axis]] + ([] if a == b else [2 + axes.index(s) for s in (a, b)])
        sums = sums + w * np.flip(sums, tuple(turned))
        for site in {a, b}:
            if last[site] == bond:
                sums = np.take(sums, 0, axis=2 + axes.index(site))
                axes.remove(site)
    return sums


def frustrated(first: Sequence[int], second: Sequence[int], winding: Any, coupling: Any) -> bool:
    """Return whether no choice of signs of the sites turns all couplings positive.

    Signs that alternate from cell to cell are allowed: they are looked for on the torus doubled along both axes.
    """
    edges: dict[tuple[int, int, int], list[tuple[tuple[int, int, int], int]]] = {}
    for i, j, (wx, wy), strength in zip(first, second, np.asarray(winding).tolist(), coupling, strict=True):
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


def _order(ends: NDArray[np.int64]) -> list[int]:
    """Return an order of the bonds in which few sites at a time have met some of their bonds and not all.

    Each next bond is the one that opens the fewest sites and closes the most.

    Raises
    ------
    InputError
        If there are too many such sites nevertheless.
    """
    pairs = [tuple(set(pair)) for pair in ends.tolist()]
    left = {site: sum(site in pair for pair in pairs) for pair in pairs for site in pair}
    started: set[int] = set()
    waiting, order = list(range(len(pairs))), []
    while waiting:
        bond = min(waiting, key=lambda i: sum((s not in started) - (left[s] == 1) for s in pairs[i]))
        waiting.remove(bond)
        order.append(bond)
        started.update(pairs[bond])
        if (width := len(started)) > WIDEST:
            raise InputError(
                "coupling", f"a cell of {len(pairs)} bonds", f"keeps {width} sites open at a time, at most {WIDEST} "
                "can be summed over", "Take a smaller cell",
            )  # fmt: skip
        for site in pairs[bond]:
            left[site] -= 1
            if not left[site]:
                started.remove(site)
    return order


def _checked(first: Any, second: Any, winding: Any, coupling: Any) -> tuple[Any, Any, Array]:
    """Return ends (bonds, 2), parities of the windings (bonds, 2) and couplings (bonds,)."""
    try:
        ends = np.stack([np.asarray(first), np.asarray(second)], axis=1)
        windings, strengths = np.asarray(winding), np.asarray(coupling, dtype=np.float64)
    except (TypeError, ValueError):
        why = "must be two sites, two windings and one coupling for each bond"
        raise InputError("bonds", "arrays of unequal lengths", why) from None
    if ends.ndim != 2 or windings.shape != ends.shape or strengths.shape != ends.shape[:1]:
        shapes = (*(np.shape(part) for part in (first, second)), windings.shape, strengths.shape)
        raise InputError("bonds", shapes, "must be two sites, two windings and one coupling for each bond")
    if not all(np.issubdtype(part.dtype, np.integer) for part in (ends, windings)) and len(ends):
        raise InputError("bonds", f"{ends.dtype}, {windings.dtype}", "sites and windings must be whole numbers")
    if not np.all(np.isfinite(strengths) & (strengths >= 0)):
        raise InputError("coupling", strengths.min(), "must be finite and >= 0: the rule holds for ferromagnets")
    return ends, windings % 2, strengths
