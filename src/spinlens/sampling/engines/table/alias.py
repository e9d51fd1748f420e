"""Alias tables: from any distribution over codes draw with one random word and one look into a table.

A table has 2^k >= q columns of one word. The first k random bits choose a column. If the random word is below the
column's (the same k bits, then a threshold; their upper 56 bits count), the code is the column's number, else the
column's alias, its lower 8 bits.

References
----------
A. J. Walker, ACM Trans. Math. Softw. 3, 253 (1977), doi:10.1145/355744.355749; M. D. Vose, IEEE Trans. Softw. Eng. 17,
972 (1991), doi:10.1109/32.92917.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

PARTS_BITS = 56
"""Probabilities are multiples of 2^-56."""

MOST_STATES = 256
"""An alias has 8 bits."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


def column_bits(states: int) -> int:
    """Return k: 2^k is the smallest number of columns for so many states."""
    return max(1, (states - 1).bit_length())


def alias_tables(probabilities: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return alias tables of distributions over q <= 256 codes.

    Probabilities are rounded to multiples of 2^-56, and what is missing to 1, at most q / 2 times as much and the
    rounding of their sum, goes to the most probable code.

    Parameters
    ----------
    probabilities : ndarray, float64 (rows, q)
        Each row sums to 1 within rounding.

    Returns
    -------
    ndarray, uint64 (rows, 2^k)
    """
    rows, states = probabilities.shape
    tables = np.empty((rows, 1 << column_bits(states)), dtype=np.uint64)
    _build(np.ascontiguousarray(probabilities), tables)
    return tables


@njit(cache=True, nogil=True, **_OPTIONS)
def _build(probabilities: Any, tables: Any) -> None:
    states, columns = probabilities.shape[1], tables.shape[1]
    full = (np.int64(1) << PARTS_BITS) // columns
    total = 2.0**PARTS_BITS
    parts = np.empty(columns, dtype=np.int64)
    waiting = np.empty(columns, dtype=np.int64)
    for row in range(probabilities.shape[0]):
        left, largest = full * columns, 0
        parts[:] = 0
        for c in range(states):
            parts[c] = np.int64(probabilities[row, c] * total + 0.5)
            left -= parts[c]
            if parts[c] > parts[largest]:
                largest = c
        parts[largest] += left
        # Columns with too little wait at the front of the list, those with too much at its end.
        small, large = 0, columns
        for c in range(columns):
            if parts[c] < full:
                waiting[small] = c
                small += 1
            else:
                large -= 1
                waiting[large] = c
        while small and large < columns:
            small -= 1
            poor, rich = waiting[small], waiting[large]
            tables[row, poor] = np.uint64(poor * full + parts[poor]) << np.uint64(8) | np.uint64(rich)
            parts[rich] -= full - parts[poor]
            if parts[rich] < full:
                large += 1
                waiting[small] = rich
                small += 1
        for place in range(large, columns):
            tables[row, waiting[place]] = np.uint64(waiting[place])


def drawn_probabilities(table: NDArray[np.uint64], states: int) -> list[Fraction]:
    """Return the exact probabilities with which one alias table (2^k,) yields each code."""
    found = [Fraction(0)] * max(states, len(table))
    for column, word in enumerate(table.tolist()):
        begin, end = Fraction(column, len(table)), Fraction(column + 1, len(table))
        kept = min(max(Fraction(word >> 8, 1 << PARTS_BITS), begin), end)
        found[column] += kept - begin
        found[word & 255] += end - kept
    assert not any(found[states:])
    return found[:states]
