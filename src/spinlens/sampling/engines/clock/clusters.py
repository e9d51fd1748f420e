"""Embedded clusters: reflections about an axis through a site of the circle or between two.

A reflection takes the angle a to m - a and leaves the energy of a bond as it is where both ends are reflected. Bonds
whose energy would rise by dE if one end alone were reflected are active with probability 1 - exp(-dE / T), and what
is connected by active bonds is reflected together. Odd m are axes between two codes: of an even number of them the
others alone never mix odd and even ones. Fields and walls are one bond of each site to a ghost that stays.

Bonds are activated for 64 chains at once; then the bits are turned on their side, so that a word holds 64 bonds of one
chain, and every chain joins its sites on its own, in the order of the larger end: the smaller one has a label already.

References
----------
U. Wolff, Phys. Rev. Lett. 62, 361 (1989), doi:10.1103/PhysRevLett.62.361; R. H. Swendsen and J.-S. Wang, Phys. Rev.
Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bits import NONE, ONE, lowest, transpose
from spinlens.sampling.engines.bits.generator import draw, next_random
from spinlens.sampling.engines.bits.words import count_ones
from spinlens.sampling.engines.clock.activation import activate_bonds, tie_sites
from spinlens.sampling.engines.clock.vectors import (
    MANY,
    all_wholes,
    lanes_of,
    load_codes,
    load_wholes,
    select,
    store_codes,
)
from spinlens.sampling.engines.table.lanes import LANES, below

_PADDING = 1
"""Without it the same word of all chains would fall on one place of the cache."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@njit(inline="always")
def axis(word: Any, axes: Any) -> Any:
    """Return the code m that 0 is taken to, from a random word."""
    return axes[np.int64(below(word, _U(axes.size)))]


@njit(inline="always")
def _root(parent: Any, label: int) -> int:
    # Most labels are a step from their root: taking it unasked saves a branch that is hard to predict.
    label = parent[label]
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit(**_OPTIONS)
def _turn_words(words: Any, count: int, turned: Any) -> None:
    """Write words of 64 lanes as words of 64 places of each lane, uint64 (64, count / 64 or more)."""
    block = np.empty(LANES, dtype=np.uint64)
    for c in range(-(-count // LANES)):
        for k in range(LANES):
            block[k] = words[c * LANES + k] if c * LANES + k < count else NONE
        transpose(block)
        for lane in range(LANES):
            turned[lane, c] = block[lane]


@njit(**_OPTIONS)
def _label(links: Any, smaller: Any, larger: Any, parent: Any) -> None:
    """Give each site of one chain the number of the first site of its cluster, from the bits of its bonds."""
    for i in range(parent.size):
        parent[i] = i
    for c in range(-(-smaller.size // LANES)):
        left = links[c]
        while left != NONE:
            bit = lowest(left)
            left ^= bit
            b = _U(c * LANES + count_ones(bit - ONE))
            one, two = _root(parent, smaller[b]), _root(parent, larger[b])
            # Where both are the same this writes what is there, which is cheaper than asking.
            parent[max(one, two)] = min(one, two)
    for i in range(parent.size):
        parent[_U(i)] = parent[parent[_U(i)]]


@njit(**_OPTIONS)
def _toss(parent: Any, free: Any, stream: Any, lane: int, change: Any, flips: Any) -> None:
    """Write which sites of one chain are reflected: each cluster that is free takes a random word, in their order."""
    x0, x1, x2, x3 = stream[0, lane], stream[1, lane], stream[2, lane], stream[3, lane]
    sites = parent.size
    for c in range(-(-sites // LANES)):
        word = NONE
        for i in range(c * LANES, min((c + 1) * LANES, sites)):
            root = parent[i]
            takes = (root == i) & free[i]
            result, y0, y1, y2, y3 = next_random(x0, x1, x2, x3)
            x0, x1 = y0 if takes else x0, y1 if takes else x1
            x2, x3 = y2 if takes else x2, y3 if takes else x3
            # A root finds the coin that was just put there: no branch to mispredict.
            change[i] = result >> _U(63) if takes else NONE
            word |= change[root] << _U(i - c * LANES)
        flips[c] = word
    stream[0, lane], stream[1, lane], stream[2, lane], stream[3, lane] = x0, x1, x2, x3


@njit(**_OPTIONS)
def _reflect(board: Any, flips: Any, axes: Any, states: int) -> None:
    """Reflect sites whose bits are set in words of 64 lanes."""
    none, q = all_wholes(0), all_wholes(states)
    for i in range(board.size // LANES):
        word = flips[i]
        for v in range(0, LANES, MANY):
            code = load_codes(board, i * LANES + v)
            image = load_wholes(axes, v) - code
            image = select(image < none, image + q, image)
            store_codes(board, i * LANES + v, select(lanes_of(word, v), image, code))


@njit(cache=True, nogil=True, **_OPTIONS)
def swendsen_wang(codes: Any, stream: Any, place: Any, heat: Any, count: int) -> None:
    """Update all clusters of each chain at one temperature, ``count`` times, in place.

    Each time takes from the lane's stream a word for the axis, one for each bond that can be active, one for each site
    that can be tied, one for each cluster that is not.

    Parameters
    ----------
    codes : uint16 array, shape (N, 64)
        The chains.
    stream : uint64 array, shape (4, 64)
        The generators' states, one a lane.
    place : Place
        The arrays.
    heat : Heat
        The temperature.
    count : int
        Updates.
    """
    sites, bonds, board, flat = codes.shape[0], place.first.size, codes.reshape(-1), stream.reshape(-1)
    words, chunks = max(sites, bonds), -(-sites // LANES)
    axes, sines, lane_words = np.empty(LANES, np.int32), np.empty(board.size, np.float32), np.empty(words, np.uint64)
    links = np.empty((LANES, -(-bonds // LANES) + _PADDING), np.uint64)
    flips = np.zeros((LANES, chunks + _PADDING), np.uint64)
    tied = np.zeros((LANES, chunks + _PADDING), np.uint64)
    smaller, larger = np.empty(bonds, np.uint32), np.empty(bonds, np.uint32)
    for b in range(bonds):
        smaller[place.rank[b]] = min(place.first[b], place.second[b])
        larger[place.rank[b]] = max(place.first[b], place.second[b])
    parent, free, change = np.empty(sites, np.uint32), np.ones(sites, np.bool_), np.empty(sites, np.uint64)
    block = np.empty(LANES, dtype=np.uint64)
    for _ in range(count):
        for lane in range(LANES):
            axes[lane] = axis(draw(stream, lane), place.axes)
        activate_bonds(board, flat, axes, place, heat, sines, lane_words)
        _turn_words(lane_words, bonds, links)
        if place.held:
            tie_sites(board, stream, axes, place, heat, lane_words)
            _turn_words(lane_words, sites, tied)
        for lane in range(LANES):
            _label(links[lane], smaller, larger, parent)
            if place.held:
                free[:] = True
                for i in range(sites):
                    if tied[lane, i // LANES] >> _U(i % LANES) & ONE:
                        free[parent[i]] = False
            _toss(parent, free, stream, lane, change, flips[lane])
        for c in range(chunks):
            for lane in range(LANES):
                block[lane] = flips[lane, c]
            transpose(block)
            for k in range(min(LANES, sites - c * LANES)):
                lane_words[c * LANES + k] = block[k]
        _reflect(board, lane_words, axes, place.states)
