"""Which permutations of sites and codes leave every energy unchanged: found from the terms, assumed of none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import permutations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model, OrderParameter, Sites, TermTables

Integers = NDArray[np.int64]

FEW = 4
"""Up to so many codes all of their permutations are tried."""

MOST_SHIFTS = 256
"""Of more codes round a circle, some of the shifts that together are a group, where there are such."""


def code_group(model: Model, lattice: Lattice, **controls: float) -> Integers:
    """Return a group of permutations of the codes that leave every energy unchanged, int64 (G, q), identity first.

    The same permutation acts on all sites. Of few codes it is the whole group, of more the cyclic shifts, with or
    without reflections, or a reversal, where they are symmetries: enough to know which averages vanish, and to move
    freely between phases that are images of each other.
    """
    tables = model.at(**controls).tables(lattice)
    return _group(tables, model.strengths(lattice, **model.values_of_controls(controls)))


def _group(tables: TermTables, strengths: Any) -> Integers:
    q = tables.space.states
    identity = np.arange(q)
    if q <= FEW:
        kept = [p for p in map(np.array, permutations(range(q))) if leaves_energies(tables, strengths, p)]
        return np.stack(kept)
    if leaves_energies(tables, strengths, (identity + 1) % q):
        shifts = max(n for n in range(1, MOST_SHIFTS + 1) if q % n == 0)
        return (identity[None] + identity[:: q // shifts if shifts > 1 else 1, None]) % q
    reversal = identity[::-1]
    return np.stack([identity, reversal]) if leaves_energies(tables, strengths, reversal) else identity[None]


def leaves_energies(tables: TermTables, strengths: Any, permutation: Integers) -> bool:
    """Return whether a permutation of the codes (q,) of all sites leaves every energy unchanged."""
    active = np.flatnonzero(np.asarray(strengths))
    sites = tables.site_classes[0][active]
    if not np.array_equal(sites[:, :, permutation], sites):
        return False
    every, step = np.arange(len(permutation)), permutation[1] - permutation[0]
    if tables.circular and np.array_equal(permutation, (permutation[0] + step * every) % len(permutation)):
        # Steps become other steps, wherever they begin.
        steps = tables.bond_steps[0][active]
        return np.array_equal(steps[:, :, step * every % len(permutation)], steps)
    bonds = tables.bond_classes[0][active]
    return np.array_equal(bonds[:, :, permutation[:, None], permutation], bonds)


def involutions(model: Model, lattice: Lattice, strengths: Any) -> Integers:
    """Return permutations of the codes that undo themselves and leave the energy of every bond unchanged, (I, q).

    The model is taken as it is, see `spinlens.models.Model.at`. They need not leave the energies of sites unchanged.
    Tried are all of few codes, of more the exchanges of two codes, the reflections of a circle, and the reversal. The
    identity is not among them.
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
    means = np.stack([terms[name].table[group].mean(axis=0) for name in order.series])
    # What each kind of site adds to each component, averaged over the group, for each code.
    added = np.einsum("ds,sk,sc->dkc", order.matrix, kinds, means) + order.constant[:, None, None]
    return bool(np.allclose(added, 0.0, atol=1e-7))


def may_break(order: OrderParameter, model: Model, lattice: Lattice, **controls: float) -> bool:
    """Return whether a symmetry makes the average of an order parameter zero, so that order breaks that symmetry.

    Permutations of the codes, and translations by which the order parameter changes from place to place: one site for
    the staggered magnetization of an antiferromagnet, whose symmetry a uniform field leaves.
    """
    values = model.values_of_controls(controls)
    here = model.at(**values)
    tables = here.tables(lattice)
    if vanishes(order, tables, _group(tables, here.strengths(lattice, **values))):
        return True
    terms = {term.name: term for term in tables.terms}
    if order.constant.any() or not all(isinstance(terms[name], Sites) for name in order.series):
        return False
    factors = dict(zip(tables.names, tables.site_factors, strict=True))
    wanted = [np.asarray(factors[name], dtype=np.float64).reshape(lattice.shape) for name in order.series]
    if not any(np.ptp(each) for each in wanted):
        return False
    for axis, found in enumerate(Symmetries.of(model, lattice, **values).translations):
        if found is None or found.twisted or found.flips:
            continue
        steps = range(0, lattice.shape[axis], found.step)
        wanted = [np.mean([np.roll(each, step, axis) for step in steps], axis=0) for each in wanted]
    return not any(each.any() for each in wanted)


