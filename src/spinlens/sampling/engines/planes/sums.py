"""The sums of a model's terms over 64 chains, from their planes: counts of pairs and of codes, weighed by tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload
from numpy.typing import NDArray

from spinlens.models import Bonds, TermTables
from spinlens.sampling.engines.bits.rows.counting import PLANES, count_pair, lane_totals
from spinlens.sampling.engines.bits.rows.geometry import bond_slots
from spinlens.sampling.engines.bits.rows.kernel import even_half, odd_half
from spinlens.sampling.engines.bits.rows.layout import columns, places_of_sites
from spinlens.sampling.engines.bits.words import WIDTH, load
from spinlens.sampling.engines.planes.codes import INLINED, constant_code, differing, load_code
from spinlens.sampling.engines.planes.forms import Form, pair_coefficients
from spinlens.sampling.engines.planes.kernel import Place, new_board, put_on_board

Integers = NDArray[np.int64]
Words = NDArray[np.uint64]

_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@dataclass(frozen=True, eq=False)
class Tally:
    """What to count for the sums of some terms, T of them, and F counts.

    A sum is constant + factors . counts. The counts are those of each feature of pairs, then of each code but the last
    on each of V classes of sites.

    Attributes
    ----------
    features : tuple of int
        As long as pairs have features: for spins the products 1 and -1, for colours equality.
    code : tuple of int
        As long as a code has bits.
    slots : ndarray, int64
        Slots in which bonds are counted, each at one of its ends.
    there, turned : ndarray, uint64 (Z, 2 rows, columns)
        All ones where the bond in a slot is counted at a site, and where its other end is seen turned.
    sites : ndarray, uint64 (V, 2 rows, columns)
        All ones at the sites of each class.
    counted : int
        Codes that are counted.
    constant : ndarray, int64 (T,)
        The sums where all counts are zero.
    factors : ndarray, int64 (T, F)
        What each count adds.
    """

    features: tuple[int, ...]
    code: tuple[int, ...]
    slots: Integers
    there: Words
    turned: Words
    sites: Words
    counted: int
    constant: Integers
    factors: Integers


def tally(tables: TermTables, form: Form, place: Place) -> Tally:
    """Return what to count for the terms of a model, from its tables on a lattice of rows."""
    lattice, q = tables.lattice, tables.space.states
    table, at = lattice.neighbours, places_of_sites(lattice)
    half_rows = len(place.patterns), columns(lattice.shape[-1])
    there, turned = np.zeros((2, len(place.slots), half_rows[0] * half_rows[1]), dtype=np.uint64)
    forward = bond_slots(lattice)[0]
    there[forward, at[table.first]] = _ONES
    turned[forward, at[table.first]] = np.where(table.turned, _ONES, np.uint64(0))
    classes, site = tables.site_classes
    sites = np.zeros((classes.shape[1], half_rows[0] * half_rows[1]), dtype=np.uint64)
    sites[site, at] = _ONES
    number = np.bincount(site, minlength=classes.shape[1])
    constant, factors = classes[:, :, -1] @ number, []
    for term, (row, by) in enumerate(zip(tables.terms, tables.bond_factors, strict=True)):
        pairs = pair_coefficients(row.matrix, spins=form.spins) if isinstance(row, Bonds) else None
        factor = int(by[0]) if len(by) else 0
        nothing, *coefficients = (0,) * (2 + form.spins) if pairs is None else pairs
        constant[term] += factor * nothing * len(by)
        codes = classes[term, :, :-1] - classes[term, :, -1:]
        factors.append([*(factor * c for c in coefficients), *codes.reshape(-1)])
    shape = (-1, *half_rows)
    return Tally(
        (0,) * (1 + form.spins), (0,) * form.planes, np.flatnonzero(there.any(axis=1)), there.reshape(shape),
        turned.reshape(shape), sites.reshape(shape), q - 1, constant, np.array(factors, dtype=np.int64),
    )  # fmt: skip


def measure(words: Words, tally: Tally, place: Place) -> Integers:
    """Return the sums of every chain of every condition, exactly.

    Parameters
    ----------
    words : uint64 array, shape (conditions, planes, rows, 2, columns)
        The configurations.
    tally : Tally
        What to count.
    place : Place
        The lattice.

    Returns
    -------
    int64 array, shape (terms, conditions, 64)
        In the order of the terms, seams and walls included.
    """
    counts = np.zeros((tally.factors.shape[1], len(words), 64), dtype=np.int64)
    _count_all(
        words, tally.features, tally.code, tally.slots, tally.there, tally.turned, tally.sites, tally.counted,
        place.others, place.width, counts,
    )  # fmt: skip
    found = np.einsum("tf,fcl->tcl", tally.factors, counts)
    return np.asarray(found + tally.constant[:, None, None], dtype=np.int64)


def pair_features(features: Any, board: Any, here: int, beside: int, code: Any, turned: Any) -> Any:
    """Return the features of the pairs of eight sites and those beside them."""
    raise NotImplementedError("for compiled code only")


@overload(pair_features, jit_options=INLINED)
def _pair_features(features: Any, board: Any, here: Any, beside: Any, code: Any, turned: Any) -> Any:
    def products(features: Any, board: Any, here: Any, beside: Any, code: Any, turned: Any) -> Any:
        pitch = board.shape[1]
        both = ~(load(board, here) | load(board, beside))
        differ = load(board, pitch + here) ^ load(board, pitch + beside) ^ turned
        return both & ~differ, both & differ

    def equality(features: Any, board: Any, here: Any, beside: Any, code: Any, turned: Any) -> Any:
        pitch = board.shape[1]
        return (~differing(load_code(board, here, pitch, code), load_code(board, beside, pitch, code)),)

    return products if len(features) == 2 else equality


@njit(inline="always")
def _beside(others: Any, half: int, slot: int, slots: int, even: int, odd: int) -> Any:
    """Return the flat place of the neighbours of half a row in a slot; the last two are those in the row."""
    if slot < slots - 2:
        return others[half, slot]
    before = slot == slots - 2
    if half & 1:
        return even if before else even + 1
    return odd - 1 if before else odd


@njit(cache=True, nogil=True, **_OPTIONS)
def _count_all(
    words: Any, features: Any, code: Any, used: Any, there: Any, turned: Any, sites: Any, counted: int, others: Any,
    width: int, counts: Any,
) -> None:  # fmt: skip
    """Count the features of pairs and the codes of sites, int64 (F, conditions, 64)."""
    conditions, planes, rows, _, columns = words.shape
    slots, pairs = there.shape[0], len(features)
    board = new_board(planes, rows, columns)
    pitch, base = board.shape[1], PLANES * 2 * WIDTH
    counters = np.zeros((counts.shape[0], PLANES, 2, WIDTH), dtype=np.uint64)
    merged = np.zeros((PLANES, 2 * WIDTH), dtype=np.uint64)
    for t in range(conditions):
        put_on_board(words[t], board, width)
        counters[:] = 0
        step = 0
        for row in range(rows):
            even, odd = even_half(row, columns), odd_half(row, columns)
            for place in range(len(used)):
                slot = used[place]
                first = _beside(others, 2 * row, slot, slots, even, odd)
                second = _beside(others, 2 * row + 1, slot, slots, even, odd)
                at = (slot * 2 * rows + 2 * row) * columns
                for j in range(0, columns, WIDTH):
                    one = pair_features(features, board, even + j, first + j, code, load(turned, at + j))
                    two = pair_features(features, board, odd + j, second + j, code, load(turned, at + columns + j))
                    for which in range(pairs):
                        count_pair(
                            counters, which * base, step, one[which] & load(there, at + j),
                            two[which] & load(there, at + columns + j),
                        )  # fmt: skip
                    step += 1
        for which in range(pairs):
            lane_totals(counters[which], step, merged, counts[which, t])
        step = 0
        for row in range(rows):
            even, odd = even_half(row, columns), odd_half(row, columns)
            for j in range(0, columns, WIDTH):
                one_code, two_code = load_code(board, even + j, pitch, code), load_code(board, odd + j, pitch, code)
                which = pairs
                for kind in range(sites.shape[0]):
                    at = (kind * 2 * rows + 2 * row) * columns + j
                    here, here_too = load(sites, at), load(sites, at + columns)
                    for number in range(counted):
                        wanted = constant_code(number, code)
                        count_pair(
                            counters, which * base, step, ~differing(one_code, wanted) & here,
                            ~differing(two_code, wanted) & here_too,
                        )  # fmt: skip
                        which += 1
                step += 1
        for which in range(pairs, counts.shape[0]):
            lane_totals(counters[which], step, merged, counts[which, t])
