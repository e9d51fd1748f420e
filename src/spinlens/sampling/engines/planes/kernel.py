"""One sweep of 64 chains at once over the codes of a lattice of rows, eight sites at a time.

The order is that of `spinlens.sampling.engines.bits.rows.kernel`: rows are updated one after another, the even half of
each first; on a row that is an odd ring the last site sits out and is updated on its own. How a site is updated is told
by the type of its rules when Numba compiles.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit
from numba.extending import overload

from spinlens.sampling.engines.bits.class_values import new_mixtures
from spinlens.sampling.engines.bits.rows.kernel import even_half, odd_half
from spinlens.sampling.engines.bits.words import WIDTH, aligned
from spinlens.sampling.engines.planes import colours, groups, spin_one
from spinlens.sampling.engines.planes.codes import INLINED
from spinlens.sampling.engines.planes.comparing import NONE
from spinlens.sampling.engines.planes.rules import ColourHeatBath, ColourMetropolis, Rules, SpinHeatBath

ROOM = 17
"""Vectors that `update` leaves for `settle`; two more for each code that is held."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class Place(NamedTuple):
    """A lattice as the kernel sees it; see `spinlens.sampling.engines.bits.rows.geometry.Geometry`.

    Attributes
    ----------
    slots : tuple of int
        As long as a site has neighbours.
    kinds, patterns : ndarray, int64 (2 rows, columns) and (2 rows, columns / 8)
        The kind of each site, and which kinds stand side by side in a vector.
    ties, tie_patterns : ndarray, int8 (T, Z, 2, 8) or (0,), and int64 (2 rows, columns / 8)
        Which neighbours are seen turned and which are there.
    others : ndarray, int64 (2 rows, 4)
        Flat places of the neighbours in other rows.
    width : int
        Sites in a row.
    odd_ring : bool
        Whether rows are rings of an odd number of sites.
    """

    slots: Any
    kinds: Any
    patterns: Any
    ties: Any
    tie_patterns: Any
    others: Any
    width: int
    odd_ring: bool


def update(
    rule: Any, planes: Any, start: int, board: Any, row: int, at: Any, left: int, right: int, ties: Any, tie: int,
    slots: Any, mixtures: Any, streams: Any, j: int, room: Any,
) -> Any:  # fmt: skip
    """Update eight sites as far as the leading bits decide; return whether any lane is undecided.

    It is straight code, without a branch: else Numba would count references to arrays for every eight sites.

    Parameters
    ----------
    rule, planes, start
        Of the `spinlens.sampling.engines.planes.rules.Rules`, and where the coefficients of these sites begin.
    board, row
        The planes, and the flat place of the eight sites.
    at, left, right
        Flat places of the neighbours in other rows, and in the same.
    ties, tie, slots
        Of the `Place`, and where the flags of these sites begin.
    mixtures, room : uint64 array
        Scratch, see `spinlens.sampling.engines.bits.class_values`; what `settle` needs.
    streams, j
        The generators, and the first of the eight columns.
    """
    raise NotImplementedError("for compiled code only")


def settle(
    rule: Any, thresholds: Any, t: int, held: Any, held_thresholds: Any, kinds: Any, half: int, board: Any, row: int,
    at: Any, left: int, right: int, ties: Any, tie: int, slots: Any, streams: Any, j: int, due: int, room: Any,
) -> None:  # fmt: skip
    """Decide the lanes that `update` left undecided, in the columns before ``due``."""
    raise NotImplementedError("for compiled code only")


_UPDATES = {SpinHeatBath: spin_one, ColourHeatBath: groups, ColourMetropolis: colours}


