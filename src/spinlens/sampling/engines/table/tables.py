"""The tables of the narrow kernel: a distribution over the new code for every surrounding of every kind of site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.sampling.engines.table.alias import MOST_STATES, alias_tables, column_bits
from spinlens.sampling.engines.table.exponential import exponential
from spinlens.sampling.engines.table.slots import Slots, Weights

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_WORDS = 1 << 20
"""Words of the tables of one kind of site, 8 MiB: beyond the caches a look costs as much as working things out."""

FEW_WORDS = 1 << 10
"""Where the tables of each kind are no larger they stream through the caches, and there may be many kinds."""

MOST_WORDS_IN_ALL = 1 << 25
"""Words of all tables at all temperatures: 256 MiB."""

AFFINE = 1e-12
"""Weights that differ by this part of the largest count as equal where that makes tables smaller."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@dataclass(frozen=True, eq=False)
class NarrowRules:
    """What the kernel `spinlens.sampling.engines.table.narrow.sweep` needs, for K kinds of sites.

    Attributes
    ----------
    tables : ndarray, uint64 (T, words)
        Alias tables of all kinds.
    begins : ndarray, int64 (K,)
        Where each kind's tables begin.
    multipliers : ndarray, uint16 or uint32 (K, slots)
        What the code in a slot adds to the place in the tables, times the code.
    kind : ndarray, int32 (N,)
        The kind of each site.
    neighbour : ndarray, int32 (N, slots)
        The site in each slot; the number of slots is even, and those not needed multiply by 0.
    bits : int
        k: an alias table has 2^k columns.
    """

    tables: NDArray[np.uint64]
    begins: Integers
    multipliers: NDArray[np.uint16 | np.uint32]
    kind: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    bits: int


@dataclass(frozen=True, eq=False)
class Surroundings:
    """How the codes around a site are numbered, for K kinds of sites with up to z neighbours.

    The number of a surrounding is the sum of stride times code over the slots, plus the own code for Metropolis. Where
    weights depend on the sum of some codes alone, those slots share a stride.

    Attributes
    ----------
    row : ndarray, int64 (K,)
        Row of the site weights.
    which : ndarray, int64 (K, z)
        Matrix of each slot, or -1.
    stride : ndarray, int64 (K, z)
        Of the code in each slot; 0 in empty slots.
    span : ndarray, int64 (K, z)
        How many numbers a slot has, with those that share its stride; 0 in slots after the first of these.
    number : ndarray, int64 (K,)
        Surroundings of each kind.
    kind : ndarray, int64 (N,)
        The kind of each site.
    """

    row: Integers
    which: Integers
    stride: Integers
    span: Integers
    number: Integers
    kind: Integers


def surroundings(slots: Slots, weights: Weights, *, metropolis: bool) -> Surroundings:
    """Return the kinds of sites and how the surroundings of each are numbered."""
    q = weights.states
    columns = np.column_stack([weights.kind, slots.which]).astype(np.int64)
    kinds, kind = np.unique(columns, axis=0, return_inverse=True)
    row, which = kinds[:, 0], kinds[:, 1:]
    affine = np.array([*(_affine(matrix) for matrix in slots.rows), False])
    shares = np.zeros(which.shape, dtype=bool)
    shares[:, 1:] = (which[:, 1:] == which[:, :-1]) & affine[which[:, 1:]]
    stride, span = np.zeros_like(which), np.zeros_like(which)
    leader = np.zeros(len(kinds), dtype=np.int64)
    every = np.arange(len(kinds))
    for slot in range(which.shape[1]):
        leader = np.where(shares[:, slot], leader, slot)
        span[every, leader] += np.where(which[:, slot] < 0, 0, np.where(shares[:, slot], q - 1, q))
    number = np.full(len(kinds), q if metropolis else 1, dtype=np.int64)
    for slot in range(which.shape[1]):
        first = span[:, slot] > 0
        before = stride[:, slot - 1] if slot else 0
        stride[:, slot] = np.where(first, number, np.where(shares[:, slot], before, 0))
        number = np.minimum(number * np.maximum(span[:, slot], 1), 1 << 40)
    return Surroundings(row, which, stride, span, number, kind.reshape(-1))


def _affine(rows: Array) -> bool:
    """Return whether probabilities depend on the codes of any number of such neighbours by their sum alone."""
    steps = np.diff(rows - rows[:, :1], axis=0)
    return bool(np.abs(steps - steps[:1]).max(initial=0.0) <= AFFINE * np.abs(rows).max(initial=0.0))


