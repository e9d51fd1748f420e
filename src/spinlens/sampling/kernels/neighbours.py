"""Counting the up neighbours of each lane, and choosing what belongs to the count.

Two kinds of tables exist, told apart by their type, so that the kernels compile to different code from one source:

- ``(patterns, planes, 5, WIDTH)``: a value for each number of up neighbours, where Jx = Jy;
- ``(patterns, planes, 3, 3, WIDTH)``: a value for each number of up neighbours along x and along y.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.extending import overload

from spinlens.sampling.kernels.words import WIDTH, load


def _count_four(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Add four bits lane by lane: the number of set bits is low + 2 mid + 4 high."""
    along_x, along_y = above ^ below, same ^ side
    both_x, both_y = above & below, same & side
    return along_x ^ along_y, both_x ^ both_y ^ (along_x & along_y), both_x & both_y


def _count_two_and_two(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Add two bits along x and two along y: each sum is low + 2 high."""
    return above ^ below, above & below, same ^ side, same & side


@njit(inline="always")
def _of_three(v0: Any, v1: Any, v2: Any, low: Any, high: Any) -> Any:
    value = (v0 & ~low) | (v1 & low)
    return (value & ~high) | (v2 & high)


def _of_five(tables: Any, start: int, plane: int, counts: Any) -> Any:
    low, mid, high = counts
    start += plane * 5 * WIDTH
    first = (load(tables, start) & ~low) | (load(tables, start + WIDTH) & low)
    second = (load(tables, start + 2 * WIDTH) & ~low) | (load(tables, start + 3 * WIDTH) & low)
    value = (first & ~mid) | (second & mid)
    return (value & ~high) | (load(tables, start + 4 * WIDTH) & high)


@njit(inline="always")
def _of_row(tables: Any, start: int, low: Any, high: Any) -> Any:
    return _of_three(load(tables, start), load(tables, start + WIDTH), load(tables, start + 2 * WIDTH), low, high)


def _of_nine(tables: Any, start: int, plane: int, counts: Any) -> Any:
    low_x, high_x, low_y, high_y = counts
    start += plane * 9 * WIDTH
    none = _of_row(tables, start, low_y, high_y)
    one = _of_row(tables, start + 3 * WIDTH, low_y, high_y)
    both = _of_row(tables, start + 6 * WIDTH, low_y, high_y)
    return _of_three(none, one, both, low_x, high_x)


def count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Return the bits of the counts that select from ``tables``."""
    raise NotImplementedError("for compiled code only")


def choose(tables: Any, start: int, plane: int, counts: Any) -> Any:
    """Return lane by lane the value that belongs to the counts, in one plane of the tables that begin at ``start``."""
    raise NotImplementedError("for compiled code only")


@overload(count_up, inline="always")
def _count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    return _count_four if tables.ndim == 4 else _count_two_and_two


@overload(choose, inline="always")
def _choose(tables: Any, start: int, plane: int, counts: Any) -> Any:
    return _of_five if tables.ndim == 4 else _of_nine
