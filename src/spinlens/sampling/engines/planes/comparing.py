"""Uniform numbers below the thresholds of each lane's class: one number for all thresholds of a site.

The leading bits are compared for all lanes in vector code, the least significant of them first, as in the kernels of
two states. Lanes that equal a threshold in all of these go on one word at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.class_values import alike, choose, take
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.words import WIDTH, words

NONE = np.uint64(0)
ONE = np.uint64(1)
ONES = ~NONE

MOST_BITS = 4
"""Of the number of a class; vectors of bits that it does not need are zero."""

ANYWHERE = -1
"""No half-row in particular."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_LANES = ir.VectorType(ir.IntType(64), WIDTH)


class Generators:
    """Code that draws random words for eight columns: xoshiro256++ as in `spinlens.sampling.engines.bits.generator`.

    Parameters
    ----------
    context, builder
        Of Numba and LLVM.
    kind, streams
        Type and value of the states, uint64 (4, columns).
    j
        The first column.
    """

    def __init__(self, context: Any, builder: Any, kind: Any, streams: Any, j: Any) -> None:
        self.builder = builder
        array = context.make_array(kind)(context, builder, streams)
        pitch = builder.extract_value(array.shape, 1)
        self._places = [
            builder.bitcast(
                builder.gep(array.data, [builder.add(j, builder.mul(pitch, ir.Constant(pitch.type, word)))]),
                _LANES.as_pointer(),
            )
            for word in range(4)
        ]
        self._state = [builder.load(place, align=8) for place in self._places]

    def draw(self) -> Any:
        """Write code for the next word of each column."""
        b, (x0, x1, x2, x3) = self.builder, self._state
        result = b.add(self._rotate(b.add(x0, x3), 23), x0)
        x2, x3 = b.xor(x2, x0), b.xor(x3, x1)
        self._state = [b.xor(x0, x3), b.xor(x1, x2), b.xor(x2, self._shift("shl", x1, 17)), self._rotate(x3, 45)]
        return result

    def store(self) -> None:
        """Write code that keeps the states."""
        for place, word in zip(self._places, self._state, strict=True):
            self.builder.store(word, place, align=8)

    def _shift(self, instruction: str, word: Any, count: int) -> Any:
        return getattr(self.builder, instruction)(word, ir.Constant(_LANES, [count] * WIDTH))

    def _rotate(self, word: Any, left: int) -> Any:
        return self.builder.or_(self._shift("shl", word, left), self._shift("lshr", word, 64 - left))


@intrinsic
def compare(_typing: Any, count: Any, planes: Any, start: Any, masks: Any, mixtures: Any, streams: Any, j: Any) -> Any:
    """Draw a uniform number in each lane, and compare its leading bits with thresholds.

    ``count`` is a tuple as long as there are thresholds; their coefficients begin at flat ``start`` of ``planes``
    (conditions, patterns, bits, thresholds, ...), threshold by threshold of each bit. Returned are for each threshold
    the lanes that are known to be below, then for each those that are tied.
    """
    number = len(count)
    kind = types.UniTuple(words, 2 * number)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        table, mixed = (sig.args[1], args[1]), (sig.args[4], args[4])
        array = context.make_array(table[0])(context, builder, table[1])
        size = ir.Constant(ir.IntType(64), table[0].dtype.bitwidth // 8)
        pitch = builder.sdiv(builder.extract_value(array.strides, 3), size)
        generators = Generators(context, builder, sig.args[5], args[5], args[6])
        drawn, tied = [ir.Constant(_LANES, [0] * WIDTH)] * number, [ir.Constant(_LANES, [-1] * WIDTH)] * number
        for k in reversed(range(FAST_BITS)):
            random = generators.draw()
            for i in range(number):
                at = builder.add(args[2], builder.mul(pitch, ir.Constant(pitch.type, number * k + i)))
                if alike(table[0]):
                    plane = take(context, builder, table, at, mixed, len(masks))
                else:
                    plane = choose(context, builder, table, at, args[3], len(masks))
                differs = builder.xor(plane, random)
                drawn[i] = builder.or_(builder.and_(drawn[i], builder.not_(differs)), builder.and_(plane, differs))
                tied[i] = builder.and_(tied[i], builder.not_(differs))
        generators.store()
        return context.make_tuple(builder, kind, [*drawn, *tied])

    return kind(count, planes, types.intp, masks, mixtures, streams, types.intp), generate


@njit(**_OPTIONS)
def finish(
    room: Any, tied: int, below: int, classes: int, count: int, bits: int, streams: Any, j: int, due: int,
    thresholds: Any, t: int, first: int, kinds: Any, half: int,
) -> None:  # fmt: skip
    """Decide tied lanes by further bits, most significant first, until none is tied or 64 bits are compared.

    Parameters
    ----------
    room : uint64 array
        Vectors of words.
    tied, below, classes : int
        The vectors where the tied lanes begin, those that are below, to which others are added, and the bits of the
        classes.
    count, bits : int
        Thresholds, and bits of a class.
    streams, j
        The generators, and the first of the eight columns.
    due : int
        The column from which on nothing is decided.
    thresholds : uint64 array, shape (conditions, K, count, C)
        2**64 times the probabilities, for each kind of site and class.
    t, first
        The condition, and the number of the first kind.
    kinds, half : int64 array, shape (2 rows, columns), and int
        The kind of each site, and the half-row; `ANYWHERE` if all sites are of one kind.
    """
    for column in range(min(WIDTH, due - j)):
        kind = first if half == ANYWHERE else first + kinds[half, j + column]
        for k in range(FAST_BITS, 64):
            some = NONE
            for which in range(count):
                some |= room[(tied + which) * WIDTH + column]
            if some == NONE:
                break
            random = draw(streams, j + column)
            for which in range(count):
                at, plane = (tied + which) * WIDTH + column, NONE
                rest = room[at]
                while rest != NONE:
                    lane = rest & (~rest + ONE)
                    rest ^= lane
                    number = 0
                    for bit in range(bits):
                        if room[(classes + bit) * WIDTH + column] & lane:
                            number |= 1 << bit
                    if (thresholds[t, kind, which, number] >> np.uint64(63 - k)) & ONE:
                        plane |= lane
                room[(below + which) * WIDTH + column] |= room[at] & plane & ~random
                room[at] &= ~(plane ^ random)
