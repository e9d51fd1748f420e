"""Two chains that use the same random numbers, from ever earlier times, until they meet.

Heat bath with one uniform number r for each time and site, the spin being up where r is below the probability of up,
keeps the order of two configurations of a ferromagnet: where no spin of the one is above the other's, so it stays. All
chains are thus caught between the one that begins all up and the one that begins all down. Where these two have met at
time 0, a chain that has run for ever is there as well, which is a draw from the stationary distribution. When they have
not, the beginning is moved to twice as long ago, and later times keep the random numbers that they had.

References
----------
J. G. Propp and D. B. Wilson, Random Struct. Algorithms 9, 223 (1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_U = np.uint64
_GOLDEN = _U(0x9E3779B97F4A7C15)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def number_at(key: Any, place: Any) -> Any:
    """Return the random word of a chain at a place of space and time: that output of SplitMix64 with the key as seed.

    G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014, doi:10.1145/2714064.2660195.
    """
    z = key + (place + _U(1)) * _GOLDEN
    z = (z ^ (z >> _U(30))) * _U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> _U(27))) * _U(0x94D049BB133111EB)
    return z ^ (z >> _U(31))


@njit(cache=True, nogil=True, **_OPTIONS)
def draw_chains(neighbour: Any, thresholds: Any, keys: Any, first: int, most: int, codes: Any) -> Any:
    """Draw one configuration a chain.

    Parameters
    ----------
    neighbour : int32 array, shape (N, z)
        The sites around each.
    thresholds : uint64 array, shape (N, 2^z)
        2^64 times the probability of up, by which neighbours are up: slot k as bit k. Grows with each bit.
    keys : uint64 array, shape (chains,)
        A chain's random numbers follow from its key alone.
    first, most : int
        How many sweeps ago the chains begin at first, and at the earliest. The former changes no draw.
    codes : uint8 array, shape (chains, N)
        Filled.

    Returns
    -------
    (int, int)
        The chain whose two bounds have not met from the earliest beginning, and how many sites differ; -1 and 0 where
        all have.
    """
    sites, slots = neighbour.shape
    # Bit 0 is the upper chain, bit 1 the lower one.
    both = np.empty(sites, dtype=np.int64)
    for chain in range(keys.size):
        span = min(first, most)
        while True:
            both[:] = 1
            for time in range(span, 0, -1):
                for i in range(sites):
                    upper, lower = 0, 0
                    for k in range(slots):
                        there = both[neighbour[i, k]]
                        upper |= (there & 1) << k
                        lower |= (there >> 1) << k
                    r = number_at(keys[chain], _U(time) * _U(sites) + _U(i))
                    both[i] = np.int64(r < thresholds[i, upper]) | np.int64(r < thresholds[i, lower]) << 1
            differ = 0
            for i in range(sites):
                differ += (both[i] & 1) ^ (both[i] >> 1)
            if differ == 0:
                break
            if span >= most:
                return chain, differ
            span = min(2 * span, most)
        for i in range(sites):
            codes[chain, i] = both[i] & 1
    return -1, 0
