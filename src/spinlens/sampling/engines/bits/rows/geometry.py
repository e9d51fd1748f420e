"""A lattice of rows as the kernel sees it: who is next to whom, and which site needs which probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.rows.classes import COUNTED, COUNTED_RELATIVE, WHICH, WHICH_RELATIVE
from spinlens.sampling.engines.bits.rows.kernel import even_half, odd_half
from spinlens.sampling.engines.bits.rows.layout import columns, half_rows
from spinlens.sampling.engines.bits.words import WIDTH

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STEPS: dict[str, tuple[tuple[int, ...], ...]] = {
    "chain": ((-1,), (1,)),
    "square": ((-1, 0), (1, 0), (0, -1), (0, 1)),
    "honeycomb": ((1, 0), (0, -1), (0, 1)),
    "triangular": ((-1, 0), (1, 0), (-1, -1), (1, 1), (0, -1), (0, 1)),
    "cubic": ((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)),
}
"""The step to the neighbour in each slot; the first one of honeycomb lattices goes back from odd sites."""

_FORWARD = {"chain": (1,), "square": (1, 3), "triangular": (1, 5, 3), "cubic": (1, 3, 5)}
"""The slot of the second end of a bond of each direction, seen from the first; the one before is the other way."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """Everything that tells one lattice, its bonds and its fields from others, as data.

    Attributes
    ----------
    lattice : Lattice
        Shape, kind and boundary.
    bonds : numpy.ndarray
        float64 (N, Z): the coupling J to the neighbour in each slot, with the sign of an antiperiodic seam; 0 where
        there is no bond.
    fields : numpy.ndarray
        float64 (N,): the field h on each site, that of walls beside it included.
    counted : bool
        Whether all bonds are equally strong, so that the number of neighbours that favour up says everything.
    relative : bool
        Whether spins are drawn relative to a reference, because the reversal of all spins changes nothing.
    kind_sites : numpy.ndarray
        int64 (K,): a site of each kind; sites of one kind have the same probabilities.
    kinds : numpy.ndarray
        int64 (2 rows, columns): the kind of each site, half-row by half-row. Columns that are not there have the kind
        of the first site.
    patterns, pattern_kinds : numpy.ndarray
        int64 (2 rows, columns / WIDTH) and (P, WIDTH): the pattern of each vector, and its kinds side by side.
    ties, tie_patterns : numpy.ndarray
        int8 (T, Z, 2, WIDTH) and int64 (2 rows, columns / WIDTH): for each slot of a vector -1 where the neighbour is
        seen turned and -1 where it is there; ``ties`` is empty, int8 (0,), where all are there and as they are.
    others : numpy.ndarray
        int64 (2 rows, 4): flat places on the board of the neighbours in other rows.
    """

    lattice: Lattice
    bonds: Floats
    fields: Floats
    counted: bool
    relative: bool
    kind_sites: Integers
    kinds: Integers
    patterns: Integers
    pattern_kinds: Integers
    ties: NDArray[np.int8]
    tie_patterns: Integers
    others: Integers

    @property
    def width(self) -> int:
        """Sites in a row."""
        return self.lattice.shape[-1]

    @property
    def odd_ring(self) -> bool:
        """Whether rows are rings of an odd number of sites."""
        return bool(self.width % 2) and self.lattice.rings[-1]

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots of a site; with `classes` they tell which kernel is compiled."""
        return tuple(range(self.bonds.shape[1]))

    @property
    def classes(self) -> tuple[int, ...]:
        """For each class the number of slots that are up, or as bits which ones are."""
        counted = COUNTED_RELATIVE if self.relative else COUNTED
        which = WHICH_RELATIVE if self.relative else WHICH
        return (counted if self.counted else which)[self.bonds.shape[1]]


def refuses(lattice: Lattice, couplings: Floats) -> str | None:
    """Return why bonds of these couplings (B,) are beyond the kernel, or None if they are not."""
    sizes = np.unique(np.abs(couplings[couplings != 0]))
    if len(sizes) > 1 and len(STEPS[lattice.kind]) not in WHICH:
        return f"knows bonds of one strength on {lattice.kind} lattices"
    return None


