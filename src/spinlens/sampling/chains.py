"""Run the chains of one unit of work: all temperatures at one point of the other controls, one block of 64 chains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from spinlens.sampling.blocks import LANES
from spinlens.sampling.exchange import Exchange, exchange_stream
from spinlens.sampling.plan import Plan
from spinlens.seeds import Purpose, generator

SEGMENT = 2e8
"""Bit-sliced updates of a site between two reports, some tens of milliseconds."""

WORTH_THREADS = 4e6
"""Bit-sliced updates of a site between two recordings from which on threads gain more than they cost."""

PIECES = 4
"""Pieces of temperatures for each thread; some take longer than others."""

INT32 = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of work: one point of the controls other than temperature, one block of chains.

    Units never look at each other.
    """

    point: int
    block: int


@dataclass(frozen=True, slots=True)
class UnitDraws:
    """What a unit yields, for T temperatures, C chains, D draws and R recordings.

    Attributes
    ----------
    codes : numpy.ndarray
        uint8 (T, C, D, ..., bytes): configurations packed along the last axis, see `spinlens.spaces.Space.pack`.
    sums : dict of str to numpy.ndarray
        The series of `spinlens.sampling.Plan.series`, each (T, C, R) of the type of `series_type`.
    exchange_accepted : numpy.ndarray
        int64 (T - 1,): swaps between neighbouring temperatures, equilibration included.
    exchange_offered : int
        Swaps offered to each pair, all chains together.
    round_trips : numpy.ndarray
        int32 (C,): journeys of replicas from the coldest temperature to the hottest and back.
    """

    codes: np.ndarray
    sums: dict[str, np.ndarray]
    exchange_accepted: np.ndarray
    exchange_offered: int
    round_trips: np.ndarray


def units(plan: Plan) -> list[Unit]:
    """Return the units of a plan in their canonical order."""
    return [Unit(point, block) for point in range(plan.points) for block in range(len(plan.blocks))]


def series_type(plan: Plan, name: str) -> str:
    """Return the type of a sum as it is stored: int32 where it always fits, else int64."""
    tables = plan.model.tables(plan.lattice)
    term = next(term for term in tables.terms if term.name == name)
    largest = int(np.abs(term.table).max()) * term.largest
    return "int32" if largest * max(plan.lattice.bonds, plan.lattice.sites) <= INT32 else "int64"


def packed_shape(plan: Plan) -> tuple[int, ...]:
    """Return the shape of one stored configuration: the sides, the last in bytes."""
    *front, last = plan.drawn.shape
    return (*front, plan.model.space.packed_length(last))


class Keeper(Protocol):
    """Keeps the state of a unit between the run that began it and the one that ends it."""

    def load(self) -> Mapping[str, np.ndarray]:
        """Return the arrays that were kept last, or none."""

    def due(self) -> bool:
        """Return whether it is time to keep something."""

    def save(self, arrays: Mapping[str, np.ndarray], fraction: float) -> None:
        """Keep arrays, and which fraction of the unit is done."""


