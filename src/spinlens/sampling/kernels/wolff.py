"""Wolff updates: one cluster at a time, grown from a random site, for every boundary, sign and field.

A neighbour joins across a satisfied bond of strength J with probability 1 - exp(-2 abs(J) / T). Where the field and the
walls together hold a site that follows them, the ghost spin joins likewise; a cluster that the ghost has joined stays,
and need not be grown any further. Every other cluster flips.

References
----------
U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.kernels.bits import NONE, ONE, ONES, WORD
from spinlens.sampling.kernels.generator import draw

THERE, TURNED = range(2)
"""Places of the links' words."""

_SPIN, _MEMBER = np.uint8(1), np.uint8(2)
_NOWHERE = -1
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _random_site(stream: Any, shift: Any, sites: int) -> int:
    """Return a site, each with the same probability: numbers beyond the last one are drawn again."""
    site = np.int64(draw(stream, 0) >> shift)
    while site >= sites:
        site = np.int64(draw(stream, 0) >> shift)
    return site


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
    spins: Any, x: int, y: int, wanted: Any, threshold: Any, stream: Any, rows: Any, columns: Any, size: int
) -> int:  # fmt: skip
    """Let a neighbour join if its bond is satisfied and activated; return the new size. Members look like no spin."""
    if spins[x, y] == wanted and draw(stream, 0) < threshold:
        spins[x, y] |= _MEMBER
        rows[size], columns[size] = x, y
        size += 1
    return size


@njit(**_OPTIONS)
def _grow(
    spins: Any, first: int, near_x: Any, near_y: Any, turned_x: Any, turned_y: Any, thresholds: Any, held: Any,
    kinds: Any, ghost_thresholds: Any, ghost: bool, stream: Any, rows: Any, columns: Any,
) -> int:  # fmt: skip
    """Grow the cluster of site ``first`` and flip it, unless the ghost joins; return how many sites were reached."""
    rows[0], columns[0] = first // spins.shape[1], first % spins.shape[1]
    spins[rows[0], columns[0]] |= _MEMBER
    size, at, flip = 1, 0, _SPIN
    while at < size:
        x, y = rows[at], columns[at]
        at += 1
        spin = spins[x, y] & _SPIN
        if ghost:
            threshold = ghost_thresholds[kinds[x, y]]
            # The words of the kinds tell in every bit which spin they hold.
            follows = spin == held[kinds[x, y]] & ONE
            if follows and threshold != NONE and draw(stream, 0) < threshold:
                flip = np.uint8(0)
                break
        for end in range(2):
            beside = near_x[end, x]
            if beside != _NOWHERE:
                wanted = spin ^ turned_x[end, x]
                size = _try(spins, beside, y, wanted, thresholds[0], stream, rows, columns, size)
            beside = near_y[end, y]
            if beside != _NOWHERE:
                wanted = spin ^ turned_y[end, y]
                size = _try(spins, x, beside, wanted, thresholds[1], stream, rows, columns, size)
    for at in range(size):
        spins[rows[at], columns[at]] = (spins[rows[at], columns[at]] & _SPIN) ^ flip
    return size


@njit(cache=True, nogil=True, **_OPTIONS)
def update(
    sites: Any, stream: Any, links_x: Any, links_y: Any, thresholds: Any, held: Any, kinds: Any, ghost_thresholds: Any,
    chains: int, count: int,
) -> int:  # fmt: skip
    """Grow ``count`` clusters in each chain of one condition, one chain after another, in place.

    Parameters
    ----------
    sites, stream, links_x, links_y, thresholds, held, kinds, ghost_thresholds, chains
        As `spinlens.sampling.kernels.swendsen_wang.update`.
    count : int
        Clusters of each chain.

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
    rows, columns = np.empty(height * width, dtype=np.int32), np.empty(height * width, dtype=np.int32)
    reached = 0
    for lane in range(chains):
        place = np.uint64(lane)
        for x in range(height):
            for y in range(width):
                spins[x, y] = (sites[x, y] >> place) & ONE
        for _ in range(count):
            first = _random_site(stream, shift, height * width)
            reached += _grow(
                spins, first, near_x, near_y, turned_x, turned_y, thresholds, held, kinds, ghost_thresholds, ghost,
                stream, rows, columns,
            )  # fmt: skip
        others = ONES ^ (ONE << place)
        for x in range(height):
            for y in range(width):
                sites[x, y] = (sites[x, y] & others) | (np.uint64(spins[x, y]) << place)
    return reached
