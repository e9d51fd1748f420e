"""How many words of a list are one in each lane, and their sums with weights: the kernels of `measure`."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.counters import _add, _full_add
from spinlens.sampling.engines.bits.words import WIDTH, load, spread, store, words

_NONE = np.uint64(0)
_ONE = np.uint64(1)
PLANES = 40
"""Bits of a counter."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@intrinsic
def _gather(_typing: Any, array: Any, places: Any, start: Any) -> Any:
    """Return eight words of a uint64 array, those at the places that stand from ``start`` on in an int32 array."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        index = context.make_array(sig.args[1])(context, builder, args[1]).data
        value = ir.Constant(ir.VectorType(ir.IntType(64), WIDTH), ir.Undefined)
        for lane in range(WIDTH):
            place = builder.load(builder.gep(index, [builder.add(args[2], ir.Constant(args[2].type, lane))]))
            word = builder.load(builder.gep(data, [builder.zext(place, ir.IntType(64))]))
            value = builder.insert_element(value, word, ir.Constant(ir.IntType(32), lane))
        return value

    return words(array, places, types.intp), generate


@njit(forceinline=True, **_OPTIONS)
def count_pair(counters: Any, base: int, step: int, first: Any, second: Any) -> int:
    """Add two vectors to counters that have counted ``step`` pairs; return how many they then have.

    From flat ``base`` on ``counters`` is (PLANES, 2, WIDTH), as in `spinlens.sampling.engines.bits.counters`: a sum
    bit worth 2**p, and a carry of the same worth that waits for a second one.
    """
    carry = _add(counters, base, first, second)
    place, rest = base + 2 * WIDTH, step
    while rest & 1:
        carry = _add(counters, place, load(counters, place + WIDTH), carry)
        rest >>= 1
        place += 2 * WIDTH
    store(counters, place + WIDTH, carry)
    return step + 1


@njit(**_OPTIONS)
def lane_totals(counters: Any, steps: int, merged: Any, totals: Any) -> None:
    """Add the waiting carries and the eight columns up, and unpack them to one integer a lane."""
    stop = 4
    while (1 << stop) <= 2 * WIDTH * steps:
        stop += 1
    carry = spread(_NONE)
    for plane in range(stop):
        place = plane * 2 * WIDTH
        # A carry waits in plane p + 1 where bit p of the number of steps is set.
        waits = _NONE - np.uint64(plane > 0 and (steps >> (plane - 1)) & 1)
        bit, carry = _full_add(load(counters, place), load(counters, place + WIDTH) & spread(waits), carry)
        store(merged, place, bit)
        store(merged, place + WIDTH, bit)
    for turn in (4, 2, 1):
        carry = spread(_NONE)
        for plane in range(stop):
            place = plane * 2 * WIDTH
            bit, carry = _full_add(load(merged, place), load(merged, place + turn), carry)
            store(merged, place, bit)
            store(merged, place + WIDTH, bit)
    totals[:] = 0
    for plane in range(stop):
        word = merged[plane, 0]
        for lane in range(64):
            totals[lane] += np.int64((word >> np.uint64(lane)) & _ONE) << plane


@njit(forceinline=True, **_OPTIONS)
def _broken(flat: Any, first: Any, second: Any, place: int) -> Any:
    return _gather(flat, first, place) ^ _gather(flat, second, place)


@njit(cache=True, nogil=True, **_OPTIONS)
def count_lists(flat: Any, first: Any, second: Any, starts: Any, counts: Any) -> None:
    """Count for each lane the pairs of each list that differ.

    Parameters
    ----------
    flat : uint64 array, shape (conditions, places)
        Words; the last one of each condition is 0.
    first, second : int32 array, shape (B,)
        The places of each pair; lists are padded with pairs of a place with itself to a multiple of 2 `WIDTH`.
    starts : int64 array, shape (lists + 1,)
        Where each list begins.
    counts : int64 array, shape (lists, conditions, 64)
        Filled.
    """
    counters = np.zeros((PLANES, 2, WIDTH), dtype=np.uint64)
    merged = np.zeros((PLANES, 2 * WIDTH), dtype=np.uint64)
    for t in range(flat.shape[0]):
        row = flat[t]
        for which in range(counts.shape[0]):
            counters[:] = 0
            step = 0
            for place in range(starts[which], starts[which + 1], 2 * WIDTH):
                one = _broken(row, first, second, place)
                step = count_pair(counters, 0, step, one, _broken(row, first, second, place + WIDTH))
            lane_totals(counters, step, merged, counts[which, t])


@njit(cache=True, nogil=True, **_OPTIONS)
def weigh_list(flat: Any, first: Any, second: Any, weights: Any, sums: Any) -> None:
    """Add the weights (B,) of the pairs that differ up, for each lane; ``sums`` is int64 (conditions, 64)."""
    for t in range(flat.shape[0]):
        for b in range(len(weights)):
            word, weight = flat[t, first[b]] ^ flat[t, second[b]], weights[b]
            for lane in range(64):
                sums[t, lane] += weight & -np.int64((word >> np.uint64(lane)) & _ONE)
