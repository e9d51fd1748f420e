"""One sweep of 64 chains at once: heat bath or Metropolis on bit-sliced words, for every boundary.

A ``uint64`` holds the same site of 64 chains. Sites are split into the two colours of a checkerboard: site (x, y)
has colour (x + y) % 2 and column y // 2, so a row of one colour is contiguous and its four neighbours lie on the
other colour: the same column of the rows above and below, the same column of the same row, and the column to the
left or to the right of it.

Each spin is redrawn from a Bernoulli variable whose probability depends on the number of up neighbours. The
probability is a 64-bit threshold, compared bit by bit with a uniform number whose bits come from successive random
words; `FAST_BITS` bits are compared for all lanes in vector code, and the few lanes that still tie
(2**-FAST_BITS of them) go on one word at a time, to bit 64. No two lanes ever see the same random bit.

What differs from lattice to lattice is data (`spinlens.sampling.engines.bits.geometry`): the word beyond an edge is
(opposite & keep) ^ turn, which is the opposite edge, its negative, a held spin or nothing, and where neighbours are
missing or the field changes its sign the vector of sites has another table of thresholds.

Rows are updated one after another, and no two sites of a row of one colour are neighbours, so the sweep is exact on
odd rings too, where a neighbour across the seam has the same colour. The one exception is the last site of a row
that is an odd ring: it neighbours the first, sits out, and is redrawn on its own when the row is done.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.class_values import new_mixtures, prepare, value_of
from spinlens.sampling.engines.bits.generator import draw, next_random
from spinlens.sampling.engines.bits.geometry import KEEP, TURN
from spinlens.sampling.engines.bits.neighbours import count_up
from spinlens.sampling.engines.bits.words import WIDTH, aligned, any_bit, load, spread, store

FAST_BITS = 14
"""Bits compared before the slow path: with 14 it runs for 0.4 % of the words."""

MOST_CLASSES = 9
"""Numbers of up neighbours along x and along y."""

_NONE = np.uint64(0)
_ONE = np.uint64(1)
HALO = WIDTH
"""Words before and behind each row of a board, for what lies beyond its ends."""

OUTSIDE, _UNDECIDED, _ALONE, SCRATCH = 0, 1, 2, 3
"""The first rows of a board; the spins follow, all rows of colour 0, then those of colour 1."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _update(drawn: Any, current: Any, favoured: Any, metropolis: bool) -> Any:
    """Return the new spins: the drawn bit, or with Metropolis the favoured value unless drawn to leave it."""
    if metropolis:
        return favoured ^ (drawn & ~(current ^ favoured))
    return drawn


@njit(forceinline=True, **_OPTIONS)
def _fast_row(
    board: Any, row: int, same: int, side: int, above: int, below: int, streams: Any, stream: int, planes: Any,
    patterns: Any, kind_row: int, first: int, stop: int, metropolis: bool, mixtures: Any,
) -> Any:  # fmt: skip
    """Redraw the vectors from ``first`` to ``stop`` of one row of one colour; return whether any lane is undecided.

    All rows count in ``board``, ``stream`` counts in ``streams``; ``side`` is -1 or 1.
    """
    some = spread(_NONE)
    pitch, columns = board.shape[1], streams.shape[1]
    table, depth = planes.strides[0] // planes.itemsize, planes.strides[1] // planes.itemsize
    row, same, above, below = row * pitch + HALO, same * pitch + HALO, above * pitch + HALO, below * pitch + HALO
    undecided, stream = _UNDECIDED * pitch + HALO, stream * columns
    for block in range(first, stop):
        j = block * WIDTH
        start = patterns[kind_row, block] * table
        masks = count_up(
            planes, load(board, above + j), load(board, below + j), load(board, same + j), load(board, same + side + j)
        )
        prepare(planes, masks, mixtures)
        s0, s1, s2, s3 = stream + j, stream + columns + j, stream + 2 * columns + j, stream + 3 * columns + j
        x0, x1, x2, x3 = load(streams, s0), load(streams, s1), load(streams, s2), load(streams, s3)
        drawn = spread(_NONE)
        tied = ~drawn
        # From the least of the fast bits upwards: a later, more significant difference overrules, so that
        # "drawn" needs no mask of the lanes that are already decided.
        for k in range(FAST_BITS - 1, -1, -1):
            random, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
            plane = value_of(planes, start + k * depth, masks, mixtures)
            differs = plane ^ random
            drawn = (drawn & ~differs) | (plane & differs)
            tied = tied & ~differs
        store(streams, s0, x0)
        store(streams, s1, x1)
        store(streams, s2, x2)
        store(streams, s3, x3)
        # While lanes are tied the row keeps the current spins, which Metropolis needs to finish them.
        store(board, undecided + j, tied)
        some = some | tied
        if metropolis:
            current = load(board, row + j)
            favour = value_of(planes, start + FAST_BITS * depth, masks, mixtures)
            drawn = (current & tied) | (_update(drawn, current, favour, True) & ~tied)
        store(board, row + j, drawn)
    return any_bit(some)


