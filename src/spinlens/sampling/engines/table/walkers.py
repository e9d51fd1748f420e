"""The chains of one unit as codes of 64 lanes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.algorithms import CLUSTERS, LOCAL, Turns, most_turns, updates_of
from spinlens.sampling.engines.table import clusters, lanes, narrow, wide
from spinlens.sampling.engines.table.lanes import LANES
from spinlens.sampling.engines.table.slots import Weights, directed_slots
from spinlens.sampling.engines.table.sums import TermPlaces, measure
from spinlens.sampling.engines.table.tables import narrow_rules

Codes = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Setting:
    """What is sampled, as plain arrays, at T temperatures.

    Attributes
    ----------
    weights : Weights
        Minus the energies of bonds and sites.
    inverse_temperature : ndarray, float64 (T,)
        1 / T.
    algorithms : tuple of str
        The update of each temperature.
    interval : int
        Sweeps between two measurements.
    names : tuple of str
        The sums.
    strengths : ndarray, float64 (sums,)
        The energy is minus their product with the sums.
    places : TermPlaces
        Where the sums are taken.
    involutions : ndarray, int64 (I, q)
        Permutations of the codes that undo themselves and leave the energy of every bond as it is; for clusters.
    group : ndarray, int64 (G, q)
        Permutations of the codes that leave all energies as they are, the identity among them.
    """

    weights: Weights
    inverse_temperature: NDArray[np.float64]
    algorithms: tuple[str, ...]
    interval: int
    names: tuple[str, ...]
    strengths: NDArray[np.float64]
    places: TermPlaces
    involutions: NDArray[np.int64]
    group: NDArray[np.int64]


class TableWalkers:
    """Codes, sums and streams; see `spinlens.sampling.engines.Walkers`.

    Parameters
    ----------
    setting : Setting
        What is sampled.
    streams : ndarray, uint64 (T, 4, 64)
        States of the generators, one a temperature and chain.
    start : ndarray, integer (T, 64, N)
        The first codes.
    together : bool
        Whether the temperatures run at the same time, rather than one after another.
    pack : callable
        Makes what the store keeps of codes (..., N).
    pieces : sequence of slice
        The temperatures that are moved together; by default those that run at the same time.
    intervals : int
        How many there are before `freeze`, at most.
    """

    def __init__(
        self, setting: Setting, streams: NDArray[np.uint64], start: Codes, *, together: bool = True,
        pack: Callable[[Codes], NDArray[np.uint8]] | None = None, pieces: Sequence[slice] = (), intervals: int = 1024,
    ) -> None:  # fmt: skip
        temperatures = len(setting.inverse_temperature)
        small = setting.weights.states <= 256
        self.setting, self.streams, self.pack = setting, streams, pack
        self.board = np.ascontiguousarray(start.transpose(0, 2, 1), dtype=np.uint8 if small else np.uint16)
        self.weights = setting.strengths
        self.events = np.zeros(len(self.weights))
        self.sums = np.zeros((len(setting.names), temperatures if together else 1, LANES), dtype=np.int64)
        self.slots = directed_slots(setting.weights)
        self.kind = np.ascontiguousarray(setting.weights.kind, dtype=np.int64)
        whole = [slice(0, temperatures)] if together else [slice(t, t + 1) for t in range(temperatures)]
        self.turns = Turns(setting.algorithms, pieces or whole)
        names = updates_of(*setting.algorithms)
        # Clusters that cannot reach all codes have a sweep of single sites before each update.
        self.assisted = not names.isdisjoint(CLUSTERS) and not connects(setting.involutions)
        self.rules = {
            word: narrow_rules(
                self.slots, setting.weights, setting.inverse_temperature, metropolis=word == "metropolis"
            )
            for word in names.intersection(LOCAL) | ({"heat_bath"} if self.assisted else set())
        }
        self.products = wide.products_suffice(
            self.slots.rows, setting.weights.site_weights, setting.inverse_temperature, sites=setting.weights.sites,
            slots=self.slots.which.shape[1],
        )  # fmt: skip
        # Clusters of each sweep, see `spinlens.sampling.engines.bits.updates.WolffUpdate`.
        self.clusters = np.ones(temperatures, dtype=np.int64)
        times = max(most_turns(name, intervals=intervals, interval=setting.interval) for name in setting.algorithms)
        self.sizes = np.zeros((temperatures, times if "wolff" in names else 0))
        self.times = np.zeros(temperatures, dtype=np.int64)
        self.frozen = np.zeros(temperatures, dtype=bool)

    def sweep(self, here: slice) -> None:
        """Move the chains of whole pieces on by one interval."""
        for part, name, sweeps in self.turns.take(here, self.setting.interval):
            if name in LOCAL:
                self._sweep(part, name, sweeps)
            else:
                for t in range(part.start, part.stop):
                    self._move_clusters(t, name, sweeps)

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""
        measure(self.board[here], self.setting.places, self.sums)

    def swap(self, parity: int, lanes_: NDArray[np.uint64]) -> None:
        """Swap chains between temperatures t and t + 1 for t = parity, parity + 2, ...: those in the words lanes[t]."""
        lanes.swap(self.board, parity, lanes_)

    def symmetrise(self, here: slice, stream: NDArray[np.uint64]) -> None:
        """Apply a random symmetry of the energy to each chain, and to its sums."""
        if len(self.setting.group) > 1:
            board = self.board[here]
            lanes.relabel(board, self.setting.group, stream, np.empty((len(board), LANES), dtype=np.int64))
            self.measure(here)

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
        return {"board": self.board, "streams": self.streams, "turns": self.turns.positions, **wolff}

    def recorded(self, name: str) -> NDArray[np.int64]:
        """Return one of the sums at the temperatures that were measured last, int64 (T, 64)."""
        found: NDArray[np.int64] = self.sums[self.setting.names.index(name)]
        return found

    def packed(self, here: slice, chains: int) -> NDArray[np.uint8]:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""
        assert self.pack is not None
        return self.pack(self.codes(here)[:, :chains])

    def codes(self, here: slice) -> Codes:
        """Return the codes of some temperatures, (T, 64, N)."""
        return np.ascontiguousarray(self.board[here].transpose(0, 2, 1))

    def _sweep(self, part: slice, rule: str, count: int) -> None:
        rules = self.rules[rule]
        if rules is not None:
            narrow.sweep(
                self.board[part], self.streams[part], rules.tables[part], rules.begins, rules.multipliers, rules.kind,
                rules.neighbour, rules.bits, count,
            )  # fmt: skip
        else:
            wide.sweep(
                self.board[part], self.streams[part], self.setting.inverse_temperature[part], self.slots.rows,
                self.setting.weights.site_weights, self.kind, self.slots.neighbour, self.slots.which,
                self.products[part], rule == "metropolis", count,
            )  # fmt: skip

    def _move_clusters(self, t: int, algorithm: str, sweeps: int) -> None:
        """Move clusters of one temperature so often; where they cannot reach all codes, sweep before each."""
        every = slice(t, t + 1)
        times, many = (sweeps, 1) if self.assisted else (1, sweeps)
        reached, grown = 0, 0.0
        for _ in range(times):
            if self.assisted:
                self._sweep(every, "heat_bath", 1)
            chains = self.codes(every)[0]
            if algorithm == "wolff":
                count = int(self.clusters[t]) * many
                reached += self._wolff(chains, t, count)
                grown += (count + clusters.COIN) * LANES
            else:
                self._swendsen_wang(chains, t, many)
            self.board[t] = chains.T
        if algorithm == "wolff" and not self.frozen[t]:
            self.sizes[t, self.times[t]] = reached / grown
            self.times[t] += 1
            self.clusters[t] = self._clusters(reached / grown)

    def _swendsen_wang(self, chains: Codes, t: int, count: int) -> None:
        weights = self.setting.weights
        clusters.swendsen_wang(
            chains, self.streams[t], self.setting.inverse_temperature[t], weights.first, weights.second, weights.which,
            weights.matrices, self.kind, weights.site_weights, self.setting.involutions, count,
        )  # fmt: skip

    def _wolff(self, chains: Codes, t: int, count: int) -> int:
        return int(clusters.wolff(
            chains, self.streams[t], self.setting.inverse_temperature[t], self.slots.neighbour, self.slots.which,
            self.slots.rows, self.kind, self.setting.weights.site_weights, self.setting.involutions, count,
        ))  # fmt: skip

    def _clusters(self, size: float) -> int:
        return max(1, round(self.setting.weights.sites / size))


def connects(involutions: NDArray[np.int64]) -> bool:
    """Return whether permutations (I, q) together lead from every code to every other."""
    if not len(involutions):
        return False
    reached = np.zeros(involutions.shape[1], dtype=bool)
    reached[0] = True
    while True:
        wider = reached.copy()
        wider[involutions[:, reached]] = True
        if np.array_equal(wider, reached):
            return bool(reached.all())
        reached = wider
