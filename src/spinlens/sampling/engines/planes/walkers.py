"""The chains of one unit as codes on bit planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import LOCAL, SEEDED, Turns, updates_of
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.rows.layout import used_columns
from spinlens.sampling.engines.bits.updates import seeded_streams
from spinlens.sampling.engines.bits.walkers import LANES, swap_words
from spinlens.sampling.engines.bits.words import WIDTH
from spinlens.sampling.engines.planes import layout
from spinlens.sampling.engines.planes.codes import choose_code, constant_code, differing, load_code, store_code
from spinlens.sampling.engines.planes.forms import Form, form_of
from spinlens.sampling.engines.planes.geometry import place_of
from spinlens.sampling.engines.planes.kernel import Place, sweep
from spinlens.sampling.engines.planes.rules import Rules, kinds_of, rules
from spinlens.sampling.engines.planes.seeded_clusters import SeededClusters
from spinlens.sampling.engines.planes.sums import measure, tally
from spinlens.sampling.engines.table.lanes import below
from spinlens.seeds import Purpose, seed_sequence
from spinlens.symmetries import code_group

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class PlaneWalkers:
    """Words, sums and thresholds; see `spinlens.sampling.engines.Walkers`. The counters are the model's terms."""

    def __init__(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> None:
        controls = plan.point_controls(point)
        model = plan.model_at(point)
        self.plan, self.weights = plan, model.strengths(plan.lattice, **controls)
        self.events = np.zeros(len(self.weights))
        form, self.place, kinds = _setting(model, plan.lattice, tuple(self.weights.tolist()))
        algorithms = [choice.algorithm for choice in plan.choices(point)]
        self.turns, slots, temperature = Turns(algorithms, pieces), len(self.place.slots), np.array(plan.temperature)
        self.rules = {
            name: rules(form, slots, temperature, kinds, name) for name in updates_of(*algorithms).intersection(LOCAL)
        }
        seeded = SEEDED in updates_of(*algorithms)
        self._seeded = {"seeded": seeded_streams(plan, point, block)} if seeded else {}
        self.clusters = {
            part.start: SeededClusters(
                form, plan.lattice, temperature[part], self._seeded["seeded"][part], len(plan.blocks.chains_of(block))
            )
            for part, algorithm in self.turns.parts
            if SEEDED in updates_of(algorithm)
        }
        tables = model.tables(plan.lattice)
        self.tally, self._names = tally(tables, form, self.place), tables.names
        conditions, used = range(len(plan.temperature)), used_columns(plan.lattice.shape[-1])
        self.words = np.stack([layout.to_words(plan.lattice, start(t), form.planes) for t in conditions])
        self.streams = np.zeros((len(conditions), 4, self.words.shape[-1]), dtype=np.uint64)
        for t in conditions:
            words = seed_sequence(plan.seed, Purpose.SWEEP, point, t, block)
            self.streams[t, :, :used] = words.generate_state(4 * used, np.uint64).reshape(4, used)
        together = 1 if plan.start == "heated" else len(conditions)
        self.sums = np.zeros((len(self.weights), together, LANES), dtype=np.int64)
        self.group = code_group(model, plan.lattice, **controls)
        words = seed_sequence(plan.seed, Purpose.SYMMETRIES, point, block)
        self._coins = words.generate_state(4, np.uint64).reshape(4, 1)

    def sweep(self, here: slice) -> None:
        """Move the chains of whole pieces on by one interval."""
        for part, name, sweeps in self.turns.take(here, self.plan.interval):
            if name == SEEDED:
                self.clusters[part.start].advance(self.words[part], sweeps)
            else:
                sweep(self.words[part], self.streams[part], rules_at(self.rules[name], part), self.place, sweeps)

    def measure(self, here: slice) -> None:
        """Permute the codes of each chain in a way that changes no energy, and count the sums at some temperatures."""
        words = self.words[here]
        if len(self.group) > 1:
            _relabel(words.reshape(*words.shape[:2], -1), self.group, self.tally.code, self._coins)
        self.sums[:] = measure(words, self.tally, self.place)

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
        return layout.pack(self.plan.lattice, self.plan.model.space, self.words[here], chains)


@lru_cache(maxsize=8)
def _setting(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> tuple[Form, Place, NDArray[np.int64]]:
    """Return a model on a lattice as the kernel sees it; blocks of chains share it."""
    form = form_of(model, lattice, np.array(strengths))
    assert not isinstance(form, str)
    return form, *place_of(lattice, kinds_of(form, lattice))


def rules_at(every: Rules, here: slice) -> Rules:
    """Return the rules of some of the conditions."""
    return every._replace(
        thresholds=every.thresholds[here], planes=every.planes[here], held_thresholds=every.held_thresholds[here],
        held_planes=every.held_planes[here],
    )  # fmt: skip


@njit(cache=True, nogil=True, **_OPTIONS)
def _relabel(words: Any, group: Any, code: Any, stream: Any) -> None:
    """Give each chain's codes the images under a random element of a group of permutations, in place.

    Parameters
    ----------
    words : uint64 array, shape (conditions, planes, W)
        The codes; W is a multiple of eight.
    group : int64 array, shape (G, q)
        Permutations of the codes.
    code : tuple of int
        As long as a code has bits.
    stream : uint64 array, shape (4, 1)
        The generator's state: one word a chain and temperature.
    """
    planes, states, pitch = words.shape[1], group.shape[1], words.shape[2]
    # The image of each code in every lane, eight times over as the other words are.
    images = np.empty((states, planes, WIDTH), dtype=np.uint64)
    for t in range(words.shape[0]):
        images[:] = np.uint64(0)
        for lane in range(LANES):
            moved = np.int64(below(draw(stream, 0), np.uint64(group.shape[0])))
            for c in range(states):
                for plane in range(planes):
                    images[c, plane] |= np.uint64(group[moved, c] >> plane & 1) << np.uint64(lane)
        board = words[t]
        for place in range(0, pitch, WIDTH):
            old = load_code(board, place, pitch, code)
            new = old
            for c in range(states):
                image = load_code(images, c * planes * WIDTH, WIDTH, code)
                new = choose_code(~differing(old, constant_code(c, code)), image, new)
            store_code(board, place, pitch, new)
