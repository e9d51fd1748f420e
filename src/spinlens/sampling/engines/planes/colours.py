"""Metropolis for colours: another colour, uniformly drawn, is accepted by what the change gains in pairs.

Fields and walls are factors of the acceptance of their own, each with a uniform number of its own: detailed balance
holds for every factor and so for their product (Michel, Kapfer and Krauth, J. Chem. Phys. 140, 054116 (2014),
doi:10.1063/1.4863991).
"""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.class_values import load_flags, prepare
from spinlens.sampling.engines.bits.words import WIDTH, any_bit, load, spread, store, words
from spinlens.sampling.engines.planes.codes import (
    choose_code,
    class_masks,
    constant_code,
    differing,
    load_code,
    store_code,
)
from spinlens.sampling.engines.planes.comparing import ANYWHERE, MOST_BITS, Generators, compare, finish
from spinlens.sampling.engines.planes.counting import count_pairs, fold

THRESHOLDS = (0,)
ALONE = (0,)
"""The one class of what depends on the site alone."""

TIED, BELOW, CLASS, MOVES, OLD, NEW, HELD = 0, 1, 2, 6, 7, 11, 15
"""Vectors of the room that a vector of sites needs until it is settled; each held colour has two from the last on."""

SOON = 0.9
"""Probability with which the search for another colour ends by finding one."""

_LANES = ir.VectorType(ir.IntType(64), WIDTH)


def tries(states: int) -> int:
    """Return how many random codes are drawn in search of another colour; of three colours one bit tells."""
    misses = 1.0 - (states - 1) / (1 << (states - 1).bit_length())
    return 1 if states == 3 else math.ceil(math.log(1.0 - SOON) / math.log(misses))


@intrinsic
def propose(_typing: Any, code: Any, colours: Any, streams: Any, j: Any) -> Any:
    """Return another colour for each lane, every one with the same probability, and last the lanes that have one.

    ``colours`` is a tuple as long as there are colours. Of three colours a random bit tells which of the others: the
    next one round the circle, or the one before. Else random codes are tried: each other colour is as likely, and none
    is found as often, whatever the code is.
    """
    planes, number = len(code), len(colours)
    kind = types.UniTuple(words, planes + 1)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        b, old = builder, [builder.extract_value(args[0], k) for k in range(planes)]
        generators = Generators(context, builder, sig.args[2], args[2], args[3])
        if number == 3:
            coin, neither = generators.draw(), b.not_(b.or_(*old))
            new = [b.xor(two, b.and_(coin, b.xor(one, two))) for one, two in ((neither, old[1]), (old[0], neither))]
            found = ir.Constant(_LANES, [-1] * WIDTH)
        else:
            new, found = old, ir.Constant(_LANES, [0] * WIDTH)
            for _ in range(tries(number)):
                turned = [generators.draw() for _ in range(planes)]
                candidate = [b.xor(*pair) for pair in zip(old, turned, strict=True)]
                fits = b.and_(below_limit(b, candidate, number), _any(b, turned))
                fits = b.and_(fits, b.not_(found))
                new = [b.xor(x, b.and_(fits, b.xor(x, y))) for x, y in zip(new, candidate, strict=True)]
                found = b.or_(found, fits)
        generators.store()
        return context.make_tuple(builder, kind, [*new, found])

    return kind(code, colours, streams, types.intp), generate


def _any(builder: Any, code: list[Any]) -> Any:
    found = code[0]
    for plane in code[1:]:
        found = builder.or_(found, plane)
    return found


def below_limit(builder: Any, code: list[Any], limit: int) -> Any:
    """Write code for the lanes whose code is below a limit."""
    less, equal = ir.Constant(_LANES, [0] * WIDTH), ir.Constant(_LANES, [-1] * WIDTH)
    if limit == 1 << len(code):
        return equal
    for plane in reversed(range(len(code))):
        if limit >> plane & 1:
            less = builder.or_(less, builder.and_(equal, builder.not_(code[plane])))
            equal = builder.and_(equal, code[plane])
        else:
            equal = builder.and_(equal, builder.not_(code[plane]))
    return less


