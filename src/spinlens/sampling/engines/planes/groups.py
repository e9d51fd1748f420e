"""Heat bath for colours that attract: a free colour, or that of a group of equal neighbours.

The weight of a colour with n equal neighbours is exp(n J / T) = 1 + (exp(n J / T) - 1). So with probability q / Z the
colour is free, drawn uniformly from all q, and else that of a group, with a probability that depends on the sizes of
the groups alone. These are told by how many pairs of neighbours are equal: of up to four neighbours 0, 1, 2, 3 or 6.
One uniform number decides, against a cumulative threshold for free colours and for each group, the larger ones first;
so the cost hardly grows with the number of colours.
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

from spinlens.sampling.engines.bits.class_values import load_flags, prepare
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.words import WIDTH, any_bit, spread, store, words
from spinlens.sampling.engines.planes.codes import INLINED, class_masks, load_code, store_code
from spinlens.sampling.engines.planes.colours import below_limit
from spinlens.sampling.engines.planes.comparing import MOST_BITS, NONE, ONES, Generators, compare, finish

GROUPS: dict[int, dict[int, tuple[int, ...]]] = {
    0: {0: ()},
    1: {0: (1,)},
    2: {0: (1, 1), 1: (2,)},
    3: {0: (1, 1, 1), 1: (2, 1), 3: (3,)},
    4: {0: (1, 1, 1, 1), 1: (2, 1, 1), 2: (2, 2), 3: (3, 1), 6: (4,)},
}
"""For each number of neighbours, and of equal pairs of them, the sizes of the groups in falling order."""

MOST_NEIGHBOURS = 4
"""With more the number of equal pairs does not tell the sizes."""

TIED, BELOW, CLASS, FOUND, FREE = 0, 4, 8, 12, 13
"""Vectors of the room that a vector of sites needs until it is settled."""

RARE = 1e-4
"""Probability, at most, with which the search for a free colour needs more random words than are drawn at once."""

_LANES = ir.VectorType(ir.IntType(64), WIDTH)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


def tries(states: int) -> int:
    """Return how many random codes are drawn at once in search of a free colour."""
    misses = 1.0 - states / (1 << (states - 1).bit_length())
    return math.ceil(math.log(RARE) / math.log(misses)) if misses else 1


@intrinsic
def free_code(_typing: Any, code: Any, colours: Any, streams: Any, j: Any) -> Any:
    """Return a random colour for each lane, and last the lanes that have found one.

    ``code`` and ``colours`` are tuples as long as a code has bits, and as there are colours.
    """
    planes, number = len(code), len(colours)
    kind = types.UniTuple(words, planes + 1)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        b, generators = builder, Generators(context, builder, sig.args[2], args[2], args[3])
        found = ir.Constant(_LANES, [0] * WIDTH)
        chosen = [found] * planes
        for _ in range(tries(number)):
            candidate = [generators.draw() for _ in range(planes)]
            fits = b.and_(below_limit(b, candidate, number), b.not_(found))
            chosen = [b.or_(x, b.and_(fits, y)) for x, y in zip(chosen, candidate, strict=True)]
            found = b.or_(found, fits)
        generators.store()
        return context.make_tuple(builder, kind, [*chosen, found])

    return kind(code, colours, streams, types.intp), generate


def _equal_pairs(builder: Any, neighbours: Any, present: Any, number: int, planes: int) -> dict[tuple[int, int], Any]:
    """Write code for the lanes in which each pair of neighbours is there and equal."""
    found = {}
    for second in range(number):
        for first in range(second):
            differs = None
            for plane in range(planes):
                bits = (builder.extract_value(neighbours, [which, plane]) for which in (first, second))
                here = builder.xor(*bits)
                differs = here if differs is None else builder.or_(differs, here)
            both = builder.and_(builder.extract_value(present, first), builder.extract_value(present, second))
            found[first, second] = builder.and_(builder.not_(differs), both)
    return found


@intrinsic
def equal_pairs(_typing: Any, neighbours: Any, present: Any) -> Any:
    """Return the bits of the number of equal pairs among neighbours, the least first."""
    number, planes = len(neighbours), len(neighbours.types[0])
    bits = (number * (number - 1) // 2).bit_length()
    kind = types.UniTuple(words, bits)

    def generate(context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        counter = [ir.Constant(_LANES, [0] * WIDTH)] * bits
        for carry in _equal_pairs(builder, args[0], args[1], number, planes).values():
            for bit in range(bits):
                counter[bit], carry = builder.xor(counter[bit], carry), builder.and_(counter[bit], carry)
        return context.make_tuple(builder, kind, counter)

    return kind(neighbours, present), generate


@intrinsic
def taken_code(_typing: Any, neighbours: Any, present: Any, below: Any, free: Any) -> Any:
    """Return the new codes: the free ones below the first threshold, below the next that of the first group, and so on.

    The groups come in the order of the first of their neighbours, those of several neighbours before the single ones.
    """
    number, planes = len(neighbours), len(neighbours.types[0])

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        b, nothing = builder, ir.Constant(_LANES, [0] * WIDTH)
        pairs = _equal_pairs(builder, args[0], args[1], number, planes)
        limits = [b.extract_value(args[2], i) for i in range(number)]
        spans = [
            b.and_(limits[i + 1] if i + 1 < number else b.not_(nothing), b.not_(limits[i])) for i in range(number)
        ]  # fmt: skip
        leads, several = [], []
        for slot in range(number):
            earlier = [pairs[other, slot] for other in range(slot)]
            later = [pairs[slot, other] for other in range(slot + 1, number)]
            lead = b.extract_value(args[1], slot)
            for pair in earlier:
                lead = b.and_(lead, b.not_(pair))
            more = nothing
            for pair in later:
                more = b.or_(more, pair)
            leads.append(lead)
            several.append(b.and_(lead, more))
        order = [(slot, several[slot]) for slot in range(number - 1)]
        order += [(slot, b.and_(leads[slot], b.not_(several[slot]))) for slot in range(number)]
        # How many groups came before, as a row of masks: at least one, at least two, ...
        before, chosen = [b.not_(nothing), *[nothing] * number], [nothing] * number
        for slot, lead in order:
            for rank in range(number):
                here = b.and_(lead, b.and_(before[rank], b.not_(before[rank + 1])))
                chosen[slot] = b.or_(chosen[slot], b.and_(here, spans[rank]))
            before = [before[0], *(b.or_(before[k + 1], b.and_(before[k], lead)) for k in range(number))]
        new = []
        for plane in range(planes):
            code = b.and_(limits[0], b.extract_value(args[3], plane))
            for slot in range(number):
                code = b.or_(code, b.and_(chosen[slot], b.extract_value(args[0], [slot, plane])))
            new.append(code)
        return context.make_tuple(builder, sig.return_type, new)

    return free(neighbours, present, below, free), generate


def neighbours_of(slots: Any, board: Any, at: Any, left: int, right: int, code: Any) -> Any:
    """Return the codes in all slots of eight sites."""
    raise NotImplementedError("for compiled code only")


def present_of(slots: Any, ties: Any, tie: int) -> Any:
    """Return for each slot the lanes of those of eight sites that have a neighbour there."""
    raise NotImplementedError("for compiled code only")


@overload(neighbours_of, jit_options=INLINED)
def _neighbours_of(slots: Any, board: Any, at: Any, left: Any, right: Any, code: Any) -> Any:
    def two(slots: Any, board: Any, at: Any, left: Any, right: Any, code: Any) -> Any:
        pitch = board.shape[1]
        return load_code(board, left, pitch, code), load_code(board, right, pitch, code)

    def three(slots: Any, board: Any, at: Any, left: Any, right: Any, code: Any) -> Any:
        pitch = board.shape[1]
        return (
            load_code(board, at[0], pitch, code), load_code(board, left, pitch, code),
            load_code(board, right, pitch, code),
        )  # fmt: skip

    def four(slots: Any, board: Any, at: Any, left: Any, right: Any, code: Any) -> Any:
        pitch = board.shape[1]
        return (
            load_code(board, at[0], pitch, code), load_code(board, at[1], pitch, code),
            load_code(board, left, pitch, code), load_code(board, right, pitch, code),
        )  # fmt: skip

    return {2: two, 3: three, 4: four}[len(slots)]


@overload(present_of, jit_options=INLINED)
def _present_of(slots: Any, ties: Any, tie: Any) -> Any:
    def all_two(slots: Any, ties: Any, tie: Any) -> Any:
        return spread(ONES), spread(ONES)

    def all_three(slots: Any, ties: Any, tie: Any) -> Any:
        return spread(ONES), spread(ONES), spread(ONES)

    def all_four(slots: Any, ties: Any, tie: Any) -> Any:
        return spread(ONES), spread(ONES), spread(ONES), spread(ONES)

    def two(slots: Any, ties: Any, tie: Any) -> Any:
        return load_flags(ties, tie + WIDTH), load_flags(ties, tie + 3 * WIDTH)

    def three(slots: Any, ties: Any, tie: Any) -> Any:
        return load_flags(ties, tie + WIDTH), load_flags(ties, tie + 3 * WIDTH), load_flags(ties, tie + 5 * WIDTH)

    def four(slots: Any, ties: Any, tie: Any) -> Any:
        return (
            load_flags(ties, tie + WIDTH), load_flags(ties, tie + 3 * WIDTH), load_flags(ties, tie + 5 * WIDTH),
            load_flags(ties, tie + 7 * WIDTH),
        )  # fmt: skip

    plain = ties.ndim == 1
    return {2: (two, all_two), 3: (three, all_three), 4: (four, all_four)}[len(slots)][plain]


def update(
    rule: Any, planes: Any, start: Any, board: Any, row: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any,
    slots: Any, mixtures: Any, streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Redraw eight colours; see `spinlens.sampling.engines.planes.kernel.update`."""
    neighbours, present = neighbours_of(slots, board, at, left, right, rule.code), present_of(slots, ties, tie)
    bits = equal_pairs(neighbours, present)
    masks = class_masks(rule.numbers, bits)
    prepare(planes, masks, mixtures)
    compared = compare(slots, planes, start, masks, mixtures, streams, j)
    below, tied = compared[: len(slots)], compared[len(slots) :]
    free = free_code(rule.code, rule.colours, streams, j)
    store_code(room, TIED * WIDTH, WIDTH, tied)
    store_code(room, BELOW * WIDTH, WIDTH, below)
    store_code(room, CLASS * WIDTH, WIDTH, bits)
    store(room, FOUND * WIDTH, free[-1])
    store_code(room, FREE * WIDTH, WIDTH, free[:-1])
    store_code(board, row, board.shape[1], taken_code(neighbours, present, below, free[:-1]))
    return any_bit(_any(tied) | (below[0] & ~free[-1]))


