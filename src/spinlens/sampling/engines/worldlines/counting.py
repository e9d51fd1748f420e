"""Sums along worldlines: for how long sites are up, and neighbours equal.

Each is an alternating sum of the ticks at which it changes, which needs no branch on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.models import TICKS

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_INLINED = {"forceinline": True, **_OPTIONS}
_U, _I = np.uint64, np.int64


@njit(cache=True, nogil=True, **_OPTIONS)
def measure(start: Any, first: Any, times: Any, slots: Any, place: Any, tally: Any, sums: Any) -> None:
    """Sum along worldlines.

    Parameters
    ----------
    start, first, times : arrays
        The chains, see `spinlens.sampling.engines.worldlines.kernel.swendsen_wang`.
    slots : int64 array, shape (T, 64)
        Which of them.
    place : Place
        Sites and bonds.
    tally : tuple of int64 arrays
        What counts, see `spinlens.sampling.engines.worldlines.form.Tally`.
    sums : int64 array, shape (terms, T, 64)
        Filled.
    """
    bonds, sites, events = tally
    ends, others = place.first, place.second
    behind = np.empty(sites.shape[1], dtype=np.int64)
    for t in range(slots.shape[0]):
        for lane in range(slots.shape[1]):
            codes, begins, kinks = start[slots[t, lane]], first[slots[t, lane]], times[slots[t, lane]]
            for term in range(events.size):
                sums[term, t, lane] = events[term] * begins[behind.size]
            for i in range(behind.size):
                # The code at tick 0 is the one behind a kink there.
                behind[i] = begins[i] + (begins[i] < begins[i + 1] and kinks[begins[i]] == 0)
                up = _up(kinks, behind[i], begins[i + 1], codes[i])
                for term in range(events.size):
                    sums[term, t, lane] += sites[term, i, 1] * up + sites[term, i, 0] * (TICKS - up)
            for b in range(ends.size):
                i, j = ends[b], others[b]
                equal = _equal(kinks, behind[i], begins[i + 1], behind[j], begins[j + 1], codes[i] == codes[j])
                for term in range(events.size):
                    sums[term, t, lane] += bonds[term, b, 1] * equal + bonds[term, b, 0] * (TICKS - equal)


@njit(**_INLINED)
def _up(kinks: Any, begin: int, end: int, now: int) -> Any:
    """Return for how many ticks a site is up."""
    found: Any = _I(0)
    sign: Any = _I(1) if now else _I(-1)
    for k in range(_U(begin), _U(end)):
        found += sign * _I(kinks[k])
        sign = -sign
    return found + (TICKS if sign > 0 else 0)


@njit(**_INLINED)
def _equal(kinks: Any, begin_a: int, end_a: int, begin_b: int, end_b: int, same: bool) -> Any:
    """Return for how many ticks two sites are equal; where both have a kink, what is added is taken away again."""
    a, stop_a, b, stop_b = _U(begin_a), _U(end_a), _U(begin_b), _U(end_b)
    found: Any = _I(0)
    sign: Any = _I(1) if same else _I(-1)
    while a < stop_a and b < stop_b:
        one, other = _I(kinks[a]), _I(kinks[b])
        # A mask, where a processor could not guess a branch.
        earlier = (one - other) >> 63
        found += sign * (other + ((one - other) & earlier))
        sign = -sign
        a += _U(earlier & 1)
        b += _U(1 + earlier)
    while a < stop_a:
        found += sign * _I(kinks[a])
        sign = -sign
        a += _U(1)
    while b < stop_b:
        found += sign * _I(kinks[b])
        sign = -sign
        b += _U(1)
    return found + (TICKS if sign > 0 else 0)
