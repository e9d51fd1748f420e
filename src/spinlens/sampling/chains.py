"""Run the chains of one unit of work: all temperatures of one field, one block of 64 chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from spinlens.sampling.choice import CLUSTERS
from spinlens.sampling.exchange import exchange, flip_signs
from spinlens.sampling.interfaces import interfaces
from spinlens.sampling.kernels import counters, layout
from spinlens.sampling.kernels.geometry import geometry
from spinlens.sampling.plan import LANES, Plan
from spinlens.sampling.updates import Update, updates
from spinlens.seeds import Purpose, generator, seed_sequence

SEGMENT = 2e8
"""Local spin updates between two reports, some tens of milliseconds."""

CLUSTER_COST = 40
"""About how many local updates of a spin take as long as its share of a cluster."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of work: one field, one block of chains. Units never look at each other."""

    field: int
    block: int


@dataclass(frozen=True, slots=True)
class UnitDraws:
    """What a unit yields, for T temperatures, C chains, D draws and R recordings.

    Attributes
    ----------
    spins : numpy.ndarray
        uint8 (T, C, D, Lx, ceil(Ly / 8)): one bit a spin along y, least significant first, 1 for up.
    sums : dict of str to numpy.ndarray
        The series of `spinlens.sampling.Plan.series`, each int32 (T, C, R): ``bond_sum``, sum s s' over all bonds, and
        ``spin_sum``, sum s over the sites, at each recording; ``bond_sum_x``, the bonds along x, and
        ``staggered_sum``, sum (-1)^(x + y) s, where the plan has them.
    exchange_accepted : numpy.ndarray
        int64 (T - 1,): swaps between neighbouring temperatures, equilibration included.
    exchange_offered : int
        Swaps offered to each pair, all chains together.
    round_trips : numpy.ndarray
        int32 (C,): journeys of replicas from the coldest temperature to the hottest and back.
    """

    spins: np.ndarray
    sums: dict[str, np.ndarray]
    exchange_accepted: np.ndarray
    exchange_offered: int
    round_trips: np.ndarray

    @property
    def bond_sum(self) -> np.ndarray:
        """Sum s s' over all bonds, int32 (T, C, R)."""
        return self.sums["bond_sum"]

    @property
    def spin_sum(self) -> np.ndarray:
        """Sum s over the sites, int32 (T, C, R)."""
        return self.sums["spin_sum"]


def units(plan: Plan) -> list[Unit]:
    """Return the units of a plan in their canonical order."""
    return [Unit(f, b) for f in range(len(plan.field)) for b in range(plan.blocks)]


def work(plan: Plan, field: int) -> int:
    """Return about how long a sweep of all temperatures of a field takes, in local sweeps of one temperature."""
    return sum(CLUSTER_COST if choice.algorithm in CLUSTERS else 1 for choice in plan.choices(field))


