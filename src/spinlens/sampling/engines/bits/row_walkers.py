"""The chains of one unit on any lattice, bond by bond and field by field, as words of 64 spins in half-rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.models.two_states import bonds_and_fields
from spinlens.sampling.algorithms import LOCAL, SEEDED, Turns, updates_of
from spinlens.sampling.engines.bits import rows
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.updates import SeededClustersUpdate, seeded_streams
from spinlens.sampling.engines.bits.walkers import LANES, swap_words
from spinlens.seeds import Purpose, seed_sequence
from spinlens.symmetries import code_group

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

Words = NDArray[np.uint64]
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class RowWalkers:
    """Words, sums and thresholds; see `spinlens.sampling.engines.Walkers`. The counters are the model's terms."""

    def __init__(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> None:
        controls, model = plan.point_controls(point), plan.model_at(point)
        self.lattice, self.interval = plan.lattice, plan.interval
        self.weights = model.strengths(plan.lattice, **controls)
        self.events = np.zeros(len(self.weights))
        strengths = tuple(self.weights.tolist())
        self.geometry, self.turned = geometry_of(model, plan.lattice, strengths)
        algorithms = [choice.algorithm for choice in plan.choices(point)]
        local = updates_of(*algorithms).intersection(LOCAL)
        self.rules = {name: _rules(self.geometry, plan.temperature, name) for name in local}
        self.turns = Turns(algorithms, pieces)
        places = rows.places_of_sites(plan.lattice)
        self._seeded = {"seeded": seeded_streams(plan, point, block)} if SEEDED in updates_of(*algorithms) else {}
        self.clusters = {
            part.start: SeededClustersUpdate(plan, point, block, part, places, self._seeded["seeded"][part])
            for part, algorithm in self.turns.parts
            if SEEDED in updates_of(algorithm)
        }
        tables = model.tables(plan.lattice)
        self.tally, self._names = rows.tally(tables), tables.names
        conditions = range(len(plan.temperature))
        self.words = np.stack([rows.to_words(plan.lattice, start(t)) for t in conditions])
        self.streams = np.zeros((len(conditions), 4, self.words.shape[-1]), dtype=np.uint64)
        used = rows.used_columns(plan.lattice.shape[-1])
        for t in conditions:
            words = seed_sequence(plan.seed, Purpose.SWEEP, point, t, block)
            self.streams[t, :, :used] = words.generate_state(4 * used, np.uint64).reshape(4, used)
        together = 1 if plan.start == "heated" else len(conditions)
        self.sums = np.zeros((len(self.weights), together, LANES), dtype=np.int64)
        self.reversible = len(code_group(model, plan.lattice, **controls)) > 1
        words = seed_sequence(plan.seed, Purpose.SYMMETRIES, point, block)
        self._coins = words.generate_state(4, np.uint64).reshape(4, 1)

    def sweep(self, here: slice) -> None:
        """Move the chains of whole pieces on by one interval."""
        for part, name, sweeps in self.turns.take(here, self.interval):
            if name == SEEDED:
                self.clusters[part.start].advance(self.words[part], sweeps)
            else:
                self._sweep(part, self.rules[name].at(part), sweeps)

    def _sweep(self, part: slice, rules: rows.Rules, sweeps: int) -> None:
        words = self.words[part]
        if self.turned is not None:
            words ^= self.turned
        rows.sweep(words, self.streams[part], self.geometry, rules, sweeps)
        if self.turned is not None:
            words ^= self.turned

    def measure(self, here: slice) -> None:
        """Reverse the spins of some chains where that changes no energy, and count the sums at some temperatures."""
        words = self.words[here]
        if self.reversible:
            _reverse(words.reshape(len(words), -1), self._coins)
        self.sums[:] = rows.measure(words, self.tally)

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between neighbouring temperatures."""
        swap_words(self.words.reshape(len(self.words), -1), parity, lanes)

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Nothing: it was done before the sums were counted."""

    def freeze(self, here: slice) -> None:
        """Nothing depends on the chains."""

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""
        self.words[temperature] = self.words[temperature - 1]

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that changes, as arrays by name."""
        streams = {"streams": self.streams, "coins": self._coins, **self._seeded}
        return {"words": self.words, "turns": self.turns.positions, **streams}

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the plan's sums at the temperatures that were measured last, int64 (T, 64)."""
        return np.asarray(self.sums[self._names.index(name)])

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""
        return np.asarray(rows.pack(self.lattice, self.words[here], chains))


@lru_cache(maxsize=8)
def geometry_of(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> tuple[rows.Geometry, Words | None]:
    """Return a model on a lattice as the kernel of rows sees it, and the words of the spins that it sees turned.

    Blocks of chains share it. Quenched fields of one size and either sign are fields up alone, if each spin is taken
    relative to its own: what was random are signs of bonds then, which the kernel has for the price of an exclusive or.
    (Patterns of fields that are no quenched samples keep the kernel, and the bytes, that they always had.)
    """
    couplings, fields = bonds_and_fields(model, lattice, np.array(strengths))
    sizes = np.unique(np.abs(fields))
    if model.quenched is None or len(sizes) > 1 or (fields >= 0).all():
        return rows.geometry(lattice, couplings, fields, walls=False), None
    down, table = fields < 0, lattice.neighbours
    couplings = np.where(down[table.first] != down[table.second], -couplings, couplings)
    turned = rows.to_words(lattice, np.repeat(down.reshape(1, *lattice.shape), LANES, axis=0))
    return rows.geometry(lattice, couplings, np.abs(fields), walls=False), turned


@lru_cache(maxsize=8)
def _rules(geometry: rows.Geometry, temperature: tuple[float, ...], algorithm: str) -> rows.Rules:
    return rows.rules(geometry, np.array(temperature), algorithm)


@njit(cache=True, nogil=True, **_OPTIONS)
def _reverse(words: Any, stream: Any) -> None:
    """Reverse all spins of each chain with probability 1/2, words (T, words)."""
    for t in range(words.shape[0]):
        lanes = draw(stream, 0)
        for i in range(words.shape[1]):
            words[t, i] ^= lanes
