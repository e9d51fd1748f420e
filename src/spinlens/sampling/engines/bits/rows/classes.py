"""The neighbours of eight sites at once, and what belongs to the class that each lane has.

A site has a slot for each of its Z neighbours. Its class is either the number of slots that are up, where all its
bonds are equally strong, or which slots are up. Without a field the reversal of all spins changes nothing: then half
as many classes do, if a spin is drawn relative to what most slots show, or to the last slot; the masks come with the
lanes in which "up" stands for down.

Written in binary, the class n is found by masks, one for each n but 0: the product of those bits of the class that
are set in n. A value that depends on the class is an exclusive or of masks then, value = c0 ^ (c1 & mask1) ^ (c2 &
mask2) ^ ..., and `coefficients` turns values into c.

The last two slots are the neighbours before and after the site in its row; the others lie in other rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

from spinlens.sampling.engines.bits.class_values import load_flags
from spinlens.sampling.engines.bits.words import WIDTH, load, spread

_NONE = np.uint64(0)

COUNTED: dict[int, tuple[int, ...]] = {
    2: (0, 1, 2),
    3: (0, 1, 2, 3),
    4: (0, 1, 2, 3, 4),
    6: (0, 1, 2, 3, 4, 5, 6),
}
"""For Z slots that count alike the number of slots that are up in each class."""

COUNTED_RELATIVE: dict[int, tuple[int, ...]] = {2: (1, 2), 3: (2, 3), 4: (2, 3, 4), 6: (4, 3, 6, 5)}
"""The same where up is what most slots show, or half of them."""

WHICH: dict[int, tuple[int, ...]] = {3: tuple(range(8)), 4: tuple(range(16))}
"""For Z slots that differ which of them are up in each class, slot k as bit k."""

WHICH_RELATIVE: dict[int, tuple[int, ...]] = {4: tuple(range(8, 16))}
"""The same where up is what the last slot shows."""


def coefficients(values: np.ndarray) -> np.ndarray:
    """Return the coefficients of the masks, the constant first.

    Parameters
    ----------
    values : bool array, shape (..., classes)
        What belongs to each class.

    Returns
    -------
    bool array
        Of the same shape.
    """
    found, classes = values.copy(), values.shape[-1]
    for bit in (1, 2, 4, 8):
        for n in range(classes):
            if n & bit:
                found[..., n] ^= found[..., n ^ bit]
    return found


def neighbour(board: Any, place: int, ties: Any, tie: int, slot: int) -> Any:
    """Return eight neighbours in one slot; turned where a bond is negative, and down where there is no bond."""
    raise NotImplementedError("for compiled code only")


@overload(neighbour, inline="always")
def _neighbour(board: Any, place: Any, ties: Any, tie: Any, slot: Any) -> Any:
    def untied(board: Any, place: Any, ties: Any, tie: Any, slot: Any) -> Any:
        return load(board, place)

    def tied(board: Any, place: Any, ties: Any, tie: Any, slot: Any) -> Any:
        at = tie + 2 * slot * WIDTH
        return (load(board, place) ^ load_flags(ties, at)) & load_flags(ties, at + WIDTH)

    return untied if ties.ndim == 1 else tied


def find_masks(slots: Any, classes: Any, board: Any, at: Any, left: int, right: int, ties: Any, tie: int) -> Any:
    """Return the masks of the classes of eight sites, and the lanes in which up and down are exchanged.

    The lengths of the tuples ``slots`` and ``classes`` tell what is compiled. ``at`` holds the flat places of the
    neighbours in other rows, ``left`` and ``right`` those in the same row.
    """
    raise NotImplementedError("for compiled code only")


@njit(inline="always")
def _add_two(board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, left, ties, tie, 0), neighbour(board, right, ties, tie, 1)
    return a ^ b, a & b


@njit(inline="always")
def _add_three(board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a = neighbour(board, at[0], ties, tie, 0)
    b, c = neighbour(board, left, ties, tie, 1), neighbour(board, right, ties, tie, 2)
    return a ^ b ^ c, (a & b) | (c & (a ^ b))


@njit(inline="always")
def _add_four(board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, at[0], ties, tie, 0), neighbour(board, at[1], ties, tie, 1)
    c, d = neighbour(board, left, ties, tie, 2), neighbour(board, right, ties, tie, 3)
    one, two, both_one, both_two = a ^ b, c ^ d, a & b, c & d
    return one ^ two, both_one ^ both_two ^ (one & two), both_one & both_two


@njit(inline="always")
def _add_six(board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, at[0], ties, tie, 0), neighbour(board, at[1], ties, tie, 1)
    c, d = neighbour(board, at[2], ties, tie, 2), neighbour(board, at[3], ties, tie, 3)
    e, f = neighbour(board, left, ties, tie, 4), neighbour(board, right, ties, tie, 5)
    one, two = a ^ b ^ c, d ^ e ^ f
    both_one, both_two = (a & b) | (c & (a ^ b)), (d & e) | (f & (d ^ e))
    carry = one & two
    return one ^ two, both_one ^ both_two ^ carry, (both_one & both_two) | (carry & (both_one ^ both_two))


@njit(inline="always")
def _products(a: Any, b: Any, c: Any) -> Any:
    ab = a & b
    return a, b, ab, c, a & c, b & c, ab & c


def _two(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    return _add_two(board, at, left, right, ties, tie), spread(_NONE)


def _two_relative(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, high = _add_two(board, at, left, right, ties, tie)
    return (~low,), ~(low | high)


def _three(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid = _add_three(board, at, left, right, ties, tie)
    return (low, mid, low & mid), spread(_NONE)


def _three_relative(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid = _add_three(board, at, left, right, ties, tie)
    return (~(low ^ mid),), ~mid


def _four(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid, high = _add_four(board, at, left, right, ties, tie)
    return (low, mid, low & mid, high), spread(_NONE)


def _four_relative(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid, high = _add_four(board, at, left, right, ties, tie)
    return (low, ~(low | mid)), ~(mid | high)


def _six(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid, high = _add_six(board, at, left, right, ties, tie)
    return (low, mid, low & mid, high, low & high, mid & high), spread(_NONE)


def _six_relative(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    low, mid, high = _add_six(board, at, left, right, ties, tie)
    # None, one, five or six of six.
    clear = ~(mid | high) | (high & (low | mid))
    return (low, clear, low & clear), ~(high | (low & mid))


def _which_three(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    return _products(load(board, at[0]), load(board, left), load(board, right)), spread(_NONE)


def _which_four(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    m1, m2, m3, m4, m5, m6, m7 = _products(load(board, at[0]), load(board, at[1]), load(board, left))
    d = load(board, right)
    return (m1, m2, m3, m4, m5, m6, m7, d, m1 & d, m2 & d, m3 & d, m4 & d, m5 & d, m6 & d, m7 & d), spread(_NONE)


def _which_four_relative(
    slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any
) -> Any:
    flip = ~load(board, right)
    return _products(load(board, at[0]) ^ flip, load(board, at[1]) ^ flip, load(board, left) ^ flip), flip


_FOUND = {
    (2, 3): _two, (3, 4): _three, (4, 5): _four, (6, 7): _six, (3, 8): _which_three, (4, 16): _which_four,
    (2, 2): _two_relative, (3, 2): _three_relative, (4, 3): _four_relative, (6, 4): _six_relative,
    (4, 8): _which_four_relative,
}  # fmt: skip


@overload(find_masks, inline="always")
def _find_masks(slots: Any, classes: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    return _FOUND[len(slots), len(classes)]
