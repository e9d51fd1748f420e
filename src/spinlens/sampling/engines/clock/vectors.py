"""Numba types for sixteen numbers of 32 bits, so that kernels are vector code by construction.

`Singles` are sixteen numbers in single precision, `Wholes` sixteen whole ones, `Lanes` sixteen truths, `Longs` sixteen
words of 64 bits. A value is one LLVM vector: a single register with AVX-512, two with AVX2, and twice as many of longs.
See `spinlens.sampling.engines.bits.words` for why the loop vectoriser is not trusted with this.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

MANY = 16
"""Numbers in one vector."""

_INT, _FLOAT, _BIT, _LONG = ir.IntType(32), ir.FloatType(), ir.IntType(1), ir.IntType(64)


class _Vector(types.Type):
    def __init__(self, name: str, element: Any) -> None:
        super().__init__(name=name)
        self.element = element
        self.llvm = ir.VectorType(element, MANY)


singles, wholes, lanes, longs = (
    _Vector("Singles", _FLOAT),
    _Vector("Wholes", _INT),
    _Vector("Lanes", _BIT),
    _Vector("Longs", _LONG),
)


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, numba_type.llvm)


def _define(symbol: Callable[..., Any], lowered: dict[_Vector, Callable[[Any, Any, Any], Any]], result: Any) -> None:
    """Lower a binary ``symbol`` on two vectors of each type to one LLVM instruction."""

    @infer_global(symbol)
    class _Typing(AbstractTemplate):
        def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
            same = len(args) == 2 and args[0] is args[1] and args[0] in lowered
            return signature(result or args[0], *args) if same and not kws else None

    for kind, build in lowered.items():

        @lower_builtin(symbol, kind, kind)
        def _lower(context: Any, builder: Any, sig: Any, args: Any, build: Any = build) -> Any:
            return build(builder, *args)


_ADDED: dict[_Vector, Callable[[Any, Any, Any], Any]] = {
    singles: lambda b, x, y: b.fadd(x, y), wholes: lambda b, x, y: b.add(x, y), longs: lambda b, x, y: b.add(x, y)
}  # fmt: skip
_define(operator.add, _ADDED, None)
_define(operator.xor, {lanes: lambda b, x, y: b.xor(x, y), longs: lambda b, x, y: b.xor(x, y)}, None)
_define(operator.sub, {singles: lambda b, x, y: b.fsub(x, y), wholes: lambda b, x, y: b.sub(x, y)}, None)
_define(operator.mul, {singles: lambda b, x, y: b.fmul(x, y), wholes: lambda b, x, y: b.mul(x, y)}, None)
_define(operator.truediv, {singles: lambda b, x, y: b.fdiv(x, y)}, None)
_define(operator.and_, {lanes: lambda b, x, y: b.and_(x, y), wholes: lambda b, x, y: b.and_(x, y)}, None)
_define(operator.or_, {lanes: lambda b, x, y: b.or_(x, y)}, None)


def _compared(name: str) -> dict[_Vector, Callable[[Any, Any, Any], Any]]:
    return {singles: lambda b, x, y: b.fcmp_ordered(name, x, y), wholes: lambda b, x, y: b.icmp_signed(name, x, y)}


_define(operator.lt, _compared("<"), lanes)
_define(operator.le, _compared("<="), lanes)
_define(operator.gt, _compared(">"), lanes)
_define(operator.ge, _compared(">="), lanes)


def _spread(builder: Any, value: Any) -> Any:
    kind = ir.VectorType(value.type, MANY)
    single = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_INT, 0))
    order = ir.Constant(ir.VectorType(_INT, MANY), [0] * MANY)
    return builder.shuffle_vector(single, ir.Constant(kind, ir.Undefined), order)


@intrinsic
def all_singles(_typing: Any, value: Any) -> Any:
    """Return a float32 sixteen times."""
    return singles(types.float32), lambda _context, builder, _sig, args: _spread(builder, args[0])


@intrinsic
def all_wholes(_typing: Any, value: Any) -> Any:
    """Return a whole number sixteen times."""
    return wholes(types.int64), lambda _context, builder, _sig, args: _spread(builder, builder.trunc(args[0], _INT))


def _pointer(context: Any, builder: Any, kind: Any, array: Any, start: Any, vector: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _loader(result: Any, bits: Any, size: int) -> Callable[..., Any]:
    """Return what loads sixteen numbers of an array; of fewer bits they are widened."""

    def typing(_typing: Any, array: Any, start: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            vector = ir.VectorType(bits, MANY)
            loaded = builder.load(_pointer(context, builder, sig.args[0], args[0], args[1], vector), align=size)
            return loaded if bits == result.element else builder.zext(loaded, result.llvm)

        return result(array, types.intp), generate

    return typing


def _storer(value: Any, bits: Any, size: int) -> Callable[..., Any]:
    def typing(_typing: Any, array: Any, start: Any, numbers: Any) -> Any:
        def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            vector = ir.VectorType(bits, MANY)
            narrow = args[2] if bits == value.element else builder.trunc(args[2], vector)
            pointer = _pointer(context, builder, sig.args[0], args[0], args[1], vector)
            builder.store(narrow, pointer, align=size)
            return context.get_dummy_value()

        return types.void(array, types.intp, value), generate

    return typing


load_singles = intrinsic(_loader(singles, _FLOAT, 4))
load_wholes = intrinsic(_loader(wholes, _INT, 4))
load_longs = intrinsic(_loader(longs, _LONG, 8))
load_codes = intrinsic(_loader(wholes, ir.IntType(16), 2))
store_singles = intrinsic(_storer(singles, _FLOAT, 4))
store_codes = intrinsic(_storer(wholes, ir.IntType(16), 2))
store_wholes = intrinsic(_storer(wholes, _INT, 4))
store_longs = intrinsic(_storer(longs, _LONG, 8))


@intrinsic
def load_random(_typing: Any, words: Any, start: Any, shift: Any, width: Any) -> Any:
    """Return so many bits of sixteen 64-bit words, from a shift on; at most 31 of them."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(64), MANY)
        loaded = builder.load(_pointer(context, builder, sig.args[0], args[0], args[1], vector), align=8)
        moved = builder.trunc(builder.lshr(loaded, _spread(builder, args[2])), wholes.llvm)
        one = ir.Constant(_INT, 1)
        mask = builder.sub(builder.shl(one, builder.trunc(args[3], _INT)), one)
        return builder.and_(moved, _spread(builder, mask))

    return wholes(words, types.intp, types.uint64, types.uint64), generate


