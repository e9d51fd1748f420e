"""Replica exchange between neighbouring temperatures, lane by lane, and the global flip at zero field.

References
----------
K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.kernels.counters import SPIN, STAGGERED
from spinlens.sampling.kernels.generator import draw

_NONE = np.uint64(0)
_ONE = np.uint64(1)
_UNSEEN, _BOTTOM, _TOP = 0, 1, 2
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _uniform(stream: Any) -> float:
    """Return a number in [0, 1) with 53 random bits."""
    return np.float64(draw(stream, 0) >> np.uint64(11)) * 2.0**-53


@njit(inline="always")
def _swap(array: Any, t: int, lane: int) -> None:
    array[t, lane], array[t + 1, lane] = array[t + 1, lane], array[t, lane]


@njit(cache=True, nogil=True, **_OPTIONS)
def exchange(
    spins: Any, sums: Any, weights: Any, replica: Any, visited: Any, inverse_temperature: Any, chains: int, stream: Any,
    accepted: Any, round_trips: Any,
) -> None:  # fmt: skip
    """Offer a swap to every pair of neighbouring temperatures once, for each chain on its own, in place.

    A swap of configurations with energies E, E' at inverse temperatures b, b' is accepted with probability
    min(1, exp((b - b') (E - E'))). Even pairs come first, then odd pairs.

    Parameters
    ----------
    spins : uint64 array, shape (T, 2, Lx, columns)
        Words of 64 chains at each temperature.
    sums : int64 array, shape (4, T, 64)
        The sums of these configurations (`spinlens.sampling.kernels.counters.measure`); swapped with them.
    weights : float64 array, shape (4,)
        The energy is minus the weighted sum of the sums.
    replica : int32 array, shape (T, 64)
        Which replica stands at each temperature; swapped with the configurations.
    visited : int8 array, shape (T, 64)
        For each replica the end of the temperature range that it visited last.
    inverse_temperature : float64 array, shape (T,)
        1 / T.
    chains : int
        Lanes in use.
    stream : uint64 array, shape (4, 1)
        The generator's state.
    accepted : int64 array, shape (T - 1,)
        Accepted swaps of each pair, counted up.
    round_trips : int64 array, shape (64,)
        Returns to the coldest temperature from the hottest, counted up.
    """
    temperatures = inverse_temperature.size
    for parity in range(2):
        for t in range(parity, temperatures - 1, 2):
            swapped = _NONE
            difference = inverse_temperature[t] - inverse_temperature[t + 1]
            for lane in range(chains):
                energy = 0.0
                for which in range(4):
                    energy -= weights[which] * np.float64(sums[which, t, lane] - sums[which, t + 1, lane])
                exponent = difference * energy
                if exponent >= 0 or _uniform(stream) < math.exp(exponent):
                    swapped |= _ONE << np.uint64(lane)
                    accepted[t] += 1
                    for which in range(4):
                        sums[which, t, lane], sums[which, t + 1, lane] = sums[which, t + 1, lane], sums[which, t, lane]
                    _swap(replica, t, lane)
            if swapped != _NONE:
                _swap_words(spins[t].reshape(-1), spins[t + 1].reshape(-1), swapped)
    for lane in range(chains):
        cold, hot = replica[0, lane], replica[temperatures - 1, lane]
        if visited[cold, lane] == _TOP:
            round_trips[lane] += 1
        visited[cold, lane] = _BOTTOM
        if visited[hot, lane] == _BOTTOM:
            visited[hot, lane] = _TOP


@njit(**_OPTIONS)
def _swap_words(first: Any, second: Any, lanes: Any) -> None:
    for i in range(first.size):
        difference = (first[i] ^ second[i]) & lanes
        first[i] ^= difference
        second[i] ^= difference


@njit(cache=True, nogil=True, **_OPTIONS)
def flip_signs(spins: Any, sums: Any, stream: Any) -> None:
    """Reverse all spins of each chain with probability 1/2, in place: exact at zero field and without walls.

    Parameters
    ----------
    spins : uint64 array, shape (T, 2, Lx, columns)
        Words of 64 chains at each temperature.
    sums : int64 array, shape (4, T, 64)
        As `exchange`; those of single spins change their sign.
    stream : uint64 array, shape (4, 1)
        The generator's state.
    """
    for t in range(spins.shape[0]):
        lanes = draw(stream, 0)
        words = spins[t].reshape(-1)
        for i in range(words.size):
            words[i] ^= lanes
        for lane in range(64):
            if (lanes >> np.uint64(lane)) & _ONE:
                sums[SPIN, t, lane] = -sums[SPIN, t, lane]
                sums[STAGGERED, t, lane] = -sums[STAGGERED, t, lane]
