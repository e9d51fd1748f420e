"""Sums over bonds and sites of 64 chains from their words, by carry-save counters instead of unpacking."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bitsliced import (
    HALO,
    OUTSIDE,
    SCRATCH,
    beyond,
    new_board,
    put_on_board,
    put_outside,
)
from spinlens.sampling.engines.bits.geometry import MISSING, TURN
from spinlens.sampling.engines.bits.words import WIDTH, load, spread, store

BOND_X, BOND_Y, SPIN, STAGGERED = range(4)
"""Places of the sums of `measure`."""

_NONE = np.uint64(0)
_PLANES = 40
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _full_add(a: Any, b: Any, c: Any) -> Any:
    """Return the sum bit and the carry of three bits, lane by lane."""
    return a ^ b ^ c, (a & b) | (c & (a ^ b))


@njit(inline="always")
def _add(counters: Any, place: int, first: Any, second: Any) -> Any:
    """Add two words to the sum bit at ``place`` and return the carry."""
    bit, carry = _full_add(load(counters, place), first, second)
    store(counters, place, bit)
    return carry


@njit(**_OPTIONS)
def _count(counters: Any, step: int, x0: Any, x1: Any, y0: Any, y1: Any, s0: Any, s1: Any, m0: Any, m1: Any) -> int:
    """Add two words to each of the four counters, which have counted ``step`` pairs; return how many they then have.

    ``counters`` is (planes, 2, 4, WIDTH): plane p holds a sum bit worth 2**p and, after every other step, a carry of
    the same worth that waits for a second one; so few planes are touched in most steps.
    """
    x, y = _add(counters, 0, x0, x1), _add(counters, WIDTH, y0, y1)
    s, m = _add(counters, 2 * WIDTH, s0, s1), _add(counters, 3 * WIDTH, m0, m1)
    place, rest = 8 * WIDTH, step
    while rest & 1:
        wait = place + 4 * WIDTH
        x = _add(counters, place, load(counters, wait), x)
        y = _add(counters, place + WIDTH, load(counters, wait + WIDTH), y)
        s = _add(counters, place + 2 * WIDTH, load(counters, wait + 2 * WIDTH), s)
        m = _add(counters, place + 3 * WIDTH, load(counters, wait + 3 * WIDTH), m)
        rest >>= 1
        place += 8 * WIDTH
    place += 4 * WIDTH
    store(counters, place, x)
    store(counters, place + WIDTH, y)
    store(counters, place + 2 * WIDTH, s)
    store(counters, place + 3 * WIDTH, m)
    return step + 1


@njit(**_OPTIONS)
def _lane_totals(counters: Any, which: int, steps: int, merged: Any, totals: Any) -> None:
    """Add the waiting carries and the eight columns of a counter up, and unpack them to one integer a lane.

    ``merged`` (planes, 2 WIDTH) is scratch: every vector stands there twice, so that a load from its middle turns it.
    """
    stop = 4
    while (1 << stop) <= 2 * WIDTH * steps:
        stop += 1
    carry = spread(_NONE)
    for plane in range(stop):
        place = (plane * 8 + which) * WIDTH
        # A carry waits in plane p + 1 where bit p of the number of steps is set.
        waits = _NONE - np.uint64(plane > 0 and (steps >> (plane - 1)) & 1)
        waiting = load(counters, place + 4 * WIDTH) & spread(waits)
        bit, carry = _full_add(load(counters, place), waiting, carry)
        store(merged, plane * 2 * WIDTH, bit)
        store(merged, plane * 2 * WIDTH + WIDTH, bit)
    for turn in (4, 2, 1):
        carry = spread(_NONE)
        for plane in range(stop):
            place = plane * 2 * WIDTH
            bit, carry = _full_add(load(merged, place), load(merged, place + turn), carry)
            store(merged, place, bit)
            store(merged, place + WIDTH, bit)
    totals[:] = 0
    for plane in range(stop):
        word = merged[plane, 0]
        for lane in range(64):
            totals[lane] += np.int64((word >> np.uint64(lane)) & np.uint64(1)) << plane


@njit(**_OPTIONS)
def _put_right(board: Any, row: int, same: int, second: int, width: int, edge: Any) -> Any:
    """Write the word beyond the right end of a row behind the neighbours ``same``; return the place of those.

    Where there is nothing beyond it is the last site itself, which breaks no bond.
    """
    odd, last = width & 1, HALO + (width + 1 - second) // 2 - 1
    if second and not odd:
        board[same, last + 1] = beyond(board[same, HALO], edge) | (board[row, last] & edge[MISSING])
    elif odd and not second:
        board[same, last] = beyond(board[row, HALO], edge) | (board[row, last] & edge[MISSING])
    return same * board.shape[1] + HALO + second


@njit(cache=True, nogil=True, **_OPTIONS)
def measure(spins: Any, edges: Any, walled: Any, bonds: Any, width: int, sums: Any) -> None:
    """Compute the sums of every chain of every condition.

    Parameters
    ----------
    spins : uint64 array, shape (conditions, 2, Lx, columns)
        As in `spinlens.sampling.engines.bits.bitsliced.sweep`.
    edges, walled, bonds, width
        The `spinlens.sampling.engines.bits.geometry.Geometry`.
    sums : int64 array, shape (4, conditions, 64)
        Filled with sum s s' over the bonds along x and along y, seam signs and walls included, sum s over the sites
        and sum (-1)^(x + y) s.
    """
    conditions, _, height, columns = spins.shape
    board = new_board(height, columns)
    pitch = columns + 2 * HALO
    valid = np.zeros((2, columns), dtype=np.uint64)
    valid[0, : (width + 1) // 2] = ~_NONE
    valid[1, : width // 2] = ~_NONE
    counters, merged = (
        np.zeros((_PLANES, 2, 4, WIDTH), dtype=np.uint64),
        np.zeros((_PLANES, 2 * WIDTH), dtype=np.uint64),
    )
    for t in range(conditions):
        put_on_board(spins[t], board)
        counters[:] = 0
        step = 0
        for x in range(height):
            parity = x & 1
            first, second = SCRATCH + x, SCRATCH + height + x
            # Every bond is counted at its first end: downwards from each site, and to the right.
            right = _put_right(board, first, second, parity, width, edges[1, 1])
            right_second = _put_right(board, second, first, 1 - parity, width, edges[1, 1])
            down, down_second, missing = second + 1, first + 1, spread(_NONE)
            if x == height - 1:
                down, down_second, missing = OUTSIDE, OUTSIDE + 1, spread(edges[0, 1, MISSING])
                swap = height if height & 1 else 0
                put_outside(board, SCRATCH + height - swap, edges[0, 1], down)
                put_outside(board, SCRATCH + swap, edges[0, 1], down_second)
            first, second, down, down_second = (
                first * pitch + HALO, second * pitch + HALO, down * pitch + HALO, down_second * pitch + HALO
            )  # fmt: skip
            for j in range(0, columns, WIDTH):
                use, use_second = load(valid, parity * columns + j), load(valid, (1 - parity) * columns + j)
                up, up_second = load(board, first + j), load(board, second + j)
                below = load(board, down + j) | (up & missing)
                below_second = load(board, down_second + j) | (up_second & missing)
                step = _count(
                    counters, step, (up ^ below) & use, (up_second ^ below_second) & use_second,
                    (up ^ load(board, right + j)) & use, (up_second ^ load(board, right_second + j)) & use_second,
                    up & use, up_second & use_second, up & use, ~up_second & use_second,
                )  # fmt: skip
        if walled[0]:
            step = _count_first_row(board, height, valid, edges[0, 0, TURN], counters, step)
        if walled[1]:
            step = _count_first_column(board, height, edges[1, 0, TURN], counters, step)
        for which in range(4):
            _lane_totals(counters, which, step, merged, sums[which, t])
            for lane in range(64):
                if which < SPIN:
                    sums[which, t, lane] = bonds[which] - 2 * sums[which, t, lane]
                else:
                    sums[which, t, lane] = 2 * sums[which, t, lane] - height * width


@njit(**_OPTIONS)
def _count_first_row(board: Any, height: int, valid: Any, held: Any, counters: Any, step: int) -> int:
    """Count the broken bonds of the first row with the wall beyond it."""
    wall, none, columns, pitch = spread(held), spread(_NONE), valid.shape[1], board.shape[1]
    for j in range(0, columns, WIDTH):
        up = load(board, SCRATCH * pitch + HALO + j)
        up_second = load(board, (SCRATCH + height) * pitch + HALO + j)
        step = _count(
            counters, step, (up ^ wall) & load(valid, j), (up_second ^ wall) & load(valid, columns + j), none, none,
            none, none, none, none,
        )  # fmt: skip
    return step


@njit(**_OPTIONS)
def _count_first_column(board: Any, height: int, held: Any, counters: Any, step: int) -> int:
    """Count the broken bonds of the first column with the wall beyond it."""
    word, none = np.zeros(WIDTH, dtype=np.uint64), spread(_NONE)
    for x in range(height):
        word[0] = board[SCRATCH + (x & 1) * height + x, HALO] ^ held
        step = _count(counters, step, none, none, load(word, 0), none, none, none, none, none)
    return step
