"""The chains of one unit as worldlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import SpinlensError
from spinlens.sampling.engines.table.lanes import LANES
from spinlens.sampling.engines.worldlines import counting, kernel
from spinlens.sampling.engines.worldlines.form import Form, form_of, tally_of
from spinlens.sampling.engines.worldlines.place import heat_of, place_of, room_for
from spinlens.sampling.engines.worldlines.raster import raster
from spinlens.seeds import Purpose, seed_sequence

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan


class WorldlineWalkers:
    """Worldlines, sums and streams; see `spinlens.sampling.engines.Walkers`. The counters are the model's terms.

    They begin with worldlines that never change.
    """

    def __init__(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> None:
        del pieces
        model, controls, sites = plan.model_at(point), plan.point_controls(point), plan.lattice.sites
        strengths, tables = model.strengths(plan.lattice, **controls), model.tables(plan.lattice)
        form = form_of(model, plan.lattice, strengths)
        assert isinstance(form, Form)
        self.plan, self.names = plan, tables.names
        self.weights = np.where(tables.events, 0.0, strengths)
        self.events = tables.events.astype(np.float64)
        self.place = place_of(form, plan.lattice)
        self.heats = [heat_of(form, t) for t in plan.temperature]
        tally = tally_of(model, plan.lattice)
        self.tally = (tally.bonds, tally.sites, tally.events)
        conditions = len(plan.temperature)
        room = room_for(form, plan.lattice, min(plan.temperature))
        self.start = np.concatenate([np.asarray(start(t)).reshape(LANES, sites) for t in range(conditions)])
        self.start = self.start.astype(np.uint8)
        self.first = np.zeros((conditions * LANES, sites + 1), dtype=np.int64)
        self.times = np.zeros((conditions * LANES, room), dtype=np.uint32)
        self.slots = np.arange(conditions * LANES).reshape(conditions, LANES)
        self.streams = np.empty((conditions, 4, LANES), dtype=np.uint64)
        for t in range(conditions):
            words = seed_sequence(plan.seed, Purpose.SWEEP, point, t, block)
            self.streams[t] = words.generate_state(4 * LANES, np.uint64).reshape(4, LANES)
        together = 1 if plan.start == "heated" else conditions
        self.sums = np.zeros((len(self.weights), together, LANES), dtype=np.int64)

    def sweep(self, here: slice) -> None:
        """Move the chains on by one interval."""
        for t in range(here.start, here.stop):
            if not kernel.swendsen_wang(
                self.start, self.first, self.times, self.slots[t], self.streams[t], self.place, self.heats[t],
                self.plan.interval,
            ):  # fmt: skip
                chance = "which in equilibrium has a chance below 1e-30"
                raise SpinlensError(f"A chain has more than {self.times.shape[1]} kinks, {chance}.")

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""
        counting.measure(self.start, self.first, self.times, self.slots[here], self.place, self.tally, self.sums)

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between neighbouring temperatures: which chain stands where."""
        for t in range(parity, len(self.slots) - 1, 2):
            chosen = (lanes[t] >> np.arange(LANES, dtype=np.uint64) & np.uint64(1)).astype(bool)
            self.slots[t : t + 2, chosen] = self.slots[t : t + 2, chosen][::-1]

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Nothing: clusters are turned over by fair coins already."""

    def freeze(self, here: slice) -> None:
        """Nothing depends on what the chains have done."""

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the worldlines that the one below has reached."""
        for array in (self.start, self.first, self.times):
            array[self.slots[temperature]] = array[self.slots[temperature - 1]]

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that changes, as arrays by name."""
        worldlines = {"start": self.start, "first": self.first, "times": self.times}
        return {**worldlines, "slots": self.slots, "streams": self.streams}

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the sums at the temperatures that were measured last, int64 (T, 64)."""
        return np.asarray(self.sums[self.names.index(name)])

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the codes of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes).

        Those at tick 0, or where the plan asks for a raster at as many ticks as it is high.
        """
        slots, drawn = self.slots[here, :chains], self.plan.drawn
        codes = np.empty((slots.size, self.plan.raster or 1, self.start.shape[1]), dtype=np.uint8)
        raster(self.start, self.first, self.times, slots.reshape(-1), codes)
        return self.plan.model.space.pack(codes.reshape(*slots.shape, *drawn.shape))
