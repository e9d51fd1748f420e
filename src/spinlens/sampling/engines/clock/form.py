"""Which models the engine knows: angles whose energies are cosines of their differences and of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Bonds, Model
from spinlens.spaces import Angles

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

ROUNDED = 2.0**-25
"""Numbers of a table may differ from a cosine by so much of its amplitude: they are rounded to whole ones.

Neighbouring cosines of a circle differ by 1e-6 or more, so that the whole numbers have the order of the cosines."""


@dataclass(frozen=True, eq=False)
class Form:
    """A model on a lattice as the kernels see it: ln p = (J sum bonds + sum over sites) / T, in whole numbers.

    Attributes
    ----------
    row : ndarray, int64 (q,)
        What a bond counts by the step from one angle to the other: the amplitude times its cosine.
    amplitude : float
        Of that cosine.
    bond_strength, site_strength : float
        By how much 1 in the rows lowers the energy.
    walls : ndarray, int64 (V, q)
        What the bonds of a kind of site to held angles count, in the units of the row.
    sites : ndarray, int64 (V, q)
        What the field on such a site counts.
    fields : ndarray, float64 (V, 2)
        Both together as a vector that is added to the neighbours' cosines and sines.
    kind : ndarray, int64 (N,)
        The kind of each site.
    shift : ndarray, int64 (B,)
        How far the second end of each bond of the lattice is turned, in codes.
    """

    row: Integers
    amplitude: float
    bond_strength: float
    site_strength: float
    walls: Integers
    sites: Integers
    fields: Array
    kind: Integers
    shift: Integers

    @property
    def states(self) -> int:
        """Number of angles q."""
        return len(self.row)

    @property
    def mirrored(self) -> bool:
        """Whether reflecting all angles leaves each bond's energy as it is: seams turn by half a circle or not."""
        return not (2 * self.shift % self.states).any()

    @property
    def held(self) -> bool:
        """Whether a field or a wall favours some angles."""
        return bool(self.fields.any())


def form_of(model: Model, lattice: Lattice, strengths: Any) -> Form | str:
    """Return the form of a model with some strengths, or in words why it has none."""
    if not isinstance(model.space, Angles):
        return f"turns angles, and {model.space.text} are none"
    return _form(model, lattice, tuple(map(float, strengths)))


@lru_cache(maxsize=16)
def _form(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> Form | str:
    tables = model.tables(lattice)
    active = [i for i, strength in enumerate(strengths) if strength]
    bonds = [i for i in active if isinstance(tables.terms[i], Bonds)]
    fields = [i for i in active if i not in bonds]
    if len(bonds) != 1 or len(fields) > 1 or not tables.circular or np.ptp(tables.bond_factors[bonds[0]]):
        return "knows one coupling of all bonds that depends on the step between two angles, and one field"
    term, (site_tables, kind) = tables.terms[bonds[0]], tables.site_classes
    row = term.table * int(tables.bond_factors[bonds[0]][0] if tables.bond_factors.shape[1] else 1)
    walls = site_tables[bonds[0]]
    sites = site_tables[fields[0]] if fields else np.zeros_like(walls)
    angle = model.space.values
    circle = np.stack([np.cos(angle), np.sin(angle)])
    amplitude = float(row[0])
    if not amplitude > 0 or np.abs(row - amplitude * circle[0]).max() > ROUNDED * amplitude:
        return "knows bonds that count the cosine of the step between two angles"
    bond_strength, site_strength = strengths[bonds[0]], strengths[fields[0]] if fields else 0.0
    vectors = []
    for numbers, unit in ((walls, 1.0), (sites, site_strength / bond_strength)):
        found = np.linalg.lstsq(circle.T, numbers.T.astype(np.float64), rcond=None)[0].T
        if np.abs(found @ circle - numbers).max() > ROUNDED * np.abs(numbers).max(initial=0):
            return "knows fields that count the cosine of an angle less another"
        vectors.append(found * (unit / amplitude))
    # What is zero but for rounding is zero.
    vector = np.round(vectors[0], 7) + np.round(vectors[1], 12)
    turns, turn = tables.bond_turns
    shift = turns[turn, 0]
    return Form(row, amplitude, bond_strength, site_strength, walls, sites, vector, kind, shift)
