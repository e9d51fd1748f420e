"""The clusters of a few random sites flip, in all 64 chains at once, for every boundary, sign and field.

Bonds are activated as for Swendsen and Wang. Given the bonds, every cluster points up or down with equal probability
whatever the others do, so that any set of clusters may flip that is chosen without a look at the spins. Here a set of
random sites is drawn for each chain, its seeds, and the clusters that hold a seed flip; with one seed that is Wolff's
algorithm. The ghost spin belongs to the lattice: where a seed's cluster holds the ghost, that is reversed with it,
which is the same as to reverse all the others.

Which sites belong to these clusters is found without labels: membership spreads along active bonds by ``and`` and
``or`` on words of 64 chains, row by row down and up, until nothing is new. A site costs a few instructions for all
chains together, where clusters that are labelled cost some dozens for each.

References
----------
R. H. Swendsen and J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86;
U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bits import NONE, ONE, ONES, WORD, lowest
from spinlens.sampling.engines.bits.bitsliced import HALO
from spinlens.sampling.engines.bits.generator import draw, next_random
from spinlens.sampling.engines.bits.swendsen_wang import activate
from spinlens.sampling.engines.bits.words import WIDTH, aligned, any_bit, load, spread, store

FAST_BITS = 12
"""Bits of the uniform numbers that are compared for all lanes; of 4,096 lanes one goes on one word at a time."""

MOST_SEEDS = 8
"""Random sites of a chain, of which each is a seed by a fair coin.