class _Places(ir.Instruction):
    """The pointers to sixteen elements of an array: `llvmlite` writes them one at a time only."""

    def __init__(self, block: Any, data: Any, places: Any) -> None:
        super().__init__(block, ir.VectorType(data.type, MANY), "getelementptr", [data, places])

    def descr(self, buf: list[str]) -> None:
        """Write the instruction."""
        data, places = self.operands
        element = f"{data.type.pointee}, {data.type} {data.get_reference()}"
        buf.append(f"getelementptr {element}, {places.type} {places.get_reference()}\n")


@intrinsic
def gather(_typing: Any, array: Any, places: Any) -> Any:
    """Return the numbers of a float32 array at sixteen places; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        pointers = _Places(builder.block, data, args[1])
        builder._insert(pointers)
        kind = ir.FunctionType(singles.llvm, [pointers.type, _INT, lanes.llvm, singles.llvm])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.gather.v16f32.v16p0")
        every = ir.Constant(lanes.llvm, [1] * MANY)
        return builder.call(function, [pointers, ir.Constant(_INT, 4), every, ir.Constant(singles.llvm, ir.Undefined)])

    return singles(array, wholes), generate


@intrinsic
def select(_typing: Any, condition: Any, one: Any, other: Any) -> Any:
    """Return one where the condition holds, else the other."""
    return one(lanes, one, one), lambda _context, builder, _sig, args: builder.select(*args)


@intrinsic
def magnitude(_typing: Any, numbers: Any) -> Any:
    """Return numbers without their signs."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        bits = builder.and_(builder.bitcast(args[0], wholes.llvm), _spread(builder, ir.Constant(_INT, 0x7FFFFFFF)))
        return builder.bitcast(bits, singles.llvm)

    return singles(singles), generate


@intrinsic
def to_singles(_typing: Any, numbers: Any) -> Any:
    """Return whole numbers in single precision."""
    return singles(wholes), lambda _context, builder, _sig, args: builder.sitofp(args[0], singles.llvm)


@intrinsic
def to_wholes(_typing: Any, numbers: Any) -> Any:
    """Return numbers without their fractions."""
    return wholes(singles), lambda _context, builder, _sig, args: builder.fptosi(args[0], wholes.llvm)


@intrinsic
def halved(_typing: Any, numbers: Any, count: Any) -> Any:
    """Return whole numbers >= 0 shifted to the right."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.lshr(args[0], _spread(builder, builder.trunc(args[1], _INT)))

    return wholes(wholes, types.uint64), generate


@intrinsic
def power_of_two(_typing: Any, shifted: Any) -> Any:
    """Return 2^n, where the argument is n + 1.5 2^23."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        bits = builder.shl(builder.bitcast(args[0], wholes.llvm), _spread(builder, ir.Constant(_INT, 23)))
        bits = builder.add(bits, _spread(builder, ir.Constant(_INT, 127 << 23)))
        return builder.bitcast(bits, singles.llvm)

    return singles(singles), generate


@intrinsic
def rotated(_typing: Any, numbers: Any, count: Any) -> Any:
    """Return words whose bits are moved to the left, those that leave coming back on the right."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        rest = builder.sub(ir.Constant(_LONG, 64), args[1])
        high, low = builder.shl(args[0], _spread(builder, args[1])), builder.lshr(args[0], _spread(builder, rest))
        return builder.or_(high, low)

    return longs(longs, types.uint64), generate


@intrinsic
def moved_left(_typing: Any, numbers: Any, count: Any) -> Any:
    """Return words whose bits are moved to the left."""
    return longs(longs, types.uint64), lambda _context, b, _sig, args: b.shl(args[0], _spread(b, args[1]))


@intrinsic
def top_bits(_typing: Any, numbers: Any, count: Any) -> Any:
    """Return the highest bits of words, at most 31 of them, as whole numbers."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        rest = builder.sub(ir.Constant(_LONG, 64), args[1])
        return builder.trunc(builder.lshr(args[0], _spread(builder, rest)), wholes.llvm)

    return wholes(longs, types.uint64), generate


@intrinsic
def lanes_of(_typing: Any, word: Any, start: Any) -> Any:
    """Return sixteen bits of a word, from one on, as truths."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(builder.trunc(builder.lshr(args[0], args[1]), ir.IntType(16)), lanes.llvm)

    return lanes(types.uint64, types.int64), generate


@intrinsic
def bits_of(_typing: Any, truths: Any) -> Any:
    """Return sixteen truths as the lowest bits of a word."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(16)), ir.IntType(64))

    return types.uint64(lanes), generate
