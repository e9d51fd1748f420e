"""The sums of a model's terms over 64 chains, from their words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.models.tables import TermTables, unique_rows
from spinlens.sampling.engines.bits.rows.counting import count_lists, weigh_list
from spinlens.sampling.engines.bits.rows.layout import places_of_sites
from spinlens.sampling.engines.bits.words import WIDTH

Integers = NDArray[np.int64]

FEWEST = 16
"""Pairs in a list that are worth counters; if lists are shorter on average, all pairs are weighed one by one."""


@dataclass(frozen=True, eq=False)
class Tally:
    """What to count for the sums of some terms, T of them.

    With codes c = 0, 1 twice a sum is constant + sum_i a_i c_i + sum_b q_b (c_b xor c'_b), whatever its tables; a site
    is taken for a pair with a word that is always 0.

    Attributes
    ----------
    constant : numpy.ndarray
        int64 (T,): twice the sum of a configuration of zeros.
    first, second : numpy.ndarray
        int32 (B,): flat places in the words of the pairs, list after list; the pairs of a list have the same factors.
    starts : numpy.ndarray
        int64 (lists + 1,): where each list begins.
    factors : numpy.ndarray
        int64 (T, lists): by how much a pair of each list that differs changes twice the sums.
    weighed : tuple
        For terms whose factors are nearly all different: number of the term, both places and factor of each pair.
    """

    constant: Integers
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    starts: Integers
    factors: Integers
    weighed: tuple[tuple[int, NDArray[np.int32], NDArray[np.int32], Integers], ...]


@lru_cache(maxsize=16)
def tally(tables: TermTables) -> Tally:
    """Return what to count for the terms of a model with two states, from its tables on a lattice of rows."""
    lattice = tables.lattice
    table, place = lattice.neighbours, places_of_sites(lattice)
    bonds, bond = tables.bond_classes
    sites, site = tables.site_classes
    product = bonds[:, :, 1, 1] - bonds[:, :, 1, 0] - bonds[:, :, 0, 1] + bonds[:, :, 0, 0]
    alone = 2 * (sites[:, :, 1] - sites[:, :, 0])[:, site]
    for end, (row, column) in ((table.first, (1, 0)), (table.second, (0, 1))):
        linear = 2 * (bonds[:, :, row, column] - bonds[:, :, 0, 0]) + product
        for term in range(len(alone)):
            np.add.at(alone[term], end, linear[term, bond])
    constant = 2 * (bonds[:, :, 0, 0][:, bond].sum(axis=1) + sites[:, :, 0][:, site].sum(axis=1))
    zero = np.full(lattice.sites, _words(tables), dtype=np.int32)
    first = np.concatenate([place[table.first], place])
    second = np.concatenate([place[table.second], zero])
    return _grouped(constant, first, second, np.concatenate([-product[:, bond], alone], axis=1))


def _words(tables: TermTables) -> int:
    """Return the words of one condition, behind which a zero stands."""
    lattice = tables.lattice
    return 2 * WIDTH * (lattice.sites // lattice.shape[-1]) * -(-lattice.shape[-1] // (2 * WIDTH))


def _grouped(constant: Integers, first: NDArray[Any], second: NDArray[Any], factors: Integers) -> Tally:
    """Sort the terms into those that are counted and those that are weighed, and the pairs into lists."""
    weighed, counted = [], []
    for term, row in enumerate(factors):
        used = np.flatnonzero(row)
        if len(np.unique(row[used])) * FEWEST > len(used) and len(used):
            weighed.append((term, first[used], second[used], row[used]))
        else:
            counted.append(term)
    shared = np.zeros_like(factors)
    shared[counted] = factors[counted]
    lists, which = unique_rows(shared.T)
    lists = lists.T
    places: list[tuple[NDArray[Any], NDArray[Any]]] = []
    kept = [k for k in range(lists.shape[1]) if lists[:, k].any()]
    for k in kept:
        members = np.flatnonzero(which.reshape(-1) == k)
        filled = -(-len(members) // (2 * WIDTH)) * 2 * WIDTH
        pair = np.full((2, filled), first[members[0]], dtype=np.int32)
        pair[:, : len(members)] = first[members], second[members]
        places.append((pair[0], pair[1]))
    starts = np.cumsum([0, *(len(pair[0]) for pair in places)], dtype=np.int64)
    both = [np.concatenate([*column, np.zeros(0, np.int32)]) for column in zip(*places, strict=True)] or [
        np.zeros(0, np.int32), np.zeros(0, np.int32)
    ]  # fmt: skip
    return Tally(constant, both[0], both[1], starts, lists[:, kept], tuple(weighed))


def measure(words: NDArray[np.uint64], tally: Tally) -> Integers:
    """Return the sums of every chain of every condition, exactly.

    Parameters
    ----------
    words : uint64 array, shape (conditions, rows, 2, columns)
        The configurations.
    tally : Tally
        What to count.

    Returns
    -------
    int64 array, shape (terms, conditions, 64)
        In the order of the terms, seams and walls included.
    """
    conditions = len(words)
    flat = np.zeros((conditions, words[0].size + 1), dtype=np.uint64)
    flat[:, :-1] = words.reshape(conditions, -1)
    counts = np.zeros((len(tally.starts) - 1, conditions, 64), dtype=np.int64)
    count_lists(flat, tally.first, tally.second, tally.starts, counts)
    twice = tally.constant[:, None, None] + np.tensordot(tally.factors, counts, axes=1)
    for term, first, second, factors in tally.weighed:
        weigh_list(flat, first, second, factors, twice[term])
    found: Integers = twice // 2
    return found
