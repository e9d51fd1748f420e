"""Cluster updates leave the Boltzmann distribution as it is: all bonds, all clusters, all states of small lattices.

A step of Swendsen-Wang or Wolff, given the active bonds, is summed over all sets of satisfied bonds, with the
clusters and the bonds of the scalar twin. Wolff's growth is moreover followed through every decision of the twin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.engines.bits import cluster_reference
from spinlens.sampling.engines.bits.cluster_reference import Graph
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.square import activation
from tests.sampling.test_clusters import of_site

TEMPERATURE = 1.9
FIELDS = (("uniform", 0.0), ("uniform", 0.37), ("staggered", -0.6))


def all_spins(sites: int) -> np.ndarray:
    """Return spins +-1 (states, sites); bit i of a state's index is 1 where spin i is up."""
    return 2 * ((np.arange(1 << sites)[:, None] >> np.arange(sites)) & 1) - 1


class Partitions:
    """The clusters that each set of active bonds makes; a lattice has them whatever its couplings."""

    def __init__(self, graph: Graph) -> None:
        self.bonds = [(site, other, axis) for (site, axis), (other, _) in graph.before.items()]
        known: dict[tuple[tuple[int, ...], ...], int] = {}
        self.of_set = np.empty(1 << len(self.bonds), dtype=np.int64)
        for active in range(self.of_set.size):
            pairs = [(i, j) for place, (i, j, _) in enumerate(self.bonds) if active >> place & 1]
            key = tuple(tuple(cluster) for cluster in cluster_reference.clusters(graph.sites, pairs))
            self.of_set[active] = known.setdefault(key, len(known))
        self.clusters = list(known)


def weights(graph: Graph, partitions: Partitions, probability: np.ndarray) -> np.ndarray:
    """Return the probability of each partition given each state, (states, partitions)."""
    spins = all_spins(graph.sites)
    sets = np.arange(partitions.of_set.size)
    result = np.zeros((len(spins), len(partitions.clusters)))
    for state, s in enumerate(spins):
        weight = np.ones(sets.size)
        for place, (i, j, axis) in enumerate(partitions.bonds):
            _, sign = graph.before[i, axis]
            p = probability[axis] if s[i] * s[j] * sign > 0 else 0.0
            weight *= np.where(sets >> place & 1, p, 1 - p)
        result[state] = np.bincount(partitions.of_set, weight, minlength=result.shape[1])
    return result


def after(
    start: np.ndarray, graph: Graph, partitions: Partitions, weight: np.ndarray, ghost: np.ndarray, *, wolff: bool
) -> np.ndarray:
    """Return the distribution (states,) after one step from the distribution ``start``."""
    states = np.arange(start.size)
    follows = all_spins(graph.sites) * graph.outside > 0
    loose = np.where(follows, 1 - ghost, 1.0)
    result = np.zeros_like(start)
    for clusters, here in zip(partitions.clusters, (start[:, None] * weight).T, strict=True):
        if not here.any():
            continue
        whole = here.copy()
        for cluster in clusters:
            untied = loose[:, list(cluster)].prod(axis=1)
            flipped = states ^ sum(1 << site for site in cluster)
            leaving = untied * (here if wolff else whole / 2)
            if wolff:
                result += len(cluster) / graph.sites * (here - leaving + leaving[flipped])
            else:
                whole = whole - leaving + leaving[flipped]
        if not wolff:
            result += whole
    return result


