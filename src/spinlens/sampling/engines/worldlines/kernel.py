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
from spinlens.sampling.engines.worldlines.drawing import BITS, SPARE, TOGETHER, draw_arrivals

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_INLINED = {"forceinline": True, **_OPTIONS}
_U, _I = np.uint64, np.int64
_ONE = _U(1)
_TICKS = _U((1 << BITS) - 1)
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
    sites, most = start.shape[1], times.shape[1]
    halvings, thresholds = heat.halvings, heat.thresholds
    ends, others, bond, opposite = place.first, place.second, place.bond, place.opposite
    site, favoured = place.site, place.favoured
    # The ghost of the field, as many cuts as kinks, a segment of each site that has neither.
    room = 1 + 2 * most + sites + _BEYOND
    points, code = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint8)
    parent, turned = np.empty(room, dtype=np.uint32), np.empty(room, dtype=np.uint8)
    offset, count = np.empty(sites + 1, dtype=np.int64), np.empty(sites, dtype=np.int64)
    cuts, found, pairs = np.empty(most + SPARE, _U), np.empty(SPARE, _U), np.empty((SPARE, 2), np.uint32)
    # At most about one point in each part of a worldline.
    halved = halvings[0] + 1
    index = np.empty(sites * ((1 << halved) + 1), dtype=np.uint32)
    for lane in range(slots.size):
        codes, begins, kinks = start[slots[lane]], first[slots[lane]], times[slots[lane]]
        for _ in range(sweeps):
            n = np.int64(0)
            for window in range(0, sites << halvings[0], TOGETHER):
                n = draw_arrivals(streams, lane, window, sites << halvings[0], halvings[0], thresholds, 0, cuts, n)
                if n > most:
                    return False
            _sort(cuts, n)
            cuts[n] = _U(sites) << _U(BITS)
            _cut(codes, begins, kinks, cuts, points, code, offset, count, halved, index)
            segments = offset[sites]
            for a in range(segments):
                parent[a] = a
            begin = 0
            while begin < bond.size:
                end = _alike(bond, begin)
                if bond[begin] > 0:
                    _bind(
                        begin, end, ends, others, opposite, streams, lane, halvings[bond[begin]], thresholds,
                        bond[begin], found, pairs, points, code, offset, halved, index, parent,
                    )  # fmt: skip
                begin = end
            begin = 0
            while begin < sites:
                end = _alike(site, begin)
                if site[begin] > 0:
                    _hold(
                        begin, end, favoured, streams, lane, halvings[site[begin]], thresholds, site[begin], found,
                        points, code, offset, halved, index, parent,
                    )  # fmt: skip
                begin = end
            _turn(streams, lane, parent, turned, code, segments)
            if not _keep(codes, begins, kinks, points, code, offset, count):
                return False
    return True


@njit(**_INLINED)
def _alike(processes: Any, begin: int) -> int:
    """Return where those end that have the same process as the first."""
    end = begin + 1
    while end < processes.size and processes[end] == processes[begin]:
        end += 1
    return end


@njit(**_INLINED)
def _cut(
    start: Any, first: Any, times: Any, cuts: Any, points: Any, code: Any, offset: Any, count: Any, halved: int,
    index: Any,
) -> None:  # fmt: skip
    """List the points at which worldlines are cut, kinks among them, and the code of the segment behind each.

    Site i has the points points[offset[i] : offset[i] + count[i]] and segments of the same numbers, one without a
    point where there are none; the last one reaches beyond tick 0 to the first. Number 0 is the ghost of the field.
    Behind the last cut stands one of a site that is none.
    """
    total, k = _ONE, _U(0)
    for i in range(start.size):
        kink, end, bound, last = _U(first[i]), _U(first[i + 1]), _U(i + 1) << _U(BITS), _I(-1)
        now = start[i]
        # The code at tick 0 is the one behind a kink there.
        if kink < end and times[kink] == 0:
            now ^= 1
        # Equal ticks are one point.
        at = total - _ONE
        while kink < end and cuts[k] < bound:
            old, new = _I(times[kink]), _I(cuts[k] & _TICKS)
            is_old = (old - new - 1) >> 63
            here = new + ((old - new) & is_old)
            kink += _U(is_old & 1)
            k += _U(new <= old)
            now ^= np.uint8(is_old & 1)
            at += _U(here != last)
            points[at], code[at], last = here, now, here
        while cuts[k] < bound:
            here = _I(cuts[k] & _TICKS)
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


