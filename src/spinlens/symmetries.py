"""Which permutations of sites and codes leave every energy unchanged: found from the terms, assumed of none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Model, OrderParameter, Sites, TermTables

Integers = NDArray[np.int64]

FEW = 4
"""Up to so many codes all of their permutations are tried."""


def code_group(model: Model, lattice: Lattice, **controls: float) -> Integers:
    """Return a group of permutations of the codes that leave every energy unchanged, int64 (G, q), identity first.

    The same permutation acts on all sites. Of few codes it is the whole group, of more the cyclic shifts, with or
    without reflections, or a reversal, where they are symmetries: enough to know which averages vanish, and to move
    freely between phases that are images of each other.
    """
    tables = model.tables(lattice)
    return _group(tables, model.strengths(lattice, **model.values_of_controls(controls)))


def _group(tables: TermTables, strengths: Any) -> Integers:
    q = tables.space.states
    identity = np.arange(q)
    if q <= FEW:
        kept = [p for p in map(np.array, permutations(range(q))) if leaves_energies(tables, strengths, p)]
        return np.stack(kept)
    if leaves_energies(tables, strengths, (identity + 1) % q):
        return (identity[None] + identity[:, None]) % q
    reversal = identity[::-1]
    return np.stack([identity, reversal]) if leaves_energies(tables, strengths, reversal) else identity[None]


def leaves_energies(tables: TermTables, strengths: Any, permutation: Integers) -> bool:
    """Return whether a permutation of the codes (q,) of all sites leaves every energy unchanged."""
    active = np.flatnonzero(np.asarray(strengths))
    bonds, sites = tables.bond_classes[0][active], tables.site_classes[0][active]
    return np.array_equal(bonds[:, :, permutation[:, None], permutation], bonds) and np.array_equal(
        sites[:, :, permutation], sites
    )


def involutions(model: Model, lattice: Lattice, strengths: Any) -> Integers:
    """Return permutations of the codes that undo themselves and leave the energy of every bond unchanged, (I, q).

    They need not leave the energies of sites unchanged. Tried are all of few codes, of more the exchanges of two codes,
    the reflections of a circle, and the reversal. The identity is not among them.
    """
    tables = model.tables(lattice)
    active = np.flatnonzero(np.asarray(strengths))
    bonds = tables.bond_classes[0][active]
    found = {
        tuple(p.tolist()): p
        for p in _self_inverse(tables.space.states)
        if np.array_equal(bonds[:, :, p[:, None], p], bonds)
    }
    return np.array(list(found.values()), dtype=np.int64).reshape(-1, tables.space.states)


def _self_inverse(q: int) -> Iterator[Integers]:
    identity = np.arange(q)
    if q <= FEW:
        yield from (
            p
            for p in map(np.array, permutations(range(q)))
            if (p[p] == identity).all() and p.tolist() != identity.tolist()
        )
        return
    yield from ((k - identity) % q for k in range(q))
    yield identity[::-1]
    if q <= 64:
        for a in range(q):
            for b in range(a):
                p = identity.copy()
                p[[a, b]] = b, a
                yield p


def vanishes(order: OrderParameter, tables: TermTables, group: Integers) -> bool:
    """Return whether the average of an order parameter is zero because a group of code permutations says so."""
    terms = {term.name: term for term in tables.terms}
    factors = dict(zip(tables.names, tables.site_factors, strict=True))
    if not all(isinstance(terms[name], Sites) for name in order.series):
        return False
    kinds = np.unique(np.stack([factors[name] for name in order.series]), axis=1)
    means = np.stack([np.mean([terms[name].table[p] for p in group], axis=0) for name in order.series])
    # What each kind of site adds to each component, averaged over the group, for each code.
    added = np.einsum("ds,sk,sc->dkc", order.matrix, kinds, means) + order.constant[:, None, None]
    return bool(np.allclose(added, 0.0, atol=1e-7))


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A permutation of the sites with one of the codes: the new code at site i is codes[old code at sites[i]].

    Attributes
    ----------
    name : str
        What it does.
    sites : ndarray, int64 (N,)
        Where the new value of each site comes from.
    codes : ndarray, int64 (N, q)
        What becomes of each code at each site.
    """

    name: str
    sites: Integers
    codes: Integers
