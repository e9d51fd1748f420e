"""One sweep of 64 chains at once on a lattice of rows: heat bath or Metropolis on bit-sliced words.

It is the kernel of the square lattice (`spinlens.sampling.engines.bits.bitsliced`) with fewer demands on the lattice. A
row is the last axis; each is split into the sites with even and with odd places, so that the neighbours of a half-row
within its row lie in the other half. Rows are updated one after another, the even half of each first. What neighbours
a site has in other rows does not matter, so one kernel updates chains, square, triangular, honeycomb and cubic
lattices.

What differs is data (`spinlens.sampling.engines.bits.rows.geometry`). The board wraps every axis round, and each
vector of sites has flags that say which of its neighbours are seen turned (a negative bond, an antiperiodic seam) and
which are not there (a free edge, a wall, a missing bond); walls act as fields on the sites before them. Where fields
or bonds differ from site to site, each vector of sites has its own table of thresholds.

On a row that is an odd ring the last site neighbours the first: it sits out and is redrawn on its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bitsliced import FAST_BITS, _update
from spinlens.sampling.engines.bits.class_values import new_mixtures, prepare, value_of
from spinlens.sampling.engines.bits.generator import draw, next_random
from spinlens.sampling.engines.bits.rows.classes import find_masks
from spinlens.sampling.engines.bits.words import WIDTH, aligned, any_bit, load, spread, store

_NONE = np.uint64(0)
_ONE = np.uint64(1)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}

PLANES = FAST_BITS + 1
"""Planes of a table: the leading bits of the thresholds, and the states of lower energy."""


@njit(inline="always")
def even_half(row: int, columns: int) -> int:
    """Return the flat place on the board of the first even site of a row."""
    return row * (2 * columns + WIDTH)


@njit(inline="always")
def odd_half(row: int, columns: int) -> int:
    """Return the flat place on the board of the first odd site; before it stands what lies before the row."""
    return row * (2 * columns + WIDTH) + columns + WIDTH


@njit(inline="always")
def _store_masks(masks: Any, flip: Any, scratch: Any) -> None:
    store(scratch, 15 * WIDTH, flip)
    for i in range(len(masks)):
        store(scratch, i * WIDTH, masks[i])


@njit(forceinline=True, **_OPTIONS)
def _fast_row(
    board: Any, row: int, at: Any, left: int, right: int, streams: Any, undecided: Any, planes: Any, patterns: Any,
    ties: Any, tie_patterns: Any, half: int, first: int, stop: int, slots: Any, classes: Any, metropolis: bool,
    mixtures: Any,
) -> Any:  # fmt: skip
    """Redraw the vectors from ``first`` to ``stop`` of half a row; return whether any lane is undecided."""
    some = spread(_NONE)
    columns = streams.shape[1]
    table, pitch = planes.strides[0] // planes.itemsize, planes.strides[1] // planes.itemsize
    tie_table = ties.strides[0] // ties.itemsize
    for block in range(first, stop):
        j = block * WIDTH
        start = patterns[half, block] * table
        tie = tie_patterns[half, block] * tie_table
        here = (at[0] + j, at[1] + j, at[2] + j, at[3] + j)
        masks, flip = find_masks(slots, classes, board, here, left + j, right + j, ties, tie)
        prepare(planes, masks, mixtures)
        s0, s1, s2, s3 = j, columns + j, 2 * columns + j, 3 * columns + j
        x0, x1, x2, x3 = load(streams, s0), load(streams, s1), load(streams, s2), load(streams, s3)
        drawn = spread(_NONE)
        tied = ~drawn
        # From the least of the fast bits upwards, as in the kernel of the square lattice.
        for k in range(FAST_BITS - 1, -1, -1):
            random, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
            plane = value_of(planes, start + k * pitch, masks, mixtures)
            differs = plane ^ random
            drawn = (drawn & ~differs) | (plane & differs)
            tied = tied & ~differs
        store(streams, s0, x0)
        store(streams, s1, x1)
        store(streams, s2, x2)
        store(streams, s3, x3)
        # While lanes are tied the row keeps the current spins, which Metropolis needs to finish them.
        store(undecided, j, tied)
        some = some | tied
        if metropolis:
            current = load(board, row + j) ^ flip
            favour = value_of(planes, start + FAST_BITS * pitch, masks, mixtures)
            drawn = (current & tied) | (_update(drawn, current, favour, True) & ~tied)
        store(board, row + j, drawn ^ flip)
    return any_bit(some)


@njit(inline="always")
def _class_of(masks: Any, number: int, column: int, lane: Any) -> Any:
    """Return the class of one lane: the masks of its bits are those of 1, 2, 4 and 8."""
    found = np.int64((masks[column] & lane) != _NONE)
    if number > 1:
        found += 2 * np.int64((masks[WIDTH + column] & lane) != _NONE)
    if number > 3:
        found += 4 * np.int64((masks[3 * WIDTH + column] & lane) != _NONE)
    if number > 7:
        found += 8 * np.int64((masks[7 * WIDTH + column] & lane) != _NONE)
    return found


@njit(**_OPTIONS)
def _finish_word(
    current: Any, tied: Any, masks: Any, number: int, streams: Any, j: int, thresholds: Any, favoured: Any,
    metropolis: bool,
) -> Any:  # fmt: skip
    """Draw further bits, most significant first, until every tied lane is decided or 64 bits are compared."""
    lanes, drawn, favour, column = tied, _NONE, _NONE, j % WIDTH
    for k in range(FAST_BITS, 64):
        random = draw(streams, j)
        plane, rest = _NONE, tied
        while rest != _NONE:
            lane = rest & (~rest + _ONE)
            rest ^= lane
            which = _class_of(masks, number, column, lane)
            if (thresholds[which] >> np.uint64(63 - k)) & _ONE:
                plane |= lane
            if favoured[which]:
                favour |= lane
        decided = tied & (plane ^ random)
        drawn |= plane & decided
        tied &= ~decided
        if tied == _NONE:
            break
    return (current & ~lanes) | (_update(drawn, current, favour, metropolis) & lanes)


@njit(**_OPTIONS)
def _finish_row(
    board: Any, row: int, at: Any, left: int, right: int, streams: Any, undecided: Any, thresholds: Any, favoured: Any,
    kinds: Any, ties: Any, tie_patterns: Any, half: int, first: int, stop: int, slots: Any, classes: Any,
    metropolis: bool, scratch: Any,
) -> None:  # fmt: skip
    """Finish the undecided words of half a row in the columns from ``first`` to ``stop``."""
    tie_table = ties.strides[0] // ties.itemsize
    ready = -1
    for j in range(first, stop):
        tied = undecided[j]
        if tied != _NONE:
            block = j // WIDTH
            if block != ready:
                k, ready = block * WIDTH, block
                here = (at[0] + k, at[1] + k, at[2] + k, at[3] + k)
                tie = tie_patterns[half, block] * tie_table
                masks, flip = find_masks(slots, classes, board, here, left + k, right + k, ties, tie)
                _store_masks(masks, flip, scratch)
            kind = kinds[half, j]
            turn = scratch[15 * WIDTH + j % WIDTH]
            board[row + j] = turn ^ _finish_word(
                board[row + j] ^ turn, tied, scratch, len(classes) - 1, streams, j, thresholds[kind], favoured[kind],
                metropolis,
            )  # fmt: skip


@njit(inline="always")
def _wrap(board: Any, even: int, odd: int, width: int) -> None:
    """Write the words beyond both ends of a row round the ring."""
    if width & 1:
        board[odd - 1] = board[even + width // 2]
        board[odd + width // 2] = board[even]
    else:
        board[odd - 1] = board[odd + width // 2 - 1]
        board[even + width // 2] = board[even]


@njit(**_OPTIONS)
def _put_on_board(spins: Any, board: Any, width: int) -> None:
    rows, _, columns = spins.shape
    for r in range(rows):
        even, odd = even_half(r, columns), odd_half(r, columns)
        for j in range(columns):
            board[even + j] = spins[r, 0, j]
            board[odd + j] = spins[r, 1, j]
        _wrap(board, even, odd, width)


@njit(**_OPTIONS)
def _take_from_board(board: Any, spins: Any) -> None:
    rows, _, columns = spins.shape
    for r in range(rows):
        even, odd = even_half(r, columns), odd_half(r, columns)
        for j in range(columns):
            spins[r, 0, j] = board[even + j]
            spins[r, 1, j] = board[odd + j]


@njit(**_OPTIONS)
def _sweep_once(
    board: Any, streams: Any, kept: Any, undecided: Any, scratch: Any, mixtures: Any, planes: Any, thresholds: Any,
    favoured: Any, metropolis: bool, slots: Any, classes: Any, patterns: Any, kinds: Any, ties: Any,
    tie_patterns: Any, others: Any, width: int, odd_ring: bool,
) -> None:  # fmt: skip
    columns, blocks = streams.shape[1], patterns.shape[1]
    longer = (width + 1) // 2
    for half in range(patterns.shape[0]):
        row, odd = half // 2, half & 1
        even_place, odd_place = even_half(row, columns), odd_half(row, columns)
        here = odd_place if odd else even_place
        left, right = (even_place, even_place + 1) if odd else (odd_place - 1, odd_place)
        at = (others[half, 0], others[half, 1], others[half, 2], others[half, 3])
        alone = odd_ring and not odd
        stop = longer - (1 if alone or (odd and width & 1) else 0)
        block = stop // WIDTH
        for turn in range(2 if alone else 1):
            # In its turn the last site of an odd ring is redrawn, and the rest of its vector is put back.
            begin, end = (block, block + 1) if turn else (0, blocks)
            due, due_end = (stop, stop + 1) if turn else (0, stop)
            if stop < longer:
                _keep(board, here, streams, block * WIDTH, kept)
            some = _fast_row(
                board, here, at, left, right, streams, undecided, planes, patterns, ties, tie_patterns, half, begin,
                end, slots, classes, metropolis, mixtures,
            )  # fmt: skip
            if some != _NONE:
                _finish_row(
                    board, here, at, left, right, streams, undecided, thresholds, favoured, kinds, ties, tie_patterns,
                    half, due, due_end, slots, classes, metropolis, scratch,
                )  # fmt: skip
            if stop < longer:
                # The vectors reach one column further than the sites that are due: its stream must not move.
                _put_back(board, here, streams, block * WIDTH, kept, stop % WIDTH, turn == 1)
            _wrap(board, even_place, odd_place, width)


@njit(**_OPTIONS)
def _keep(board: Any, here: int, streams: Any, first: int, kept: Any) -> None:
    """Copy spins and streams of the vector of columns that begins at ``first``."""
    for j in range(WIDTH):
        for s in range(4):
            kept[s, j] = streams[s, first + j]
        kept[4, j] = board[here + first + j]


@njit(**_OPTIONS)
def _put_back(board: Any, here: int, streams: Any, first: int, kept: Any, column: int, others: bool) -> None:
    """Put spins and streams of one column of a vector back, or those of the others."""
    for j in range(WIDTH):
        if (j == column) != others:
            for s in range(4):
                streams[s, first + j] = kept[s, j]
            board[here + first + j] = kept[4, j]


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep_rows(
    spins: Any, streams: Any, planes: Any, thresholds: Any, favoured: Any, metropolis: bool, slots: Any, classes: Any,
    patterns: Any, kinds: Any, ties: Any, tie_patterns: Any, others: Any, width: int, odd_ring: bool, count: int,
) -> None:  # fmt: skip
    """Sweep every condition ``count`` times, in place.

    Parameters
    ----------
    spins : uint64 array, shape (conditions, rows, 2, columns)
        One bit a chain; site y of a row stands in half y % 2 at column y // 2, and ``columns`` is half a row rounded
        up to a multiple of `WIDTH`.
    streams : uint64 array, shape (conditions, 4, columns)
        State of one xoshiro256++ generator a column; all zeros where there is none.
    planes, thresholds, favoured, metropolis
        The `spinlens.sampling.engines.bits.rows.rules.Rules`.
    slots, classes, patterns, kinds, ties, tie_patterns, others, width, odd_ring
        The `spinlens.sampling.engines.bits.rows.geometry.Geometry`.
    count : int
        Number of sweeps.
    """
    conditions, rows, _, columns = spins.shape
    board = aligned(1, rows * (2 * columns + WIDTH) + WIDTH)[0]
    stream, undecided = aligned(4, columns), aligned(1, columns)[0]
    scratch, kept, mixtures = aligned(1, 16 * WIDTH)[0], aligned(5, WIDTH), new_mixtures(len(classes))
    for t in range(conditions):
        _put_on_board(spins[t], board, width)
        stream[:] = streams[t]
        for _ in range(count):
            _sweep_once(
                board, stream, kept, undecided, scratch, mixtures, planes[t], thresholds[t], favoured[t], metropolis,
                slots, classes, patterns, kinds, ties, tie_patterns, others, width, odd_ring,
            )  # fmt: skip
        _take_from_board(board, spins[t])
        streams[t] = stream
