"""Codes of eight sites in 64 chains: a tuple of words, of which the one at place k holds bit k of each code.

The length of the tuple is known when Numba compiles, so that all of this is straight code. A board of planes is an
array (planes, words); a flat place counts in its first plane.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.words import WIDTH, _spread, words

INLINED = {"forceinline": True, "error_model": "numpy", "boundscheck": False}
"""Options of what is inlined by LLVM: Numba's own inlining would count references to arrays in the loops."""

_LANES = ir.VectorType(ir.IntType(64), WIDTH)


def _pointer(context: Any, builder: Any, kind: Any, args: Any, plane: int) -> Any:
    board, place, pitch = args[:3]
    array = context.make_array(kind)(context, builder, board)
    offset = builder.mul(pitch, ir.Constant(pitch.type, plane))
    return builder.bitcast(builder.gep(array.data, [builder.add(place, offset)]), _LANES.as_pointer())


def _bit_everywhere(builder: Any, number: Any, plane: int) -> Any:
    """Return words that are all ones where a bit of a number is set."""
    bit = builder.and_(builder.lshr(number, ir.Constant(ir.IntType(64), plane)), ir.Constant(ir.IntType(64), 1))
    return _spread(builder, builder.neg(bit))


@intrinsic
def load_code(_typing: Any, board: Any, place: Any, pitch: Any, planes: Any) -> Any:
    """Return the codes at a flat place of a board, as many planes as the tuple ``planes`` is long; unchecked."""
    kind = types.UniTuple(words, len(planes))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts = [
            builder.load(_pointer(context, builder, sig.args[0], args, plane), align=8) for plane in range(len(planes))
        ]
        return context.make_tuple(builder, kind, parts)

    return kind(board, types.intp, types.intp, planes), generate


@intrinsic
def store_code(_typing: Any, board: Any, place: Any, pitch: Any, code: Any) -> Any:
    """Write codes to a flat place of a board; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        for plane in range(len(code)):
            at = _pointer(context, builder, sig.args[0], args, plane)
            builder.store(builder.extract_value(args[3], plane), at, align=8)
        return context.get_dummy_value()

    return types.void(board, types.intp, types.intp, code), generate


@intrinsic
def differing(_typing: Any, first: Any, second: Any) -> Any:
    """Return the lanes in which two codes differ."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        found = None
        for plane in range(len(first)):
            here = builder.xor(*(builder.extract_value(code, plane) for code in args))
            found = here if found is None else builder.or_(found, here)
        return found

    return words(first, second), generate


@intrinsic
def choose_code(_typing: Any, mask: Any, first: Any, second: Any) -> Any:
    """Return the first codes where the mask is set, else the second."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        parts = []
        for plane in range(len(first)):
            one, two = (builder.extract_value(code, plane) for code in args[1:])
            parts.append(builder.xor(two, builder.and_(args[0], builder.xor(one, two))))
        return context.make_tuple(builder, sig.return_type, parts)

    return first(words, first, second), generate


@intrinsic
def constant_code(_typing: Any, number: Any, planes: Any) -> Any:
    """Return one code in all lanes."""
    kind = types.UniTuple(words, len(planes))

    def generate(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        parts = [_bit_everywhere(builder, args[0], plane) for plane in range(len(planes))]
        return context.make_tuple(builder, kind, parts)

    return kind(types.int64, planes), generate


@intrinsic
def class_masks(_typing: Any, classes: Any, bits: Any) -> Any:
    """Return for each class but 0 the lanes in which all bits of the number of the class are set.

    ``classes`` is a tuple as long as there are classes, ``bits`` are the words of the class's bits, the least first.
    """
    kind = types.UniTuple(words, len(classes) - 1)

    def generate(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        found: list[Any] = [None]
        for number in range(1, len(classes)):
            low = number & -number
            bit = builder.extract_value(args[1], low.bit_length() - 1)
            found.append(bit if number == low else builder.and_(found[number ^ low], bit))
        return context.make_tuple(builder, kind, found[1:])

    return kind(classes, bits), generate
