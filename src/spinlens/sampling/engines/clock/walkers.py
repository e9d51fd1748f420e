"""The chains of one unit as codes of 64 lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.algorithms import Turns, most_turns, updates_of
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.clock import clusters, kernel, wolff
from spinlens.sampling.engines.clock.form import Form, form_of
from spinlens.sampling.engines.clock.place import heat_of, place_of
from spinlens.sampling.engines.clock.sums import measure, tally, turn
from spinlens.sampling.engines.table.clusters import COIN
from spinlens.sampling.engines.table.lanes import LANES, swap
from spinlens.seeds import Purpose, seed_sequence
from spinlens.symmetries import leaves_energies

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

UPDATES = {
    "metropolis": kernel.metropolis,
    "reflections": kernel.reflections,
    "swendsen_wang": clusters.swendsen_wang,
}
"""Updates of 64 chains side by side."""


class ClockWalkers:
    """Codes, sums and streams; see `spinlens.sampling.engines.Walkers`. The counters are the model's terms."""

    def __init__(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> None:
        model, controls = plan.model_at(point), plan.point_controls(point)
        tables, self.weights = model.tables(plan.lattice), model.strengths(plan.lattice, **controls)
        self.events = np.zeros(len(self.weights))
        form = form_of(model, plan.lattice, self.weights)
        assert isinstance(form, Form)
        self.plan, self.place, self.names = plan, place_of(form, plan.lattice), tables.names
        self.heats = [heat_of(form, self.place, t) for t in plan.temperature]
        self.tally = tally(tables, form.shift)
        algorithms = [choice.algorithm for choice in plan.choices(point)]
        self.turns, conditions = Turns(algorithms, pieces), range(len(plan.temperature))
        codes = np.stack([np.asarray(start(t)).reshape(LANES, -1).T for t in conditions])
        self.board = np.ascontiguousarray(codes, dtype=np.uint16)
        self.streams = np.empty((len(conditions), 4, LANES), dtype=np.uint64)
        for t in conditions:
            words = seed_sequence(plan.seed, Purpose.SWEEP, point, t, block)
            self.streams[t] = words.generate_state(4 * LANES, np.uint64).reshape(4, LANES)
        together = 1 if plan.start == "heated" else len(conditions)
        self.sums = np.zeros((len(self.weights), together, LANES), dtype=np.int64)
        every, q = np.arange(form.states), form.states
        self.turns_freely = leaves_energies(tables, self.weights, (every + 1) % q)
        self.mirrors = leaves_energies(tables, self.weights, -every % q)
        words = seed_sequence(plan.seed, Purpose.SYMMETRIES, point, block)
        self._coins = words.generate_state(4, np.uint64).reshape(4, 1)
        # Clusters of each sweep, see `spinlens.sampling.engines.bits.updates.WolffUpdate`.
        self.clusters = np.ones(len(conditions), dtype=np.int64)
        intervals = -(-plan.equilibration // plan.interval)
        times = max(most_turns(name, intervals=intervals, interval=plan.interval) for name in algorithms)
        self.sizes = np.zeros((len(conditions), times if "wolff" in updates_of(*algorithms) else 0))
        self.times = np.zeros(len(conditions), dtype=np.int64)
        self.frozen = np.zeros(len(conditions), dtype=bool)

    def sweep(self, here: slice) -> None:
        """Move the chains of whole pieces on by one interval."""
        for part, name, sweeps in self.turns.take(here, self.plan.interval):
            for t in range(part.start, part.stop):
                if name == "wolff":
                    self._grow_clusters(t, sweeps)
                else:
                    UPDATES[name](self.board[t], self.streams[t], self.place, self.heats[t], sweeps)

    def measure(self, here: slice) -> None:
        """Turn and mirror each chain at random where that changes no energy, and count the sums."""
        board = self.board[here]
        if self.turns_freely or self.mirrors:
            words = np.array([[int(draw(self._coins, 0)) for _ in range(LANES)] for _ in board], dtype=np.uint64)
            q = self.place.states
            far = (words >> np.uint64(32)) * np.uint64(q) >> np.uint64(32) if self.turns_freely else 0 * words
            mirrored = (words & np.uint64(1)).astype(bool) & self.mirrors
            turn(board, q, far.astype(np.int64), mirrored)
        measure(board, self.tally, self.sums)

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between neighbouring temperatures."""
        swap(self.board, parity, lanes)

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Nothing: it was done before the sums were counted."""

    def freeze(self, here: slice) -> None:
        """Change nothing any more that depends on the chains: recording begins."""
        for t in range(len(self.board))[here]:
            if times := int(self.times[t]):
                self.clusters[t] = self._clusters(float(self.sizes[t, times // 2 : times].mean()))
            self.frozen[t] = True

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""
        self.board[temperature] = self.board[temperature - 1]

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that changes, as arrays by name."""
        wolff = {"clusters": self.clusters, "sizes": self.sizes, "times": self.times, "frozen": self.frozen}
        streams = {"streams": self.streams, "coins": self._coins}
        return {"board": self.board, "turns": self.turns.positions, **streams, **wolff}

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the sums at the temperatures that were measured last, int64 (T, 64)."""
        return np.asarray(self.sums[self.names.index(name)])

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""
        codes = self.board[here, :, :chains].transpose(0, 2, 1)
        return self.plan.model.space.pack(codes.reshape(*codes.shape[:2], *self.plan.lattice.shape))

    def _grow_clusters(self, t: int, sweeps: int) -> None:
        chains, count = np.ascontiguousarray(self.board[t].T), int(self.clusters[t]) * sweeps
        reached = wolff.wolff(chains, self.streams[t], self.place, self.heats[t], count)
        self.board[t] = chains.T
        if not self.frozen[t]:
            size = reached / ((count + COIN) * LANES)
            self.sizes[t, self.times[t]] = size
            self.times[t] += 1
            self.clusters[t] = self._clusters(size)

    def _clusters(self, size: float) -> int:
        return max(1, round(self.plan.lattice.sites / size))