def run_unit(plan: Plan, unit: Unit, report: Callable[[float], object] = float) -> UnitDraws:
    """Equilibrate and sample one unit.

    Parameters
    ----------
    plan : Plan
        What to sample.
    unit : Unit
        Which part of it.
    report : callable
        Called with the fraction done, a few times a second; raising from it abandons the unit.

    Returns
    -------
    UnitDraws
        The same bytes wherever and whenever it runs.
    """
    assert plan.thin is not None
    walk = _Walk(plan, unit)
    chains, (height, width) = len(plan.chains_of(unit.block)), plan.lattice.shape
    temperatures = len(plan.temperature)
    equilibration = -(-plan.equilibration // plan.interval)
    total = equilibration + plan.recordings
    spins = np.empty((temperatures, chains, plan.draws, height, -(-width // 8)), dtype=np.uint8)
    sums = {name: np.empty((temperatures, chains, plan.recordings), dtype=np.int32) for name in plan.series}
    packed = np.empty((temperatures, chains, height, spins.shape[-1]), dtype=np.uint8)
    stages = _stages(plan)
    often = max(1, int(SEGMENT * len(stages) // (work(plan, unit.field) * LANES * plan.lattice.sites * plan.interval)))
    for stage, here in enumerate(stages):
        if stage:
            walk.inherit(stage)
        for step in range(total):
            if step == equilibration:
                walk.freeze(here)
            walk.advance(here)
            recording = step - equilibration
            if recording >= 0:
                for name, series in sums.items():
                    series[here, :, recording] = walk.total(name)[:, :chains]
                if (recording + 1) % plan.thin == 0:
                    layout.pack_chains(layout.to_sites(walk.spins[here], width), packed[here])
                    spins[here, :, recording // plan.thin] = packed[here]
            if step % often == 0 or step == total - 1:
                report((stage * total + step + 1) / (len(stages) * total))
    offered = total * chains if walk.exchanges else 0
    return UnitDraws(spins, sums, walk.accepted, offered, walk.round_trips[:chains].astype(np.int32))


def _stages(plan: Plan) -> list[slice]:
    """Return the temperatures that run at the same time: all of them, or one after another where they are heated."""
    count = len(plan.temperature)
    return [slice(t, t + 1) for t in range(count)] if plan.start == "heated" else [slice(0, count)]


class _Walk:
    """The moving state of one unit: words, sums, random streams, replicas."""

    def __init__(self, plan: Plan, unit: Unit) -> None:
        temperatures = len(plan.temperature)
        self.plan = plan
        self.field = plan.field[unit.field]
        self.chains = len(plan.chains_of(unit.block))
        self.geometry = geometry(plan.lattice, staggered_field=plan.model.staggered)
        self.updates = updates(plan, unit.field, unit.block)
        self.weights = np.array(plan.model.weights(self.field))
        self.inverse_temperature = 1.0 / np.array(plan.temperature)
        self.exchanges = plan.exchange and temperatures > 1
        self.spins = np.stack([_start(plan, unit, t) for t in range(temperatures)])
        words = seed_sequence(plan.seed, Purpose.EXCHANGE, unit.field, unit.block)
        self.exchange_stream = words.generate_state(4, np.uint64).reshape(4, 1)
        self.sums = np.zeros((4, 1 if plan.start == "heated" else temperatures, LANES), dtype=np.int64)
        self.replica = np.repeat(np.arange(temperatures, dtype=np.int32)[:, None], LANES, axis=1)
        self.visited = np.zeros((temperatures, LANES), dtype=np.int8)
        self.accepted = np.zeros(max(0, temperatures - 1), dtype=np.int64)
        self.round_trips = np.zeros(LANES, dtype=np.int64)

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""
        self.spins[temperature] = self.spins[temperature - 1]

    def advance(self, here: slice) -> None:
        """Sweep some temperatures for one interval, measure, exchange replicas, flip signs at zero field."""
        place = self.geometry
        for part, update in self._updates(here):
            update.advance(self.spins[part])
        counters.measure(self.spins[here], place.edges, place.walled, place.bonds, place.width, self.sums)
        if self.exchanges:
            exchange(
                self.spins, self.sums, self.weights, self.replica, self.visited, self.inverse_temperature, self.chains,
                self.exchange_stream, self.accepted, self.round_trips,
            )  # fmt: skip
        if _symmetric(self.plan, self.field):
            flip_signs(self.spins[here], self.sums, self.exchange_stream)

    def freeze(self, here: slice) -> None:
        """Let the updates of some temperatures change nothing any more that depends on the chains: recording begins."""
        for _, update in self._updates(here):
            update.freeze()

    def _updates(self, here: slice) -> list[tuple[slice, Update]]:
        return [(part, update) for part, update in self.updates if here.start <= part.start < here.stop]

    def total(self, name: str) -> np.ndarray:
        """Return one of the sums of the plan's series at the temperatures that just advanced, int64 (T, 64)."""
        along_x, along_y, spin_sum, staggered_sum = self.sums
        by_name = {"bond_sum_x": along_x, "spin_sum": spin_sum, "staggered_sum": staggered_sum}
        result: np.ndarray = along_x + along_y if name == "bond_sum" else by_name[name]
        return result


def _symmetric(plan: Plan, field: float) -> bool:
    """Return whether reversing all spins leaves the energy as it is."""
    return field == 0 and not plan.lattice.walled


def _start(plan: Plan, unit: Unit, temperature: int) -> np.ndarray:
    """Return the first configurations of one condition as words (2, Lx, columns)."""
    random = generator(plan.seed, Purpose.START, unit.field, temperature, unit.block)
    if plan.start == "interface":
        return layout.to_colours(layout.from_spins(interfaces(plan.lattice, random, count=LANES)))
    ground = plan.model.ground_state(plan.lattice, plan.field[unit.field])
    symmetric = _symmetric(plan, plan.field[unit.field])
    signs = random.integers(0, 2, size=LANES) * 2 - 1 if symmetric else np.ones(LANES, dtype=int)
    spins = (ground * signs[:, None, None]).astype(np.int8)
    if plan.start in ("random", "dispersed"):
        noise = (random.integers(0, 2, size=spins.shape, dtype=np.int8) * 2 - 1).astype(np.int8)
        every = 1 if plan.start == "random" else 2
        spins[every - 1 :: every] = noise[every - 1 :: every]
    return layout.to_colours(layout.from_spins(spins))
