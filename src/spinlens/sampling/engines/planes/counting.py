"""Twice as many bits as a site has neighbours, two for each, and how many of them are set.

Each neighbour counts 0, 1 or 2: a spin -1, 0 or 1 as s + 1, and for a change of colour 1 more for a neighbour that has
the new colour, 1 less for one that has the old. So the number less that of the neighbours is the sum of the spins, or
what the change gains in pairs. Lattices differ in the number of neighbours alone, which the tuple ``slots`` tells.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.extending import overload

from spinlens.sampling.engines.bits.class_values import load_flags
from spinlens.sampling.engines.bits.words import WIDTH, load
from spinlens.sampling.engines.planes.codes import INLINED, differing, load_code


def pair(board: Any, place: int, pitch: int, ties: Any, tie: int, slot: int, change: Any) -> Any:
    """Return the two bits of the neighbours at a flat place: first the one that is set more often.

    With an empty tuple for ``change`` codes are those of a spin-1; else it holds the old and the new colour. A
    neighbour that is not there counts 1, and spins are seen turned where ``ties`` says so.
    """
    raise NotImplementedError("for compiled code only")


@overload(pair, jit_options=INLINED)
def _pair(board: Any, place: Any, pitch: Any, ties: Any, tie: Any, slot: Any, change: Any) -> Any:
    def spins(board: Any, place: Any, pitch: Any, ties: Any, tie: Any, slot: Any, change: Any) -> Any:
        zero, up = load(board, place), load(board, pitch + place)
        return zero | up, up

    def tied_spins(board: Any, place: Any, pitch: Any, ties: Any, tie: Any, slot: Any, change: Any) -> Any:
        at = tie + 2 * slot * WIDTH
        zero, up, turned = load(board, place), load(board, pitch + place), load_flags(ties, at)
        there = load_flags(ties, at + WIDTH)
        up = (up ^ (turned & ~zero)) & there
        return zero | up | ~there, up

    def colours(board: Any, place: Any, pitch: Any, ties: Any, tie: Any, slot: Any, change: Any) -> Any:
        beside = load_code(board, place, pitch, change[0])
        return differing(beside, change[0]), ~differing(beside, change[1])

    def tied_colours(board: Any, place: Any, pitch: Any, ties: Any, tie: Any, slot: Any, change: Any) -> Any:
        beside, there = load_code(board, place, pitch, change[0]), load_flags(ties, tie + (2 * slot + 1) * WIDTH)
        return differing(beside, change[0]) | ~there, ~differing(beside, change[1]) & there

    if len(change) == 0:
        return spins if ties.ndim == 1 else tied_spins
    return colours if ties.ndim == 1 else tied_colours


@njit(**INLINED)
def _half(a: Any, b: Any) -> Any:
    return a ^ b, a & b


@njit(**INLINED)
def _full(a: Any, b: Any, c: Any) -> Any:
    return a ^ b ^ c, (a & b) | (c & (a ^ b))


def count_pairs(
    slots: Any, board: Any, at: Any, left: int, right: int, pitch: int, ties: Any, tie: int, change: Any
) -> Any:
    """Return the bits of the number of set bits around eight sites, the least first.

    ``at`` holds the flat places of the neighbours in other rows, ``left`` and ``right`` those in the same row.
    """
    raise NotImplementedError("for compiled code only")


def _two(slots: Any, board: Any, at: Any, left: Any, right: Any, pitch: Any, ties: Any, tie: Any, change: Any) -> Any:
    a, b = pair(board, left, pitch, ties, tie, 0, change)
    c, d = pair(board, right, pitch, ties, tie, 1, change)
    one, two = _full(a, b, c)
    low, more = _half(one, d)
    mid, high = _half(two, more)
    return low, mid, high


def _three(slots: Any, board: Any, at: Any, left: Any, right: Any, pitch: Any, ties: Any, tie: Any, change: Any) -> Any:
    a, b = pair(board, at[0], pitch, ties, tie, 0, change)
    c, d = pair(board, left, pitch, ties, tie, 1, change)
    e, f = pair(board, right, pitch, ties, tie, 2, change)
    one, both_one = _full(a, b, c)
    two, both_two = _full(d, e, f)
    low, more = _half(one, two)
    mid, high = _full(both_one, both_two, more)
    return low, mid, high


def _four(slots: Any, board: Any, at: Any, left: Any, right: Any, pitch: Any, ties: Any, tie: Any, change: Any) -> Any:
    a, b = pair(board, at[0], pitch, ties, tie, 0, change)
    c, d = pair(board, at[1], pitch, ties, tie, 1, change)
    e, f = pair(board, left, pitch, ties, tie, 2, change)
    g, h = pair(board, right, pitch, ties, tie, 3, change)
    one, both_one = _full(a, b, c)
    two, both_two = _full(d, e, f)
    three, both_three = _full(one, two, g)
    low, both_four = _half(three, h)
    more, fours = _full(both_one, both_two, both_three)
    mid, other = _half(more, both_four)
    high, top = _half(fours, other)
    return low, mid, high, top


def _six(slots: Any, board: Any, at: Any, left: Any, right: Any, pitch: Any, ties: Any, tie: Any, change: Any) -> Any:
    a, b = pair(board, at[0], pitch, ties, tie, 0, change)
    c, d = pair(board, at[1], pitch, ties, tie, 1, change)
    e, f = pair(board, at[2], pitch, ties, tie, 2, change)
    g, h = pair(board, at[3], pitch, ties, tie, 3, change)
    i, j = pair(board, left, pitch, ties, tie, 4, change)
    k, m = pair(board, right, pitch, ties, tie, 5, change)
    one, both_one = _full(a, b, c)
    two, both_two = _full(d, e, f)
    three, both_three = _full(g, h, i)
    four, both_four = _full(j, k, m)
    five, both_five = _full(one, two, three)
    low, both_six = _half(four, five)
    some, fours = _full(both_one, both_two, both_three)
    more, fours_too = _full(both_four, both_five, both_six)
    mid, fours_more = _half(some, more)
    high, top = _full(fours, fours_too, fours_more)
    return low, mid, high, top


_COUNTED = {2: _two, 3: _three, 4: _four, 6: _six}


@overload(count_pairs, jit_options=INLINED)
def _count_pairs(
    slots: Any, board: Any, at: Any, left: Any, right: Any, pitch: Any, ties: Any, tie: Any, change: Any
) -> Any:
    return _COUNTED[len(slots)]


def fold(slots: Any, bits: Any) -> Any:
    """Return the lanes whose number is below that of the neighbours, and the bits of the distance from it."""
    raise NotImplementedError("for compiled code only")


@njit(**INLINED)
def _absolute(below: Any, low: Any, mid: Any) -> Any:
    """Return the bits of the distance from a number of two bits, which counts from 4 down where it is below."""
    return low, mid ^ (low & below)


def _fold_two(slots: Any, bits: Any) -> Any:
    below = ~(bits[2] | bits[1])
    return below, _absolute(below, bits[0], ~bits[1])


def _fold_three(slots: Any, bits: Any) -> Any:
    low, mid = ~bits[0], bits[1] ^ bits[0]
    below = ~(bits[2] | (bits[1] & bits[0]))
    return below, _absolute(below, low, mid)


def _fold_four(slots: Any, bits: Any) -> Any:
    below = ~(bits[3] | bits[2])
    low, mid = _absolute(below, bits[0], bits[1])
    return below, (low, mid, ~bits[2] ^ ((bits[0] | bits[1]) & below))


def _fold_six(slots: Any, bits: Any) -> Any:
    below = ~(bits[3] | (bits[2] & bits[1]))
    low, mid = _absolute(below, bits[0], ~bits[1])
    return below, (low, mid, bits[2] ^ bits[1] ^ ((bits[0] | ~bits[1]) & below))


_FOLDED = {2: _fold_two, 3: _fold_three, 4: _fold_four, 6: _fold_six}


@overload(fold, jit_options=INLINED)
def _fold(slots: Any, bits: Any) -> Any:
    return _FOLDED[len(slots)]
