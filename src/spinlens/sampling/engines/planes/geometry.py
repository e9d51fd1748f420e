"""A lattice of rows for the kernel of the planes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.rows.geometry import STEPS, bond_slots, flags_of_vectors, other_rows, vectors
from spinlens.sampling.engines.bits.rows.layout import half_rows
from spinlens.sampling.engines.planes.kernel import Place

Integers = NDArray[np.int64]


def place_of(lattice: Lattice, kind: Integers) -> tuple[Place, Integers]:
    """Return a lattice with the kind of each site (N,) as the kernel sees it, and the kinds of each pattern (P, 8)."""
    table, number = lattice.neighbours, len(STEPS[lattice.kind])
    there, turned = np.zeros((2, lattice.sites, number), dtype=bool)
    for end, slot in zip((table.first, table.second), bond_slots(lattice), strict=True):
        there[end, slot] = True
        turned[end, slot] = table.turned
    ties, tie_patterns = flags_of_vectors(lattice, turned, there)
    kinds = half_rows(lattice, kind)
    pattern_kinds, patterns = vectors(kinds)
    width = lattice.shape[-1]
    place = Place(
        tuple(range(number)), kinds, patterns, ties, tie_patterns, other_rows(lattice), width,
        bool(width % 2) and lattice.rings[-1],
    )  # fmt: skip
    return place, pattern_kinds
