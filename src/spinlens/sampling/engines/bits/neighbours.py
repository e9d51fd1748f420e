"""Counting the up neighbours of each lane: the masks by which `class_values` chooses what belongs to the count.

`coefficients` turns values into the coefficients of the masks. Two kinds of tables exist, told apart by their number
of axes; the places of subsets take the axis of words away, see `class_values`:

- ``(patterns, planes, 5, WIDTH)``: for each number of up neighbours, where Jx = Jy. With the number written in binary
  as low + 2 mid + 4 high the masks are low, mid, low & mid, high.
- ``(patterns, planes, 3, 3, WIDTH)``: for each number of up neighbours along x and along y. With each number written
  as low + 2 high the masks are low and high of either axis, and the products of one of x and one of y. Places are
  ``(patterns, planes, groups, 1)``, so that these tables still have an axis more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from spinlens.sampling.engines.bits.class_values import alike


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


def count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    """Return the masks of the counts that select from ``tables``."""
    raise NotImplementedError("for compiled code only")


@overload(count_up, inline="always")
def _count_up(tables: Any, above: Any, below: Any, same: Any, side: Any) -> Any:
    return _count_four if tables.ndim == (3 if alike(tables) else 4) else _count_two_and_two
