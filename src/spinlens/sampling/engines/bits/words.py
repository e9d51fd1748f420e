"""A Numba type for eight 64-bit words, so that kernels are vector code by construction.

LLVM's loop vectoriser gives up on a loop over a dozen arrays that might overlap, and the kernel then runs three
to five times slower without a word. A value of this type is one LLVM vector: a single register with AVX-512,
two with AVX2, four with NEON. Arithmetic on it reads like arithmetic on a ``uint64``, so functions written with
``&``, ``|``, ``^``, ``~``, ``+``, `shift_left` and `shift_right` work on both.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

WIDTH = 8
"""Words in one vector."""

_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_WORD, WIDTH)


class _Words(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Words")


words = _Words()


@register_model(_Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)


def _define(symbol: Callable[..., Any], arity: int, instruction: str) -> None:
    """Lower ``symbol`` on words to one LLVM instruction."""
    arguments = (words,) * arity

    @infer_global(symbol)
    class _Typing(AbstractTemplate):
        def generic(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
            return signature(words, *arguments) if args == arguments and not kws else None

    @lower_builtin(symbol, *arguments)
    def _lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)


for _symbol, _arity, _instruction in (
    (operator.and_, 2, "and_"),
    (operator.or_, 2, "or_"),
    (operator.xor, 2, "xor"),
    (operator.add, 2, "add"),
    (operator.invert, 1, "not_"),
):
    _define(_symbol, _arity, _instruction)


def _spread(builder: Any, value: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    single = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


def _pointer(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    array = context.make_array(sig.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), _VECTOR.as_pointer())


@intrinsic
def spread(_typing: Any, word: Any) -> Any:
    """Return ``word`` eight times."""
    return words(types.uint64), lambda _context, builder, _sig, args: _spread(builder, args[0])


@intrinsic
def load(_typing: Any, array: Any, start: Any) -> Any:
    """Return the eight words of a contiguous uint64 array that begin at flat index ``start``; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(_pointer(context, builder, sig, args), align=8)

    return words(array, types.intp), generate


@intrinsic
def store(_typing: Any, array: Any, start: Any, value: Any) -> Any:
    """Write eight words to a contiguous uint64 array from flat index ``start`` on; unchecked."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(context, builder, sig, args), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, words), generate


def _shift(instruction: str) -> Callable[..., Any]:
    def typing(_typing: Any, value: Any, count: Any) -> Any:
        kind = words if value == words else types.uint64

        def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
            amount = _spread(builder, args[1]) if kind == words else args[1]
            return getattr(builder, instruction)(args[0], amount)

        return kind(kind, types.uint64), generate

    return typing


shift_left = intrinsic(_shift("shl"))
shift_right = intrinsic(_shift("lshr"))


@intrinsic
def any_bit(_typing: Any, value: Any) -> Any:
    """Return the bitwise or of the eight words, a uint64."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_VECTOR])
        reduce = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.or.v{WIDTH}i64")
        return builder.call(reduce, [args[0]])

    return types.uint64(words), generate


@intrinsic
def count_ones(_typing: Any, word: Any) -> Any:
    """Return how many bits of one uint64 are set, an int64."""
    return types.int64(types.uint64), lambda _context, builder, _sig, args: builder.ctpop(args[0])


@njit(error_model="numpy", boundscheck=False)
def aligned(rows: int, columns: int) -> Any:
    """Return zeros, uint64 (rows, columns), that begin where a cache line begins: vectors across two cost speed."""
    room = np.zeros(rows * columns + WIDTH, dtype=np.uint64)
    first = (-(room.ctypes.data // 8)) % WIDTH
    return room[first : first + rows * columns].reshape(rows, columns)