def run_unit(
    plan: Plan, unit: Unit, report: Callable[[float], object] = float, *, threads: int = 1, keeper: Keeper | None = None
) -> UnitDraws:
    """Equilibrate and sample one unit.

    Parameters
    ----------
    plan : Plan
        What to sample.
    unit : Unit
        Which part of it.
    report : callable
        Called with the fraction done, a few times a second; raising from it abandons the unit.
    threads : int
        How many move chains at different temperatures at the same time, where it pays.
    keeper : Keeper, optional
        What it has kept is where the unit goes on; it is offered the state after every interval, and where ``report``
        raises.

    Returns
    -------
    UnitDraws
        The same bytes wherever, whenever and in however many parts it runs.
    """
    seed, block = plan.blocks.origin(unit.block)
    plan, unit = plan.of_seed(seed), Unit(unit.point, block)
    stages = _stages(plan)
    work = plan.kernels.cost(plan, unit.point) * LANES * plan.lattice.sites * plan.interval
    threads = threads if work > WORTH_THREADS else 1
    pieces = [_pieces(stage, PIECES * threads if threads > 1 else 1) for stage in stages]
    walkers = plan.kernels.walkers(
        plan, unit.point, unit.block, lambda t: start_codes(plan, unit, t), [piece for part in pieces for piece in part]
    )  # fmt: skip
    chains, temperatures = len(plan.blocks.chains_of(unit.block)), len(plan.temperature)
    stream = exchange_stream(plan, unit.point, unit.block)
    exchange = Exchange(plan, unit.block, stream) if plan.exchange and temperatures > 1 else None
    equilibration = -(-plan.equilibration // plan.interval)
    total = equilibration + plan.recordings
    codes = np.zeros((temperatures, chains, plan.draws, *packed_shape(plan)), dtype=np.uint8)
    sums = {name: np.zeros((temperatures, chains, plan.recordings), series_type(plan, name)) for name in plan.series}
    done = np.zeros((), dtype=np.int64)
    state: dict[str, np.ndarray] = {
        "done": done, "codes": codes, "stream": stream, **_named("sums", sums), **_named("walkers", walkers.state()),
        **_named("exchange", exchange.state() if exchange else {}),
    }  # fmt: skip
    if keeper:
        _put_in_place(keeper.load(), state)
    often = max(1, int(SEGMENT * len(stages) // work))
    with _side_by_side(threads) as spread:
        while done < len(stages) * total:
            stage, step = divmod(int(done), total)
            here = stages[stage]
            if stage and not step:
                walkers.inherit(stage)
            if step == equilibration:
                walkers.freeze(here)
            list(spread(walkers.sweep, pieces[stage]))
            walkers.measure(here)
            if exchange:
                exchange.run(walkers)
            walkers.symmetrise(here, stream)
            recording = step - equilibration
            if recording >= 0:
                for name, series in sums.items():
                    series[here, :, recording] = walkers.recorded(name)[:, :chains]
                if (recording + 1) % plan.recordings_per_draw == 0:
                    codes[here, :, recording // plan.recordings_per_draw] = walkers.packed(here, chains)
            done += 1
            fraction = int(done) / (len(stages) * total)
            if keeper and keeper.due():
                keeper.save(state, fraction)
            if step % often == 0 or step == total - 1:
                try:
                    report(fraction)
                except BaseException:
                    if keeper:
                        keeper.save(state, fraction)
                    raise
    if exchange is None:
        return UnitDraws(codes, sums, np.zeros(max(0, temperatures - 1), np.int64), 0, np.zeros(chains, np.int32))
    return UnitDraws(codes, sums, exchange.accepted, total * chains, exchange.round_trips[:chains].astype(np.int32))


def _named(kind: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{kind} {name}": array for name, array in arrays.items()}


def _put_in_place(kept: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray]) -> None:
    """Continue from what was kept, if it is a whole state of the same kind."""

    def kinds(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[Any, ...]]:
        return {name: (array.shape, array.dtype) for name, array in arrays.items()}

    if kinds(kept) == kinds(state):
        for name, array in state.items():
            array[...] = kept[name]


@contextmanager
def _side_by_side(threads: int) -> Iterator[Callable[[Callable[[slice], None], list[slice]], Iterable[None]]]:
    """Give a map, in threads where there are several."""
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads, "spinlens-unit") as pool:
        yield pool.map


def _pieces(stage: slice, number: int) -> list[slice]:
    """Cut temperatures into at most so many pieces of nearly equal size."""
    count = stage.stop - stage.start
    edges = [stage.start + count * k // min(number, count) for k in range(min(number, count) + 1)]
    return [slice(*pair) for pair in pairwise(edges)]


def _stages(plan: Plan) -> list[slice]:
    """Return the temperatures that run at the same time: all of them, or one after another where they are heated."""
    count = len(plan.temperature)
    return [slice(t, t + 1) for t in range(count)] if plan.start == "heated" else [slice(0, count)]


def start_codes(plan: Plan, unit: Unit, temperature: int) -> np.ndarray:
    """Return the first configurations of one condition, codes (64, *shape)."""
    random = generator(plan.seed, Purpose.START, unit.point, temperature, unit.block)
    controls = plan.point_controls(unit.point)
    if plan.start == "interface":
        return np.asarray(plan.model.interface_states(plan.lattice, random, count=LANES, **controls))
    ground = plan.model.ground_states(plan.lattice, **controls)
    picked = random.integers(0, len(ground), size=LANES) if len(ground) > 1 else np.zeros(LANES, dtype=np.int64)
    codes = ground[picked]
    if plan.start in ("random", "dispersed"):
        states = plan.model.space.states
        noise = random.integers(0, states, size=codes.shape, dtype=np.int8 if states <= 127 else np.int64)
        every = 1 if plan.start == "random" else 2
        codes[every - 1 :: every] = noise[every - 1 :: every]
    return codes