@njit(**_INLINED)
def _sort(cuts: Any, n: int) -> None:
    """Sort what is hardly out of order: neighbours first, without a branch, then the few that have further to go."""
    last = _I(cuts[0])
    for k in range(_ONE, _U(n)):
        cut = _I(cuts[k])
        less = (cut - last) & ((cut - last) >> 63)
        cuts[k - _ONE] = last + less
        last = cut - less
    if n > 0:
        cuts[n - 1] = last
    for k in range(_ONE, _U(n)):
        cut = cuts[k]
        at: Any = k
        while at > _U(0) and cuts[at - _ONE] > cut:
            cuts[at] = cuts[at - _ONE]
            at -= _ONE
        cuts[at] = cut


@njit(**_INLINED)
def _list(points: Any, begin: Any, end: Any, halved: int, index: Any, row: Any) -> None:
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
def _segment(points: Any, base: Any, last: Any, shift: Any, index: Any, row: Any, tick: Any) -> Any:
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
def _join(parent: Any, a: Any, b: Any) -> None:
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
    begin: int, end: int, ends: Any, others: Any, opposite: Any, stream: Any, lane: int, halvings: int,
    thresholds: Any, process: int, found: Any, pairs: Any, points: Any, code: Any, offset: Any, halved: int, index: Any,
    parent: Any,
) -> None:  # fmt: skip
    """Join segments that an arrival finds as their bond favours them, of bonds with the same process."""
    windows, row, shift = (end - begin) << halvings, (1 << halved) + 1, _U(BITS - halved)
    for window in range(0, windows, TOGETHER):
        n = _U(draw_arrivals(stream, lane, window, windows, halvings, thresholds, process, found, 0))
        k, m, former = _U(0), _U(0), _U(0)
        while k < n:
            bound, b = found[k] | _TICKS, _U(begin) + (found[k] >> _U(BITS))
            i, j, different = ends[b], others[b], opposite[b]
            base_i, base_j, last_i, last_j = _U(offset[i]), _U(offset[j]), _U(offset[i + 1] - 1), _U(offset[j + 1] - 1)
            row_i, row_j = _U(i * row), _U(j * row)
            while k < n and found[k] <= bound:
                tick = found[k] & _TICKS
                one = _segment(points, base_i, last_i, shift, index, row_i, tick)
                other = _segment(points, base_j, last_j, shift, index, row_j, tick)
                pairs[m, _U(0)], pairs[m, _ONE] = one, other
                # Those that the former one has found are joined as they should be.
                both = one << _U(BITS) | other
                m += _U((code[one] ^ code[other]) == different) & _U(both != former)
                k, former = k + _ONE, both
        for pair in range(m):
            _join(parent, _U(pairs[pair, _U(0)]), _U(pairs[pair, _ONE]))


@njit(**_INLINED)
def _hold(
    begin: int, end: int, favoured: Any, stream: Any, lane: int, halvings: int, thresholds: Any, process: int,
    found: Any, points: Any, code: Any, offset: Any, halved: int, index: Any, parent: Any,
) -> None:  # fmt: skip
    """Join segments with the field that an arrival finds as it favours them, of sites with the same process."""
    windows, row, shift = (end - begin) << halvings, (1 << halved) + 1, _U(BITS - halved)
    for window in range(0, windows, TOGETHER):
        n = _U(draw_arrivals(stream, lane, window, windows, halvings, thresholds, process, found, 0))
        for k in range(n):
            i = _U(begin) + (found[k] >> _U(BITS))
            last = _U(offset[i + _ONE] - 1)
            one = _segment(points, _U(offset[i]), last, shift, index, i * _U(row), found[k] & _TICKS)
            if code[one] == favoured[i]:
                _join(parent, one, _U(0))


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
