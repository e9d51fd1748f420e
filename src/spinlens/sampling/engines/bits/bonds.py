"""The bonds of a model of two states, row by row of the last axis, for clusters on words of 64 chains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.lattices.neighbours import STEPS
from spinlens.models import Model
from spinlens.models.two_states import signed_couplings
from spinlens.sampling.engines.bits.activation import activation_thresholds
from spinlens.sampling.engines.bits.words import WIDTH

Array = NDArray[np.float64]
_ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True, slots=True, eq=False)
class RowBonds:
    """Bonds that lead to each site from one before it, in S slots, and what holds the sites from outside.

    The first slot is the bond along the row, the others lead from other rows: one for each other direction.

    Attributes
    ----------
    there, turned : ndarray, uint64 (S, rows, columns)
        All ones where there is a bond, and where it favours opposite spins; columns are whole vectors.
    source, target : ndarray, int64 (S, rows)
        The row that the bonds of each row come from, and the one that bonds from it lead to; -1 for none.
    shift : ndarray, int64 (S,)
        How many columns before.
    strengths : ndarray, float64 (S,)
        The size of the coupling of each slot.
    kinds : ndarray, int64 (rows, width)
        The kind of each site, which says how it is held from outside.
    fields : ndarray, float64 (K,)
        What holds each kind, walls included, in units of energy: positive for up.
    """

    there: NDArray[np.uint64]
    turned: NDArray[np.uint64]
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    shift: NDArray[np.int64]
    strengths: Array
    kinds: NDArray[np.int64]
    fields: Array

    @property
    def held(self) -> NDArray[np.uint64]:
        """For each kind all ones where it is held up, uint64 (K,)."""
        return np.where(self.fields > 0, _ONES, np.uint64(0))

    def thresholds(self, temperature: Array) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return 2**64 times the probabilities that satisfied bonds are active: slots (T, S) and the ghost's (T, K)."""
        return activation_thresholds(self.strengths, temperature), activation_thresholds(self.fields, temperature)


@lru_cache(maxsize=8)
def row_bonds(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> RowBonds | None:
    """Return the bonds of a model with some strengths, or None where couplings of one direction differ in size."""
    return by_rows(lattice, *signed_couplings(model, lattice, np.array(strengths)))


def by_rows(lattice: Lattice, signed: Array, fields: Array) -> RowBonds | None:
    """Return couplings of bonds (B,), seams included, and fields of sites (N,) row by row.

    None where the couplings of one direction differ in size.
    """
    table, width = lattice.neighbours, lattice.shape[-1]
    rows, columns = lattice.sites // width, -(-width // WIDTH) * WIDTH
    steps = STEPS[lattice.kind]
    slots = sorted(set(steps), key=lambda step: (any(step[:-1]), step))
    there, turned = np.zeros((2, len(slots), rows, columns), dtype=np.uint64)
    source, target = np.full((2, len(slots), rows), -1)
    sizes = np.zeros(len(slots))
    for slot, step in enumerate(slots):
        directions = [direction for direction, other in enumerate(steps) if other == step]
        of = np.isin(table.direction, directions) & (signed != 0)
        if not of.any():
            continue
        sizes[slot] = np.abs(signed[of]).max()
        if (np.abs(signed[of]) != sizes[slot]).any():
            return None
        row, column = np.divmod(table.second[of], width)
        there[slot, row, column] = _ONES
        turned[slot, row, column] = np.where(signed[of] < 0, _ONES, np.uint64(0))
        source[slot, row], target[slot, table.first[of] // width] = table.first[of] // width, row
    values, kinds = np.unique(fields, return_inverse=True)
    return RowBonds(
        there, turned, source, target, np.array([step[-1] for step in slots]), sizes, kinds.reshape(rows, width), values
    )  # fmt: skip
