"""Sweeps without tables: for many states, many neighbours, or another matrix at every bond."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.lanes import LANES

BLOCK = 16
"""Probabilities that are summed on their own, so that sums need not wait for one another."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@njit(cache=True, nogil=True, **_OPTIONS)
def sweep(
    codes: Any, streams: Any, inverse_temperature: Any, rows: Any, site_weights: Any, kind: Any, neighbour: Any,
    which: Any, metropolis: bool, count: int,
) -> None:  # fmt: skip
    """Update every site of every chain, site after site, ``count`` times, in place.

    Each update takes one random word r of the lane. The heat bath takes the first code whose cumulative weight exceeds
    its upper 53 bits times the sum. Metropolis proposes another code by the whole part of r (q - 1) / 2^64, and accepts
    by the upper 53 bits of what remains, which is uniform to within q / 2^64.

    Parameters
    ----------
    codes : uint8 or uint16 array, shape (T, N, 64)
        The chains.
    streams : uint64 array, shape (T, 4, 64)
        The generators' states, one a lane.
    inverse_temperature : float64 array, shape (T,)
        Factors of all weights.
    rows : float64 array, shape (D, q, q)
        Weights of the own codes for each code of the neighbour.
    site_weights : float64 array, shape (V, q)
        Weights of the codes.
    kind : int64 array, shape (N,)
        Row of the site weights of each site.
    neighbour, which : int32 array, shape (N, z)
        Neighbours and their matrices, -1 in empty slots, which come last.
    metropolis : bool
        The rule.
    count : int
        Sweeps.
    """
    states, blocks = site_weights.shape[1], -(-site_weights.shape[1] // BLOCK)
    weight, sums = np.zeros(blocks * BLOCK), np.empty(blocks)
    for t in range(codes.shape[0]):
        board, stream, factor = codes[t], streams[t], inverse_temperature[t]
        for _ in range(count):
            for i in range(board.shape[0]):
                for lane in range(LANES):
                    word = draw(stream, lane)
                    if metropolis:
                        _try(board, i, lane, word, factor, rows, site_weights[kind[i]], neighbour, which)
                    else:
                        weight[:states] = site_weights[kind[i]]
                        for slot in range(neighbour.shape[1]):
                            if neighbour[i, slot] < 0:
                                break
                            weight[:states] += rows[which[i, slot], board[neighbour[i, slot], lane]]
                        board[i, lane] = _choose(weight, sums, states, factor, word)


@njit(**_OPTIONS)
def _choose(weight: Any, sums: Any, states: int, factor: float, word: Any) -> int:
    """Return a code drawn with probability exp(weight / T) / sum; the weights become exponentials."""
    blocks = sums.size
    for b in range(blocks):
        largest = weight[b * BLOCK]
        for c in range(b * BLOCK + 1, min(b * BLOCK + BLOCK, states)):
            largest = max(largest, weight[c])
        sums[b] = largest
    largest = sums.max()
    for c in range(states):
        weight[c] = exponential((weight[c] - largest) * factor)
    total = 0.0
    for b in range(blocks):
        part = 0.0
        for c in range(b * BLOCK, min(b * BLOCK + BLOCK, states)):
            part += weight[c]
        sums[b] = part
        total += part
    target = np.float64(word >> _U(11)) * 2.0**-53 * total
    below, block = 0.0, 0
    while block < blocks - 1 and below + sums[block] <= target:
        below += sums[block]
        block += 1
    chosen = block * BLOCK
    for c in range(block * BLOCK, min(block * BLOCK + BLOCK, states)):
        if weight[c] > 0.0:
            chosen = c
            below += weight[c]
            if below > target:
                break
    return chosen


@njit(**_OPTIONS)
def _try(
    board: Any, i: int, lane: int, word: Any, factor: float, rows: Any, site_weight: Any, neighbour: Any, which: Any
) -> None:
    states = site_weight.size
    others, low = _U(states - 1), _U(0xFFFFFFFF)
    step = ((word >> _U(32)) * others + ((word & low) * others >> _U(32))) >> _U(32)
    own = np.int64(board[i, lane])
    new = own + 1 + np.int64(step)
    if new >= states:
        new -= states
    change = site_weight[new] - site_weight[own]
    for slot in range(neighbour.shape[1]):
        if neighbour[i, slot] < 0:
            break
        code = board[neighbour[i, slot], lane]
        change += rows[which[i, slot], code, new] - rows[which[i, slot], code, own]
    change *= factor
    if change >= 0 or np.float64(word * others >> _U(11)) * 2.0**-53 < exponential(change):
        board[i, lane] = new
