"""Clusters of segments of worldlines: one chain after the other.

The worldline of a site is its code at tick 0 and the ascending ticks of its kinks, an even number of them: the code
from one tick on differs from that before. In an update each worldline is cut at random ticks, segments of neighbours
are joined where an arrival finds them as their bond favours them, and joined with the field where it favours them; then
each cluster that is not joined with the field is turned over by a fair coin, and cuts between equal segments vanish.

A processor cannot guess what is random, and a wrong guess takes as long as twenty sums: so what is compared becomes a
number that is added, or a mask, and what may not be kept is written down all the same and overwritten by the next.

References
----------
H. Rieger and N. Kawashima, Eur. Phys. J. B 9, 233 (1999), doi:10.1007/s100510050761. H. W. J. Bloete and Y. Deng, Phys.
Rev. E 66, 066110 (2002), doi:10.1103/PhysRevE.66.066110. M. M. A. Patwary, J. Blair and F. Manne, Lect. Notes Comput.
Sci. 6049, 411 (2010), doi:10.1007/978-3-642-13193-6_35, on Rem's algorithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.worldlines.arrivals import MOST
from spinlens.sampling.engines.worldlines.drawing import BITS, TOGETHER, draw_arrivals

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_INLINED = {"forceinline": True, **_OPTIONS}
_U, _I = np.uint64, np.int64
_ONE = _U(1)
_BEYOND = 4
"""Points that are read, and not used, beyond the last."""


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
    sites, most, spare = start.shape[1], times.shape[1], MOST * TOGETHER + 1
    halvings, thresholds = heat.halvings, heat.thresholds
    ends, others, bond, opposite = place.first, place.second, place.bond, place.opposite
    site, favoured = place.site, place.favoured
    # The ghost of the field, as many cuts as kinks, a segment of each site that has neither.
    room = 1 + 2 * most + sites + _BEYOND
    points, code = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint8)
    parent, turned = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint8)
    offset, count = np.empty(sites + 1, dtype=np.int64), np.empty(sites, dtype=np.int64)
    cuts, ticks = np.empty(most + spare, dtype=np.uint32), np.empty(spare, dtype=np.uint32)
    pairs = np.empty((spare, 2), dtype=np.uint32)
    # At most about one point in each part of a worldline.
    halved = halvings[0] + 1
    index = np.empty(sites * ((1 << halved) + 1), dtype=np.uint32)
    for lane in range(slots.size):
        codes, begins, kinks = start[slots[lane]], first[slots[lane]], times[slots[lane]]
        for _ in range(sweeps):
            if not _cut(
                codes, begins, kinks, streams, lane, halvings[0], thresholds, cuts, points, code, offset, count, halved,
                index,
            ):  # fmt: skip
                return False
            segments = offset[sites]
            for a in range(segments):
                parent[a] = a
            for b in range(bond.size):
                if bond[b] > 0:
                    _bind(
                        ends[b], others[b], opposite[b], streams, lane, halvings[bond[b]], thresholds, bond[b], ticks,
                        pairs, points, code, offset, halved, index, parent,
                    )  # fmt: skip
            for i in range(sites):
                if site[i] > 0:
                    _hold(
                        i, favoured[i], streams, lane, halvings[site[i]], thresholds, site[i], ticks, points, code,
                        offset, halved, index, parent,
                    )  # fmt: skip
            _turn(streams, lane, parent, turned, code, segments)
            if not _keep(codes, begins, kinks, points, code, offset, count):
                return False
    return True


@njit(**_INLINED)
def _cut(
    start: Any, first: Any, times: Any, stream: Any, lane: int, halvings: int, thresholds: Any, cuts: Any, points: Any,
    code: Any, offset: Any, count: Any, halved: int, index: Any,
) -> bool:  # fmt: skip
    """List the points at which worldlines are cut, kinks among them, and the code of the segment behind each.

    Site i has the points points[offset[i] : offset[i] + count[i]] and segments of the same numbers, one without a
    point where there are none; the last one reaches beyond tick 0 to the first. Number 0 is the ghost of the field.
    """
    total = _ONE
    for i in range(start.size):
        n = _I(0)
        for window in range(0, 1 << halvings, TOGETHER):
            n = draw_arrivals(stream, lane, window, halvings, thresholds, 0, cuts, n)
            if n > times.size:
                return False
        _sort(cuts, n)
        kink, end, k, stop, last = _U(first[i]), _U(first[i + 1]), _U(0), _U(n), _I(-1)
        if total + stop + (end - kink) + _U(start.size - i + _BEYOND) > _U(points.size):
            return False
        now = start[i]
        # The code at tick 0 is the one behind a kink there.
        if kink < end and times[kink] == 0:
            now ^= 1
        # Equal ticks are one point.
        at = total - _ONE
        while kink < end and k < stop:
            old, new = _I(times[kink]), _I(cuts[k])
            is_old = (old - new - 1) >> 63
            here = new + ((old - new) & is_old)
            kink += _U(is_old & 1)
            k += _U(new <= old)
            now ^= np.uint8(is_old & 1)
            at += _U(here != last)
            points[at], code[at], last = here, now, here
        while k < stop:
            here = _I(cuts[k])
            k += _ONE
            at += _U(here != last)
            points[at], code[at], last = here, now, here
        while kink < end:
            here = _I(times[kink])
            kink += _ONE
            now ^= 1
            at += _U(here != last)
            points[at], code[at], last = here, now, here
        offset[i], count[i] = total, at + _ONE - total
        _list(points, total, at + _ONE, halved, index, _U(i * ((1 << halved) + 1)))
        if at < total:
            code[total] = now
            at = total
        total = at + _ONE
    offset[start.size] = total
    return True


@njit(**_INLINED)
def _sort(ticks: Any, n: int) -> None:
    """Sort what is hardly out of order: neighbours first, without a branch, then the few that have further to go."""
    last = _I(ticks[0])
    for k in range(_ONE, _U(n)):
        tick = _I(ticks[k])
        less = (tick - last) & ((tick - last) >> 63)
        ticks[k - _ONE] = last + less
        last = tick - less
    if n > 0:
        ticks[n - 1] = last
    for k in range(_ONE, _U(n)):
        tick, at = ticks[k], k
        while at > _U(0) and ticks[at - _ONE] > tick:
            ticks[at] = ticks[at - _ONE]
            at -= _ONE
        ticks[at] = tick


@njit(**_INLINED)
def _list(points: Any, begin: int, end: int, halved: int, index: Any, row: int) -> None:
    """List where the points of each of 2^halved parts of the circle begin, and where the last ones end."""
    parts, shift, last = _ONE << _U(halved), _U(BITS - halved), begin
    for part in range(row, row + parts + _ONE):
        index[part] = 0
    for k in range(begin, end):
        index[row + (_U(points[k]) >> shift) + _ONE] += _ONE
    for part in range(row, row + parts + _ONE):
        last += _U(index[part])
        index[part] = last


@njit(**_INLINED)
def _segment(points: Any, base: int, last: int, shift: int, index: Any, row: int, tick: int) -> int:
    """Return the segment at a tick: two points are looked at in any case, and more where a part has more."""
    part = row + (tick >> shift)
    at, end = _U(index[part]), _U(index[part + _ONE])
    after = at + _ONE
    found = at + (_U(at < end) & _U(points[at] <= tick)) + (_U(after < end) & _U(points[after] <= tick)) - _ONE
    if after + _ONE < end:
        while found + _ONE < end and points[found + _ONE] <= tick:
            found += _ONE
    # Before the first point the last segment goes on.
    return found if found >= base else last


@njit(**_INLINED)
def _join(parent: Any, a: int, b: int) -> None:
    """Join two clusters by Rem's algorithm; no parent has a larger number than its child."""
    while True:
        one, other = _I(parent[a]), _I(parent[b])
        if one == other:
            return
        swap = (one - other) >> 63
        apart, between = (one ^ other) & swap, (a ^ b) & _U(swap)
        one, other, a, b = one ^ apart, other ^ apart, a ^ between, b ^ between
        parent[a] = other
        if _U(one) == a:
            return
        a = _U(one)


