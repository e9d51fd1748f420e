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
from spinlens.sampling.engines.bits.generator import draw

THERE, TURNED = range(2)
"""Places of the links' words."""

_SPIN, _MEMBER = np.uint8(1), np.uint8(2)
_ONE_UP = np.uint8(1)
_NOWHERE = -1
_WORDS = 1024
"""Random words that are drawn at once; what is left of them at the end of a call is dropped."""
_MOST_WORDS = 5
"""Words that a site may need: for its neighbours and the ghost."""
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _refill(words: Any, at: int, stream: Any) -> int:
    """Move the words that are left to the front and draw others behind them; return the place of the first, 0."""
    left = words.size - at
    for k in range(left):
        words[k] = words[at + k]
    for k in range(left, words.size):
        words[k] = draw(stream, 0)
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
def _neighbours(links: Any) -> Any:
    """Return for both ends of each place of an axis the neighbour or -1, and whether the bond turns the spin."""
    side = links.shape[0]
    places, turned = np.empty((2, side), dtype=np.int32), np.zeros((2, side), dtype=np.uint8)
    for place in range(side):
        for end in range(2):
            following = (place + 1) % side
            bond = following if end else place
            neighbour = following if end else (place - 1) % side
            places[end, place] = neighbour if links[bond, THERE] != NONE else _NOWHERE
            turned[end, place] = links[bond, TURNED] & ONE
    return places, turned


@njit(inline="always")
def _try(
    spins: Any, x: int, y: int, wanted: Any, threshold: Any, words: Any, at: int, rows: Any, columns: Any, size: int
) -> Any:  # fmt: skip
    """Let a neighbour join if its bond is satisfied and activated; return the next place and the new size.

    Half of all neighbours join, so a branch would be mispredicted as often: everything is written, and counts or not.
    """
    # A member looks like no spin.
    satisfied = spins[x, y] == wanted
    joins = satisfied & (words[at] < threshold)
    spins[x, y] |= np.uint8(joins) << _ONE_UP
    rows[size], columns[size] = x, y
    return at + np.int64(satisfied), size + np.int64(joins)


@njit(**_OPTIONS)
def _grow(
    spins: Any, first: int, near_x: Any, near_y: Any, turned_x: Any, turned_y: Any, thresholds: Any, held: Any,
    kinds: Any, ghost_thresholds: Any, ghost: bool, stream: Any, words: Any, at: int, rows: Any, columns: Any,
) -> Any:  # fmt: skip
    """Grow the cluster of site ``first`` and flip it, unless the ghost joins; return the next place and its size."""
    rows[0], columns[0] = first // spins.shape[1], first % spins.shape[1]
    spins[rows[0], columns[0]] |= _MEMBER
    along_x, along_y = thresholds[0], thresholds[1]
    size, member, flip = 1, 0, _SPIN
    while member < size:
        x, y = rows[member], columns[member]
        member += 1
        if at + _MOST_WORDS > words.size:
            at = _refill(words, at, stream)
        spin = spins[x, y] & _SPIN
        if ghost:
            threshold = ghost_thresholds[kinds[x, y]]
            # The words of the kinds tell in every bit which spin they hold.
            if threshold != NONE and spin == held[kinds[x, y]] & ONE:
                at += 1
                if words[at - 1] < threshold:
                    flip = np.uint8(0)
                    break
        for end in range(2):
            beside = near_x[end, x]
            if beside != _NOWHERE:
                at, size = _try(
                    spins, beside, y, spin ^ turned_x[end, x], along_x, words, at, rows, columns, size
                )  # fmt: skip
            beside = near_y[end, y]
            if beside != _NOWHERE:
                at, size = _try(
                    spins, x, beside, spin ^ turned_y[end, y], along_y, words, at, rows, columns, size
                )  # fmt: skip
    for member in range(size):
        x, y = rows[member], columns[member]
        spins[x, y] = (spins[x, y] & _SPIN) ^ flip
    return at, size


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
    height, width = sites.shape
    shift = np.uint64(WORD)
    while np.uint64(height * width - 1) >> (np.uint64(WORD) - shift):
        shift -= ONE
    ghost = bool(np.any(ghost_thresholds != NONE))
    near_x, turned_x = _neighbours(links_x)
    near_y, turned_y = _neighbours(links_y)
    spins = np.empty((height, width), dtype=np.uint8)
    # One place more than there are sites, for a neighbour that does not join.
    rows, columns = np.empty(height * width + 1, dtype=np.int32), np.empty(height * width + 1, dtype=np.int32)
    words = np.empty(_WORDS, dtype=np.uint64)
    reached, at = 0, _WORDS
    for lane in range(chains):
        place = np.uint64(lane)
        for x in range(height):
            for y in range(width):
                spins[x, y] = (sites[x, y] >> place) & ONE
        if at == words.size:
            at = _refill(words, at, stream)
        more = np.int64(words[at] & ONE)
        at += 1
        for _ in range(count + more):
            first, at = _random_site(words, at, stream, shift, height * width)
            at, size = _grow(
                spins, first, near_x, near_y, turned_x, turned_y, thresholds, held, kinds, ghost_thresholds, ghost,
                stream, words, at, rows, columns,
            )  # fmt: skip
            reached += size
        others = ONES ^ (ONE << place)
        for x in range(height):
            for y in range(width):
                sites[x, y] = (sites[x, y] & others) | (np.uint64(spins[x, y]) << place)
    return reached
