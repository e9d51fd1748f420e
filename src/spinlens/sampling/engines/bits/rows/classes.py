"""The neighbours of eight sites at once, and what belongs to the class that each lane has.

A site has a slot for each of its Z neighbours. Its class is either the number of slots that are up, where all its
bonds are equally strong, or which slots are up. Written in binary, the class n is found by masks, one for each n
but 0: the product of those bits of the class that are set in n. A value that depends on the class is an exclusive or
of masks then, value = c0 ^ (c1 & mask1) ^ (c2 & mask2) ^ ..., and `coefficients` turns values into c.

Which kernel is compiled is told by the length of a tuple, the ``places`` of the coefficients:

====== ===== ================================ =====================
places slots class                            lattices
====== ===== ================================ =====================
3      2     number of slots up               chain
4      3     number of slots up               honeycomb
5      4     number of slots up               square
7      6     number of slots up               triangular, cubic
8      3     which slots are up               honeycomb
16     4     which slots are up               square
====== ===== ================================ =====================

The last two slots are the neighbours before and after the site in its row; the others lie in other rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from spinlens.sampling.engines.bits.words import WIDTH, load, words

COUNTED = {2: 3, 3: 4, 4: 5, 6: 7}
"""Classes where the number of slots that are up is all that matters, by the number of slots."""

DISTINGUISHED = {3: 8, 4: 16}
"""Classes where it matters which slots are up."""


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


def _flags(context: Any, builder: Any, kind: Any, table: Any, place: Any) -> Any:
    """Load eight words of a table that holds whole words, or one byte 0 or -1 for each of them; unchecked."""
    source = context.make_array(kind)(context, builder, table)
    stored = ir.VectorType(ir.IntType(kind.dtype.bitwidth), WIDTH)
    pointer = builder.bitcast(builder.gep(source.data, [place]), stored.as_pointer())
    loaded = builder.load(pointer, align=kind.dtype.bitwidth // 8)
    return loaded if kind.dtype.bitwidth == 64 else builder.sext(loaded, ir.VectorType(ir.IntType(64), WIDTH))


@intrinsic
def load_flags(_typing: Any, table: Any, place: Any) -> Any:
    """Return eight words, each 0 or all ones, from a flat place of a table; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _flags(context, builder, sig.args[0], args[0], args[1])

    return words(table, types.intp), generate


@intrinsic
def choose(_typing: Any, tables: Any, start: Any, masks: Any) -> Any:
    """Return lane by lane the value that belongs to the class, from the coefficients that begin at flat ``start``."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = sig.args[0]
        value = _flags(context, builder, kind, args[0], args[1])
        for i in range(len(masks)):
            place = builder.add(args[1], ir.Constant(args[1].type, (i + 1) * WIDTH))
            mask = builder.extract_value(args[2], i)
            value = builder.xor(value, builder.and_(_flags(context, builder, kind, args[0], place), mask))
        return value

    return words(tables, types.intp, masks), generate


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


def find_masks(places: Any, board: Any, at: Any, left: int, right: int, ties: Any, tie: int) -> Any:
    """Return the masks of the classes of eight sites.

    ``at`` holds the flat places of the neighbours in other rows, ``left`` and ``right`` those in the same row.
    """
    raise NotImplementedError("for compiled code only")


def _two(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, left, ties, tie, 0), neighbour(board, right, ties, tie, 1)
    return a ^ b, a & b


def _three(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a = neighbour(board, at[0], ties, tie, 0)
    b, c = neighbour(board, left, ties, tie, 1), neighbour(board, right, ties, tie, 2)
    low, mid = a ^ b ^ c, (a & b) | (c & (a ^ b))
    return low, mid, low & mid


def _four(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, at[0], ties, tie, 0), neighbour(board, at[1], ties, tie, 1)
    c, d = neighbour(board, left, ties, tie, 2), neighbour(board, right, ties, tie, 3)
    one, two, both_one, both_two = a ^ b, c ^ d, a & b, c & d
    low, mid = one ^ two, both_one ^ both_two ^ (one & two)
    return low, mid, low & mid, both_one & both_two


def _six(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, at[0], ties, tie, 0), neighbour(board, at[1], ties, tie, 1)
    c, d = neighbour(board, at[2], ties, tie, 2), neighbour(board, at[3], ties, tie, 3)
    e, f = neighbour(board, left, ties, tie, 4), neighbour(board, right, ties, tie, 5)
    one, two = a ^ b ^ c, d ^ e ^ f
    both_one, both_two = (a & b) | (c & (a ^ b)), (d & e) | (f & (d ^ e))
    low, carry = one ^ two, one & two
    mid, high = both_one ^ both_two ^ carry, (both_one & both_two) | (carry & (both_one ^ both_two))
    return low, mid, low & mid, high, low & high, mid & high


def _which_three(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a = neighbour(board, at[0], ties, tie, 0)
    b, c = neighbour(board, left, ties, tie, 1), neighbour(board, right, ties, tie, 2)
    ab = a & b
    return a, b, ab, c, a & c, b & c, ab & c


def _which_four(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    a, b = neighbour(board, at[0], ties, tie, 0), neighbour(board, at[1], ties, tie, 1)
    c, d = neighbour(board, left, ties, tie, 2), neighbour(board, right, ties, tie, 3)
    ab, ac, bc = a & b, a & c, b & c
    abc = ab & c
    return a, b, ab, c, ac, bc, abc, d, a & d, b & d, ab & d, c & d, ac & d, bc & d, abc & d


_FOUND = {3: _two, 4: _three, 5: _four, 7: _six, 8: _which_three, 16: _which_four}


@overload(find_masks, inline="always")
def _find_masks(places: Any, board: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any) -> Any:
    return _FOUND[len(places)]
