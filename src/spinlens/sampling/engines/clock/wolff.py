"""Single embedded clusters, grown from a random site, chain after chain; see `clusters` for what they are.

What a bond does is hard to predict and every step waits for the one before, so there are no branches on it: a site is
put on the stack in any case, and counts or does not; random words are drawn some time before they are needed, and the
next one is taken or is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import next_random
from spinlens.sampling.engines.clock.activation import active, bond_active, site_gain
from spinlens.sampling.engines.clock.clusters import axis
from spinlens.sampling.engines.table.lanes import below

AHEAD = 128
"""Random words that are drawn before they are needed."""

_WORD = 4
"""Row of the words; the others hold the generator's state before each of them."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@njit(**_OPTIONS)
def _draw_ahead(ahead: Any, at: int) -> None:
    """Draw words from the state at a place on."""
    x0, x1, x2, x3 = ahead[0, at], ahead[1, at], ahead[2, at], ahead[3, at]
    for k in range(ahead.shape[1]):
        ahead[0, k], ahead[1, k], ahead[2, k], ahead[3, k] = x0, x1, x2, x3
        ahead[_WORD, k], x0, x1, x2, x3 = next_random(x0, x1, x2, x3)


@njit(inline="always")
def _half_sine(code: int, m: int, place: Any) -> Any:
    twice = code + code - m
    return np.float64(place.half_sines[_U(twice + 2 * place.states if twice < 0 else twice)])


@njit(cache=True, nogil=True, **_OPTIONS)
def wolff(chains: Any, stream: Any, place: Any, heat: Any, count: int) -> Any:
    """Grow ``count`` single clusters of each chain at one temperature, one more by a fair coin; return sites reached.

    Growing ends where a site is tied, since nothing changes then.

    Parameters
    ----------
    chains : uint16 array, shape (64, N)
        The codes, chain after chain.
    stream : uint64 array, shape (4, 64)
        The generators' states, one a lane.
    place : Place
        The arrays.
    heat : Heat
        The temperature.
    count : int
        Clusters.
    """
    sites, reached, q = chains.shape[1], np.int64(0), place.states
    seen, stack = np.zeros(sites, np.int32), np.empty(sites + 1, np.int32)
    coupling, sign = 2.0 * np.float64(heat.coupling), 1.0 if heat.bond > 0.0 else -1.0
    most = 3 + int(np.max(np.diff(place.begins)))
    ahead = np.empty((_WORD + 1, AHEAD + most), np.uint64)
    words, mark, steps = ahead[_WORD], np.int32(0), abs(coupling) * heat.steps
    for lane in range(chains.shape[0]):
        codes, at = chains[lane], _U(1)
        ahead[:_WORD, 0] = stream[:, lane]
        _draw_ahead(ahead, 0)
        for _ in range(count + np.int64(words[0] >> _U(63))):
            if at >= _U(AHEAD):
                _draw_ahead(ahead, at)
                at = _U(0)
            mark += np.int32(1)
            m = axis(words[at], place.axes)
            stack[0] = below(words[at + _U(1)], _U(sites))
            at += _U(2)
            seen[stack[0]] = mark
            done, size, free = _U(0), _U(1), True
            while done < size:
                if at >= _U(AHEAD):
                    _draw_ahead(ahead, at)
                    at = _U(0)
                i = _U(stack[done])
                done += _U(1)
                own = np.int64(codes[i])
                if place.held:
                    gain = site_gain(place, heat, place.kind[i], own, m)
                    if gain > 0.0:
                        at += _U(1)
                        if active(gain, words[at - _U(1)]):
                            free = False
                            break
                here = sign * _half_sine(own, m, place)
                for slot in range(_U(place.begins[i]), _U(place.begins[i + _U(1)])):
                    j = _U(place.neighbour[slot])
                    beside = np.int64(codes[j]) + place.shift[slot]
                    beside = beside - q if beside >= q else beside
                    gain, word = here * _half_sine(beside, m, place), words[at]
                    takes = _U((gain > 0.0) & (seen[j] != mark))
                    at += takes
                    step = _U(np.int64(abs(gain) * steps))
                    joins = _U(word < heat.limits[step])
                    if joins != _U(word < heat.limits[step + _U(3)]):
                        joins = _U(bond_active(place, heat, own, beside, m, word))
                    joins &= takes
                    stack[size] = j
                    size += joins
                    seen[j] = mark if joins else seen[j]
            if free:
                for k in range(size):
                    code = m - np.int64(codes[_U(stack[k])])
                    codes[_U(stack[k])] = code + q if code < 0 else code
            reached += np.int64(size)
        stream[:, lane] = ahead[:_WORD, np.int64(at)]
    return reached
