"""Which models the planes know: spins -1, 0, 1 whose products are coupled, and colours that are equal or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Bonds, Model

Array = NDArray[np.float64]

MOST_COLOURS = 16

ALIKE = 1e-12
"""Weights that differ by this part of the largest count as equal: tables of numbers that are not whole are rounded."""

_SPINS = np.array([-1.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Form:
    """A model on a lattice as the planes see it.

    Attributes
    ----------
    spins : bool
        Whether codes are spins -1, 0, 1 rather than colours.
    states : int
        Number of codes.
    coupling : float
        By how much the product s s', or the equality of two colours, lowers the energy.
    site_weights : ndarray, float64 (V, q)
        By how much each code lowers the energy of its site, walls included.
    site : ndarray, int64 (N,)
        The row of each site.
    """

    spins: bool
    states: int
    coupling: float
    site_weights: Array
    site: NDArray[np.int64]

    @property
    def planes(self) -> int:
        """Bits of a code."""
        return (self.states - 1).bit_length()


def form_of(model: Model, lattice: Lattice, strengths: Array) -> Form | str:
    """Return the form of a model with some strengths, or in words why it has none."""
    tables, q = model.tables(lattice), model.space.states
    if not 3 <= q <= MOST_COLOURS:
        return f"holds 3 to {MOST_COLOURS} states, and {model.space.text} has {q}"
    if np.ptp(tables.bond_factors, axis=1).any():
        return "knows bonds of one strength"
    site_weights, site = tables.site_weights(strengths)
    turned = lattice.neighbours.turned.any()
    bonds = [
        (strength * by[0] * term.matrix, term.matrix)
        for strength, by, term in zip(strengths, tables.bond_factors, tables.terms, strict=True)
        if isinstance(term, Bonds)
    ]
    spins = q == 3 and model.space.turn is not None
    pair = pair_coefficients(np.sum([np.zeros((q, q)), *(weights for weights, _ in bonds)], axis=0), spins=spins)
    if pair is None or any(pair_coefficients(table, spins=spins) is None for _, table in bonds):
        return "knows products of spins -1, 0, 1 and colours that are equal or not"
    if spins:
        _, same, opposite = pair
        if abs(same + opposite) > ALIKE * abs(same - opposite):
            return "knows spins whose products alone are coupled"
        return Form(True, q, (same - opposite) / 2, site_weights, site)
    return "knows no turned colours" if turned else Form(False, q, pair[1], site_weights, site)


def pair_coefficients(table: NDArray[Any], *, spins: bool) -> tuple[Any, ...] | None:
    """Return a table (q, q) as a constant and what features of the pair add, or None if it is another one.

    The features are for spins that the product is 1, and that it is -1; for colours that they are equal.
    """
    features: list[NDArray[np.bool_]]
    if spins:
        products = np.outer(_SPINS, _SPINS)
        nothing, features, last = table[1, 1], [products > 0, products < 0], [table[2, 2], table[0, 2]]
    else:
        nothing, features, last = table[0, 1], [np.eye(len(table), dtype=bool)], [table[0, 0]]
    found = [value - nothing for value in last]
    same = nothing + sum(value * feature for value, feature in zip(found, features, strict=True))
    near = np.abs(table - same).max() <= ALIKE * max(1.0, float(np.abs(table).max()))
    return (nothing.item(), *(value.item() for value in found)) if near else None