def reverses(model: Model, lattice: Lattice, control: str, **controls: float) -> bool:
    """Return whether a turn of all sites only changes the sign of a control, so that maps over it are symmetric."""
    turn, values = model.space.turn, model.values_of_controls(controls)
    if turn is None:
        return False
    # A number that no other control has, so that nothing cancels by chance.
    here, opposite = ({**values, control: sign * 0.37109375} for sign in (1, -1))
    try:
        tables = model.at(**here).tables(lattice)
        model.at(**opposite)
        at, there = (model.strengths(lattice, **point) for point in (here, opposite))
    except InputError:
        return False
    bonds, sites = (np.asarray(weights[0]) for weights in (tables.bond_weights(at), tables.site_weights(at)))
    other_bonds, other_sites = (
        np.asarray(weights[0]) for weights in (tables.bond_weights(there), tables.site_weights(there))
    )  # fmt: skip
    return np.array_equal(sites[:, turn], other_sites) and np.array_equal(
        bonds[:, turn[:, None], turn], other_bonds
    )  # fmt: skip


Transform = Callable[[NDArray[Any]], NDArray[Any]]
"""From numbers at the sites to the same numbers elsewhere, negative where the code is turned on the way."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation along one axis that leaves the energy unchanged.

    Parameters
    ----------
    step : int
        Least number of sites.
    twisted : bool
        Whether what crosses the seam is turned (changes its sign).
    flips : bool
        Whether a step comes with a turn of all sites.
    """

    step: int
    twisted: bool
    flips: bool


@dataclass(frozen=True, slots=True)
class Symmetries:
    """Maps of configurations that leave every energy exactly unchanged; to turn a spin is to reverse it.

    Parameters
    ----------
    shape : tuple of int
        The sides.
    translations : tuple of Translation or None
        Along each axis.
    reflections : tuple of bool or None
        Along each axis: None where there is none, else whether all sites turn with it.
    transposition : bool or None
        The exchange of x and y; the same.
    flip : bool
        Whether the turn of all sites is a symmetry by itself.

    Notes
    -----
    Rotations are products of a reflection and the transposition. Products that are symmetries where none of their
    factors is one are not looked for.
    """

    shape: tuple[int, ...]
    translations: tuple[Translation | None, ...] = (None, None)
    reflections: tuple[bool | None, ...] = (None, None)
    transposition: bool | None = None
    flip: bool = False

    @classmethod
    def of(cls, model: Model, lattice: Lattice, **controls: float) -> Self:
        """Return the symmetries of a model on a lattice at some values of its controls.

        Each candidate is kept if it maps the energies of all bonds, walls and sites onto themselves: across an
        antiperiodic seam with the turn that the seam gives, between unlike walls together with a turn of all sites.
        """
        energies = _Energies(model, lattice, controls)
        axes = range(lattice.axes)
        plane = lattice.axes == 2 and lattice.shape[0] == lattice.shape[1]
        return cls(
            shape=lattice.shape,
            translations=tuple(_translation(energies, lattice, axis) for axis in axes),
            reflections=tuple(energies.flips_with(partial(np.flip, axis=axis)) for axis in axes),
            transposition=energies.flips_with(lambda codes: codes.swapaxes(-1, -2)) if plane else None,
            flip=energies.keeps(np.negative),
        )

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Self:
        """Return the identity alone."""
        return cls(shape, (None,) * len(shape), (None,) * len(shape))

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON can hold them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


