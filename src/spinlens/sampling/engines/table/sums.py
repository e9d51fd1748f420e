"""Whole-number sums of all terms: where codes are few, by counting how often each pair of codes stands at a bond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.sampling.engines.table.lanes import LANES

Integers = NDArray[np.int64]

MOST_COUNTED = 16
"""Pairs of codes, or codes, up to which counting them is faster than looking up each."""

ROUND = 255
"""Places that are counted in 8 bits before they are added up."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


@dataclass(frozen=True, eq=False)
class Places:
    """Sites or bonds in the order of their classes, with whole-number tables of n terms, as the kernels read them.

    Attributes
    ----------
    first, second : ndarray, int64 (P,)
        The ends of each bond; both the same for sites.
    begins : ndarray, int64 (classes + 1,)
        Where each class begins, last the end.
    tables : ndarray, int64 (classes, n, numbers)
        What a place with each code, or pair of codes first q + second, adds to each term.
    active : ndarray, bool (classes, n)
        Whether that is ever something.
    base : ndarray, int64 (classes, n)
        The column of ``tables`` that is the most frequent: codes with it are not counted one by one.
    counted : ndarray, int64 (classes, numbers)
        The other columns, first.
    number_counted : ndarray, int64 (classes,)
        How many these are.
    """

    first: Integers
    second: Integers
    begins: Integers
    tables: Integers
    active: NDArray[np.bool_]
    base: Integers
    counted: Integers
    number_counted: Integers


@dataclass(frozen=True, eq=False)
class TermPlaces:
    """What `measure` needs: bonds, sites, the number of codes."""

    bonds: Places
    sites: Places
    states: int


def term_places(
    first: Integers, second: Integers, bond: Integers, bond_tables: Integers, site: Integers, site_tables: Integers
) -> TermPlaces:
    """Prepare sums of n terms.

    Parameters
    ----------
    first, second : ndarray, int64 (B,)
        The ends of each bond.
    bond : ndarray, int64 (B,)
        Its class.
    bond_tables : ndarray, int64 (n, M, q, q)
        What a bond of each class adds to each term; the row is the code of its first end.
    site : ndarray, int64 (N,)
        The class of each site.
    site_tables : ndarray, int64 (n, V, q)
        What a site of each class adds to each term.
    """
    terms, classes, states, _ = bond_tables.shape
    every = np.arange(len(site))
    return TermPlaces(
        _places(first, second, bond, bond_tables.reshape(terms, classes, states * states)),
        _places(every, every, site, site_tables),
        states,
    )


def _places(first: Integers, second: Integers, which: Integers, tables: Integers) -> Places:
    tables = np.ascontiguousarray(tables.transpose(1, 0, 2), dtype=np.int64)
    classes, terms, numbers = tables.shape
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(classes + 1))
    base, counted = np.zeros((classes, terms), dtype=np.int64), np.zeros((classes, numbers), dtype=np.int64)
    number_counted = np.zeros(classes, dtype=np.int64)
    if numbers <= MOST_COUNTED:
        for c, table in enumerate(tables):
            columns, column, times = np.unique(table, axis=1, return_inverse=True, return_counts=True)
            others = np.flatnonzero(column.reshape(-1) != times.argmax())
            base[c], number_counted[c] = columns[:, times.argmax()], len(others)
            counted[c, : len(others)] = others
    return Places(
        first[order], second[order], begins, tables, np.asarray(tables.any(axis=2)), base, counted, number_counted
    )


def measure(codes: NDArray[Any], places: TermPlaces, sums: Integers) -> None:
    """Write the sums of all terms of the codes (T, N, 64) into int64 (n, T, 64)."""
    sums[...] = 0
    for part, factor in ((places.bonds, places.states), (places.sites, 0)):
        numbers = part.tables.shape[2]
        if len(part.first) == 0 or not part.active.any():
            continue
        if numbers <= MOST_COUNTED:
            _count(codes, part.first, part.second, factor, part.begins, part.tables, part.base, part.counted,
                   part.number_counted, sums)  # fmt: skip
        else:
            _look_up(codes, part.first, part.second, factor, part.begins, part.tables, part.active, sums)


@njit(cache=True, nogil=True, **_OPTIONS)
def _count(
    codes: Any, firsts: Any, seconds: Any, factor: int, begins: Any, tables: Any, base: Any, counted: Any,
    number_counted: Any, sums: Any,
) -> None:  # fmt: skip
    numbers, states = np.empty((ROUND, LANES), dtype=np.uint8), np.uint8(factor)
    counts, totals = np.empty(LANES, dtype=np.uint8), np.empty(LANES, dtype=np.int64)
    for t in range(codes.shape[0]):
        board = codes[t]
        for c in range(begins.size - 1):
            for term in range(sums.shape[0]):
                for lane in range(LANES):
                    sums[term, t, lane] += base[c, term] * (begins[c + 1] - begins[c])
            for begin in range(begins[c], begins[c + 1], ROUND):
                many = min(ROUND, begins[c + 1] - begin)
                for place in range(many):
                    first, second = board[firsts[begin + place]], board[seconds[begin + place]]
                    row = numbers[place]
                    for lane in range(LANES):
                        row[lane] = np.uint8(np.uint8(first[lane] * states) + second[lane])
                for which in range(number_counted[c]):
                    number = counted[c, which]
                    counts[:] = 0
                    for place in range(many):
                        _add(counts, numbers[place], np.uint8(number))
                    for lane in range(LANES):
                        totals[lane] = counts[lane]
                    for term in range(sums.shape[0]):
                        value = tables[c, term, number] - base[c, term]
                        if value:
                            for lane in range(LANES):
                                sums[term, t, lane] += value * totals[lane]


@njit(inline="always")
def _add(counts: Any, row: Any, number: Any) -> None:
    for lane in range(LANES):
        counts[lane] += np.uint8(row[lane] == number)


@njit(cache=True, nogil=True, **_OPTIONS)
def _look_up(
    codes: Any, firsts: Any, seconds: Any, factor: int, begins: Any, tables: Any, active_terms: Any, sums: Any
) -> None:
    """Look up each place where one term counts; where several do, count how often each number occurs."""
    terms, numbers = sums.shape[0], tables.shape[2]
    active, totals = np.empty(terms, dtype=np.int64), np.empty(LANES, dtype=np.int64)
    counts = np.empty((numbers, LANES), dtype=np.int32)
    for c in range(begins.size - 1):
        many = 0
        for term in range(terms):
            if active_terms[c, term]:
                active[many] = term
                many += 1
        for t in range(codes.shape[0]):
            board = codes[t]
            if many == 1:
                table = tables[c, active[0]]
                totals[:] = 0
                for place in range(begins[c], begins[c + 1]):
                    first, second = board[firsts[place]], board[seconds[place]]
                    for lane in range(LANES):
                        totals[lane] += table[_U(first[lane]) * _U(factor) + _U(second[lane])]
                for lane in range(LANES):
                    sums[active[0], t, lane] += totals[lane]
            elif many:
                counts[:] = 0
                for place in range(begins[c], begins[c + 1]):
                    first, second = board[firsts[place]], board[seconds[place]]
                    for lane in range(LANES):
                        counts[_U(first[lane]) * _U(factor) + _U(second[lane]), lane] += 1
                for k in range(many):
                    for number in range(numbers):
                        value = tables[c, active[k], number]
                        if value:
                            for lane in range(LANES):
                                sums[active[k], t, lane] += value * counts[number, lane]