def geometry(
    lattice: Lattice, couplings: Floats | float = 1.0, fields: Floats | float = 0.0, *, walls: bool = True
) -> Geometry:
    """Return the geometry of a lattice with bonds and fields.

    Parameters
    ----------
    lattice : Lattice
        Of any kind.
    couplings : float or float64 array, shape (B,)
        J of each bond in the order of ``lattice.neighbours``, in units of energy, without the sign of a seam; 0 for a
        bond that is missing. Bonds of different strength are known on square and honeycomb lattices.
    fields : float or float64 array, shape (N,) or ``lattice.shape``
        h of each site in units of energy.
    walls : bool
        Whether walls are to be added to the fields: J times the held value for each bond to one, where J is the largest
        of ``couplings``. If not, the fields hold them already.

    Returns
    -------
    Geometry
        As arrays for the kernel.
    """
    slots, held = _slots(lattice, couplings)
    strengths = np.broadcast_to(np.asarray(fields, dtype=np.float64).reshape(-1), lattice.sites)
    strengths = strengths + held if walls else strengths.copy()
    counted = len(np.unique(np.abs(slots[slots != 0]))) <= 1
    # What the probabilities depend on: where bonds are equally strong, how many there are.
    bonds = np.count_nonzero(slots, axis=1)[:, None] if counted else slots
    complete = bool(slots.all()) if counted else slots.shape[1] in WHICH_RELATIVE
    relative = complete and not strengths.any()
    _, kind_sites, kind = np.unique(np.column_stack([strengths, bonds]), axis=0, return_index=True, return_inverse=True)
    kinds = half_rows(lattice, kind.reshape(-1))
    pattern_kinds, patterns = vectors(kinds)
    ties, tie_patterns = _ties(lattice, slots, counted=counted)
    return Geometry(
        lattice, slots, strengths, counted, relative, kind_sites, kinds, patterns, pattern_kinds, ties, tie_patterns,
        other_rows(lattice),
    )  # fmt: skip


def _slots(lattice: Lattice, couplings: Floats | float) -> tuple[Floats, Floats]:
    """Return the couplings by site and slot, and what the walls add to the field of each site."""
    table, number = lattice.neighbours, len(STEPS[lattice.kind])
    strengths = np.broadcast_to(np.asarray(couplings, dtype=np.float64), len(table.first))
    signed = np.where(table.turned, -strengths, strengths)
    slots = np.zeros((lattice.sites, number))
    forward, backward = bond_slots(lattice)
    slots[table.first, forward] = signed
    slots[table.second, backward] = signed
    held = np.zeros(lattice.sites)
    wall = strengths[np.argmax(np.abs(strengths))] if len(strengths) else 1.0
    np.add.at(held, table.wall_site, wall * table.wall_value)
    return slots, held


def bond_slots(lattice: Lattice) -> tuple[Integers, Integers]:
    """Return for each bond the slot of its second end at the first, and of its first end at the second."""
    direction = lattice.neighbours.direction
    if lattice.kind == "honeycomb":
        along = direction > 0
        return np.where(along, 2, 0), np.where(along, 1, 0)
    forward = np.array(_FORWARD[lattice.kind])[direction]
    return forward, forward - 1


def _ties(lattice: Lattice, slots: Floats, *, counted: bool) -> tuple[NDArray[np.int8], Integers]:
    """Return the flags of each slot of each vector, and which flags a vector has."""
    # Where it matters which neighbours are up, the tables know of signs and missing bonds.
    signs = slots if counted else np.ones_like(slots)
    return flags_of_vectors(lattice, signs < 0, signs != 0)


def flags_of_vectors(
    lattice: Lattice, turned: NDArray[np.bool_], there: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], Integers]:
    """Return flags (N, Z) of the slots of each site as those of different vectors, and which of these a vector has.

    They are int8 (T, Z, 2, WIDTH), -1 where a neighbour is seen turned and -1 where it is there, and int64 (2 rows,
    columns / WIDTH); the former is empty, int8 (0,), where all are there and as they are.
    """
    if there.all() and not turned.any():
        return np.zeros(0, np.int8), np.zeros((2 * lattice.sites // lattice.shape[-1], _blocks(lattice)), np.int64)
    number = there.shape[1]
    codes = (turned + 2 * there) @ 4 ** np.arange(number)
    found, patterns = vectors(half_rows(lattice, codes))
    digits = found[:, None] // 4 ** np.arange(number)[:, None] % 4
    return -np.stack([digits & 1, digits >> 1], axis=2).astype(np.int8), patterns


def _blocks(lattice: Lattice) -> int:
    return columns(lattice.shape[-1]) // WIDTH


def vectors(numbers: Integers) -> tuple[Integers, Integers]:
    """Return the different vectors (P, WIDTH) of numbers (2 rows, columns), and which one each is."""
    found, which = np.unique(numbers.reshape(-1, WIDTH), axis=0, return_inverse=True)
    return found, which.reshape(len(numbers), -1)


def other_rows(lattice: Lattice) -> Integers:
    """Return for each half-row the flat places on the board of its neighbours in other rows."""
    shape, width = lattice.shape[:-1], columns(lattice.shape[-1])
    steps = [step for step in STEPS[lattice.kind] if any(step[:-1])]
    rows = np.indices(shape).reshape(len(shape), math.prod(shape))
    found = np.zeros((2 * int(np.prod(shape, dtype=np.int64)), 4), dtype=np.int64)
    for odd in range(2):
        for slot, step in enumerate(steps):
            back = lattice.kind == "honeycomb" and (rows.sum(axis=0) + odd) % 2 == 1
            move = np.array(step[:-1])[:, None] * np.where(back, -1, 1)
            there = np.ravel_multi_index(tuple((rows + move) % np.array(shape)[:, None]), shape)
            y = odd + step[-1]
            half_place = odd_half if y % 2 else even_half
            found[odd::2, slot] = half_place.py_func(there, width) + y // 2
    return found
