"""Sweeps from tables: the neighbours' codes name an alias table, one random word a lane draws the new code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import next_random
from spinlens.sampling.engines.bits.words import WIDTH, load, spread, store
from spinlens.sampling.engines.table.lanes import LANES

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64

BATCH = WIDTH * LANES
"""Random words made in advance: of eight sites."""


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(
    codes: Any,
    streams: Any,
    tables: Any,
    begins: Any,
    multipliers: Any,
    kind: Any,
    neighbour: Any,
    bits: int,
    count: int,
) -> None:
    """Draw every site of every chain anew, site after site, ``count`` times, in place.

    Parameters
    ----------
    codes : uint8 array, shape (T, N, 64)
        The chains.
    streams : uint64 array, shape (T, 4, 64)
        The generators' states, one a lane.
    tables : uint64 array, shape (T, words)
        Alias tables of all kinds of sites.
    begins : int64 array, shape (K,)
        Where the tables of each kind begin.
    multipliers : uint16 or uint32 array, shape (K, slots)
        What the code in each slot adds to the place in the tables, times the code.
    kind : int32 array, shape (N,)
        The kind of each site.
    neighbour : int32 array, shape (N, slots)
        The site in each slot; any where the multiplier is 0.
    bits : int
        k: an alias table has 2^k columns.
    count : int
        Sweeps.
    """
    sites, slots = neighbour.shape
    for t in range(codes.shape[0]):
        _run(
            codes[t].reshape(-1), streams[t].reshape(-1), tables[t], begins, multipliers.reshape(-1), kind,
            neighbour.reshape(-1), slots, bits, sites, sites * count,
        )  # fmt: skip


@njit(**_OPTIONS)
def _run(
    board: Any, stream: Any, table: Any, begins: Any, multipliers: Any, kind: Any, neighbour: Any, slots: int,
    bits: int,
    sites: int, steps: int,
) -> None:  # fmt: skip
    """Update sites one after another, so many steps in all; all arrays are flat, since slices cost time.

    A batch of random words is made while the batch before is used: eight lanes of the next eight sites for each site.
    The state of eight generators then stays in registers, and vector and scalar units work at the same time.
    """
    place = np.empty(LANES, dtype=multipliers.dtype)
    batches = np.empty(2 * BATCH, dtype=np.uint64)
    now, later, down = 0, BATCH, _U(64 - bits)
    for v in range(WIDTH):
        _make(stream, batches, v * WIDTH)
    site = 0
    for first in range(0, steps, WIDTH):
        more = first + WIDTH < steps
        for j in range(min(WIDTH, steps - first)):
            which = _U(kind[_U(site)])
            _places(board, neighbour, _U(site * slots), multipliers, which * _U(slots), slots, place)
            begin, row, words = _U(begins[which]), _U(site * LANES), _U(now + j * LANES)
            if more:
                _take_and_make(
                    board, row, place, table, begin, batches, words, down, stream, later + j * WIDTH, j * WIDTH
                )
            else:
                for lane in range(LANES):
                    _take(board, row, place, table, begin, batches, words, down, _U(lane))
            site += 1
            if site == sites:
                site = 0
        now, later = later, now


@njit(inline="always")
def _places(
    board: Any, neighbour: Any, first_slot: Any, multipliers: Any, first_factor: Any, slots: int, place: Any
) -> None:
    """Sum codes times multipliers, two slots at a time: their number is even."""
    for slot in range(0, slots, 2):
        at = first_slot + _U(slot)
        one, two = _U(neighbour[at]) * _U(LANES), _U(neighbour[at + _U(1)]) * _U(LANES)
        factor, other = multipliers[first_factor + _U(slot)], multipliers[first_factor + _U(slot + 1)]
        if slot == 0:
            for lane in range(LANES):
                place[lane] = board[one + _U(lane)] * factor + board[two + _U(lane)] * other
        else:
            for lane in range(LANES):
                place[lane] += board[one + _U(lane)] * factor + board[two + _U(lane)] * other


@njit(inline="always")
def _make(stream: Any, batches: Any, start: int) -> None:
    """Make a batch of random words for the eight lanes from ``start`` on, with their last 8 bits set."""
    low = spread(_U(255))
    x0, x1 = load(stream, start), load(stream, start + LANES)
    x2, x3 = load(stream, start + 2 * LANES), load(stream, start + 3 * LANES)
    for s in range(WIDTH):
        result, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
        store(batches, s * LANES + start, result | low)
    store(stream, start, x0)
    store(stream, start + LANES, x1)
    store(stream, start + 2 * LANES, x2)
    store(stream, start + 3 * LANES, x3)


@njit(inline="always")
def _take(
    board: Any, row: Any, place: Any, table: Any, begin: Any, batches: Any, words: Any, down: Any, lane: Any
) -> None:
    """Draw one code."""
    word = batches[words + lane]
    column = word >> down
    entry = table[begin + _U(place[lane]) + column]
    board[row + lane] = np.uint8(column if word < entry else entry)


@njit(inline="always")
def _take_and_make(
    board: Any, row: Any, place: Any, table: Any, begin: Any, batches: Any, words: Any, down: Any, stream: Any,
    later: int,
    start: int,
) -> None:  # fmt: skip
    """Draw the codes of one site, and words for another batch: `_make`, step by step between the lanes."""
    low = spread(_U(255))
    x0, x1 = load(stream, start), load(stream, start + LANES)
    x2, x3 = load(stream, start + 2 * LANES), load(stream, start + 3 * LANES)
    for s in range(WIDTH):
        result, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
        store(batches, later + s * LANES, result | low)
        for lane in range(WIDTH):
            _take(board, row, place, table, begin, batches, words, down, _U(s * WIDTH + lane))
    store(stream, start, x0)
    store(stream, start + LANES, x1)
    store(stream, start + 2 * LANES, x2)
    store(stream, start + 3 * LANES, x3)