@njit(**_INLINED)
def _bind(
    i: int, j: int, opposite: int, stream: Any, lane: int, halvings: int, thresholds: Any, process: int, ticks: Any,
    pairs: Any, points: Any, code: Any, offset: Any, halved: int, index: Any, parent: Any,
) -> None:  # fmt: skip
    """Join segments of two sites that an arrival finds as their bond favours them."""
    base_i, base_j, last_i, last_j = _U(offset[i]), _U(offset[j]), _U(offset[i + 1] - 1), _U(offset[j + 1] - 1)
    row_i, row_j, shift = _U(i * ((1 << halved) + 1)), _U(j * ((1 << halved) + 1)), _U(BITS - halved)
    for window in range(0, 1 << halvings, TOGETHER):
        n, found = draw_arrivals(stream, lane, window, halvings, thresholds, process, ticks, 0), _U(0)
        for k in range(_U(n)):
            a = _segment(points, base_i, last_i, shift, index, row_i, _U(ticks[k]))
            b = _segment(points, base_j, last_j, shift, index, row_j, _U(ticks[k]))
            pairs[found, _U(0)], pairs[found, _ONE] = a, b
            found += _U((code[a] ^ code[b]) == opposite)
        for k in range(found):
            _join(parent, _U(pairs[k, _U(0)]), _U(pairs[k, _ONE]))