def narrow_rules(slots: Slots, weights: Weights, inverse_temperature: Array, *, metropolis: bool) -> NarrowRules | None:
    """Return the tables at each temperature, or None where they would be too large."""
    q, bits = weights.states, column_bits(weights.states)
    if q > MOST_STATES:
        return None
    around = surroundings(slots, weights, metropolis=metropolis)
    words = around.number << bits
    total = int(words.sum())
    most = MOST_WORDS if words.max() > FEW_WORDS else MOST_WORDS_IN_ALL
    if words.max() > MOST_WORDS or total > most or total * len(inverse_temperature) > MOST_WORDS_IN_ALL:
        return None
    probabilities = np.empty((int(around.number.sum()), q))
    tables = np.empty((len(inverse_temperature), total), dtype=np.uint64)
    for t, factor in enumerate(inverse_temperature):
        _distributions(
            around.row, around.which, around.stride, around.span, around.number, slots.rows, weights.site_weights,
            float(factor), metropolis, probabilities,
        )  # fmt: skip
        tables[t] = alias_tables(probabilities).reshape(-1)
    sites, own = np.arange(weights.sites)[:, None], np.full((len(words), 1), int(metropolis))
    neighbour = np.where(slots.neighbour < 0, sites, slots.neighbour)
    places = np.uint16 if words.max() <= 1 << 16 else np.uint32
    multipliers = np.concatenate([around.stride, own], axis=1) << bits
    neighbour = np.concatenate([neighbour, sites], axis=1)
    if not metropolis:
        neighbour, multipliers = neighbour[:, :-1], multipliers[:, :-1]
    if neighbour.shape[1] % 2:
        neighbour = np.concatenate([neighbour, sites], axis=1)
        multipliers = np.concatenate([multipliers, 0 * own], axis=1)
    return NarrowRules(
        tables, np.cumsum(words) - words, np.ascontiguousarray(multipliers, dtype=places),
        around.kind.astype(np.int32), np.ascontiguousarray(neighbour, dtype=np.int32), bits,
    )  # fmt: skip


@njit(cache=True, nogil=True, **_OPTIONS)
def _distributions(
    rows_of_sites: Any, which: Any, strides: Any, spans: Any, numbers: Any, rows: Any, site_weights: Any, factor: float,
    metropolis: bool, probabilities: Any,
) -> None:  # fmt: skip
    """Fill in the distribution over the new code for each surrounding of each kind, float64 (all of them, q)."""
    states, slots = site_weights.shape[1], which.shape[1]
    weight = np.empty(states)
    at = 0
    for kind in range(which.shape[0]):
        for number in range(numbers[kind]):
            for c in range(states):
                weight[c] = site_weights[rows_of_sites[kind], c]
            left = 0
            for slot in range(slots):
                if which[kind, slot] >= 0:
                    if spans[kind, slot]:
                        left = number // strides[kind, slot] % spans[kind, slot]
                    code = min(left, states - 1)
                    left -= code
                    for c in range(states):
                        weight[c] += rows[which[kind, slot], code, c]
            if metropolis:
                _accept(weight, factor, number % states, probabilities, at)
            else:
                _balance(weight, factor, probabilities, at)
            at += 1


@njit(**_OPTIONS)
def _balance(weight: Any, factor: float, probabilities: Any, at: int) -> None:
    """Heat bath: p = exp(w) / sum exp(w)."""
    largest, total = weight[0], 0.0
    for c in range(1, weight.size):
        largest = max(largest, weight[c])
    for c in range(weight.size):
        probabilities[at, c] = exponential((weight[c] - largest) * factor)
        total += probabilities[at, c]
    for c in range(weight.size):
        probabilities[at, c] /= total


@njit(**_OPTIONS)
def _accept(weight: Any, factor: float, own: int, probabilities: Any, at: int) -> None:
    """Metropolis: another code, uniformly drawn, is accepted with probability min(1, exp(w' - w))."""
    total = 0.0
    for c in range(weight.size):
        if c != own:
            change = min((weight[c] - weight[own]) * factor, 0.0)
            probabilities[at, c] = exponential(change) / (weight.size - 1)
            total += probabilities[at, c]
    probabilities[at, own] = max(0.0, 1.0 - total)