Three at the mean reverse about half of the sites at the critical point. That there may be none, or two in one cluster,
lets a configuration stay as it is and lets the parity of the number of up spins change, whatever the temperature: so
the update forgets everything, alone and in any mixture.
"""

_TOP = 63
_U = np.uint64
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def activate_vector(satisfied: Any, threshold: Any, streams: Any, j: int) -> Any:
    """Return the lanes of eight words among ``satisfied`` whose uniform number lies below the threshold, and ties.

    The least of the leading bits comes first: a more significant difference overrules what was drawn before.
    """
    columns = streams.shape[1]
    x0, x1 = load(streams, j), load(streams, columns + j)
    x2, x3 = load(streams, 2 * columns + j), load(streams, 3 * columns + j)
    drawn, tied = spread(NONE), satisfied
    for k in range(FAST_BITS - 1, -1, -1):
        random, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
        if (threshold >> np.uint64(_TOP - k)) & ONE:
            drawn = drawn | ~random
            tied = tied & random
        else:
            drawn = drawn & ~random
            tied = tied & ~random
    store(streams, j, x0)
    store(streams, columns + j, x1)
    store(streams, 2 * columns + j, x2)
    store(streams, 3 * columns + j, x3)
    # What is tied was drawn as if it lay below; it is decided by further bits.
    return drawn & satisfied & ~tied, tied


@njit(**_OPTIONS)
def finish(active: Any, start: int, tied: Any, threshold: Any, streams: Any, j: int) -> None:
    """Decide the tied lanes of eight words (8,), most significant bit first, and add them to flat ``active``."""
    for y in range(WIDTH):
        rest, place = tied[y], ONE << np.uint64(_TOP - FAST_BITS)
        while rest != NONE and place != NONE:
            random = draw(streams, j + y)
            if threshold & place:
                active[start + y] |= rest & ~random
                rest &= random
            else:
                rest &= ~random
            place >>= ONE


@njit(**_OPTIONS)
def _activate_slot(
    sites: Any, source: int, shift: int, row: int, there: Any, turned: Any, lanes: Any, threshold: Any, streams: Any,
    active: Any, tied: Any,
) -> None:  # fmt: skip
    """Activate the bonds of a row to the sites before it in one direction; ``active`` is one row of words."""
    pitch, chosen = sites.shape[1], spread(lanes)
    here, before = row * pitch + HALO, source * pitch + HALO - shift
    for j in range(0, there.size, WIDTH):
        satisfied = ~(load(sites, before + j) ^ load(sites, here + j) ^ load(turned, j)) & load(there, j) & chosen
        found, open_lanes = activate_vector(satisfied, threshold, streams, j)
        store(active, HALO + j, found)
        if any_bit(open_lanes) != NONE:
            store(tied, 0, open_lanes)
            finish(active, HALO + j, tied, threshold, streams, j)


@njit(**_OPTIONS)
def _spread_along(member: Any, row: int, active: Any, width: int) -> None:
    """Spread membership along the active bonds of a row, which may be a ring, both ways to the end."""
    # Unsigned places need no look at whether they count from the end.
    here, bond = member[row], active[0, row]
    first, last = _U(HALO), _U(HALO + width - 1)
    reached, y = NONE, first
    while y <= last:
        reached = here[y] | (reached & bond[y])
        here[y] = reached
        y += ONE
    # What has reached the end of the row goes on at its beginning, as far as there is something new.
    y = first
    while y <= last:
        reached &= bond[y] & ~here[y]
        if reached == NONE:
            break
        here[y] |= reached
        y += ONE
    reached, y = NONE, last
    while y >= first:
        now = here[y] | reached
        here[y] = now
        reached = now & bond[y]
        y -= ONE
    y = last
    while y >= first:
        reached &= ~here[y]
        if reached == NONE:
            break
        here[y] |= reached
        reached &= bond[y]
        y -= ONE
    here[first - ONE], here[last + ONE] = here[last], here[first]


@njit(inline="always")
def _spread_across(member: Any, source: int, target: int, bonds: Any, first: int, offset: int) -> Any:
    """Spread membership from a row to another and return what is new, as a word.

    The source is read ``offset`` columns further on, the bonds from their flat place ``first`` on.
    """
    pitch, some = member.shape[1], spread(NONE)
    for j in range(HALO, pitch - HALO, WIDTH):
        there = load(member, target * pitch + j)
        new = load(member, source * pitch + offset + j) & load(bonds, first + j) & ~there
        store(member, target * pitch + j, there | new)
        some = some | new
    return any_bit(some)


@njit(**_OPTIONS)
def fill(member: Any, active: Any, source: Any, target: Any, shift: Any, fresh: Any, width: int) -> None:
    """Spread membership along all active bonds; ``fresh`` (2, rows) tells which rows have something to pass on.

    Rows are gone through in rising order along the bonds, then in falling order against them, until none is fresh.
    """
    slots, rows, pitch = active.shape
    for row in range(rows):
        if fresh[0, row]:
            _spread_along(member, row, active, width)
    busy = True
    while busy:
        busy = False
        for place in range(2 * rows):
            falling = place >= rows
            row = 2 * rows - 1 - place if falling else place
            if not fresh[np.int64(falling), row]:
                continue
            fresh[np.int64(falling), row] = False
            for slot in range(1, slots):
                to = source[slot, row] if falling else target[slot, row]
                if to < 0:
                    continue
                if falling:
                    first, offset = (slot * rows + row) * pitch + shift[slot], shift[slot]
                else:
                    first, offset = (slot * rows + to) * pitch, -shift[slot]
                if _spread_across(member, row, to, active, first, offset) != NONE:
                    _spread_along(member, to, active, width)
                    fresh[:, to] = True
                    busy = True


@njit(**_OPTIONS)
def _random_site(streams: Any, bits_left: Any, sites: int) -> Any:
    """Return a site, each with the same probability: numbers beyond the last are drawn again."""
    while True:
        site = np.int64(draw(streams, 0) >> bits_left)
        if site < sites:
            return site


@njit(**_OPTIONS)
def _activate_all(
    sites: Any, there: Any, turned: Any, source: Any, shift: Any, thresholds: Any, lanes: Any, kinds: Any, held: Any,
    ghost_thresholds: Any, ghost: bool, streams: Any, active: Any, tied_now: Any, open_lanes: Any,
) -> None:  # fmt: skip
    """Activate all bonds, row by row, and those to the ghost."""
    slots, rows, _ = there.shape
    width = kinds.shape[1]
    for row in range(rows):
        sites[row, HALO - 1] = sites[row, HALO + width - 1]
    for row in range(rows):
        for slot in range(slots):
            bonds = active[slot, row]
            _activate_slot(
                sites, source[slot, row], shift[slot], row, there[slot, row], turned[slot, row], lanes,
                thresholds[slot], streams, bonds, open_lanes,
            )  # fmt: skip
            if slot and shift[slot]:
                bonds[HALO + width] = bonds[HALO]
        if ghost:
            for y in range(width):
                kind = kinds[row, y]
                follows = ~(sites[row, HALO + y] ^ held[kind]) & lanes
                tied_now[row, HALO + y] = activate(follows, ghost_thresholds[kind], streams, y)


@njit(**_OPTIONS)
def draw_seeds(member: Any, fresh: Any, lanes: Any, streams: Any, bits_left: Any, width: int) -> None:
    """Make random sites the first members, each by a fair coin of each chain."""
    for _ in range(MOST_SEEDS):
        counts = draw(streams, 0) & lanes
        while counts != NONE:
            lane = lowest(counts)
            counts ^= lane
            site = _random_site(streams, bits_left, member.shape[0] * width)
            member[site // width, HALO + site % width] |= lane
            fresh[:, site // width] = True


@njit(**_OPTIONS)
def join_ghost(member: Any, tied_now: Any, fresh: Any, width: int) -> Any:
    """Where a member is tied to the ghost, let all join that are; return the lanes in which the ghost is a member."""
    joined = NONE
    for row in range(member.shape[0]):
        for y in range(HALO, HALO + width):
            joined |= member[row, y] & tied_now[row, y]
    if joined != NONE:
        for row in range(member.shape[0]):
            for y in range(HALO, HALO + width):
                new = tied_now[row, y] & joined & ~member[row, y]
                if new != NONE:
                    member[row, y] |= new
                    fresh[:, row] = True
    return joined


@njit(cache=True, nogil=True, **_OPTIONS)
def update(
    words: Any, places: Any, streams: Any, there: Any, turned: Any, source: Any, target: Any, shift: Any,
    thresholds: Any, kinds: Any, held: Any, ghost_thresholds: Any, chains: int, count: int,
) -> None:  # fmt: skip
    """Flip the clusters of at most `MOST_SEEDS` random sites in each chain of one condition, ``count`` times.

    Parameters
    ----------
    words : uint64 array, one dimension
        One bit a chain; changed in place.
    places : int32 array, shape (sites,)
        Where the word of each site is.
    streams : uint64 array, shape (4, columns)
        State of one xoshiro256++ generator a column of the lattice; the first also draws the seeds.
    there, turned, source, shift, kinds, held
        The `spinlens.sampling.engines.bits.bonds.RowBonds`.
    target : int64 array, shape (slots, rows)
        The row to which the bonds lead that come from a row, or -1.
    thresholds : uint64 array, shape (slots,)
        2**64 times the probability of activating a satisfied bond.
    ghost_thresholds : uint64 array, shape (kinds,)
        The same for the bond to the ghost.
    chains : int
        Lanes in use; the others stay as they are.
    count : int
        Number of updates.
    """
    slots, rows, columns = there.shape
    width = kinds.shape[1]
    ghost = bool(np.any(ghost_thresholds != NONE))
    lanes = ONES if chains == WORD else (ONE << np.uint64(chains)) - ONE
    bits_left = np.uint64(WORD)
    while np.uint64(places.size - 1) >> (np.uint64(WORD) - bits_left):
        bits_left -= ONE
    pitch = columns + 2 * HALO
    sites, member, tied_now = aligned(rows, pitch), aligned(rows, pitch), aligned(rows, pitch)
    active = aligned(slots * rows, pitch).reshape(slots, rows, pitch)
    open_lanes = np.empty(WIDTH, dtype=np.uint64)
    fresh = np.zeros((2, rows), dtype=np.bool_)
    for row in range(rows):
        for y in range(width):
            sites[row, HALO + y] = words[places[row * width + y]]
    for _ in range(count):
        _activate_all(
            sites, there, turned, source, shift, thresholds, lanes, kinds, held, ghost_thresholds, ghost, streams,
            active, tied_now, open_lanes,
        )  # fmt: skip
        member[:] = NONE
        draw_seeds(member, fresh, lanes, streams, bits_left, width)
        fill(member, active, source, target, shift, fresh, width)
        reversed_lanes = NONE
        if ghost:
            reversed_lanes = join_ghost(member, tied_now, fresh, width)
            fill(member, active, source, target, shift, fresh, width)
        for row in range(rows):
            for y in range(HALO, HALO + width):
                sites[row, y] ^= member[row, y] ^ reversed_lanes
    for row in range(rows):
        for y in range(width):
            words[places[row * width + y]] = sites[row, HALO + y]