class _Energies:
    """The energies of all bonds and sites, to be compared with themselves under a map of the configuration."""

    def __init__(self, model: Model, lattice: Lattice, controls: Mapping[str, float]) -> None:
        tables = model.at(**controls).tables(lattice)
        strengths = model.strengths(lattice, **model.values_of_controls(controls))
        sites, site = tables.site_weights(strengths)
        self.circular = tables.circular
        bonds, bond = tables.step_weights(strengths) if self.circular else tables.bond_weights(strengths)
        self.shape, self.sites, self.turn = lattice.shape, lattice.sites, model.space.turn
        neighbours = lattice.neighbours
        self.ends = np.stack([neighbours.first, neighbours.second], axis=1)
        self.bonds, self.single = bonds[bond], sites[site]
        self.sorted = self._sorted(self.ends, self.bonds)

    def _sorted(self, ends: Integers, bonds: NDArray[np.float64]) -> tuple[Integers, NDArray[np.float64]]:
        """Return the pairs of sites that have bonds, and the energies of each pair, whatever the bonds' directions."""
        turned = ends[:, 0] > ends[:, 1]
        if self.circular:
            bonds = np.where(turned[:, None], np.roll(bonds[:, ::-1], 1, axis=1), bonds)
        else:
            bonds = np.where(turned[:, None, None], bonds.swapaxes(-1, -2), bonds)
        keys, inverse = np.unique(ends.min(axis=1) * self.sites + ends.max(axis=1), return_inverse=True)
        energies = np.zeros((len(keys), *bonds.shape[1:]))
        np.add.at(energies, inverse, bonds)
        return keys, energies

    def keeps(self, transform: Transform) -> bool:
        """Tell whether the energy of ``transform(configuration)`` is that of the configuration, whatever it is."""
        place = np.abs(transform(1 + np.arange(self.sites).reshape(self.shape))).ravel() - 1
        turned = transform(np.ones(self.shape, dtype=np.int64)).ravel() < 0
        if turned.any() and self.turn is None:
            return False
        codes = np.broadcast_to(np.arange(self.single.shape[1]), self.single.shape).copy()
        if self.turn is not None:
            codes[turned] = self.turn
        # Site i of the new configuration is site place[i] of the old one, with its code turned or not.
        single = np.zeros_like(self.single)
        single[place] = np.take_along_axis(self.single, codes, axis=1)
        if not np.array_equal(single, self.single):
            return False
        first, second = codes[self.ends[:, 0]], codes[self.ends[:, 1]]
        rows = np.arange(len(self.bonds))[:, None]
        if self.circular:
            # Turns are shifts, which change a step where only one of its ends turns.
            steps = (np.arange(codes.shape[1]) + second[:, :1] - first[:, :1]) % codes.shape[1]
            bonds = self.bonds[rows, steps]
        else:
            bonds = self.bonds[rows[:, None], first[:, :, None], second[:, None, :]]
        moved = self._sorted(place[self.ends], bonds)
        return all(np.array_equal(a, b) for a, b in zip(self.sorted, moved, strict=True))

    def flips_with(self, transform: Transform) -> bool | None:
        """Return None if it is no symmetry, else whether all sites must turn with it."""
        if self.keeps(transform):
            return False
        return True if self.keeps(lambda codes: -transform(codes)) else None


def _translation(energies: _Energies, lattice: Lattice, axis: int) -> Translation | None:
    """Return the shortest translation along an axis, or None."""
    if not lattice.rings[axis]:
        return None
    side, twisted = lattice.shape[axis], lattice.seams[axis]

    def moved(step: int) -> Transform:
        def transform(codes: NDArray[Any]) -> NDArray[Any]:
            crossed = np.arange(side) >= side - step
            signs = np.where(crossed & twisted, -1, 1)
            return np.asarray(
                np.roll(codes, -step, axis) * signs.reshape([-1 if a == axis else 1 for a in range(lattice.axes)])
            )

        return transform

    for step in range(1, side // 2 + 1):
        # A turn with every step must have turned an even number of times after a whole turn round the lattice.
        for flips in (False, True):
            if side % step or (flips and (side // step) % 2 and not energies.keeps(np.negative)):
                continue
            if energies.keeps(lambda codes, step=step, flips=flips: (-1 if flips else 1) * moved(step)(codes)):  # type: ignore[misc]
                return Translation(step, twisted, flips)
    return None
