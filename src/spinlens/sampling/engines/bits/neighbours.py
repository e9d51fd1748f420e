"""Counting the up neighbours of each lane, and choosing what belongs to the count.

What belongs to the counts is written as an exclusive or of masks, so that a choice takes one ternary instruction a
mask and no complement: value = c0 ^ (c1 & mask1) ^ (c2 & mask2) ^ ... `coefficients` turns values into c. Two kinds
of tables of coefficients exist, told apart by their type, so that the kernels compile to different code from one
source:

- ``(patterns, planes, 5, WIDTH)``: for each number of up neighbours, where Jx = Jy. With the number written in binary
  as low + 2 mid + 4 high the masks are low, mid, low & mid, high.
- ``(patterns, planes, 3, 3, WIDTH)``: for each number of up neighbours along x and along y. With each number written
  as low + 2 high the masks are low and high of either axis, and the products of one of x and one of y.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from spinlens.sampling.engines.bits.words import WIDTH, load


def coefficients(values: np.ndarray) -> np.ndarray:
    """Return the coefficients of the masks.

    Parameters
    ----------
    values : bool array, shape (..., 5) or (..., 3, 3)
        What belongs to each number of up neighbours, or to each pair of numbers along x and along y.

    Returns
    -------
    bool array
        Of the same shape, the constant first.
    """
    found = values.copy()
    if values.shape[-2:] == (3, 3):
        found[..., 1:, :] ^= found[..., :1, :]
        found[..., 1:] ^= found[..., :1]
    else:
        found[..., 1:] ^= found[..., :1]
        found[..., 3] ^= found[..., 1] ^ found[..., 2]
    return found


def _count_four(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Add four bits lane by lane; return the masks."""
    along_x, along_y = above ^ below, same ^ side
    both_x, both_y = above & below, same & side
    low, mid = along_x ^ along_y, both_x ^ both_y ^ (along_x & along_y)
    return low, mid, low & mid, both_x & both_y


def _count_two_and_two(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Add two bits along x and two along y; return the masks in the order of the table."""
    low_x, high_x, low_y, high_y = above ^ below, above & below, same ^ side, same & side
    return low_y, high_y, low_x, low_x & low_y, low_x & high_y, high_x, high_x & low_y, high_x & high_y


def _of_five(tables: Any, start: int, plane: int, masks: Any) -> Any:
    low, mid, both, high = masks
    start += plane * 5 * WIDTH
    value = load(tables, start) ^ (load(tables, start + WIDTH) & low)
    value = value ^ (load(tables, start + 2 * WIDTH) & mid)
    value = value ^ (load(tables, start + 3 * WIDTH) & both)
    return value ^ (load(tables, start + 4 * WIDTH) & high)


def _of_nine(tables: Any, start: int, plane: int, masks: Any) -> Any:
    m1, m2, m3, m4, m5, m6, m7, m8 = masks
    start += plane * 9 * WIDTH
    value = load(tables, start) ^ (load(tables, start + WIDTH) & m1)
    value = value ^ (load(tables, start + 2 * WIDTH) & m2)
    value = value ^ (load(tables, start + 3 * WIDTH) & m3)
    value = value ^ (load(tables, start + 4 * WIDTH) & m4)
    value = value ^ (load(tables, start + 5 * WIDTH) & m5)
    value = value ^ (load(tables, start + 6 * WIDTH) & m6)
    value = value ^ (load(tables, start + 7 * WIDTH) & m7)
    return value ^ (load(tables, start + 8 * WIDTH) & m8)


def count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Return the masks of the counts that select from ``tables``."""
    raise NotImplementedError("for compiled code only")


def choose(tables: Any, start: int, plane: int, masks: Any) -> Any:
    """Return lane by lane the value that belongs to the counts, in one plane of the tables that begin at ``start``."""
    raise NotImplementedError("for compiled code only")


@overload(count_up, inline="always")
def _count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    return _count_four if tables.ndim == 4 else _count_two_and_two


@overload(choose, inline="always")
def _choose(tables: Any, start: int, plane: int, masks: Any) -> Any:
    return _of_five if tables.ndim == 4 else _of_nine
