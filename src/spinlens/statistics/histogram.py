"""How often each row of sums was recorded: all that a temperature or a control can act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spinlens.statistics.jackknife import FEWEST_GROUPS

MOST_GROUPS = 32
"""Groups of chains that are told apart; the error is then itself known to about 13 %."""

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowHistogram:
    """Recordings of K conditions in G groups, counted by their row of sums, of which U are different.

    Attributes
    ----------
    rows : ndarray, shape (U, columns), the smallest type of integers that holds them
        The rows, sorted by the first column, then by the next.
    counts : csr_array, shape (G, U), float64
        Recordings of each row in each group, all conditions together.
    recordings : ndarray, shape (K, G), float64
        Recordings of each condition in each group.
    means : ndarray, shape (K, columns), float64
        Averages of each condition.
    """

    rows: Integers
    counts: csr_array
    recordings: NDArray[np.float64]
    means: NDArray[np.float64]


def count_rows(sums: Sequence[Any]) -> RowHistogram:
    """Count rows of sums.

    Parameters
    ----------
    sums : sequence of array of int, each of shape (condition, chain, recording)
        The recorded totals, a column each; they are read group by group and may lie on a disk.

    Returns
    -------
    RowHistogram
        The memory it takes grows with the number of different rows, not with that of the recordings. However many
        columns there are, the rows take no more than the recordings did.

    Notes
    -----
    A group holds the same chains, or the same stretch of time, of all conditions: replica exchange ties together
    the chains of one number at different temperatures, and nothing else.
    """
    conditions, chains, recordings = np.shape(sums[0])
    parts, counts, lengths = [], [], []
    for here in _groups(chains, recordings):
        found = [_counted([np.asarray(column[k][here]).reshape(-1) for column in sums]) for k in range(conditions)]
        merged, inverse = _unique_inverse(np.concatenate([rows for rows, _ in found]))
        parts.append(merged)
        counts.append(np.bincount(inverse, weights=np.concatenate([numbers for _, numbers in found])))
        lengths.append([numbers.sum() for _, numbers in found])
    rows, columns = _unique_inverse(np.concatenate(parts))
    starts = np.cumsum([0, *(len(merged) for merged in parts)])
    table = csr_array((np.concatenate(counts), columns, starts), shape=(len(parts), len(rows)))
    means = [[np.mean(column[k], dtype=np.float64) for column in sums] for k in range(conditions)]
    return RowHistogram(_small(rows), table, np.array(lengths, dtype=np.float64).T, np.array(means))


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


def _counted(columns: Sequence[NDArray[Any]]) -> tuple[Integers, NDArray[np.float64]]:
    found, inverse = _unique_inverse(np.stack(columns, axis=1).astype(np.int64))
    return found, np.bincount(inverse).astype(np.float64)


def _unique_inverse(rows: Integers) -> tuple[Integers, Integers]:
    """Return the different rows, sorted, and which one each row is.

    Rows are read as numbers with one digit a column, which sort much faster; where the numbers grow too large, those
    that occur are numbered anew.
    """
    key, size = np.zeros(len(rows), dtype=np.int64), 1
    low = rows.min(axis=0)
    for column, least, span in zip(rows.T, low, (rows.max(axis=0) - low + 1).tolist(), strict=True):
        if size * span >= 1 << 62:
            key = np.unique(key, return_inverse=True)[1]
            size = len(rows)
        key, size = key * span + (column - least), size * span
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], inverse


def _small(rows: Integers) -> NDArray[Any]:
    """Return the same in the smallest type of integers."""
    kinds = (np.int16, np.int32)
    fits = [k for k in kinds if np.iinfo(k).min <= rows.min() and rows.max() <= np.iinfo(k).max]
    return rows.astype(fits[0]) if fits else rows
