"""Swendsen-Wang updates of 64 chains at once, for every boundary, sign and field.

Each satisfied bond of strength J is activated with probability 1 - exp(-2 abs(J) / T), and each cluster of sites
joined by active bonds flips with probability 1/2 (Fortuin and Kasteleyn, Edwards and Sokal). Whatever holds a spin from
outside, the field and the walls together, is one bond to a ghost spin; clusters tied to the ghost stay.

Bonds are activated for all lanes of a word at once; then the bits are turned on their side, so that a word holds 64
sites of one chain, and every chain finds its clusters on its own (`spinlens.sampling.engines.bits.clusters`).

References
----------
R. H. Swendsen and J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987), doi:10.1103/PhysRevLett.58.86;
R. G. Edwards and A. D. Sokal, Phys. Rev. D 38, 2009 (1988), doi:10.1103/PhysRevD.38.2009.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bits import NONE, ONE, ONES, WORD, transpose
from spinlens.sampling.engines.bits.clusters import flip_clusters
from spinlens.sampling.engines.bits.generator import draw, next_random

LEFT, UP, TIED, COIN = range(4)
"""The words of a site: bonds to the sites before it along y and x, and to the ghost spin, and a random word."""

_PADDING = 8
_TOP = np.uint64(1 << 63)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def activate(satisfied: Any, threshold: Any, streams: Any, column: int) -> Any:
    """Return the lanes among ``satisfied`` whose uniform 64-bit number lies below the threshold.

    The number's bits come from successive random words, most significant first, until every lane is decided.
    """
    active, undecided, place = NONE, satisfied, _TOP
    if threshold == NONE:
        return NONE
    # The state stays in registers: each word waits for the one before it.
    x0, x1, x2, x3 = streams[0, column], streams[1, column], streams[2, column], streams[3, column]
    while undecided != NONE and place != NONE:
        random, x0, x1, x2, x3 = next_random(x0, x1, x2, x3)
        if threshold & place:
            active |= undecided & ~random
            undecided &= random
        else:
            undecided &= ~random
        place >>= ONE
    streams[0, column], streams[1, column], streams[2, column], streams[3, column] = x0, x1, x2, x3
    return active


@njit(**_OPTIONS)
def _draw_row(
    sites: Any, x: int, lanes: Any, links_x: Any, links_y: Any, thresholds: Any, held: Any, kinds: Any,
    ghost_thresholds: Any, ghost: bool, stream: Any, row: Any,
) -> None:  # fmt: skip
    """Activate the bonds of one row, site by site, and toss its coins."""
    height, width = sites.shape
    above = x - 1 if x else height - 1
    for y in range(width):
        here = sites[x, y]
        before = sites[x, y - 1 if y else width - 1]
        row[LEFT, y] = activate(~(before ^ here ^ links_y[y, 1]) & links_y[y, 0] & lanes, thresholds[1], stream, 0)
        row[UP, y] = activate(
            ~(sites[above, y] ^ here ^ links_x[x, 1]) & links_x[x, 0] & lanes, thresholds[0], stream, 0
        )  # fmt: skip
        if ghost:
            kind = kinds[x, y]
            row[TIED, y] = activate(~(here ^ held[kind]) & lanes, ghost_thresholds[kind], stream, 0)
        row[COIN, y] = draw(stream, 0)


@njit(cache=True, nogil=True, **_OPTIONS)
def update(
    sites: Any, stream: Any, links_x: Any, links_y: Any, thresholds: Any, held: Any, kinds: Any, ghost_thresholds: Any,
    chains: int, count: int,
) -> None:  # fmt: skip
    """Update one condition ``count`` times, in place.

    Parameters
    ----------
    sites : uint64 array, shape (Lx, Ly)
        One bit a chain.
    stream : uint64 array, shape (4, 1)
        State of the condition's xoshiro256++ generator.
    links_x, links_y : uint64 array, shape (Lx, 2) and (Ly, 2)
        For the bond of each row, or column, to the one before it: ones where there is one, and ones where it favours
        opposite spins.
    thresholds : uint64 array, shape (2,)
        2**64 times the probability of activating a satisfied bond along x and along y.
    held : uint64 array, shape (K,)
        For each kind of site ones where the ghost bond favours up.
    kinds : int64 array, shape (Lx, Ly)
        The kind of each site.
    ghost_thresholds : uint64 array, shape (K,)
        2**64 times the probability of activating a satisfied bond to the ghost.
    chains : int
        Lanes in use; the others stay as they are.
    count : int
        Number of updates.
    """
    height, width = sites.shape
    chunks = -(-width // WORD)
    ghost = bool(np.any(ghost_thresholds != NONE))
    lanes = ONES if chains == WORD else (ONE << np.uint64(chains)) - ONE
    valid = np.full(chunks, ONES, dtype=np.uint64)
    if width % WORD:
        valid[chunks - 1] = (ONE << np.uint64(width % WORD)) - ONE
    row = np.zeros((4, chunks * WORD), dtype=np.uint64)
    # Without the padding the same word of all chains would fall on one place of the cache.
    bits = np.zeros((WORD, 4 * height + _PADDING, chunks), dtype=np.uint64)
    block = np.empty(WORD, dtype=np.uint64)
    starts, offsets = np.empty((height, chunks), dtype=np.uint64), np.empty((height, chunks), dtype=np.uint32)
    parent, turns = np.empty(height * width + 1, dtype=np.uint32), np.empty(height * width + 1, dtype=np.uint8)
    for _ in range(count):
        for x in range(height):
            _draw_row(
                sites, x, lanes, links_x, links_y, thresholds, held, kinds, ghost_thresholds, ghost, stream, row
            )  # fmt: skip
            for which in range(4):
                if which == TIED and not ghost:
                    continue
                for c in range(chunks):
                    block[:] = row[which, c * WORD : (c + 1) * WORD]
                    transpose(block)
                    for lane in range(chains):
                        bits[lane, which * height + x, c] = block[lane]
        for lane in range(chains):
            left, up, tied = bits[lane, :height], bits[lane, height : 2 * height], bits[lane, 2 * height : 3 * height]
            # The flips take the place of the coins.
            coins = bits[lane, COIN * height : (COIN + 1) * height]
            flip_clusters(left, up, tied, ghost, coins, valid, starts, offsets, parent, turns, coins)
        for x in range(height):
            for c in range(chunks):
                block[:] = NONE
                for lane in range(chains):
                    block[lane] = bits[lane, COIN * height + x, c]
                transpose(block)
                for y in range(c * WORD, min((c + 1) * WORD, width)):
                    sites[x, y] ^= block[y - c * WORD]