def update(
    rule: Any, planes: Any, start: Any, board: Any, row: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any,
    slots: Any, mixtures: Any, streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Move eight colours; see `spinlens.sampling.engines.planes.kernel.update`."""
    pitch = board.shape[1]
    code = load_code(board, row, pitch, rule.code)
    proposal = propose(code, rule.colours, streams, j)
    new, found = proposal[:-1], proposal[-1]
    below, size = fold(slots, count_pairs(slots, board, at, left, right, pitch, ties, tie, (code, new)))
    costs = below ^ spread(rule.repels)
    masks = class_masks(rule.numbers, size)
    prepare(planes, masks, mixtures)
    accepted, tied = compare(THRESHOLDS, planes, start, masks, mixtures, streams, j)
    accepted, tied = (accepted | ~costs) & found, tied & costs & found
    store(room, TIED * WIDTH, tied)
    store(room, BELOW * WIDTH, accepted)
    store_code(room, CLASS * WIDTH, WIDTH, size)
    store(room, MOVES * WIDTH, found)
    store_code(room, OLD * WIDTH, WIDTH, code)
    store_code(room, NEW * WIDTH, WIDTH, new)
    store_code(board, row, pitch, choose_code(accepted, new, code))
    return any_bit(tied)


def hold(
    rule: Any, h: Any, held: Any, planes: Any, start: Any, flags: Any, place: Any, board: Any, row: Any, mixtures: Any,
    streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Let a field or wall that holds a colour stop moves; return whether any lane is undecided."""
    code, new = load_code(room, OLD * WIDTH, WIDTH, rule.code), load_code(room, NEW * WIDTH, WIDTH, rule.code)
    colour, favoured = constant_code(held[h], rule.code), load_flags(flags, place)
    leaves, enters = ~differing(code, colour) & favoured, ~differing(new, colour) & ~favoured
    found = load(room, MOVES * WIDTH)
    costs = (leaves | enters) & load_flags(flags, place + WIDTH) & found
    passed, tied = compare(THRESHOLDS, planes, start, class_masks(ALONE, (found,)), mixtures, streams, j)
    passed, tied = passed | ~costs, tied & costs
    store(room, (HELD + 2 * h) * WIDTH, tied)
    store(room, (HELD + 2 * h + 1) * WIDTH, passed)
    now = load_code(board, row, board.shape[1], rule.code)
    store_code(board, row, board.shape[1], choose_code(passed, now, code))
    return any_bit(tied)


def settle(
    rule: Any, thresholds: Any, t: Any, held: Any, held_thresholds: Any, kinds: Any, half: Any, board: Any, row: Any,
    at: Any, left: Any, right: Any, ties: Any, tie: Any, slots: Any, streams: Any, j: Any, due: Any, room: Any,
) -> Any:  # fmt: skip
    """Decide the lanes that were tied; see `spinlens.sampling.engines.planes.kernel.settle`."""
    finish(room, TIED, BELOW, CLASS, 1, MOST_BITS, streams, j, due, thresholds, t, 0, kinds, ANYWHERE)
    moves = load(room, BELOW * WIDTH)
    for h in range(held.size):
        first = h * (held_thresholds.shape[1] // held.size)
        finish(
            room, HELD + 2 * h, HELD + 2 * h + 1, CLASS, 1, 0, streams, j, due, held_thresholds, t, first, kinds, half
        )  # fmt: skip
        moves = moves & load(room, (HELD + 2 * h + 1) * WIDTH)
    code, new = load_code(room, OLD * WIDTH, WIDTH, rule.code), load_code(room, NEW * WIDTH, WIDTH, rule.code)
    store_code(board, row, board.shape[1], choose_code(moves, new, code))
