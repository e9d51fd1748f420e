"""Clusters of segments of worldlines: one chain after the other.

The worldline of a site is its code at tick 0 and the ascending ticks of its kinks, an even number of them: the code
from one tick on differs from that before. In an update each worldline is cut at random ticks, segments of neighbours
are joined where an arrival finds them as their bond favours them, and joined with the field where it favours them; then
each cluster that is not joined with the field is turned over by a fair coin, and cuts between equal segments vanish.

References
----------
H. Rieger and N. Kawashima, Eur. Phys. J. B 9, 233 (1999), doi:10.1007/s100510050761. H. W. J. Bloete and Y. Deng, Phys.
Rev. E 66, 066110 (2002), doi:10.1103/PhysRevE.66.066110.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.worldlines.arrivals import MOST

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64
BITS = 32
_WHOLE = 1 << BITS
_UNKNOWN, _STAY, _TURN = 0, 1, 2


@njit(inline="always")
def _number(stream: Any, lane: int, thresholds: Any) -> int:
    """Return how many arrive in a window."""
    word, found = draw(stream, lane), 0
    while found < MOST - 1 and word >= thresholds[found]:
        found += 1
    return found


@njit(inline="always")
def _tick(stream: Any, lane: int, window: int, halvings: int) -> Any:
    """Return a tick within a window."""
    word = np.int64(draw(stream, lane) >> _U(32))
    return (np.int64(window) << (BITS - halvings)) + (word >> halvings)


@njit(inline="always")
def _root(parent: Any, a: int) -> int:
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@njit(inline="always")
def _join(parent: Any, a: int, b: int) -> None:
    a, b = _root(parent, a), _root(parent, b)
    # The ghost of the field has the largest number of all.
    if a < b:
        parent[a] = b
    else:
        parent[b] = a


@njit(inline="always")
def _segment(points: Any, offset: int, count: int, last: int, tick: int) -> int:
    """Return the segment at a tick, given the last point at or before an earlier one, -1 where there is none."""
    while last + 1 < count and points[offset + last + 1] <= tick:
        last += 1
    if last < 0:
        return offset + max(count - 1, 0)
    return offset + last


@njit(cache=True, nogil=True, **_OPTIONS)
def swendsen_wang(
    start: Any, first: Any, times: Any, slots: Any, streams: Any, place: Any, heat: Any, sweeps: int
) -> bool:
    """Update all clusters of 64 chains so often, in place.

    Parameters
    ----------
    start : uint8 array, shape (chains, N)
        The code of each site at tick 0.
    first : int64 array, shape (chains, N + 1)
        Where the kinks of each site begin among those of the chain.
    times : uint32 array, shape (chains, room)
        Their ticks.
    slots : int64 array, shape (64,)
        Which chains.
    streams : uint64 array, shape (4, 64)
        Of each of them the generator's state.
    place : Place
        Sites and bonds.
    heat : Arrivals
        Processes.
    sweeps : int
        How often.

    Returns
    -------
    bool
        Whether all kinks and cuts found room; if not, nothing is as it should be.
    """
    sites = start.shape[1]
    # As many cuts as kinks, and a segment of each site that has neither.
    room = 2 * times.shape[1] + sites
    points, code = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.uint8)
    parent, fate = np.empty(room + 1, dtype=np.int64), np.empty(room + 1, dtype=np.uint8)
    offset, count = np.empty(sites + 1, dtype=np.int64), np.empty(sites, dtype=np.int64)
    for lane in range(slots.size):
        chain = slots[lane]
        for _ in range(sweeps):
            if not _cut(start[chain], first[chain], times[chain], streams, lane, heat, points, code, offset, count):
                return False
            segments = offset[sites]
            for a in range(segments + 1):
                parent[a] = a
            for b in range(place.first.size):
                process = place.bond[b]
                if process > 0:
                    _bind(
                        place.first[b], place.second[b], place.opposite[b], streams, lane, heat.halvings[process],
                        heat.thresholds[process], points, code, offset, count, parent,
                    )  # fmt: skip
            for i in range(sites):
                process = place.site[i]
                if process > 0:
                    _hold(
                        i, place.favoured[i], streams, lane, heat.halvings[process], heat.thresholds[process], points,
                        code, offset, count, parent, segments,
                    )  # fmt: skip
            _turn(streams, lane, parent, fate, code, segments)
            if not _keep(start[chain], first[chain], times[chain], points, code, offset, count):
                return False
    return True


@njit(**_OPTIONS)
def _cut(
    start: Any, first: Any, times: Any, stream: Any, lane: int, heat: Any, points: Any, code: Any, offset: Any,
    count: Any,
) -> bool:  # fmt: skip
    """List the points at which worldlines are cut, kinks among them, and the code of the segment behind each.

    Site i has the points points[offset[i] : offset[i] + count[i]] and segments of the same numbers, one without a
    point where there are none; the last one reaches beyond tick 0 to the first.
    """
    sites, halvings, thresholds = start.size, heat.halvings[0], heat.thresholds[0]
    new = np.empty(MOST, dtype=np.int64)
    total = 0
    for i in range(sites):
        offset[i] = total
        now, kink, end, n = start[i], first[i], first[i + 1], 0
        for window in range(1 << halvings):
            number = _number(stream, lane, thresholds)
            for k in range(number):
                tick, at = _tick(stream, lane, window, halvings), k
                while at > 0 and new[at - 1] > tick:
                    new[at] = new[at - 1]
                    at -= 1
                new[at] = tick
            stop, k = np.int64(window + 1) << (BITS - halvings), 0
            while True:
                old = np.int64(times[kink]) if kink < end else _WHOLE
                tick = new[k] if k < number else _WHOLE
                here = min(old, tick)
                if here >= stop:
                    break
                if total + n + sites - i >= points.size:
                    return False
                if tick == here:
                    k += 1
                if old == here:
                    kink += 1
                    # The code at tick 0 is the one behind a kink there.
                    if here > 0:
                        now ^= 1
                elif n > 0 and points[total + n - 1] == here:
                    continue
                points[total + n] = here
                code[total + n] = now
                n += 1
        count[i] = n
        if n == 0:
            code[total] = now
        total += max(n, 1)
    offset[sites] = total
    return True


@njit(**_OPTIONS)
def _bind(
    i: int, j: int, opposite: int, stream: Any, lane: int, halvings: int, thresholds: Any, points: Any, code: Any,
    offset: Any, count: Any, parent: Any,
) -> None:  # fmt: skip
    """Join segments of two sites that an arrival finds as their bond favours them."""
    a, b = -1, -1
    for window in range(1 << halvings):
        low = np.int64(window) << (BITS - halvings)
        while a + 1 < count[i] and points[offset[i] + a + 1] <= low:
            a += 1
        while b + 1 < count[j] and points[offset[j] + b + 1] <= low:
            b += 1
        for _ in range(_number(stream, lane, thresholds)):
            tick = _tick(stream, lane, window, halvings)
            one = _segment(points, offset[i], count[i], a, tick)
            other = _segment(points, offset[j], count[j], b, tick)
            if code[one] ^ code[other] == opposite:
                _join(parent, one, other)


@njit(**_OPTIONS)
def _hold(
    i: int, favoured: int, stream: Any, lane: int, halvings: int, thresholds: Any, points: Any, code: Any, offset: Any,
    count: Any, parent: Any, ghost: int,
) -> None:  # fmt: skip
    """Join segments of a site with its field that an arrival finds as it favours them."""
    a = -1
    for window in range(1 << halvings):
        low = np.int64(window) << (BITS - halvings)
        while a + 1 < count[i] and points[offset[i] + a + 1] <= low:
            a += 1
        for _ in range(_number(stream, lane, thresholds)):
            one = _segment(points, offset[i], count[i], a, _tick(stream, lane, window, halvings))
            if code[one] == favoured:
                _join(parent, one, ghost)


@njit(**_OPTIONS)
def _turn(stream: Any, lane: int, parent: Any, fate: Any, code: Any, segments: int) -> None:
    """Turn each cluster over by a fair coin, in the order of their first segments; never that of the field."""
    for a in range(segments):
        fate[a] = _UNKNOWN
    fate[segments] = _STAY
    word, left = _U(0), 0
    for a in range(segments):
        root = _root(parent, a)
        if fate[root] == _UNKNOWN:
            if left == 0:
                word, left = draw(stream, lane), 64
            fate[root] = _TURN if word & _U(1) else _STAY
            word >>= _U(1)
            left -= 1
        if fate[root] == _TURN:
            code[a] ^= 1


@njit(**_OPTIONS)
def _keep(start: Any, first: Any, times: Any, points: Any, code: Any, offset: Any, count: Any) -> bool:
    """Write the worldlines down: a point is a kink where the segments before and behind it differ."""
    kinks = 0
    for i in range(start.size):
        first[i] = kinks
        base, n = offset[i], count[i]
        start[i] = code[base] if n == 0 or points[base] == 0 else code[base + n - 1]
        before = code[base + max(n - 1, 0)]
        for k in range(n):
            if code[base + k] != before:
                if kinks >= times.size:
                    return False
                times[kinks] = points[base + k]
                kinks += 1
            before = code[base + k]
    first[start.size] = kinks
    return True


@njit(cache=True, nogil=True, **_OPTIONS)
def measure(start: Any, first: Any, times: Any, slots: Any, place: Any, tally: Any, sums: Any) -> None:
    """Sum along worldlines.

    Parameters
    ----------
    start, first, times : arrays
        The chains, see `swendsen_wang`.
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
    terms = events.size
    for t in range(slots.shape[0]):
        for lane in range(slots.shape[1]):
            chain = slots[t, lane]
            for term in range(terms):
                sums[term, t, lane] = events[term] * first[chain, sites.shape[1]]
            for i in range(sites.shape[1]):
                up = _ticks(times[chain], first[chain, i], first[chain, i + 1], start[chain, i])
                for term in range(terms):
                    sums[term, t, lane] += sites[term, i, 1] * up + sites[term, i, 0] * (_WHOLE - up)
            for b in range(bonds.shape[1]):
                i, j = place.first[b], place.second[b]
                equal = _equal(
                    times[chain], first[chain, i], first[chain, i + 1], first[chain, j], first[chain, j + 1],
                    start[chain, i] == start[chain, j],
                )  # fmt: skip
                for term in range(terms):
                    sums[term, t, lane] += bonds[term, b, 1] * equal + bonds[term, b, 0] * (_WHOLE - equal)


@njit(**_OPTIONS)
def _ticks(times: Any, kink: int, end: int, now: int) -> Any:
    """Return for how many ticks a site is up."""
    found: Any = np.int64(0)
    last: Any = np.int64(0)
    for k in range(kink, end):
        tick = np.int64(times[k])
        if tick > 0:
            if now:
                found += tick - last
            last, now = tick, 1 - now
    return found + (_WHOLE - last if now else 0)


@njit(**_OPTIONS)
def _equal(times: Any, a: int, end_a: int, b: int, end_b: int, same: bool) -> Any:
    """Return for how many ticks two sites are equal."""
    found: Any = np.int64(0)
    last: Any = np.int64(0)
    while a < end_a or b < end_b:
        one = np.int64(times[a]) if a < end_a else _WHOLE
        other = np.int64(times[b]) if b < end_b else _WHOLE
        tick = min(one, other)
        if one == tick:
            a += 1
        if other == tick:
            b += 1
        if tick > 0 and one != other:
            if same:
                found += tick - last
            last, same = tick, not same
    return found + (_WHOLE - last if same else 0)