@njit(**_INLINED)
def _hold(
    i: int, favoured: int, stream: Any, lane: int, halvings: int, thresholds: Any, process: int, ticks: Any,
    points: Any, code: Any, offset: Any, halved: int, index: Any, parent: Any,
) -> None:  # fmt: skip
    """Join segments of a site with its field that an arrival finds as it favours them."""
    base, last, row = _U(offset[i]), _U(offset[i + 1] - 1), _U(i * ((1 << halved) + 1))
    for window in range(0, 1 << halvings, TOGETHER):
        n = draw_arrivals(stream, lane, window, halvings, thresholds, process, ticks, 0)
        for k in range(_U(n)):
            a = _segment(points, base, last, _U(BITS - halved), index, row, _U(ticks[k]))
            if code[a] == favoured:
                _join(parent, a, _U(0))


@njit(**_INLINED)
def _turn(stream: Any, lane: int, parent: Any, turned: Any, code: Any, segments: int) -> None:
    """Turn each cluster over by a fair coin, in the order of their first segments; never that of the field."""
    turned[0] = 0
    word, left = _U(0), _U(0)
    for a in range(_ONE, _U(segments)):
        above = _U(parent[a])
        root = _U(above == a)
        # Hardly ever are no coins left, but who is a root is anybody's guess: so this is asked first.
        if left == _U(0) and root:
            word, left = draw(stream, lane), _U(64)
        turned[a] = word & _ONE
        turn = turned[above]
        turned[a] = turn
        code[a] ^= turn
        word >>= root
        left -= root


@njit(**_INLINED)
def _keep(start: Any, first: Any, times: Any, points: Any, code: Any, offset: Any, count: Any) -> bool:
    """Write the worldlines down: a point is a kink where the segments before and behind it differ."""
    kinks = _U(0)
    for i in range(start.size):
        begin, end = _U(offset[i]), _U(offset[i] + count[i])
        before = code[offset[i + 1] - 1]
        first[i] = kinks
        start[i] = code[begin] if begin == end or points[begin] == 0 else before
        for k in range(begin, end):
            # Kinks are fewer than the points that have been looked at.
            points[kinks] = points[k]
            kinks += _U(code[k] != before)
            before = code[k]
    first[start.size] = kinks
    if kinks > _U(times.size):
        return False
    for k in range(kinks):
        times[k] = points[k]
    return True
