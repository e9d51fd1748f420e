"""One sweep of 64 chains at once: checkerboard heat bath or Metropolis on bit-sliced words.

A ``uint64`` holds the same site of 64 chains. Sites are split into the two colours of a checkerboard: site (x, y)
has colour (x + y) % 2 and column y // 2, so a row of one colour is contiguous and its four neighbours lie on the
other colour: the same column of the rows above and below, the same column of the same row, and the column to the
left or to the right of it.

Each spin is redrawn from a Bernoulli variable whose probability depends on n, the number of up neighbours. The
probability is a 64-bit threshold, compared bit by bit with a uniform number whose bits come from successive random
words; `FAST_BITS` bits are compared for all lanes in vector code, and the few lanes that still tie
(2**-FAST_BITS of them) go on one word at a time, to bit 64. No two lanes ever see the same random bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.kernels.generator import draw, next_random
from spinlens.sampling.kernels.words import WIDTH, any_bit, load, spread, store

FAST_BITS = 14
"""Bits compared before the slow path: with 14 it runs for 0.4 % of the words."""

_NONE = np.uint64(0)
_ONE = np.uint64(1)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _neighbour_count(a: Any, b: Any, c: Any, d: Any) -> Any:
    """Add four bits lane by lane: the number of set bits is low + 2 mid + 4 high."""
    ab, cd = a ^ b, c ^ d
    both_ab, both_cd = a & b, c & d
    return ab ^ cd, both_ab ^ both_cd ^ (ab & cd), both_ab & both_cd


@njit(inline="always")
def _select(low: Any, mid: Any, high: Any, v0: Any, v1: Any, v2: Any, v3: Any, v4: Any) -> Any:
    """Return lane by lane the value that belongs to the number of up neighbours."""
    first = (v0 & ~low) | (v1 & low)
    second = (v2 & ~low) | (v3 & low)
    value = (first & ~mid) | (second & mid)
    return (value & ~high) | (v4 & high)


@njit(inline="always")
def _update(drawn: Any, current: Any, favoured: Any, metropolis: bool) -> Any:
    """Return the new spins: the drawn bit, or with Metropolis the favoured value unless drawn to leave it."""
    if metropolis:
        return favoured ^ (drawn & ~(current ^ favoured))
    return drawn


@njit(**_OPTIONS)
def _fast_row(
    row: Any, side: Any, same: Any, above: Any, below: Any, stream: Any, planes: Any, favoured: Any, metropolis: bool,
    undecided: Any,
) -> Any:  # fmt: skip
    """Redraw one row of one colour; return whether any lane is still undecided."""
    some = spread(_NONE)
    for j in range(0, row.size, WIDTH):
        low, mid, high = _neighbour_count(load(above, j), load(below, j), load(same, j), load(side, j))
        x0, x1, x2, x3 = load(stream[0], j), load(stream[1], j), load(stream[2], j), load(stream[3], j)
        drawn = spread(_NONE)
        tied = ~drawn
        # From the least of the fast bits upwards: a later, more significant difference overrules, so that
        # "drawn" needs no mask of the lanes that are already decided.
        for k in range(FAST_BITS - 1, -1, -1):
            random, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
            plane = _select(
                low, mid, high,
                spread(planes[k, 0]), spread(planes[k, 1]), spread(planes[k, 2]), spread(planes[k, 3]),
                spread(planes[k, 4]),
            )  # fmt: skip
            differs = plane ^ random
            drawn = (drawn & ~differs) | (plane & differs)
            tied = tied & ~differs
        store(stream[0], j, x0)
        store(stream[1], j, x1)
        store(stream[2], j, x2)
        store(stream[3], j, x3)
        # While lanes are tied the row keeps the current spins, which Metropolis needs to finish them.
        store(undecided, j, tied)
        some = some | tied
        if metropolis:
            favour = _select(
                low, mid, high,
                spread(favoured[0]), spread(favoured[1]), spread(favoured[2]), spread(favoured[3]), spread(favoured[4]),
            )  # fmt: skip
            current = load(row, j)
            drawn = (current & tied) | (_update(drawn, current, favour, True) & ~tied)
        store(row, j, drawn)
    return any_bit(some)


@njit(**_OPTIONS)
def _finish_word(
    current: Any, a: Any, b: Any, c: Any, d: Any, stream: Any, j: int, tied: Any, thresholds: Any, favoured: Any,
    metropolis: bool,
) -> Any:  # fmt: skip
    """Draw further bits, most significant first, until every tied lane is decided or 64 bits are compared."""
    low, mid, high = _neighbour_count(a, b, c, d)
    lanes, drawn = tied, _NONE
    for k in range(FAST_BITS, 64):
        random = draw(stream, j)
        place = np.uint64(63 - k)
        plane = _select(
            low, mid, high,
            _NONE - ((thresholds[0] >> place) & _ONE), _NONE - ((thresholds[1] >> place) & _ONE),
            _NONE - ((thresholds[2] >> place) & _ONE), _NONE - ((thresholds[3] >> place) & _ONE),
            _NONE - ((thresholds[4] >> place) & _ONE),
        )  # fmt: skip
        decided = tied & (plane ^ random)
        drawn |= plane & decided
        tied &= ~decided
        if tied == _NONE:
            break
    favour = _select(low, mid, high, favoured[0], favoured[1], favoured[2], favoured[3], favoured[4])
    return (current & ~lanes) | (_update(drawn, current, favour, metropolis) & lanes)


@njit(**_OPTIONS)
def _shift_row(source: Any, target: Any, half: int, towards: int) -> None:
    """Copy a row so that column j holds the neighbour j - 1 (towards = 0) or j + 1 (towards = 1), periodically."""
    if towards:
        for j in range(half - 1):
            target[j] = source[j + 1]
        target[half - 1] = source[0]
    else:
        for j in range(1, half):
            target[j] = source[j - 1]
        target[0] = source[half - 1]


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(
    spins: Any,
    streams: Any,
    planes: Any,
    thresholds: Any,
    favoured: Any,
    metropolis: bool,
    half: int,
    count: int,
) -> None:
    """Sweep every condition ``count`` times, in place.

    Parameters
    ----------
    spins : uint64 array, shape (conditions, 2, Lx, columns)
        One bit a chain; ``columns`` is Ly / 2 rounded up to a multiple of `WIDTH`.
    streams : uint64 array, shape (conditions, 4, columns)
        State of one xoshiro256++ generator a column.
    planes : uint64 array, shape (conditions, FAST_BITS, 5)
        The leading threshold bits, spread to whole words, most significant first.
    thresholds, favoured : uint64 arrays, shape (conditions, 5)
        For 0 to 4 up neighbours: the probability times 2**64, and (Metropolis) all ones where up is the state of
        lower energy.
    metropolis : bool
        Whether a drawn bit means "leave the favoured state" instead of "up".
    half : int
        Ly / 2, the columns that are used.
    count : int
        Number of sweeps.
    """
    sides = spins.shape[2]
    side = np.zeros(spins.shape[3], dtype=np.uint64)
    undecided = np.zeros(spins.shape[3], dtype=np.uint64)
    for t in range(spins.shape[0]):
        for _ in range(count):
            for colour in range(2):
                other = spins[t, 1 - colour]
                for x in range(sides):
                    row = spins[t, colour, x]
                    above = other[x - 1 if x > 0 else sides - 1]
                    below = other[x + 1 if x < sides - 1 else 0]
                    same = other[x]
                    _shift_row(same, side, half, (x + colour) & 1)
                    some = _fast_row(
                        row,
                        side,
                        same,
                        above,
                        below,
                        streams[t],
                        planes[t],
                        favoured[t],
                        metropolis,
                        undecided,
                    )
                    if some != _NONE:
                        for j in range(half):
                            if undecided[j] != _NONE:
                                row[j] = _finish_word(
                                    row[j], above[j], below[j], same[j], side[j], streams[t], j, undecided[j],
                                    thresholds[t], favoured[t], metropolis,
                                )  # fmt: skip
