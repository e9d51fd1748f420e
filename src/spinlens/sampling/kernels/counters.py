"""Bond sums and spin sums of 64 chains from their words, by carry-save counters instead of unpacking."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.kernels.bitsliced import _shift_row
from spinlens.sampling.kernels.words import WIDTH, load, store

_NONE = np.uint64(0)
_PLANES = 40
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _full_add(a: Any, b: Any, c: Any) -> Any:
    """Return the sum bit and the carry of three bits, lane by lane."""
    return a ^ b ^ c, (a & b) | (c & (a ^ b))


@njit(**_OPTIONS)
def _carry_into(counter: Any, carry: Any, plane: int, stop: int) -> None:
    """Add ``carry``, worth 2**plane a bit, to a counter of bit planes (planes, WIDTH)."""
    for p in range(plane, stop):
        value = load(counter[p], 0)
        store(counter[p], 0, value ^ carry)
        carry = value & carry


@njit(**_OPTIONS)
def _lane_totals(counter: Any, stop: int, totals: Any) -> None:
    """Add the eight counters up and unpack them to one integer a lane."""
    totals[:] = 0
    for p in range(stop):
        for column in range(WIDTH):
            word = counter[p, column]
            for lane in range(64):
                totals[lane] += np.int64((word >> np.uint64(lane)) & np.uint64(1)) << p


@njit(cache=True, nogil=True, **_OPTIONS)
def measure(spins: Any, half: int, bond_sum: Any, spin_sum: Any) -> None:
    """Compute both sums of every chain of every condition.

    Parameters
    ----------
    spins : uint64 array, shape (conditions, 2, Lx, columns)
        As in `spinlens.sampling.kernels.bitsliced.sweep`.
    half : int
        Ly / 2, the columns that are used.
    bond_sum, spin_sum : int64 arrays, shape (conditions, 64)
        Filled with sum s s' over the 2 Lx Ly bonds and sum s over the sites.
    """
    conditions, _, sides, columns = spins.shape
    valid = np.zeros(columns, dtype=np.uint64)
    valid[:half] = ~_NONE
    side = np.zeros(columns, dtype=np.uint64)
    broken = np.zeros((_PLANES, WIDTH), dtype=np.uint64)
    up = np.zeros((_PLANES, WIDTH), dtype=np.uint64)
    stop = 3
    while (1 << stop) <= 4 * sides * (columns // WIDTH):
        stop += 1
    sites = 2 * sides * half
    for t in range(conditions):
        broken[:] = 0
        up[:] = 0
        for x in range(sides):
            # Every bond joins the two colours, so the four bonds of each site of colour 0 are all bonds.
            other = spins[t, 1]
            _shift_row(other[x], side, half, x & 1)
            row = spins[t, 0, x]
            above = other[x - 1 if x > 0 else sides - 1]
            below = other[x + 1 if x < sides - 1 else 0]
            for j in range(0, columns, WIDTH):
                here, use = load(row, j), load(valid, j)
                ones, first = _full_add(
                    load(broken[0], 0), (here ^ load(above, j)) & use, (here ^ load(below, j)) & use
                )
                ones, second = _full_add(ones, (here ^ load(other[x], j)) & use, (here ^ load(side, j)) & use)
                twos, carry = _full_add(load(broken[1], 0), first, second)
                store(broken[0], 0, ones)
                store(broken[1], 0, twos)
                _carry_into(broken, carry, 2, stop)
                ones, carry = _full_add(load(up[0], 0), here & use, load(other[x], j) & use)
                store(up[0], 0, ones)
                _carry_into(up, carry, 1, stop)
        _lane_totals(broken, stop, bond_sum[t])
        _lane_totals(up, stop, spin_sum[t])
        for lane in range(64):
            bond_sum[t, lane] = 2 * sites - 2 * bond_sum[t, lane]
            spin_sum[t, lane] = 2 * spin_sum[t, lane] - sites
