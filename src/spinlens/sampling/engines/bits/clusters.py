"""Label the clusters of one chain from the bits of its bonds, and decide which of them flip.

A run is a stretch of a row whose sites are joined by active bonds; the bits where runs begin tell the run of every
site by counting. Runs are joined across active bonds between rows by union and find with the smaller number as the
root, so that one pass in rising order resolves them. Number 0 is the ghost spin, which never flips.

References
----------
J. Hoshen and R. Kopelman, Phys. Rev. B 14, 3438 (1976), doi:10.1103/PhysRevB.14.3438.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.bits import NONE, ONE, ONES, first_in_stretch, lowest, parity_up_to, up_to
from spinlens.sampling.engines.bits.words import count_ones

GHOST = np.uint64(0)
"""Labels have no sign: an index without one need not be asked whether it counts from the end."""
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(inline="always")
def _root(parent: Any, label: Any) -> Any:
    # Most labels are a step from their root: taking it unasked saves a branch that is hard to predict.
    here = parent[label]
    above = parent[here]
    while above != here:
        here = parent[above]
        parent[label] = here
        label = above
        above = parent[here]
    return here


@njit(inline="always")
def _join(parent: Any, first: Any, second: Any) -> None:
    first, second = _root(parent, first), _root(parent, second)
    # Where both are the same this writes what is there, which is cheaper than asking.
    parent[max(first, second)] = min(first, second)


@njit(**_OPTIONS)
def _number_runs(left: Any, valid: Any, starts: Any, offsets: Any) -> Any:
    """Fill ``starts`` with the first sites of runs and ``offsets`` with the runs before each word; return the last."""
    height, chunks = left.shape
    last = GHOST
    for x in range(height):
        for c in range(chunks):
            begins = ~left[x, c] & valid[c]
            if c == 0:
                begins |= ONE
            starts[x, c] = begins
            offsets[x, c] = last
            last += np.uint64(count_ones(begins))
    return last


@njit(inline="always")
def _run(starts: Any, offsets: Any, x: int, c: int, reach: Any) -> Any:
    return offsets[x, c] + np.uint64(count_ones(starts[x, c] & reach))


@njit(inline="always")
def _join_all(active: Any, starts: Any, offsets: Any, x: int, above: int, c: int, parent: Any) -> None:
    """Join the runs of row x to those above at all bits that are set, of one word."""
    while active != NONE:
        bit = lowest(active)
        active ^= bit
        reach = up_to(bit)
        _join(parent, _run(starts, offsets, x, c, reach), _run(starts, offsets, above, c, reach))


@njit(**_OPTIONS)
def _join_runs(left: Any, up: Any, tied: Any, ghost: bool, starts: Any, offsets: Any, last: Any, parent: Any) -> None:
    height, chunks = left.shape
    for label in range(last + ONE):
        parent[label] = label
    for x in range(height):
        for c in range(chunks if x else 0):
            # One bond joins two runs; more of them between the same two join nothing new.
            active = first_in_stretch(up[x, c], starts[x, c] | starts[x - 1, c])
            # Nothing has asked for a run that begins here: the first run above that it meets is all it belongs to.
            fresh = first_in_stretch(up[x, c] & ~(lowest(starts[x, c]) - ONE), starts[x, c])
            others = active & ~fresh
            while fresh != NONE:
                bit = lowest(fresh)
                fresh ^= bit
                reach = up_to(bit)
                parent[_run(starts, offsets, x, c, reach)] = _root(parent, _run(starts, offsets, x - 1, c, reach))
            _join_all(others, starts, offsets, x, x - 1, c, parent)
        for c in range(chunks if ghost else 0):
            active = first_in_stretch(tied[x, c], starts[x, c])
            while active != NONE:
                bit = lowest(active)
                active ^= bit
                _join(parent, GHOST, _run(starts, offsets, x, c, up_to(bit)))
        if left[x, 0] & ONE:
            _join(parent, offsets[x, 0] + ONE, _run(starts, offsets, x, chunks - 1, ONES))
    for c in range(chunks):
        active = first_in_stretch(up[0, c], starts[0, c] | starts[height - 1, c])
        _join_all(active, starts, offsets, 0, height - 1, c, parent)


@njit(**_OPTIONS)
def flip_clusters(
    left: Any, up: Any, tied: Any, ghost: bool, coins: Any, valid: Any, starts: Any, offsets: Any, parent: Any,
    turns: Any, flips: Any,
) -> None:  # fmt: skip
    """Decide for every site of one chain whether it flips.

    Parameters
    ----------
    left, up : uint64 array, shape (Lx, words)
        Bit y of row x: whether the bond to the site before it along y, or along x, is active. For the first site
        that is the bond round the ring.
    tied : uint64 array, shape (Lx, words)
        Whether the bond to the ghost spin is active; not read unless ``ghost``.
    ghost : bool
        Whether there is a ghost spin.
    coins : uint64 array, shape (Lx, words)
        Random bits; a cluster takes that of its first site, row by row.
    valid : uint64 array, shape (words,)
        The bits that are sites.
    starts, offsets, parent, turns : arrays
        Scratch: uint64 and uint32 (Lx, words), uint32 and uint8 (sites + 1,).
    flips : uint64 array, shape (Lx, words)
        Filled: one for the sites that flip.
    """
    height, chunks = left.shape
    last = _number_runs(left, valid, starts, offsets)
    _join_runs(left, up, tied, ghost, starts, offsets, last, parent)
    label = GHOST
    turns[GHOST] = 0
    for x in range(height):
        before = NONE
        for c in range(chunks):
            begins, coin, changes, carried = starts[x, c], coins[x, c], NONE, before
            while begins != NONE:
                bit = lowest(begins)
                begins ^= bit
                label += ONE
                # A root finds the coin that was just put there: no branch to mispredict.
                turns[label] = (coin & bit) != NONE
                turn = np.uint64(turns[parent[label]])
                turns[label] = turn
                changes |= bit & (NONE - (turn ^ before))
                before = turn
            flips[x, c] = parity_up_to(changes) ^ (NONE - carried)
