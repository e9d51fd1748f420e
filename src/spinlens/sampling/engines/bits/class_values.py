"""What belongs to the class of each lane, from tables of coefficients.

A value that depends on the class is an exclusive or of masks, value = c0 ^ (c1 & mask1) ^ (c2 & mask2) ^ ...; which
masks, `spinlens.sampling.engines.bits.neighbours` and `spinlens.sampling.engines.bits.rows.classes` say. Two kinds of
tables exist, told apart by their type, so that kernels compile to different code from one source:

- whole words, or bytes, of zeros or ones: a coefficient for each of the eight sites of a vector.
- int32, where all eight sites are of one kind: then a coefficient is one bit, and a value the exclusive or of some of
  the masks. The exclusive ors of all subsets of up to three masks are worked out once for a vector of sites; after
  that each plane takes one from each group of masks, and the table holds their places. It is the method of the four
  Russians (Arlazarov, Dinic, Kronrod and Faradzev 1970).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from spinlens.sampling.engines.bits.words import WIDTH, aligned, words

MOST = 3
"""Masks in a group: storing more subsets would cost more than the exclusive ors that it saves."""

NONE, ALL = 0, WIDTH
"""Where the empty subset stands, and the constant alone: they never change."""

_LINE = WIDTH * 8


@lru_cache(maxsize=32)
def groups(classes: int) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Return for each group which coefficients it has, the constant being number 0, and the place of each subset."""
    found, place = [], 2 * WIDTH
    for part in np.array_split(np.arange(classes), -(-classes // MOST)):
        places = []
        for subset in range(1 << len(part)):
            fixed = NONE if subset == 0 else ALL if subset == 1 and part[0] == 0 else None
            places.append(place if fixed is None else fixed)
            place += 0 if fixed is not None else WIDTH
        found.append((tuple(part.tolist()), tuple(places)))
    return tuple(found)


def places(bits: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return where the subset of each group stands, from coefficients (..., classes), int32 (..., groups)."""
    return np.stack([
        np.array(where, dtype=np.int32)[bits[..., list(group)] @ (1 << np.arange(len(group)))]
        for group, where in groups(bits.shape[-1])
    ], axis=-1)  # fmt: skip


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    vector = ir.VectorType(ir.IntType(64), WIDTH)
    source = context.make_array(kind)(context, builder, array)
    return builder.bitcast(builder.gep(source.data, [place]), vector.as_pointer())


def alike(tables: Any) -> bool:
    """Return whether tables of this Numba type hold places of subsets rather than coefficients."""
    return bool(tables.dtype == types.int32)


@intrinsic
def _store_subsets(_typing: Any, mixtures: Any, masks: Any) -> Any:
    """Write the exclusive or of every subset of each group that changes to an aligned array; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(64), WIDTH)
        every = [ir.Constant(vector, [-1] * WIDTH), *(builder.extract_value(args[1], i) for i in range(len(masks)))]
        for group, where in groups(len(every)):
            subsets: list[Any] = [None]
            for number in group:
                subsets += [every[number] if s is None else builder.xor(s, every[number]) for s in subsets]
            for subset, place in zip(subsets, where, strict=True):
                if place not in (NONE, ALL):
                    at = ir.Constant(ir.IntType(64), place)
                    builder.store(subset, _pointer(context, builder, sig.args[0], args[0], at), align=_LINE)
        return context.get_dummy_value()

    return types.void(mixtures, masks), generate


def take(context: Any, builder: Any, table: tuple[Any, Any], start: Any, mixtures: tuple[Any, Any], masks: int) -> Any:
    """Write code for the exclusive or of the subsets whose places begin at flat ``start``; unchecked.

    Tables and mixtures are given as their Numba types and values.
    """
    source, value = context.make_array(table[0])(context, builder, table[1]), None
    for number in range(len(groups(masks + 1))):
        at = builder.add(start, ir.Constant(start.type, number))
        place = builder.sext(builder.load(builder.gep(source.data, [at])), ir.IntType(64))
        subset = builder.load(_pointer(context, builder, *mixtures, place), align=_LINE)
        value = subset if value is None else builder.xor(value, subset)
    return value


def choose(context: Any, builder: Any, table: tuple[Any, Any], start: Any, masks: Any, number: int) -> Any:
    """Write code for the value that belongs to the class, from the coefficients that begin at flat ``start``."""
    value = _flags(context, builder, *table, start)
    for i in range(number):
        place = builder.add(start, ir.Constant(start.type, (i + 1) * WIDTH))
        value = builder.xor(
            value, builder.and_(_flags(context, builder, *table, place), builder.extract_value(masks, i))
        )
    return value


@intrinsic
def _taken(_typing: Any, tables: Any, start: Any, masks: Any, mixtures: Any) -> Any:
    """Return the exclusive or of the subsets whose places begin at flat ``start``; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return take(context, builder, (sig.args[0], args[0]), args[1], (sig.args[3], args[3]), len(masks))

    return words(tables, types.intp, masks, mixtures), generate


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
def _chosen(_typing: Any, tables: Any, start: Any, masks: Any) -> Any:
    """Return lane by lane the value that belongs to the class, from the coefficients that begin at flat ``start``."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return choose(context, builder, (sig.args[0], args[0]), args[1], args[2], len(masks))

    return words(tables, types.intp, masks), generate


def prepare(planes: Any, masks: Any, mixtures: Any) -> None:
    """Work out what `value_of` needs for one vector of sites."""
    raise NotImplementedError("for compiled code only")


@overload(prepare, inline="always")
def _prepare(planes: Any, masks: Any, mixtures: Any) -> Any:
    def subsets(planes: Any, masks: Any, mixtures: Any) -> None:
        _store_subsets(mixtures, masks)

    def nothing(planes: Any, masks: Any, mixtures: Any) -> None:
        pass

    return subsets if alike(planes) else nothing


def value_of(planes: Any, start: int, masks: Any, mixtures: Any) -> Any:
    """Return lane by lane the value of a plane that belongs to the class; its coefficients begin at flat ``start``."""
    raise NotImplementedError("for compiled code only")


@overload(value_of, inline="always")
def _value_of(planes: Any, start: Any, masks: Any, mixtures: Any) -> Any:
    def mixed(planes: Any, start: Any, masks: Any, mixtures: Any) -> Any:
        return _taken(planes, start, masks, mixtures)

    def chosen(planes: Any, start: Any, masks: Any, mixtures: Any) -> Any:
        return _chosen(planes, start, masks)

    return mixed if alike(planes) else chosen


@njit(error_model="numpy", boundscheck=False)
def new_mixtures(classes: int) -> Any:
    """Return room for the subsets of the masks of so many classes at most; zeros and ones stand at its beginning."""
    found = aligned(1, 2 * WIDTH + (classes + 2) // MOST * (WIDTH << MOST))[0]
    found[ALL : ALL + WIDTH] = ~np.uint64(0)
    return found
