"""Heat bath of a spin -1, 0 or 1 in the field of its neighbours: one number against two cumulative thresholds."""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.extending import overload

from spinlens.sampling.engines.bits.class_values import prepare
from spinlens.sampling.engines.bits.words import WIDTH, any_bit, load, spread, store
from spinlens.sampling.engines.planes.codes import INLINED, class_masks, store_code
from spinlens.sampling.engines.planes.comparing import MOST_BITS, NONE, compare, finish
from spinlens.sampling.engines.planes.counting import count_pairs, fold

THRESHOLDS = (0, 0)
"""As long as there are thresholds: of s >= 0, and of s = 1."""

TIED, BELOW, CLASS, TURNED = 0, 2, 4, 8
"""Vectors of the room that a vector of sites needs until it is settled."""


def classes(slots: Any, numbers: Any, bits: Any) -> Any:
    """Return the bits of the class of each lane, and the lanes in which up and down are exchanged.

    With as many numbers as the neighbours' spins have sums the class is that sum; with half as many it is the size of
    the sum, and spins are drawn relative to its sign.
    """
    raise NotImplementedError("for compiled code only")


@overload(classes, jit_options=INLINED)
def _classes(slots: Any, numbers: Any, bits: Any) -> Any:
    def signed(slots: Any, numbers: Any, bits: Any) -> Any:
        return bits, spread(NONE)

    def relative(slots: Any, numbers: Any, bits: Any) -> Any:
        below, size = fold(slots, bits)
        return size, below

    return signed if len(numbers) == 2 * len(slots) + 1 else relative


@njit(**INLINED)
def _write(board: Any, row: int, pitch: int, not_down: Any, up: Any, turned: Any) -> None:
    """Write spins that are not down, or up, the other way round where they are turned."""
    zero = not_down & ~up
    store(board, row, zero)
    store(board, pitch + row, up ^ (turned & ~zero))


def update(
    rule: Any, planes: Any, start: Any, board: Any, row: Any, at: Any, left: Any, right: Any, ties: Any, tie: Any,
    slots: Any, mixtures: Any, streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Redraw eight spins; see `spinlens.sampling.engines.planes.kernel.update`."""
    pitch = board.shape[1]
    bits, turned = classes(slots, rule.numbers, count_pairs(slots, board, at, left, right, pitch, ties, tie, ()))
    masks = class_masks(rule.numbers, bits)
    prepare(planes, masks, mixtures)
    not_down, up, tied, tied_up = compare(THRESHOLDS, planes, start, masks, mixtures, streams, j)
    store(room, TIED * WIDTH, tied)
    store(room, (TIED + 1) * WIDTH, tied_up)
    store(room, BELOW * WIDTH, not_down)
    store(room, (BELOW + 1) * WIDTH, up)
    store(room, TURNED * WIDTH, turned)
    store_code(room, CLASS * WIDTH, WIDTH, bits)
    _write(board, row, pitch, not_down, up, turned)
    return any_bit(tied | tied_up)


def settle(
    rule: Any, thresholds: Any, t: Any, held: Any, held_thresholds: Any, kinds: Any, half: Any, board: Any, row: Any,
    at: Any, left: Any, right: Any, ties: Any, tie: Any, slots: Any, streams: Any, j: Any, due: Any, room: Any,
) -> Any:  # fmt: skip
    """Decide the lanes that were tied; see `spinlens.sampling.engines.planes.kernel.settle`."""
    finish(room, TIED, BELOW, CLASS, 2, MOST_BITS, streams, j, due, thresholds, t, 0, kinds, half)
    _write(
        board, row, board.shape[1], load(room, BELOW * WIDTH), load(room, (BELOW + 1) * WIDTH),
        load(room, TURNED * WIDTH),
    )  # fmt: skip


def hold(
    rule: Any, h: Any, held: Any, planes: Any, start: Any, flags: Any, place: Any, board: Any, row: Any, mixtures: Any,
    streams: Any, j: Any, room: Any,
) -> Any:  # fmt: skip
    """Nothing holds spins but what the thresholds of their sites know."""
    return NONE
