"""Single words as rows of bits: first bits of stretches, sums along the row, and 64 words turned on their side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

NONE = np.uint64(0)
ONE = np.uint64(1)
ONES = ~NONE
TOP = np.uint64(1 << 63)
WORD = 64
"""Bits in a word, and chains that share one."""

_LOW_HALF = np.uint64(0x0000_0000_FFFF_FFFF)


@njit(inline="always")
def lowest(word: Any) -> Any:
    """Return the lowest set bit alone."""
    return word & (~word + ONE)


@njit(inline="always")
def up_to(bit: Any) -> Any:
    """Return a single bit and all below it."""
    return bit | (bit - ONE)


@njit(inline="always")
def first_in_stretch(word: Any, begins: Any) -> Any:
    """Return the lowest set bit of ``word`` in each stretch of bits; stretches begin where ``begins`` is set.

    Adding a one at the beginning of a stretch to the complement carries it to the first bit that is set, or to the
    end of the stretch, where it is held up.
    """
    begins |= ONE
    holds = word | (begins >> ONE) | TOP
    return (~holds + begins) & word


@njit(inline="always")
def parity_up_to(word: Any) -> Any:
    """Return for each bit whether the number of set bits up to it is odd."""
    for shift in (1, 2, 4, 8, 16, 32):
        word ^= word << np.uint64(shift)
    return word


@njit(inline="always")
def transpose(block: Any) -> None:
    """Swap bit j of word i with bit i of word j, for all 64 words of ``block``, in place (Hacker's Delight, 7-3)."""
    width, mask = 32, _LOW_HALF
    while width:
        shift = np.uint64(width)
        for first in range(0, WORD, 2 * width):
            for k in range(first, first + width):
                swapped = ((block[k] >> shift) ^ block[k + width]) & mask
                block[k] ^= swapped << shift
                block[k + width] ^= swapped
        width >>= 1
        mask ^= mask << np.uint64(width)
