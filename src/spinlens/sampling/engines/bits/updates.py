"""What moves the chains of some neighbouring temperatures: updates with their rules, streams and kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from spinlens.sampling.algorithms import LABELLED, LOCAL, SEEDED, most_turns, updates_of
from spinlens.sampling.engines.bits import bitsliced, layout, seeded_clusters, swendsen_wang, wolff
from spinlens.sampling.engines.bits.activation import activation
from spinlens.sampling.engines.bits.bonds import RowBonds, row_bonds
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.probabilities import rules
from spinlens.sampling.engines.bits.view import SquareView
from spinlens.sampling.engines.bits.words import WIDTH
from spinlens.seeds import Purpose, seed_sequence

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

COIN = 0.5
"""Clusters that the coin of `WolffUpdate` adds to each chain on average, each time."""


class Update(Protocol):
    """One way to move the chains of some temperatures."""

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Sweep so often, in place; the words are uint64 (temperatures, 2, Lx, columns)."""

    def freeze(self) -> None:
        """Change nothing any more that depends on the chains: recording begins."""


State = dict[str, np.ndarray]
"""What updates change beside the spins, by name; the axis before the last two, or the last, is the temperature."""


def state_of(view: SquareView, *algorithms: str) -> State:
    """Return what updates of some algorithms change at all temperatures of a unit, as it is before the first sweep."""
    names, plan, temperatures = updates_of(*algorithms), view.plan, len(view.plan.temperature)
    state: State = {}
    if names.intersection(LOCAL):
        state["local"] = _local_streams(view)
    if names.intersection(LABELLED):
        state["clusters"] = _cluster_streams(view)
    if SEEDED in names:
        state["seeded"] = seeded_streams(plan, view.point, view.block)
    if "wolff" in names:
        intervals = -(-plan.equilibration // plan.interval)
        times = max(most_turns(name, intervals=intervals, interval=plan.interval) for name in algorithms)
        state["wolff_clusters"] = np.ones(temperatures, dtype=np.int64)
        state["wolff_sizes"] = np.zeros((times, temperatures))
        state["wolff_times"] = np.zeros(temperatures, dtype=np.int64)
        state["wolff_frozen"] = np.zeros(temperatures, dtype=bool)
    return state


def updates_at(view: SquareView, here: slice, algorithm: str, state: State) -> dict[str, Update]:
    """Return the updates of some neighbouring temperatures: those of single sites share streams, as do clusters."""
    names, found = updates_of(algorithm), dict[str, Update]()
    if local := names.intersection(LOCAL):
        found |= {name: LocalUpdate(view, here, name, state["local"][here]) for name in local}
    if "swendsen_wang" in names:
        found["swendsen_wang"] = SwendsenWangUpdate(view, here, state["clusters"][here])
    if "wolff" in names:
        found["wolff"] = WolffUpdate(view, here, state)
    if SEEDED in names:
        places = layout.places_of_sites(*view.lattice.shape)
        streams = state["seeded"][here]
        found[SEEDED] = SeededClustersUpdate(view.plan, view.point, view.block, here, places, streams)
    return found


def _local_streams(view: SquareView) -> np.ndarray:
    """Return the states of a generator for each column of words, uint64 (T, 4, columns)."""
    width, temperatures = view.plan.lattice.shape[1], len(view.plan.temperature)
    streams, used = np.zeros((temperatures, 4, layout.columns(width)), dtype=np.uint64), layout.used_columns(width)
    for t in range(temperatures):
        words = seed_sequence(view.plan.seed, Purpose.SWEEP, view.point, t, view.block)
        streams[t, :, :used] = words.generate_state(4 * used, np.uint64).reshape(4, used)
    return streams


def _cluster_streams(view: SquareView) -> np.ndarray:
    """Return the state of one generator for each temperature, uint64 (T, 4, 1)."""
    words = [
        seed_sequence(view.plan.seed, Purpose.CLUSTERS, view.point, t, view.block)
        for t in range(len(view.plan.temperature))
    ]
    return np.array([word.generate_state(4, np.uint64).reshape(4, 1) for word in words])


def seeded_streams(plan: Plan, point: int, block: int) -> np.ndarray:
    """Return the states of the generators of seeded clusters at all temperatures, uint64 (T, 4, columns)."""
    width, temperatures = plan.lattice.shape[-1], len(plan.temperature)
    streams = np.zeros((temperatures, 4, -(-width // WIDTH) * WIDTH), dtype=np.uint64)
    for t in range(temperatures):
        words = seed_sequence(plan.seed, Purpose.SEEDED_CLUSTERS, point, t, block)
        streams[t, :, :width] = words.generate_state(4 * width, np.uint64).reshape(4, width)
    return streams


def _bonds(plan: Plan, point: int) -> RowBonds:
    model = plan.model_at(point)
    strengths = model.strengths(plan.lattice, **plan.point_controls(point))
    bonds = row_bonds(model, plan.lattice, tuple(strengths.tolist()))
    assert bonds is not None
    return bonds


class LocalUpdate:
    """Heat bath or Metropolis, spin after spin."""

    def __init__(self, view: SquareView, here: slice, algorithm: str, streams: np.ndarray) -> None:
        plan = view.plan
        self.streams, self.geometry = streams, geometry(plan.lattice, staggered_field=view.staggered)
        temperature = np.array(plan.temperature[here])
        self.rules = rules(view.couplings, self.geometry, temperature, view.field, algorithm)

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Sweep so often."""
        rules, place = self.rules, self.geometry
        bitsliced.sweep(
            spins, self.streams, rules.planes, rules.thresholds, rules.favoured, rules.metropolis, place.patterns,
            place.kinds, place.edges, place.width, sweeps,
        )  # fmt: skip

    def freeze(self) -> None:
        """Nothing depends on the chains."""


class _LabelledUpdate:
    """What the updates of one chain's clusters share: bonds, thresholds, one stream a condition."""

    def __init__(self, view: SquareView, here: slice, streams: np.ndarray) -> None:
        plan = view.plan
        self.lattice, self.streams, self.chains = plan.lattice, streams, len(plan.blocks.chains_of(view.block))
        temperature = np.array(plan.temperature[here])
        self.activation = activation(
            view.couplings, plan.lattice, temperature, view.field, staggered=view.staggered
        )  # fmt: skip

    def _run(self, kernel: Callable[..., Any], sites: np.ndarray, condition: int, count: int) -> Any:
        bonds = self.activation
        return kernel(
            sites[condition], self.streams[condition], bonds.links_x, bonds.links_y, bonds.thresholds[condition],
            bonds.held, bonds.kinds, bonds.ghost_thresholds[condition], self.chains, count,
        )  # fmt: skip


class SwendsenWangUpdate(_LabelledUpdate):
    """All clusters at once: one update is a sweep."""

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Sweep so often."""
        sites = layout.to_sites(spins, self.lattice.shape[1])
        for condition in range(len(sites)):
            self._run(swendsen_wang.update, sites, condition, sweeps)
        spins[...] = layout.to_colours(sites)

    def freeze(self) -> None:
        """Nothing depends on the chains."""


class SeededClustersUpdate:
    """The clusters of a few random sites, once for each sweep; on any lattice.

    Parameters
    ----------
    plan, point, block
        The unit of work.
    here : slice
        The temperatures.
    places : ndarray, int32 (N,)
        The flat place of each site in the words of a condition.
    streams : ndarray, uint64 (temperatures, 4, columns)
        See `seeded_streams`.
    """

    def __init__(
        self, plan: Plan, point: int, block: int, here: slice, places: np.ndarray, streams: np.ndarray
    ) -> None:  # fmt: skip
        self.bonds, self.places, self.chains = _bonds(plan, point), places, len(plan.blocks.chains_of(block))
        self.thresholds, self.ghost_thresholds = self.bonds.thresholds(np.array(plan.temperature[here]))
        self.streams = streams

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Sweep so often."""
        bonds, words = self.bonds, spins.reshape(len(spins), -1)
        for c in range(len(words)):
            seeded_clusters.update(
                words[c], self.places, self.streams[c], bonds.there, bonds.turned, bonds.source, bonds.target,
                bonds.shift, self.thresholds[c], bonds.kinds, bonds.held, self.ghost_thresholds[c], self.chains, sweeps,
            )  # fmt: skip

    def freeze(self) -> None:
        """Nothing depends on the chains."""


class WolffUpdate(_LabelledUpdate):
    """Single clusters; a sweep is as many as reach every site once on average.

    To stop when enough sites were reached would favour configurations that follow large clusters. So the number of
    clusters is fixed before each time: while the chains equilibrate, by the mean size the time before;
    from then on, by the mean size in the later half of equilibration. It is at least 1.

    Each chain grows one cluster more by a fair coin each time, drawn from the condition's stream whatever the
    spins: at high temperature clusters are single sites that always flip, and a fixed number of them would conserve the
    parity of the number of up spins.
    """

    def __init__(self, view: SquareView, here: slice, state: State) -> None:
        super().__init__(view, here, state["clusters"][here])
        self.clusters, self.sizes = state["wolff_clusters"][here], state["wolff_sizes"][:, here]
        self.times, self.frozen = state["wolff_times"][here], state["wolff_frozen"][here]

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Grow the clusters of so many sweeps."""
        sites = layout.to_sites(spins, self.lattice.shape[1])
        counts = self.clusters * sweeps
        reached = [self._run(wolff.update, sites, c, int(count)) for c, count in enumerate(counts)]
        spins[...] = layout.to_colours(sites)
        if not self.frozen[0]:
            size = np.array(reached) / ((counts + COIN) * self.chains)
            self.sizes[self.times[0]] = size
            self.times += 1
            self.clusters[:] = self._clusters(size)

    def freeze(self) -> None:
        """Fix the number of clusters."""
        if times := int(self.times[0]):
            # In rows of their own, so that the order of summation does not depend on what else the unit holds.
            self.clusters[:] = self._clusters(np.ascontiguousarray(self.sizes[times // 2 : times]).mean(axis=0))
        self.frozen[:] = True

    def _clusters(self, size: np.ndarray) -> np.ndarray:
        return np.maximum(1, np.rint(self.lattice.sites / size)).astype(np.int64)
