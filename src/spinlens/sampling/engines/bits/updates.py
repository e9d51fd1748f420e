"""One sweep of some neighbouring temperatures with one algorithm: its rules, its random streams, its kernel."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Protocol

import numpy as np

from spinlens.sampling.engines.bits import bitsliced, layout, swendsen_wang, wolff
from spinlens.sampling.engines.bits.activation import activation
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.probabilities import rules
from spinlens.sampling.engines.bits.view import SquareView
from spinlens.seeds import Purpose, seed_sequence

COIN = 0.5
"""Clusters that the coin of `WolffUpdate` adds to each chain and interval on average."""


class Update(Protocol):
    """What moves the chains of some temperatures."""

    def advance(self, spins: np.ndarray) -> None:
        """Sweep for one interval, in place; the words are uint64 (temperatures, 2, Lx, columns)."""

    def freeze(self) -> None:
        """Change nothing any more that depends on the chains: recording begins."""


def updates(view: SquareView) -> list[tuple[slice, Update]]:
    """Return the updates of one unit of work, each with the stretch of temperatures that it is for.

    Chains that are heated are at one temperature after another, so each has an update of its own.
    """
    parts: list[tuple[slice, Update]] = []
    choices = view.plan.choices(view.point)
    heated = view.plan.start == "heated"
    for (algorithm, _), group in groupby(
        range(len(choices)), key=lambda t: (choices[t].algorithm, t if heated else None)
    ):
        conditions = list(group)
        here = slice(conditions[0], conditions[-1] + 1)
        parts.append((here, _KINDS[algorithm](view, here)))
    return parts


class LocalUpdate:
    """Heat bath or Metropolis, spin after spin."""

    def __init__(self, view: SquareView, here: slice) -> None:
        plan = view.plan
        self.interval, algorithm = plan.interval, plan.choices(view.point)[here.start].algorithm
        self.geometry = geometry(plan.lattice, staggered_field=view.staggered)
        temperature = np.array(plan.temperature[here])
        self.rules = rules(view.couplings, self.geometry, temperature, view.field, algorithm)
        columns, used = layout.columns(plan.lattice.shape[1]), layout.used_columns(plan.lattice.shape[1])
        self.streams = np.zeros((len(temperature), 4, columns), dtype=np.uint64)
        for i, t in enumerate(range(here.start, here.stop)):
            words = seed_sequence(plan.seed, Purpose.SWEEP, view.point, t, view.block)
            self.streams[i, :, :used] = words.generate_state(4 * used, np.uint64).reshape(4, used)

    def advance(self, spins: np.ndarray) -> None:
        """Sweep for one interval."""
        rules, place = self.rules, self.geometry
        bitsliced.sweep(
            spins, self.streams, rules.planes, rules.thresholds, rules.favoured, rules.metropolis, place.patterns,
            place.kinds, place.edges, place.width, self.interval,
        )  # fmt: skip

    def freeze(self) -> None:
        """Nothing depends on the chains."""


class _ClusterUpdate:
    """What the cluster updates share: bonds, thresholds, one stream a condition."""

    def __init__(self, view: SquareView, here: slice) -> None:
        plan = view.plan
        self.lattice, self.interval, self.chains = plan.lattice, plan.interval, len(plan.chains_of(view.block))
        temperature = np.array(plan.temperature[here])
        self.activation = activation(
            view.couplings, plan.lattice, temperature, view.field, staggered=view.staggered
        )  # fmt: skip
        words = [
            seed_sequence(plan.seed, Purpose.CLUSTERS, view.point, t, view.block) for t in range(here.start, here.stop)
        ]
        self.streams = np.array([word.generate_state(4, np.uint64).reshape(4, 1) for word in words])

    def _run(self, kernel: Callable[..., Any], sites: np.ndarray, condition: int, count: int) -> Any:
        bonds = self.activation
        return kernel(
            sites[condition], self.streams[condition], bonds.links_x, bonds.links_y, bonds.thresholds[condition],
            bonds.held, bonds.kinds, bonds.ghost_thresholds[condition], self.chains, count,
        )  # fmt: skip


class SwendsenWangUpdate(_ClusterUpdate):
    """All clusters at once: one update is a sweep."""

    def advance(self, spins: np.ndarray) -> None:
        """Sweep for one interval."""
        sites = layout.to_sites(spins, self.lattice.shape[1])
        for condition in range(len(sites)):
            self._run(swendsen_wang.update, sites, condition, self.interval)
        spins[...] = layout.to_colours(sites)

    def freeze(self) -> None:
        """Nothing depends on the chains."""


class WolffUpdate(_ClusterUpdate):
    """Single clusters; a sweep is as many as reach every site once on average.

    To stop when enough sites were reached would favour configurations that follow large clusters. So the number of
    clusters is fixed before an interval begins: while the chains equilibrate, by the mean size in the interval before;
    from then on, by the mean size in the later half of equilibration. It is at least 1.

    Each chain grows one cluster more by a fair coin of each interval, drawn from the condition's stream whatever the
    spins: at high temperature clusters are single sites that always flip, and a fixed number of them would conserve the
    parity of the number of up spins.
    """

    def __init__(self, view: SquareView, here: slice) -> None:
        super().__init__(view, here)
        self.clusters = np.ones(len(self.streams), dtype=np.int64)
        self.sizes: list[np.ndarray] = []
        self.frozen = False

    def advance(self, spins: np.ndarray) -> None:
        """Grow the clusters of one interval."""
        sites = layout.to_sites(spins, self.lattice.shape[1])
        counts = self.clusters * self.interval
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


_KINDS: dict[str, Callable[[SquareView, slice], Update]] = {
    "heat_bath": LocalUpdate,
    "metropolis": LocalUpdate,
    "swendsen_wang": SwendsenWangUpdate,
    "wolff": WolffUpdate,
}