@intrinsic
def _any(_typing: Any, masks: Any) -> Any:
    """Return the lanes that are set in any of some words."""

    def generate(_context: Any, builder: Any, _sig: Any, args: Any) -> Any:
        found = builder.extract_value(args[0], 0)
        for i in range(1, len(masks)):
            found = builder.or_(found, builder.extract_value(args[0], i))
        return found

    return words(masks), generate


def hold(
    rule: Any, h: Any, held: Any, planes: Any, start: Any, flags: Any, place: Any, board: Any, row: Any, mixtures: Any,
    streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Nothing: where colours are held from outside, this update is refused."""
    return NONE


@njit(**_OPTIONS)
def _search(room: Any, planes: int, states: int, streams: Any, j: int, due: int) -> None:
    """Draw further codes, column by column, for lanes that have none and need one."""
    for column in range(min(WIDTH, due - j)):
        waiting = room[BELOW * WIDTH + column] & ~room[FOUND * WIDTH + column]
        while waiting != NONE:
            less, equal = NONE, waiting
            for plane in range(planes):
                room[(FREE + plane) * WIDTH + column] &= ~waiting
                room[(FREE + plane) * WIDTH + column] |= draw(streams, j + column) & waiting
            for plane in range(planes - 1, -1, -1):
                bit = room[(FREE + plane) * WIDTH + column]
                if states >> plane & 1:
                    less |= equal & ~bit
                    equal &= bit
                else:
                    equal &= ~bit
            waiting &= ~less if states != 1 << planes else NONE


def settle(
    rule: Any, thresholds: Any, t: Any, held: Any, held_thresholds: Any, kinds: Any, half: Any, board: Any, row: Any,
    at: Any, left: Any, right: Any, ties: Any, tie: Any, slots: Any, streams: Any, j: Any, due: Any, room: Any,
) -> Any:  # fmt: skip
    """Decide the lanes that were tied or found no colour; see `spinlens.sampling.engines.planes.kernel.settle`."""
    finish(room, TIED, BELOW, CLASS, len(slots), MOST_BITS, streams, j, due, thresholds, t, 0, kinds, half)
    _search(room, len(rule.code), len(rule.colours), streams, j, due)
    neighbours, present = neighbours_of(slots, board, at, left, right, rule.code), present_of(slots, ties, tie)
    below, free = load_code(room, BELOW * WIDTH, WIDTH, slots), load_code(room, FREE * WIDTH, WIDTH, rule.code)
    store_code(board, row, board.shape[1], taken_code(neighbours, present, below, free))
