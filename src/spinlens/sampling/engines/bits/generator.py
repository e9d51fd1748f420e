"""The random numbers of the kernels: xoshiro256++, on a word or on eight words at a time.

References
----------
D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021), doi:10.1145/3460772. All 64 bits of the ``++``
output are sound, which a kernel that gives each bit to another chain relies on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.words import shift_left, shift_right

NAME = "xoshiro256++"
_U = np.uint64


@njit(inline="always")
def _rotate(word: Any, left: int, right: int) -> Any:
    return shift_left(word, _U(left)) | shift_right(word, _U(right))


@njit(inline="always")
def next_random(x0: Any, x1: Any, x2: Any, x3: Any) -> Any:
    """Return 64 random bits and the four words of the next state, for uint64 or for words."""
    result = _rotate(x0 + x3, 23, 41) + x0
    shifted = shift_left(x1, _U(17))
    x2 = x2 ^ x0
    x3 = x3 ^ x1
    x1 = x1 ^ x2
    x0 = x0 ^ x3
    x2 = x2 ^ shifted
    return result, x0, x1, x2, _rotate(x3, 45, 19)


@njit(inline="always")
def draw(stream: Any, column: int) -> Any:
    """Return 64 random bits from one column of a stream (4, columns) and advance it."""
    result, x0, x1, x2, x3 = next_random(stream[0, column], stream[1, column], stream[2, column], stream[3, column])
    stream[0, column], stream[1, column], stream[2, column], stream[3, column] = x0, x1, x2, x3
    return result
