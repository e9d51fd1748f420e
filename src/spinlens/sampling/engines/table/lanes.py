"""Lanes: 64 chains side by side, exchanged between temperatures and relabelled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw, next_random
from spinlens.sampling.engines.bits.words import WIDTH, load, store

LANES = 64
"""Chains that move side by side."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@njit(inline="always")
def below(word: Any, number: Any) -> Any:
    """Return the whole part of word * number / 2^64, for a number below 2^32."""
    return ((word >> _U(32)) * number + ((word & _U(0xFFFFFFFF)) * number >> _U(32))) >> _U(32)


@njit(inline="always")
def draw_lanes(stream: Any, words_: Any) -> None:
    """Fill 64 random words, one from each column of a stream (4, 64), flat, and advance it."""
    for v in range(0, LANES, WIDTH):
        result, x0, x1, x2, x3 = next_random(
            load(stream, v), load(stream, v + LANES), load(stream, v + 2 * LANES), load(stream, v + 3 * LANES)
        )
        store(words_, v, result)
        store(stream, v, x0)
        store(stream, v + LANES, x1)
        store(stream, v + 2 * LANES, x2)
        store(stream, v + 3 * LANES, x3)


@njit(cache=True, nogil=True, **_OPTIONS)
def swap(codes: Any, parity: int, lanes: Any) -> None:
    """Swap the lanes whose bits are set in lanes[t] between temperatures t and t + 1, t = parity, parity + 2, ...

    Parameters
    ----------
    codes : uint8 or uint16 array, shape (T, N, 64)
        The chains, changed in place.
    parity : int
        The first t: 0 or 1.
    lanes : uint64 array, shape (T,)
        Which chains swap.
    """
    masks = np.empty(LANES, dtype=codes.dtype)
    for t in range(parity, codes.shape[0] - 1, 2):
        if lanes[t] == _U(0):
            continue
        for lane in range(LANES):
            masks[lane] = 0 - ((lanes[t] >> _U(lane)) & _U(1))
        for i in range(codes.shape[1]):
            for lane in range(LANES):
                difference = (codes[t, i, lane] ^ codes[t + 1, i, lane]) & masks[lane]
                codes[t, i, lane] ^= difference
                codes[t + 1, i, lane] ^= difference


@njit(cache=True, nogil=True, **_OPTIONS)
def relabel(codes: Any, group: Any, stream: Any, moved: Any) -> None:
    """Give each chain's codes the images under a random element of a group of permutations, in place.

    Parameters
    ----------
    codes : uint8 or uint16 array, shape (T, N, 64)
        The chains.
    group : int64 array, shape (G, q)
        Permutations of the codes.
    stream : uint64 array, shape (4, 1)
        The generator's state: one word a chain and temperature.
    moved : int64 array, shape (T, 64)
        Set to the element that each chain was given.
    """
    images = np.empty((LANES, group.shape[1]), dtype=codes.dtype)
    count = _U(group.shape[0])
    for t in range(codes.shape[0]):
        for lane in range(LANES):
            moved[t, lane] = below(draw(stream, 0), count)
            for c in range(group.shape[1]):
                images[lane, c] = group[moved[t, lane], c]
        for i in range(codes.shape[1]):
            for lane in range(LANES):
                codes[t, i, lane] = images[lane, codes[t, i, lane]]