@njit(**_OPTIONS)
def _finish_word(
    current: Any, side: Any, same: Any, above: Any, below: Any, tied: Any, streams: Any, j: int, thresholds: Any,
    favoured: Any, metropolis: bool,
) -> Any:  # fmt: skip
    """Draw further bits, most significant first, until every tied lane is decided or 64 bits are compared."""
    lanes, drawn, favour = tied, _NONE, _NONE
    for k in range(FAST_BITS, 64):
        random = draw(streams, j)
        plane, rest = _NONE, tied
        while rest != _NONE:
            lane = rest & (~rest + _ONE)
            rest ^= lane
            along_x = np.int64((above & lane) != _NONE) + np.int64((below & lane) != _NONE)
            along_y = np.int64((same & lane) != _NONE) + np.int64((side & lane) != _NONE)
            if (thresholds[along_x, along_y] >> np.uint64(63 - k)) & _ONE:
                plane |= lane
            if favoured[along_x, along_y]:
                favour |= lane
        decided = tied & (plane ^ random)
        drawn |= plane & decided
        tied &= ~decided
        if tied == _NONE:
            break
    return (current & ~lanes) | (_update(drawn, current, favour, metropolis) & lanes)


@njit(inline="always")
def beyond(opposite: Any, edge: Any) -> Any:
    """Return the word beyond an edge, given the word at the opposite one."""
    return (opposite & edge[KEEP]) ^ edge[TURN]


@njit(**_OPTIONS)
def _finish_row(
    board: Any, row: int, same: int, side: int, above: int, below: int, streams: Any, thresholds: Any, favoured: Any,
    kinds: Any, kind_row: int, first: int, stop: int, metropolis: bool,
) -> None:  # fmt: skip
    """Finish the undecided words of one row in the columns from ``first`` to ``stop``; rows count in ``board``."""
    for j in range(first, stop):
        c = HALO + j
        tied = board[_UNDECIDED, c]
        if tied != _NONE:
            kind = kinds[kind_row, j]
            board[row, c] = _finish_word(
                board[row, c], board[same, c + side], board[same, c], board[above, c], board[below, c], tied, streams,
                j, thresholds[kind], favoured[kind], metropolis,
            )  # fmt: skip


@njit(**_OPTIONS)
def new_board(height: int, columns: int) -> Any:
    """Return an empty board for lattices of ``height`` rows."""
    return aligned(SCRATCH + 2 * height, columns + 2 * HALO)


@njit(**_OPTIONS)
def put_on_board(spins: Any, board: Any) -> None:
    """Copy spins (2, Lx, columns) to the board."""
    height, columns = spins.shape[1], spins.shape[2]
    for colour in range(2):
        for x in range(height):
            for j in range(columns):
                board[SCRATCH + colour * height + x, HALO + j] = spins[colour, x, j]


@njit(**_OPTIONS)
def _take_from_board(board: Any, spins: Any) -> None:
    height, columns = spins.shape[1], spins.shape[2]
    for colour in range(2):
        for x in range(height):
            for j in range(columns):
                spins[colour, x, j] = board[SCRATCH + colour * height + x, HALO + j]


@njit(**_OPTIONS)
def put_outside(board: Any, opposite: int, edge: Any, target: int) -> None:
    """Make the row beyond the first or the last one in row ``target``, given the one at the opposite edge."""
    pitch = board.shape[1]
    keep, turn = spread(edge[KEEP]), spread(edge[TURN])
    for j in range(HALO, pitch - HALO, WIDTH):
        store(board, target * pitch + j, (load(board, opposite * pitch + j) & keep) ^ turn)


