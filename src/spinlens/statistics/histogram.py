"""How often each pair (bond sum, spin sum) was recorded: all that a temperature or a field can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spinlens.statistics.jackknife import FEWEST_GROUPS

MOST_GROUPS = 32
"""Groups of chains that are told apart; the error is then itself known to about 13 %."""

_SPREAD = np.int64(1) << np.int64(32)


@dataclass(frozen=True, slots=True)
class PairHistogram:
    """Recordings of K conditions in G groups, counted by their pair of sums, of which U are different.

    Attributes
    ----------
    bond_sum, spin_sum : ndarray, shape (U,), int64
        The pairs, sorted.
    counts : csr_array, shape (G, U), float64
        Recordings of each pair in each group, all conditions together.
    recordings : ndarray, shape (K, G), float64
        Recordings of each condition in each group.
    mean_bond_sum, mean_spin_sum : ndarray, shape (K,), float64
        Averages of each condition.
    """

    bond_sum: NDArray[np.int64]
    spin_sum: NDArray[np.int64]
    counts: csr_array
    recordings: NDArray[np.float64]
    mean_bond_sum: NDArray[np.float64]
    mean_spin_sum: NDArray[np.float64]


def count_pairs(bond_sum: Any, spin_sum: Any) -> PairHistogram:
    """Count pairs of sums.

    Parameters
    ----------
    bond_sum, spin_sum : array of int, shape (condition, chain, recording)
        The recorded totals; they are read group by group and may lie on a disk.

    Returns
    -------
    PairHistogram
        The memory it takes grows with the number of different pairs, not with that of the recordings.

    Notes
    -----
    A group holds the same chains, or the same stretch of time, of all conditions: replica exchange ties together
    the chains of one number at different temperatures, and nothing else.
    """
    conditions, chains, recordings = np.shape(bond_sum)
    keys, counts, lengths = [], [], []
    for here in _groups(chains, recordings):
        found = [_unique(bond_sum[k][here], spin_sum[k][here]) for k in range(conditions)]
        merged, inverse = np.unique(np.concatenate([pairs for pairs, _ in found]), return_inverse=True)
        keys.append(merged)
        counts.append(np.bincount(inverse, weights=np.concatenate([numbers for _, numbers in found])))
        lengths.append([numbers.sum() for _, numbers in found])
    pairs = np.unique(np.concatenate(keys))
    columns = np.concatenate([np.searchsorted(pairs, merged) for merged in keys])
    starts = np.cumsum([0, *(len(merged) for merged in keys)])
    table = csr_array((np.concatenate(counts), columns, starts), shape=(len(keys), len(pairs)))
    bonds = (pairs + _SPREAD // 2) // _SPREAD
    means = [np.array([np.mean(sums[k], dtype=np.float64) for k in range(conditions)]) for sums in (bond_sum, spin_sum)]
    return PairHistogram(bonds, pairs - bonds * _SPREAD, table, np.array(lengths, dtype=np.float64).T, *means)


def _groups(chains: int, recordings: int) -> Iterator[tuple[slice, slice]]:
    """Yield groups of whole chains, or of stretches of time where there are fewer than 16 chains."""
    if chains >= FEWEST_GROUPS:
        edges = np.linspace(0, chains, min(chains, MOST_GROUPS) + 1).astype(int)
        yield from ((slice(first, last), slice(None)) for first, last in pairwise(edges))
        return
    blocks = min(-(-FEWEST_GROUPS // chains), recordings)
    edges = np.arange(blocks + 1) * recordings // blocks
    for chain in range(chains):
        yield from ((slice(chain, chain + 1), slice(first, last)) for first, last in pairwise(edges))


def _unique(bond_sum: Any, spin_sum: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    keys = np.asarray(bond_sum).astype(np.int64) * _SPREAD + np.asarray(spin_sum).astype(np.int64)
    pairs, numbers = np.unique(keys.reshape(-1), return_counts=True)
    return pairs, numbers.astype(np.float64)
