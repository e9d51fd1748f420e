"""The chains of one unit on any lattice, bond by bond and field by field, as words of 64 spins in half-rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.engines.bits import rows
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.walkers import LANES, swap_words
from spinlens.seeds import Purpose, seed_sequence
from spinlens.symmetries import code_group

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

Array = NDArray[np.float64]
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class RowWalkers:
    """Words, sums and thresholds; see `spinlens.sampling.engines.Walkers`. The counters are the model's terms."""

    def __init__(self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray]) -> None:
        controls = plan.point_controls(point)
        self.lattice, self.interval = plan.lattice, plan.interval
        self.weights = plan.model.strengths(plan.lattice, **controls)
        self.geometry = geometry_of(plan.model, plan.lattice, tuple(self.weights.tolist()))
        self.rules = _rules(self.geometry, plan.temperature, plan.choices(point)[0].algorithm)
        tables = plan.model.tables(plan.lattice)
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
        self.reversible = len(code_group(plan.model, plan.lattice, **controls)) > 1
        words = seed_sequence(plan.seed, Purpose.SYMMETRIES, point, block)
        self._coins = words.generate_state(4, np.uint64).reshape(4, 1)

    def sweep(self, here: slice) -> None:
        """Move the chains of some temperatures on by one interval, and reverse some where that changes no energy."""
        chosen = rows.Rules(
            self.rules.thresholds[here], self.rules.favoured[here], self.rules.planes[here], self.rules.metropolis
        )
        words = self.words[here]
        rows.sweep(words, self.streams[here], self.geometry, chosen, self.interval)
        if self.reversible:
            _reverse(words.reshape(len(words), -1), self._coins)

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""
        self.sums[:] = rows.measure(self.words[here], self.tally)

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between neighbouring temperatures."""
        swap_words(self.words.reshape(len(self.words), -1), parity, lanes)

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Nothing: the end of a sweep did it."""

    def freeze(self, here: slice) -> None:
        """Nothing depends on the chains."""

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""
        self.words[temperature] = self.words[temperature - 1]

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the plan's sums at the temperatures that were measured last, int64 (T, 64)."""
        return np.asarray(self.sums[self._names.index(name)])

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""
        return np.asarray(rows.pack(self.lattice, self.words[here], chains))


def bonds_and_fields(model: Model, lattice: Lattice, strengths: Array) -> tuple[Array, Array]:
    """Return a model of two states as couplings of its bonds (B,) and fields of its sites (N,), in units of energy.

    With spins s = -1 for code 0 and +1 for code 1 every table is a constant, linear parts, which are fields, and
    J s s'. The couplings are without the signs of seams; bonds to walls are in the fields.
    """
    tables, table = model.tables(lattice), lattice.neighbours
    (bonds, bond), (sites, site) = tables.bond_weights(strengths), tables.site_weights(strengths)
    coupling = (bonds[:, 0, 0] + bonds[:, 1, 1] - bonds[:, 0, 1] - bonds[:, 1, 0]) / 4
    first = (bonds[:, 1].sum(axis=1) - bonds[:, 0].sum(axis=1)) / 4
    second = (bonds[:, :, 1].sum(axis=1) - bonds[:, :, 0].sum(axis=1)) / 4
    fields = ((sites[:, 1] - sites[:, 0]) / 2)[site]
    np.add.at(fields, table.first, first[bond])
    np.add.at(fields, table.second, second[bond])
    return np.where(table.turned, -coupling[bond], coupling[bond]), fields


@lru_cache(maxsize=8)
def geometry_of(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> rows.Geometry:
    """Return a model on a lattice as the kernel of rows sees it; blocks of chains share it."""
    couplings, fields = bonds_and_fields(model, lattice, np.array(strengths))
    return rows.geometry(lattice, couplings, fields, walls=False)


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
