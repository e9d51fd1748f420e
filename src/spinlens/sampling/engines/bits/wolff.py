"""Wolff updates: one cluster at a time, grown from a random site, for every boundary, sign and field.

A neighbour joins across a satisfied bond of strength J with probability 1 - exp(-2 abs(J) / T). Where the field and the
walls together hold a site that follows them, the ghost spin joins likewise; a cluster that the ghost has joined stays,
and need not be grown any further. Every other cluster flips.

Towards infinite temperature clusters become single sites that always flip: after a fixed number of them the parity of
the number of up spins is fixed too. So a fair coin, which knows nothing of the spins, adds one cluster or none to each
chain of each call; a mixture of two valid updates by such a coin is valid.

References
----------
U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bits import NONE, ONE, ONES, WORD
from spinlens.sampling.engines.bits.generator import next_random

THERE, TURNED = range(2)
"""Places of the links' words."""

_SPIN, _MEMBER, _NOBODY = np.uint8(1), np.uint8(2), np.uint8(4)
"""Bits of a site, and what stands where there is no neighbour: like a member it looks like no spin."""
_ONE_UP = np.uint8(1)
_AROUND = 4
"""Neighbours of a site: before along x and y, then behind along x and y."""
_WORDS = 1024
"""Random words that are drawn at once; what is left of them at the end of a call is dropped."""
_MOST_WORDS = _AROUND + 1
"""Words that a site may need: for its neighbours and the ghost."""
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(**_OPTIONS)
def _refill(words: Any, at: Any, stream: Any) -> Any:
    """Move the words that are left to the front and draw others behind them; return the place of the first, 0."""
    left = words.size - at
    for k in range(left):
        words[k] = words[at + k]
    # The state stays in registers: each word waits for the one before it.
    x0, x1, x2, x3 = stream[0, 0], stream[1, 0], stream[2, 0], stream[3, 0]
    for k in range(left, words.size):
        words[k], x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
    stream[0, 0], stream[1, 0], stream[2, 0], stream[3, 0] = x0, x1, x2, x3
    return 0


@njit(**_OPTIONS)
def _random_site(words: Any, at: int, stream: Any, shift: Any, sites: int) -> Any:
    """Return a site, each with the same probability, and the next place: numbers beyond the last are drawn again."""
    while True:
        if at == words.size:
            at = _refill(words, at, stream)
        site = np.int64(words[at] >> shift)
        at += 1
        if site < sites:
            return site, at


@njit(**_OPTIONS)
def _neighbours(links_x: Any, links_y: Any) -> Any:
    """Return for each site its neighbours, uint32 (sites, 4), twice their numbers, and one more across turned bonds.

    Where there is none stands the number after the last site.
    """
    height, width = links_x.shape[0], links_y.shape[0]
    table = np.empty((height * width, _AROUND), dtype=np.uint32)
    for x in range(height):
        for y in range(width):
            for end in range(2):
                below, beside = (x + 1) % height, (y + 1) % width
                bond_x, bond_y = (below, beside) if end else (x, y)
                other_x, other_y = (below, beside) if end else ((x - 1) % height, (y - 1) % width)
                there_x = other_x * width + y if links_x[bond_x, THERE] != NONE else height * width
                there_y = x * width + other_y if links_y[bond_y, THERE] != NONE else height * width
                table[x * width + y, 2 * end] = 2 * there_x + np.int64(links_x[bond_x, TURNED] & ONE)
                table[x * width + y, 2 * end + 1] = 2 * there_y + np.int64(links_y[bond_y, TURNED] & ONE)
    return table


@njit(**_OPTIONS)
def _grow(
    spins: Any, first: int, near: Any, along_x: Any, along_y: Any, held: Any, kinds: Any, ghost_thresholds: Any,
    ghost: bool, stream: Any, words: Any, at: Any, queue: Any,
) -> Any:  # fmt: skip
    """Grow the cluster of site ``first`` and flip it, unless the ghost joins; return the next place and its size."""
    # Indices without a sign need not be asked whether they count from the end.
    at, size, member, flip = np.uint64(at), ONE, NONE, _SPIN
    last = np.uint64(words.size - _MOST_WORDS)
    queue[NONE] = first
    spins[first] |= _MEMBER
    while member < size:
        site = queue[member]
        member += ONE
        if at > last:
            at = np.uint64(_refill(words, np.int64(at), stream))
        spin = spins[site] & _SPIN
        if ghost:
            threshold = ghost_thresholds[kinds[site]]
            # The words of the kinds tell in every bit which spin they hold.
            if threshold != NONE and spin == held[kinds[site]] & ONE:
                at += ONE
                if words[at - ONE] < threshold:
                    flip = np.uint8(0)
                    break
        for way in range(_AROUND):
            code = near[site, np.uint64(way)]
            beside = code >> _ONE_UP
            here = spins[beside]
            satisfied = here == spin ^ np.uint8(code & _SPIN)
            # Half of all neighbours join, so a branch would be mispredicted as often: everything is written, and
            # counts or not.
            joins = satisfied & (words[at] < (along_y if way & 1 else along_x))
            spins[beside] = here | np.uint8(joins) << _ONE_UP
            queue[size] = beside
            at += np.uint64(satisfied)
            size += np.uint64(joins)
    for place in range(size):
        spins[queue[place]] = (spins[queue[place]] & _SPIN) ^ flip
    return np.int64(at), np.int64(size)


@njit(cache=True, nogil=True, **_OPTIONS)
def update(
    sites: Any, stream: Any, links_x: Any, links_y: Any, thresholds: Any, held: Any, kinds: Any, ghost_thresholds: Any,
    chains: int, count: int,
) -> int:  # fmt: skip
    """Grow ``count`` clusters, or by a fair coin of its own one more, in each chain of one condition, in place.

    The chains follow one after another.

    Parameters
    ----------
    sites, stream, links_x, links_y, thresholds, held, kinds, ghost_thresholds, chains
        As `spinlens.sampling.engines.bits.swendsen_wang.update`.
    count : int
        Clusters of each chain, without the one that its coin adds.

    Returns
    -------
    int
        Sites that all the clusters reached.
    """
    number = sites.size
    shift = np.uint64(WORD)
    while np.uint64(number - 1) >> (np.uint64(WORD) - shift):
        shift -= ONE
    ghost = bool(np.any(ghost_thresholds != NONE))
    near = _neighbours(links_x, links_y)
    # One place more than there are sites: for nobody, and for a neighbour that does not join.
    spins, queue = np.full(number + 1, _NOBODY), np.empty(number + 1, dtype=np.uint32)
    flat, kind_of = sites.reshape(number), kinds.reshape(number)
    words = np.empty(_WORDS, dtype=np.uint64)
    reached, at = 0, _WORDS
    for lane in range(chains):
        place = np.uint64(lane)
        for site in range(number):
            spins[site] = (flat[site] >> place) & ONE
        if at == words.size:
            at = _refill(words, at, stream)
        more = np.int64(words[at] & ONE)
        at += 1
        for _ in range(count + more):
            first, at = _random_site(words, at, stream, shift, number)
            at, size = _grow(
                spins, first, near, thresholds[0], thresholds[1], held, kind_of, ghost_thresholds, ghost, stream, words,
                at, queue,
            )  # fmt: skip
            reached += size
        others = ONES ^ (ONE << place)
        for site in range(number):
            flat[site] = (flat[site] & others) | (np.uint64(spins[site]) << place)
    return reached
