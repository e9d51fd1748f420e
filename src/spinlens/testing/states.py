"""All states of a case and their energies, term by term and bond by bond as the definitions say."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from spinlens.exact import slice_probabilities
from spinlens.lattices import Lattice, Rule
from spinlens.models import Bonds, Model
from spinlens.spaces import Space
from spinlens.symmetries import Symmetries, code_group
from spinlens.testing.cases import Case

Integers = NDArray[np.int64]
Array = NDArray[np.float64]

MOST = 1 << 14
"""Most states that are listed."""

FEWEST_VISITS = 5.0
"""States of which fewer visits are expected are pooled."""


def all_codes(model: Model, lattice: Lattice) -> Integers:
    """Return all configurations, codes (q^N, N), the last site changing fastest."""
    states = model.space.states**lattice.sites
    assert states <= MOST, f"{states} states are too many to list: take a smaller lattice"
    return np.array(list(product(range(model.space.states), repeat=lattice.sites)))


def state_numbers(codes: NDArray[Any], states: int) -> Integers:
    """Return the place in `all_codes` of configurations (..., N)."""
    return codes.astype(np.int64) @ states ** np.arange(codes.shape[-1], dtype=np.int64)[::-1]


def literal_sums(model: Model, lattice: Lattice, codes: NDArray[Any]) -> Integers:
    """Return the model's sums of configurations (S, N), int64 (terms, S), without the tables of `spinlens.models`."""
    table = lattice.neighbours
    pairs = list(zip(table.first, table.second, table.direction, table.crossed, strict=True))
    held = list(zip(table.wall_site, model.space.codes(table.wall_value), table.wall_direction, table.wall_origin,
                    strict=True))  # fmt: skip
    found = []
    for term in model.terms(lattice):
        total = np.zeros(len(codes), dtype=np.int64)
        if not isinstance(term, Bonds):
            for site in range(lattice.sites):
                total += _factor(term.pattern, site, lattice) * term.table[codes[:, site]]
            found.append(total)
            continue

        def counts(direction: int, origin: int, term: Bonds = term) -> int:
            if term.direction is not None and direction != term.direction:
                return 0
            return _factor(None if term.pattern is None else term.pattern[direction], origin, lattice)

        for first, second, direction, crossed in pairs:
            beyond = codes[:, second]
            for axis in np.flatnonzero(crossed):
                beyond = _beyond(model.space, lattice.rules[axis], beyond)
            total += counts(direction, first) * _pair(term, codes[:, first], beyond)
        for site, code, direction, origin in held:
            total += counts(direction, origin) * _pair(term, codes[:, site], code)
        found.append(total)
    return np.stack(found)


def _beyond(space: Space, rule: Rule, codes: Integers) -> Integers:
    if rule == "antiperiodic":
        assert space.turn is not None
        return np.asarray(space.turn[codes])
    return codes if rule == "periodic" else (codes + int(str(rule).removeprefix("twisted="))) % space.states


def _pair(term: Bonds, first: Integers, second: Integers) -> Integers:
    if term.table.ndim == 1:
        return np.asarray(term.table[(second - first) % len(term.table)])
    return np.asarray(term.table[first, second])


def _factor(cell: Integers | None, site: int, lattice: Lattice) -> int:
    if cell is None:
        return 1
    place = np.unravel_index(site, lattice.shape)
    return int(cell[tuple(p % side for p, side in zip(place, cell.shape, strict=True))])


@lru_cache(maxsize=64)
def states_of(case: Case) -> tuple[Integers, Integers, Array]:
    """Return the states (S, N) of a case, their sums (terms, S) and their energies (S,)."""
    codes = all_codes(case.model, case.lattice)
    sums = literal_sums(case.there, case.lattice, codes)
    energy = -(case.model.strengths(case.lattice, **case.model.values_of_controls(case.controls)) @ sums)
    return codes, sums, energy


def lattice_images(case: Case) -> list[tuple[str, Integers]]:
    """Return what becomes of all states under each translation and reflection that is found, codes (S, N)."""
    codes, _, _ = states_of(case)
    found, lattice = Symmetries.of(case.model, case.lattice, **case.controls), case.lattice
    boards = codes.reshape(-1, *lattice.shape)
    turn = case.model.space.turn
    turn = np.arange(case.model.space.states) if turn is None else turn
    images = []
    for axis, step in enumerate(found.translations):
        if step is not None:
            crossed = np.arange(lattice.shape[axis]) >= lattice.shape[axis] - step.step
            turned = (crossed & step.twisted) ^ step.flips
            turned = turned.reshape([-1 if a == axis else 1 for a in range(lattice.axes)])
            moved = np.roll(boards, -step.step, axis=axis + 1)
            images.append((f"translation along {axis}", np.where(turned, turn[moved], moved)))
    for axis, turns in enumerate(found.reflections):
        if turns is not None:
            moved = np.flip(boards, axis=axis + 1)
            images.append((f"reflection along {axis}", turn[moved] if turns else moved))
    return [(name, image.reshape(codes.shape)) for name, image in images]


def orbits(case: Case) -> Integers:
    """Return the number of each state's orbit (S,) under permutations of its codes, translations and reflections."""
    codes, _, _ = states_of(case)
    group = code_group(case.model, case.lattice, **case.controls)
    images = [*(permutation[codes] for permutation in group), *(image for _, image in lattice_images(case))]
    here = np.tile(np.arange(len(codes)), len(images))
    there = np.concatenate([state_numbers(image, case.model.space.states) for image in images])
    joined = csr_array((np.ones(len(here)), (here, there)), shape=(len(codes),) * 2)
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int64)


def boltzmann(energy: Array, temperature: float) -> Array:
    """Return the probability of each state."""
    weight = np.exp(-(energy - energy.min()) / temperature)
    return np.asarray(weight / weight.sum())


def probabilities(case: Case, temperature: float) -> Array:
    """Return the probability of each state: Boltzmann's, or of what is seen of worldlines at one imaginary time."""
    if not case.model.imaginary_time:
        return boltzmann(states_of(case)[2], temperature)
    found = slice_probabilities(case.model, case.lattice, temperature=temperature, **case.controls)
    # There the first site changes fastest.
    axes = range(case.lattice.sites)[::-1]
    return np.asarray(found.reshape((2,) * len(axes)).transpose(*axes).reshape(-1))


def fit(visits: NDArray[Any], probability: Array) -> float:
    """Return the p-value of Pearson's test of visits (S,); states that are rarely expected are pooled."""
    expected = probability * visits.sum()
    order = np.argsort(expected)
    rare = np.union1d(order[np.cumsum(expected[order]) < 4 * FEWEST_VISITS], np.flatnonzero(expected < FEWEST_VISITS))
    common = np.setdiff1d(order, rare)
    visits, expected = (np.append(values[common], values[rare].sum()) for values in (visits, expected))
    assert np.count_nonzero(expected) > 1, "one outcome alone: there is nothing to compare"
    return float(stats.chisquare(visits[expected > 0], expected[expected > 0]).pvalue)


def within_orbits(visits: NDArray[Any], orbit: Integers) -> float:
    """Return the p-value of equal visits within each orbit, given the number (S,) of each state's orbit."""
    size = np.bincount(orbit)
    mean = np.bincount(orbit, weights=visits) / size
    kept = mean[orbit] >= FEWEST_VISITS
    degrees = int((size[mean >= FEWEST_VISITS] - 1).sum())
    assert degrees, "no orbit of several states was visited often enough"
    chi = float(((visits[kept] - mean[orbit[kept]]) ** 2 / mean[orbit[kept]]).sum())
    return float(stats.chi2.sf(chi, degrees))
