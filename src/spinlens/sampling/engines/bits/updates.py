"""What moves the chains of some neighbouring temperatures: updates with their rules, streams and kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from spinlens.sampling.algorithms import LABELLED, LOCAL, SEEDED, updates_of
from spinlens.sampling.engines.bits import bitsliced, layout, seeded_clusters, swendsen_wang, wolff
from spinlens.sampling.engines.bits.activation import activation
from spinlens.sampling.engines.bits.bonds import row_bonds
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.probabilities import rules
from spinlens.sampling.engines.bits.view import SquareView
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


def updates_at(view: SquareView, here: slice, algorithm: str) -> dict[str, Update]:
    """Return the updates of some neighbouring temperatures: those of single sites share streams, as do clusters."""
    names, found = updates_of(algorithm), dict[str, Update]()
    if local := names.intersection(LOCAL):
        streams = _local_streams(view, here)
        found |= {name: LocalUpdate(view, here, name, streams) for name in local}
    if labelled := names.intersection(LABELLED):
        streams = _cluster_streams(view, here)
        found |= {name: _LABELLED_UPDATES[name](view, here, streams) for name in labelled}
    if SEEDED in names:
        places = layout.places_of_sites(*view.lattice.shape)
        found[SEEDED] = SeededClustersUpdate(view.plan, view.point, view.block, here, places)
    return found


def _local_streams(view: SquareView, here: slice) -> np.ndarray:
    """Return the states of a generator for each column of words, uint64 (temperatures, 4, columns)."""
    width, places = view.plan.lattice.shape[1], range(here.start, here.stop)
    streams, used = np.zeros((len(places), 4, layout.columns(width)), dtype=np.uint64), layout.used_columns(width)
    for i, t in enumerate(places):
        words = seed_sequence(view.plan.seed, Purpose.SWEEP, view.point, t, view.block)
        streams[i, :, :used] = words.generate_state(4 * used, np.uint64).reshape(4, used)
    return streams


def _cluster_streams(view: SquareView, here: slice) -> np.ndarray:
    """Return the state of one generator for each temperature, uint64 (temperatures, 4, 1)."""
    words = [
        seed_sequence(view.plan.seed, Purpose.CLUSTERS, view.point, t, view.block) for t in range(here.start, here.stop)
    ]
    return np.array([word.generate_state(4, np.uint64).reshape(4, 1) for word in words])


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
        self.lattice, self.streams, self.chains = plan.lattice, streams, len(plan.chains_of(view.block))
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
    """

    def __init__(self, plan: Plan, point: int, block: int, here: slice, places: np.ndarray) -> None:
        model = plan.model_at(point)
        strengths = model.strengths(plan.lattice, **plan.point_controls(point))
        bonds = row_bonds(model, plan.lattice, tuple(strengths.tolist()))
        assert bonds is not None
        self.bonds, self.places, self.chains = bonds, places, len(plan.chains_of(block))
        self.thresholds, self.ghost_thresholds = bonds.thresholds(np.array(plan.temperature[here]))
        width, columns = plan.lattice.shape[-1], bonds.there.shape[-1]
        self.streams = np.zeros((here.stop - here.start, 4, columns), dtype=np.uint64)
        for i, t in enumerate(range(here.start, here.stop)):
            words = seed_sequence(plan.seed, Purpose.SEEDED_CLUSTERS, point, t, block)
            self.streams[i, :, :width] = words.generate_state(4 * width, np.uint64).reshape(4, width)

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

    def __init__(self, view: SquareView, here: slice, streams: np.ndarray) -> None:
        super().__init__(view, here, streams)
        self.clusters = np.ones(len(self.streams), dtype=np.int64)
        self.sizes: list[np.ndarray] = []
        self.frozen = False

    def advance(self, spins: np.ndarray, sweeps: int) -> None:
        """Grow the clusters of so many sweeps."""
        sites = layout.to_sites(spins, self.lattice.shape[1])
        counts = self.clusters * sweeps
        reached = [self._run(wolff.update, sites, c, int(count)) for c, count in enumerate(counts)]
        spins[...] = layout.to_colours(sites)
        if not self.frozen:
            self.sizes.append(np.array(reached) / ((counts + COIN) * self.chains))
            self.clusters = self._clusters(self.sizes[-1])

    def freeze(self) -> None:
        """Fix the number of clusters."""
        self.clusters = self._clusters(np.mean(self.sizes[len(self.sizes) // 2 :], axis=0))
        self.frozen = True

    def _clusters(self, size: np.ndarray) -> np.ndarray:
        return np.maximum(1, np.rint(self.lattice.sites / size)).astype(np.int64)


_LABELLED_UPDATES: dict[str, Callable[[SquareView, slice, np.ndarray], Update]] = {
    "swendsen_wang": SwendsenWangUpdate,
    "wolff": WolffUpdate,
}
