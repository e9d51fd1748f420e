"""Between words of planes, half-row by half-row, and codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.rows.layout import places_of_sites
from spinlens.sampling.engines.bits.rows.layout import to_words as words_of_bits
from spinlens.spaces import Space

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


def to_words(lattice: Lattice, codes: NDArray[Any], planes: int) -> NDArray[np.uint64]:
    """Return codes of up to 64 chains (chains, *shape) as words (planes, rows, 2, columns)."""
    return np.stack([words_of_bits(lattice, codes >> plane & 1) for plane in range(planes)])


def to_codes(lattice: Lattice, words: NDArray[np.uint64], chains: int = 64) -> NDArray[np.uint8]:
    """Return the codes of words (conditions, planes, rows, 2, columns), uint8 (conditions, chains, *shape)."""
    codes = np.empty((len(words), chains, lattice.sites), dtype=np.uint8)
    _spread_codes(words.reshape(*words.shape[:2], -1), places_of_sites(lattice), codes)
    return codes.reshape(len(words), chains, *lattice.shape)


def pack(lattice: Lattice, space: Space, words: NDArray[np.uint64], chains: int) -> NDArray[np.uint8]:
    """Return the configurations of some chains as the store keeps them, uint8 (conditions, chains, ..., bytes)."""
    return space.pack(to_codes(lattice, words, chains))


@njit(cache=True, nogil=True, **_OPTIONS)
def _spread_codes(words: Any, places: Any, codes: Any) -> None:
    for t in range(codes.shape[0]):
        for i in range(codes.shape[2]):
            for lane in range(codes.shape[1]):
                code = np.uint64(0)
                for plane in range(words.shape[1]):
                    code |= ((words[t, plane, places[i]] >> np.uint64(lane)) & np.uint64(1)) << np.uint64(plane)
                codes[t, lane, i] = code
