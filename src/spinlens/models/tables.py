"""The terms of a model on a lattice, bond by bond and site by site: the one place that interprets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import Rule, twist_of
from spinlens.models.terms import Bonds, Kinks, Sites, Term, check_cell
from spinlens.spaces import Space

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK = 1 << 24
"""Table entries looked up at a time."""


@dataclass(frozen=True, eq=False)
class TermTables:
    """Terms on a lattice as whole-number tables.

    Bonds with the same factors form a class, and so do sites with the same factors and the same held neighbours. The
    bonds to held values count as part of their sites.

    Parameters
    ----------
    space : Space
        The codes.
    lattice : Lattice
        The bonds.
    terms : sequence of Bonds or Sites
        What is summed.

    Raises
    ------
    InputError
        If the boundary has no meaning in the space, or a pattern does not tile the lattice.
    """

    space: Space
    lattice: Lattice
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        _check_boundary(self.space, self.lattice)
        for term in self.terms:
            if term.pattern is not None:
                cell = term.pattern.shape[1:] if isinstance(term, Bonds) else term.pattern.shape
                check_cell(term.name, cell, self.lattice)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sums."""
        return tuple(term.name for term in self.terms)

    @cached_property
    def kinks(self) -> tuple[Kinks, ...]:
        """Those of the terms that count events along imaginary time."""
        return tuple(term for term in self.terms if isinstance(term, Kinks))

    @cached_property
    def events(self) -> NDArray[np.bool_]:
        """Whether each term counts events along imaginary time, bool (terms,)."""
        return np.array([isinstance(term, Kinks) for term in self.terms])

    @cached_property
    def bond_factors(self) -> Integers:
        """By which whole number each bond counts in each term, int64 (terms, B); 0 in those over sites."""
        table = self.lattice.neighbours
        return np.stack([
            term.bond_factors(self.lattice, table.direction, table.origin) if isinstance(term, Bonds)
            else np.zeros(len(table.first), dtype=np.int64)
            for term in self.terms
        ])  # fmt: skip

    @cached_property
    def site_factors(self) -> Integers:
        """By which whole number each site counts in each term, int64 (terms, N); 0 in those over bonds."""
        return np.stack([
            term.site_factors(self.lattice) if isinstance(term, Sites)
            else np.zeros(self.lattice.sites, dtype=np.int64)
            for term in self.terms
        ])  # fmt: skip

    @cached_property
    def held_factors(self) -> tuple[Integers, Integers]:
        """Codes held beyond walls, int64 (H,), and by which number bonds of each site to each count, (terms, N, H)."""
        table = self.lattice.neighbours
        held, which = np.unique(self.space.codes(table.wall_value), return_inverse=True)
        factors = np.zeros((len(self.terms), self.lattice.sites, len(held)), dtype=np.int64)
        for i, term in enumerate(self.terms):
            if isinstance(term, Bonds):
                here = term.bond_factors(self.lattice, table.wall_direction, table.wall_origin)
                np.add.at(factors[i], (table.wall_site, which), here)
        return held.astype(np.int64), factors

    @property
    def circular(self) -> bool:
        """Whether of each bond only the step from one code to the other counts, round a circle of all codes."""
        turns = self.bond_turns[0]
        shifts = np.array_equal(turns, (np.arange(self.space.states) + turns[:, :1]) % self.space.states)
        return shifts and all(term.circular for term in self.terms if isinstance(term, Bonds))

    @cached_property
    def bond_steps(self) -> tuple[Integers, Integers]:
        """Of `circular` terms the numbers of each class of bonds by the step, int64 (terms, M, q), and `bond_classes`'.

        The step leads from the code of a bond's first end to that of its second, as it lies there: turns are counted.
        """
        classes, which, shift = *self._bond_rows, self.bond_turns[0][:, 0]
        found = np.zeros((len(self.terms), len(classes), self.space.states), dtype=np.int64)
        for i, term in enumerate(self.terms):
            if isinstance(term, Bonds):
                for c, row in enumerate(classes):
                    found[i, c] = row[1 + i] * np.roll(term.table, -shift[row[0]])
        return found, which

    @cached_property
    def bond_turns(self) -> tuple[Integers, Integers]:
        """The codes that second ends of bonds are seen as, int64 (R, q), first those that stay; which each bond has."""
        seams = [_seam(self.space, rule) for rule in self.lattice.rules]
        patterns, which = unique_rows(self.lattice.neighbours.crossed.astype(np.int64))
        turns = {(every := np.arange(self.space.states)).tobytes(): every}
        kinds = []
        for crossed in patterns:
            seen = every
            for seam, here in zip(seams, crossed, strict=True):
                seen = seam[seen] if here and seam is not None else seen
            kinds.append(list(turns).index(seen.tobytes()) if seen.tobytes() in turns else len(turns))
            turns[seen.tobytes()] = seen
        return np.stack(list(turns.values())), np.array(kinds, dtype=np.int64)[which]

    @property
    def _bond_rows(self) -> tuple[Integers, Integers]:
        """How each class of bonds is turned, and its factors, int64 (M, 1 + terms), and the class of each bond."""
        return unique_rows(np.column_stack([self.bond_turns[1], self.bond_factors.T]))

    @cached_property
    def bond_classes(self) -> tuple[Integers, Integers]:
        """Whole-number tables of each class of bonds, int64 (terms, M, q, q), and the class of each bond, int64 (B,).

        The row is the code of a bond's first end, the column that of its second.
        """
        classes, which = self._bond_rows
        q, turns = self.space.states, self.bond_turns[0]
        tables = np.zeros((len(self.terms), len(classes), q, q), dtype=np.int64)
        for i, term in enumerate(self.terms):
            if isinstance(term, Bonds):
                matrix = term.matrix
                for c, row in enumerate(classes):
                    tables[i, c] = row[1 + i] * matrix[:, turns[row[0]]]
        return tables, which

    @cached_property
    def site_classes(self) -> tuple[Integers, Integers]:
        """Whole-number tables of each class of sites, int64 (terms, V, q), and the class of each site, int64 (N,)."""
        held, factors = self.held_factors
        rows = np.concatenate([self.site_factors.T, factors.transpose(1, 0, 2).reshape(self.lattice.sites, -1)], axis=1)
        classes, which = unique_rows(rows)
        tables = np.zeros((len(self.terms), len(classes), self.space.states), dtype=np.int64)
        beside = classes[:, len(self.terms) :].reshape(len(classes), len(self.terms), len(held))
        for i, term in enumerate(self.terms):
            if isinstance(term, Sites):
                tables[i] = classes[:, i, None] * term.table
            else:
                tables[i] = beside[:, i] @ term.between(np.arange(self.space.states), held[:, None])
        return tables, which

    def sums(self, codes: NDArray[Any]) -> Integers:
        """Return the sums of configurations, exactly.

        Parameters
        ----------
        codes : integer array, shape (..., *lattice.shape) or (..., N)
            Configurations.

        Returns
        -------
        int64 array, shape (terms, ...)
            In the order of the terms, in their units.
        """
        axes = self.lattice.axes if codes.shape[-self.lattice.axes :] == self.lattice.shape else 1
        front = codes.shape[: codes.ndim - axes]
        rows = np.ascontiguousarray(codes).reshape(-1, self.lattice.sites)
        found = np.zeros((len(self.terms), len(rows)), dtype=np.int64)
        step = max(1, BLOCK // max(1, len(self.lattice.neighbours.first) + self.lattice.sites))
        for first in range(0, len(rows), step):
            found[:, first : first + step] = self._sums(rows[first : first + step].astype(np.int64))
        return found.reshape(len(self.terms), *front)

    def _sums(self, codes: Integers) -> Integers:
        table, (sites, site) = self.lattice.neighbours, self.site_classes
        bonds, bond = self.bond_steps if self.circular else self.bond_classes
        ends = codes[:, table.first], codes[:, table.second]
        place = ((ends[1] - ends[0]) % self.space.states,) if self.circular else ends
        found = np.zeros((len(self.terms), len(codes)), dtype=np.int64)
        for i, term in enumerate(self.terms):
            found[i] = sites[i][site, codes].sum(axis=1)
            if isinstance(term, Bonds):
                found[i] += bonds[i][(bond, *place)].sum(axis=1)
        return found

    def bond_weights(self, strengths: Any) -> tuple[Array, Integers]:
        """Return strengths . tables for each class of bonds, float64 (M, q, q), and the class of each bond, (B,)."""
        tables, which = self.bond_classes
        return np.asarray(np.tensordot(strengths, tables, axes=1), dtype=np.float64), which

    def step_weights(self, strengths: Any) -> tuple[Array, Integers]:
        """Return strengths . steps of `circular` terms for each class of bonds, float64 (M, q), and `bond_steps`'."""
        steps, which = self.bond_steps
        return np.asarray(np.tensordot(strengths, steps, axes=1), dtype=np.float64), which

    def site_weights(self, strengths: Any) -> tuple[Array, Integers]:
        """Return strengths . tables for each class of sites, float64 (V, q), and the class of each site, (N,)."""
        tables, which = self.site_classes
        return np.asarray(np.tensordot(strengths, tables, axes=1), dtype=np.float64), which


def term_tables(space: Space, lattice: Lattice, terms: Sequence[Term]) -> TermTables:
    """Return the tables of some terms on a lattice."""
    return TermTables(space, lattice, tuple(terms))


def unique_rows(rows: Integers) -> tuple[Integers, Integers]:
    """Return the different rows and which one each row is; column by column, since most columns hold one number."""
    which = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        if column.size and np.any(column != column[0]):
            numbers, place = np.unique(column, return_inverse=True)
            which = np.unique(which * len(numbers) + place, return_inverse=True)[1]
    first = np.unique(which, return_index=True)[1]
    return rows[first], which


def _seam(space: Space, rule: Rule) -> Integers | None:
    """Return the codes that others are seen as across an edge, None if there is no seam or it means nothing."""
    steps = twist_of(rule)
    return {"antiperiodic": space.turn}.get(str(rule)) if steps is None else space.twisted(steps)


def _check_boundary(space: Space, lattice: Lattice) -> None:
    for axis, rule in enumerate(lattice.rules):
        name = f"boundary[{axis}]"
        if rule == "antiperiodic" and space.turn is None:
            raise InputError(
                name, "'antiperiodic'", f"means nothing for {space.text}: no state is the reverse of another one",
                "Take periodic or free edges, or walls",
            )  # fmt: skip
        if twist_of(rule) is not None and _seam(space, rule) is None:
            raise InputError(
                name, repr(rule), f"is no turn of {space.text}",
                "Twist a clock of q angles, or the XY model with 4096, by 1 to q - 1 codes",
            )  # fmt: skip
        if isinstance(rule, tuple):
            for value in rule:
                if not np.isclose(space.values, value).any():
                    raise InputError(name, rule, f"{value} is none of the values of {space.text}")