def check(model: Ising, lattice: Lattice, field: float, partitions: Partitions) -> None:
    graph = cluster_reference.graph(model, lattice, field)
    rule = activation(model, lattice, np.array([TEMPERATURE]), field)
    weight = weights(graph, partitions, rule.thresholds[0].astype(float) / 2.0**64)
    ghost = np.array(of_site(rule), dtype=float) / 2.0**64
    np.testing.assert_allclose(weight.sum(axis=1), 1.0, rtol=1e-12)
    for wolff in (False, True):
        exact = state_probabilities(model, lattice, temperature=TEMPERATURE, field=field)
        found = after(exact, graph, partitions, weight, ghost, wolff=wolff)
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12)
        other = state_probabilities(model, lattice, temperature=TEMPERATURE + 0.02, field=field + 0.01)
        moved = after(other, graph, partitions, weight, ghost, wolff=wolff)
        assert np.abs(moved - other).max() > 1e-6, "the check must see a temperature off by 0.02"


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize("shape", [(2, 2), (2, 3)], ids=str)
def test_clusters_leave_the_distribution_invariant(shape: tuple[int, int], boundary: Any) -> None:
    lattice = Lattice(shape, boundary=boundary)
    partitions = Partitions(cluster_reference.graph(Ising(), lattice, 0.0))
    for coupling in COUPLINGS.values():
        for pattern, field in FIELDS:
            check(Ising(coupling, pattern), lattice, field, partitions)


@pytest.mark.parametrize(
    ("boundary", "model", "field"),
    [
        ("free", Ising(), 0.3),
        (("free", (1, -1)), Ising(-1.0), 0.4),
        (((1, -1), "free"), Ising((1.0, -0.4)), 0.0),
        (("antiperiodic", "free"), Ising(-1.0), 0.2),
    ],
    ids=str,
)
def test_nine_sites(boundary: Any, model: Ising, field: float) -> None:
    lattice = Lattice((3, 3), boundary=boundary)
    check(model, lattice, field, Partitions(cluster_reference.graph(model, lattice, field)))


def decisions(run: Callable[[Callable[[int], bool]], int]) -> dict[int, float]:
    """Return the probability of each end of ``run``, which asks whether new uniform numbers lie below thresholds."""
    ends: dict[int, float] = {}
    waiting: list[list[bool]] = [[]]
    while waiting:
        script = waiting.pop()
        asked = []

        def below(threshold: int, script: list[bool] = script, asked: list[float] = asked) -> bool:
            place = len(asked)
            answer = script[place] if place < len(script) else True
            p = threshold / 2**64
            asked.append(p if answer else 1 - p)
            if place >= len(script):
                waiting.append([*script, *[True] * (place - len(script)), False])
            return answer

        end = run(below)
        ends[end] = ends.get(end, 0.0) + float(np.prod(asked))
    return ends


def growth_matrix(graph: Graph, thresholds: list[int], ghost: list[int]) -> np.ndarray:
    """Return the transition matrix (from, to) of one cluster grown by the twin."""
    states = all_spins(graph.sites)
    matrix = np.zeros((len(states), len(states)))

    def grown(spins: np.ndarray, first: int, below: Callable[[int], bool]) -> int:
        moved = spins.copy()
        cluster_reference.wolff(moved, first, below, graph, thresholds, ghost)
        return int((moved > 0) @ (1 << np.arange(graph.sites)))

    for state, spins in enumerate(states):
        for first in range(graph.sites):
            for end, probability in decisions(partial(grown, spins, first)).items():
                matrix[state, end] += probability / graph.sites
    return matrix


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_every_decision_of_a_growing_cluster(boundary: Any) -> None:
    lattice = Lattice((2, 2), boundary=boundary)
    for coupling in COUPLINGS.values():
        for pattern, field in FIELDS:
            model = Ising(coupling, pattern)
            graph = cluster_reference.graph(model, lattice, field)
            rule = activation(model, lattice, np.array([TEMPERATURE]), field)
            matrix = growth_matrix(graph, [int(value) for value in rule.thresholds[0]], of_site(rule))
            exact = state_probabilities(model, lattice, temperature=TEMPERATURE, field=field)
            np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-12)
            np.testing.assert_allclose(exact @ matrix, exact, rtol=0, atol=1e-12)
            flow = exact[:, None] * matrix
            np.testing.assert_allclose(flow, flow.T, rtol=0, atol=1e-12)
