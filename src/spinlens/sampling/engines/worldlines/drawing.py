"""Arrivals of Poisson processes as the kernel draws them: windows and ticks, word by word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import next_random
from spinlens.sampling.engines.worldlines.arrivals import MOST

BITS = 32
"""The circle has 2^BITS ticks."""

TOGETHER = 256
"""Windows that are drawn at once, of one process after the other."""

SPARE = MOST * TOGETHER + 1
"""Of arrivals that may be drawn at once, and one that is written down for nothing."""

_U = np.uint64
_ONE = _U(1)
_FEW = 3


@njit(forceinline=True, error_model="numpy", boundscheck=False)
def draw_arrivals(
    stream: Any, lane: int, window: int, windows: int, halvings: int, thresholds: Any, process: int, found: Any, n: int
) -> Any:
    """Append what arrives in the next windows to a list, and return how long it is.

    Arrivals are in no order within a window. Each word is either the number of a window or a tick, and is treated as
    both, so that nothing depends on a branch but for the windows with more than a few.

    Parameters
    ----------
    stream : uint64 array, shape (4, lanes)
        The generator's states.
    lane : int
        Which of them.
    window, windows : int
        The first window, and how many there are: the 2^halvings of one circle, those of the next, and so on; at most
        `TOGETHER` are drawn.
    halvings : int
        See `Arrivals`.
    thresholds : uint64 array, shape (R, MOST)
        See `Arrivals`.
    process : int
        Which of them.
    found : uint64 array
        Which circle, times 2^BITS, and the tick; with room for `SPARE` behind those that it has.
    n : int
        How many it has.
    """
    x0, x1, x2, x3 = stream[0, lane], stream[1, lane], stream[2, lane], stream[3, lane]
    one, two, three = thresholds[process, 0], thresholds[process, 1], thresholds[process, 2]
    many = thresholds[process, _FEW]
    width, shift = _ONE << _U(BITS - halvings), _U(BITS + halvings)
    more = _U(min(TOGETHER, windows - window))
    end, begin, left = _U(n), (_U(window) - _ONE) * width, _U(0)
    while (more | left) != _U(0):
        word, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
        found[end] = begin + (word >> shift)
        number = _U(word >= one) + _U(word >= two) + _U(word >= three)
        if word >= many:
            number = _U(_FEW + 1)
            while number < _U(MOST - 1) and word >= thresholds[process, number]:
                number += _ONE
        opens = _U(left == _U(0))
        end += _ONE - opens
        begin += width * opens
        more -= opens
        left = number if opens else left - _ONE
    stream[0, lane], stream[1, lane], stream[2, lane], stream[3, lane] = x0, x1, x2, x3
    return np.int64(end)