@njit(**_OPTIONS)
def _sweep_once(
    board: Any, streams: Any, planes: Any, thresholds: Any, favoured: Any, metropolis: bool, patterns: Any, kinds: Any,
    edges: Any, width: int, mixtures: Any,
) -> None:  # fmt: skip
    """Sweep one condition; behind its four streams there is room for four more."""
    height, blocks = patterns.shape[0] // 2, patterns.shape[1]
    odd = width & 1
    odd_ring = odd and edges[1, 0, KEEP] != _NONE
    for colour in range(2):
        other = SCRATCH + (1 - colour) * height
        # Round an odd ring the colour does not change.
        opposite = SCRATCH + colour * height if height & 1 else other
        for x in range(height):
            kind_row = colour * height + x
            row, same, above, below = SCRATCH + kind_row, other + x, other + x - 1, other + x + 1
            if x == 0:
                above = OUTSIDE
                put_outside(board, opposite + height - 1, edges[0, 0], OUTSIDE)
            if x == height - 1:
                below = OUTSIDE
                put_outside(board, opposite, edges[0, 1], OUTSIDE)
            # The row begins in the first column of the lattice, or in the second.
            second = (x + colour) & 1
            side = 1 if second else -1
            last = HALO + (width + 1 - second) // 2 - 1
            if not odd and second:
                board[same, last + 1] = beyond(board[same, HALO], edges[1, 1])
            elif not odd:
                board[same, HALO - 1] = beyond(board[same, last], edges[1, 0])
            elif not second:
                board[same, HALO - 1] = beyond(board[row, last], edges[1, 0])
                board[same, last] = beyond(board[row, HALO], edges[1, 1])
            stop = last + 1 - HALO
            sits_out = odd_ring and not second
            if sits_out:
                stop -= 1
                board[_ALONE, last] = board[row, last]
            if sits_out or (odd and second):
                # The vectors reach one column further than the sites that are due: its stream must not move.
                streams[4:, stop] = streams[:4, stop]
            some = _fast_row(
                board, row, same, side, above, below, streams, 0, planes, patterns, kind_row, 0, blocks, metropolis,
                mixtures,
            )  # fmt: skip
            if some != _NONE:
                _finish_row(
                    board, row, same, side, above, below, streams, thresholds, favoured, kinds, kind_row, 0, stop,
                    metropolis,
                )  # fmt: skip
            if odd and second:
                streams[:4, stop] = streams[4:, stop]
            if sits_out:
                board[same, last] = beyond(board[row, HALO], edges[1, 1])
                block = stop // WIDTH
                _fast_row(
                    board, _ALONE, same, side, above, below, streams, 4, planes, patterns, kind_row, block, block + 1,
                    metropolis, mixtures,
                )  # fmt: skip
                board[row, last] = board[_ALONE, last]
                streams[:4, stop] = streams[4:, stop]
                _finish_row(
                    board, row, same, side, above, below, streams, thresholds, favoured, kinds, kind_row, stop,
                    stop + 1, metropolis,
                )  # fmt: skip


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(
    spins: Any, streams: Any, planes: Any, thresholds: Any, favoured: Any, metropolis: bool, patterns: Any, kinds: Any,
    edges: Any, width: int, count: int,
) -> None:  # fmt: skip
    """Sweep every condition ``count`` times, in place.

    Parameters
    ----------
    spins : uint64 array, shape (conditions, 2, Lx, columns)
        One bit a chain; ``columns`` is Ly / 2 rounded up to a multiple of `WIDTH`.
    streams : uint64 array, shape (conditions, 4, columns)
        State of one xoshiro256++ generator a column.
    planes : array
        For each pattern of sites the leading threshold bits, most significant first, last the states of lower energy,
        see `spinlens.sampling.engines.bits.probabilities.Rules`.
    thresholds : uint64 array, shape (conditions, K, 3, 3)
        For each kind of site, and the numbers of up neighbours along x and y: the probability times 2**64.
    favoured : bool array, shape (conditions, K, 3, 3)
        Whether up is the state of lower energy.
    metropolis : bool
        Whether a drawn bit means "leave the favoured state" instead of "up".
    patterns, kinds, edges, width
        The `spinlens.sampling.engines.bits.geometry.Geometry`.
    count : int
        Number of sweeps.
    """
    board = new_board(spins.shape[2], spins.shape[3])
    stream, mixtures = aligned(8, spins.shape[3]), new_mixtures(MOST_CLASSES)
    for t in range(spins.shape[0]):
        put_on_board(spins[t], board)
        stream[:4] = streams[t]
        for _ in range(count):
            _sweep_once(
                board, stream, planes[t], thresholds[t], favoured[t], metropolis, patterns, kinds, edges, width,
                mixtures,
            )  # fmt: skip
        _take_from_board(board, spins[t])
        streams[t] = stream[:4]
