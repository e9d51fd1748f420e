"""Whole-number sums of all terms of the angles: each bond's step and each site's angle are looked up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.models import Bonds, TermTables
from spinlens.models.tables import unique_rows
from spinlens.sampling.engines.table.lanes import LANES

Integers = NDArray[np.int64]

_OPTIONS = {"error_model": "numpy", "boundscheck": False}
_U = np.uint64


class Tally(NamedTuple):
    """What `measure` needs, for n terms.

    Attributes
    ----------
    first, second, shift : ndarray, int64 (B,)
        The bonds in the order of their classes, and by how much the second end is turned.
    bond_begins : ndarray, int64 (classes + 1,)
        Where each class begins, last the end.
    rows : ndarray, int64 (R, q)
        The different numbers by the step from the first to the second end.
    counts : ndarray, int64 (classes, R, n)
        How often each of them counts in each term.
    sites : ndarray, int64 (N,)
        The sites in the order of their kinds.
    site_begins : ndarray, int64 (V + 1,)
        Where each kind begins, last the end.
    tables : ndarray, int64 (V, n, q)
        What a site of each kind adds to each term.
    """

    first: Integers
    second: Integers
    shift: Integers
    bond_begins: Integers
    rows: Integers
    counts: Integers
    sites: Integers
    site_begins: Integers
    tables: Integers


def tally(tables: TermTables, shift: Integers) -> Tally:
    """Return what to count for the terms of a model, of bonds whose second ends are turned."""
    neighbours, terms = tables.lattice.neighbours, tables.terms
    classes, bond = unique_rows(tables.bond_factors.T)
    bonds = [term.table if isinstance(term, Bonds) else np.zeros_like(term.table) for term in terms]
    rows, which = np.unique(np.stack(bonds), axis=0, return_inverse=True)
    counts = np.zeros((len(classes), len(rows), len(terms)), dtype=np.int64)
    counts[:, which.reshape(-1), np.arange(len(terms))] = classes
    kept = rows.any(axis=1)
    site_tables, site = tables.site_classes
    order, by_kind = np.argsort(bond, kind="stable"), np.argsort(site, kind="stable")
    return Tally(
        neighbours.first[order], neighbours.second[order], shift[order],
        np.searchsorted(bond[order], np.arange(len(classes) + 1)),
        np.ascontiguousarray(rows[kept]), np.ascontiguousarray(counts[:, kept]),
        by_kind, np.searchsorted(site[by_kind], np.arange(site_tables.shape[1] + 1)),
        np.ascontiguousarray(site_tables.transpose(1, 0, 2)),
    )  # fmt: skip


@njit(inline="always")
def _add_steps(board: Any, first: int, second: int, shift: int, row: Any, total: Any) -> None:
    q = row.size
    for lane in range(LANES):
        step = np.int64(board[_U(second + lane)]) - np.int64(board[_U(first + lane)]) + shift
        step = step + q if step < 0 else step
        total[lane] += row[_U(step - q if step >= q else step)]


@njit(cache=True, nogil=True, **_OPTIONS)
def measure(codes: Any, tally: Tally, sums: Any) -> None:
    """Write the sums of all terms of codes, uint16 (T, N, 64), into int64 (n, T, 64)."""
    total = np.empty(LANES, dtype=np.int64)
    sums[:] = 0
    for t in range(codes.shape[0]):
        board = codes[t].reshape(-1)
        for c in range(tally.bond_begins.size - 1):
            for r in range(tally.rows.shape[0]):
                if not tally.counts[c, r].any():
                    continue
                total[:] = 0
                for b in range(tally.bond_begins[c], tally.bond_begins[c + 1]):
                    _add_steps(
                        board, tally.first[b] * LANES, tally.second[b] * LANES, tally.shift[b], tally.rows[r], total
                    )
                for term in range(sums.shape[0]):
                    for lane in range(LANES):
                        sums[term, t, lane] += tally.counts[c, r, term] * total[lane]
        for v in range(tally.site_begins.size - 1):
            for term in range(sums.shape[0]):
                row = tally.tables[v, term]
                if not row.any():
                    continue
                total[:] = 0
                for place in range(tally.site_begins[v], tally.site_begins[v + 1]):
                    base = tally.sites[place] * LANES
                    for lane in range(LANES):
                        total[lane] += row[board[_U(base + lane)]]
                for lane in range(LANES):
                    sums[term, t, lane] += total[lane]


@njit(cache=True, nogil=True, **_OPTIONS)
def turn(codes: Any, states: int, shifts: Any, mirrored: Any) -> None:
    """Turn the angles of each chain by so many codes, the mirror images of some, in place.

    Parameters
    ----------
    codes : uint16 array, shape (T, N, 64)
        The chains.
    states : int
        Number of angles q.
    shifts : int64 array, shape (T, 64)
        0 to q - 1.
    mirrored : bool array, shape (T, 64)
        Whose angles change their sign first.
    """
    for t in range(codes.shape[0]):
        for i in range(codes.shape[1]):
            for lane in range(LANES):
                code = np.int64(codes[t, i, lane])
                code = (states - code if mirrored[t, lane] else code) + shifts[t, lane]
                codes[t, i, lane] = code - states if code >= states else code