@overload(update, jit_options=INLINED)
def _update(
    rule: Any, planes: Any, start: Any, board: Any, row: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any,
    slots: Any, mixtures: Any, streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    return _UPDATES[rule.instance_class].update


@overload(settle, jit_options=_OPTIONS)
def _settle(
    rule: Any, thresholds: Any, t: Any, held: Any, held_thresholds: Any, kinds: Any, half: Any, board: Any, row: Any,
    at: Any, left: Any, right: Any, ties: Any, tie: Any, slots: Any, streams: Any, j: Any, due: Any, room: Any,
) -> Any:  # fmt: skip
    return _UPDATES[rule.instance_class].settle


def hold(
    rule: Any, h: int, held: Any, planes: Any, start: int, flags: Any, place: int, board: Any, row: int, mixtures: Any,
    streams: Any, j: int, room: Any,
) -> Any:  # fmt: skip
    """Let what holds a code from outside stop moves to or from it; return whether any lane is undecided."""
    raise NotImplementedError("for compiled code only")


@overload(hold, jit_options=INLINED)
def _hold(
    rule: Any, h: Any, held: Any, planes: Any, start: Any, flags: Any, place: Any, board: Any, row: Any, mixtures: Any,
    streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    return _UPDATES[rule.instance_class].hold


@njit(**INLINED)
def _half_row(
    rule: Any, t: int, planes: Any, thresholds: Any, held: Any, held_planes: Any, held_thresholds: Any, held_flags: Any,
    slots: Any, kinds: Any, patterns: Any, ties: Any, tie_patterns: Any, others: Any, board: Any, half: int, row: int,
    left: int, right: int, first: int, stop: int, mixtures: Any, streams: Any, due: int, room: Any,
) -> None:  # fmt: skip
    """Update the vectors from ``first`` to ``stop`` of half a row."""
    tie_table, many = ties.strides[0] // ties.itemsize, held_flags.shape[1]
    table, begin = planes.strides[1] // planes.itemsize, t * (planes.strides[0] // planes.itemsize)
    held_table = held_planes.strides[1] // held_planes.itemsize
    at0, at1, at2, at3 = others[half, 0], others[half, 1], others[half, 2], others[half, 3]
    for block in range(first, stop):
        j, pattern = block * WIDTH, patterns[half, block]
        start = begin + (pattern if planes.shape[1] > 1 else 0) * table
        at, tie = (at0 + j, at1 + j, at2 + j, at3 + j), tie_patterns[half, block] * tie_table
        some = update(
            rule, planes, start, board, row + j, at, left + j, right + j, ties, tie, slots, mixtures, streams, j, room
        )  # fmt: skip
        for h in range(held.size):
            place = h * many + pattern
            some |= hold(
                rule, h, held, held_planes, (t * held_planes.shape[1] + place) * held_table, held_flags,
                2 * place * WIDTH, board, row + j, mixtures, streams, j, room,
            )  # fmt: skip
        if some != NONE:
            settle(
                rule, thresholds, t, held, held_thresholds, kinds, half, board, row + j, at, left + j, right + j, ties,
                tie, slots, streams, j, due, room,
            )  # fmt: skip


@njit(**INLINED)
def _wrap(board: Any, even: int, odd: int, width: int) -> None:
    """Write the codes beyond both ends of a row round the ring."""
    for plane in range(board.shape[0]):
        words = board[plane]
        if width & 1:
            words[odd - 1] = words[even + width // 2]
            words[odd + width // 2] = words[even]
        else:
            words[odd - 1] = words[odd + width // 2 - 1]
            words[even + width // 2] = words[even]


@njit(**_OPTIONS)
def new_board(planes: int, rows: int, columns: int) -> Any:
    """Return room for the codes of one condition, uint64 (planes, words)."""
    words = rows * (2 * columns + WIDTH) + WIDTH
    return aligned(planes, -(-words // WIDTH) * WIDTH)


@njit(**_OPTIONS)
def put_on_board(words: Any, board: Any, width: int) -> None:
    """Copy words (planes, rows, 2, columns) to a board, and what lies beyond the ends of rows."""
    planes, rows, _, columns = words.shape
    for r in range(rows):
        even, odd = even_half(r, columns), odd_half(r, columns)
        for plane in range(planes):
            for j in range(columns):
                board[plane, even + j] = words[plane, r, 0, j]
                board[plane, odd + j] = words[plane, r, 1, j]
        _wrap(board, even, odd, width)


@njit(**_OPTIONS)
def _take_from_board(board: Any, words: Any) -> None:
    planes, rows, _, columns = words.shape
    for r in range(rows):
        even, odd = even_half(r, columns), odd_half(r, columns)
        for plane in range(planes):
            for j in range(columns):
                words[plane, r, 0, j] = board[plane, even + j]
                words[plane, r, 1, j] = board[plane, odd + j]


@njit(**_OPTIONS)
def _keep(board: Any, here: int, streams: Any, first: int, kept: Any) -> None:
    """Copy streams and codes of the vector of columns that begins at ``first``."""
    for j in range(WIDTH):
        for s in range(4):
            kept[s, j] = streams[s, first + j]
        for plane in range(board.shape[0]):
            kept[4 + plane, j] = board[plane, here + first + j]


@njit(**_OPTIONS)
def _put_back(board: Any, here: int, streams: Any, first: int, kept: Any, column: int, others: bool) -> None:
    """Put streams and codes of one column of a vector back, or those of the others."""
    for j in range(WIDTH):
        if (j == column) != others:
            for s in range(4):
                streams[s, first + j] = kept[s, j]
            for plane in range(board.shape[0]):
                board[plane, here + first + j] = kept[4 + plane, j]


@njit(**_OPTIONS)
def _sweep_once(
    rule: Any, t: int, planes: Any, thresholds: Any, held: Any, held_planes: Any, held_thresholds: Any, held_flags: Any,
    slots: Any, kinds: Any, patterns: Any, ties: Any, tie_patterns: Any, others: Any, width: int, odd_ring: bool,
    board: Any, mixtures: Any, streams: Any, room: Any, kept: Any,
) -> None:  # fmt: skip
    columns, blocks = streams.shape[1], patterns.shape[1]
    longer = (width + 1) // 2
    for half in range(patterns.shape[0]):
        row, odd = half // 2, half & 1
        even_place, odd_place = even_half(row, columns), odd_half(row, columns)
        here = odd_place if odd else even_place
        left, right = (even_place, even_place + 1) if odd else (odd_place - 1, odd_place)
        alone = odd_ring and not odd
        stop = longer - (1 if alone or (odd and width & 1) else 0)
        block = stop // WIDTH
        for turn in range(2 if alone else 1):
            # In its turn the last site of an odd ring is updated, and the rest of its vector is put back.
            begin, end = (block, block + 1) if turn else (0, blocks)
            if stop < longer:
                _keep(board, here, streams, block * WIDTH, kept)
            _half_row(
                rule, t, planes, thresholds, held, held_planes, held_thresholds, held_flags, slots, kinds, patterns,
                ties, tie_patterns, others, board, half, here, left, right, begin, end, mixtures, streams, stop + turn,
                room,
            )  # fmt: skip
            if stop < longer:
                # The vectors reach one column further than the sites that are due: its stream must not move.
                _put_back(board, here, streams, block * WIDTH, kept, stop % WIDTH, turn == 1)
            _wrap(board, even_place, odd_place, width)


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(words: Any, streams: Any, rules: Rules, place: Place, count: int) -> None:
    """Sweep every condition ``count`` times, in place.

    Parameters
    ----------
    words : uint64 array, shape (conditions, planes, rows, 2, columns)
        Bit k of the codes in plane k, one bit a chain; site y of a row stands in half y % 2 at column y // 2, and
        ``columns`` is half a row rounded up to a multiple of eight.
    streams : uint64 array, shape (conditions, 4, columns)
        State of one xoshiro256++ generator a column; all zeros where there is none.
    rules : Rules
        How a site is updated, at each condition.
    place : Place
        The lattice.
    count : int
        Number of sweeps.
    """
    conditions, planes, rows, _, columns = words.shape
    board, stream = new_board(planes, rows, columns), aligned(4, columns)
    room, kept = aligned(1, (ROOM + 2 * rules.held.size) * WIDTH)[0], aligned(4 + planes, WIDTH)
    # References to arrays inside of tuples are counted wherever they are taken out: here, not in the loops.
    rule, mixtures = rules.update, new_mixtures(len(rules.update.numbers))
    thresholds, leading, held, held_planes = rules.thresholds, rules.planes, rules.held, rules.held_planes
    held_thresholds, held_flags, kinds, patterns = rules.held_thresholds, rules.held_flags, place.kinds, place.patterns
    ties, tie_patterns, others = place.ties, place.tie_patterns, place.others
    for t in range(conditions):
        put_on_board(words[t], board, place.width)
        stream[:] = streams[t]
        for _ in range(count):
            _sweep_once(
                rule, t, leading, thresholds, held, held_planes, held_thresholds, held_flags, place.slots, kinds,
                patterns, ties, tie_patterns, others, place.width, place.odd_ring, board, mixtures, stream, room, kept,
            )  # fmt: skip
        _take_from_board(board, words[t])
        streams[t] = stream
