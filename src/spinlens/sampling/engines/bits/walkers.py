"""The chains of one unit as words of 64 spins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from spinlens.models import Bonds, Sites
from spinlens.sampling.algorithms import Turns
from spinlens.sampling.engines.bits import counters, layout
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.updates import state_of, updates_at
from spinlens.sampling.engines.bits.view import square_view

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

LANES = 64
_ONE = np.uint64(1)
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class BitWalkers:
    """Words, sums and updates; see `spinlens.sampling.engines.Walkers`.

    The counters are the sums of s s' along x and along y, of s, of (-1)^(x + y) s, and of s times other patterns.
    """

    def __init__(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> None:
        temperatures = len(plan.temperature)
        view = square_view(plan, point, block)
        self.plan, self.geometry = plan, geometry(plan.lattice, staggered_field=view.staggered)
        algorithms = [choice.algorithm for choice in plan.choices(point)]
        self.turns, self._state = Turns(algorithms, pieces), state_of(view, *algorithms)
        self.updates = {
            part.start: updates_at(view, part, algorithm, self._state) for part, algorithm in self.turns.parts
        }
        self._series, self.patterns = series_of_counters(plan)
        others = np.zeros(len(self.patterns))
        self.weights = np.array(
            [*view.couplings, *((0.0, view.field) if view.staggered else (view.field, 0.0)), *others]
        )
        self.events = np.zeros(len(self.weights))
        self.sums = np.zeros(
            (len(self.weights), 1 if plan.start == "heated" else temperatures, LANES), dtype=np.int64
        )  # fmt: skip
        self.spins = np.stack([layout.to_colours(layout.from_codes(start(t))) for t in range(temperatures)])
        self.reversible = view.field == 0 and not plan.lattice.walled

    def sweep(self, here: slice) -> None:
        """Move the chains of some temperatures on by one interval."""
        for part, name, sweeps in self.turns.take(here, self.plan.interval):
            self.updates[part.start][name].advance(self.spins[part], sweeps)

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""
        place = self.geometry
        counters.measure(self.spins[here], place.edges, place.walled, place.bonds, place.width, self.sums)
        if len(self.patterns):
            sites = layout.to_sites(self.spins[here], place.width)
            _pattern_sums(sites.reshape(len(sites), -1), self.patterns, self.sums[4:])

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between neighbouring temperatures."""
        swap_words(self.spins.reshape(len(self.spins), -1), parity, lanes)

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Reverse all spins of each chain by a fair coin where that leaves the energy as it is."""
        if self.reversible:
            spins = self.spins[here]
            _reverse(spins.reshape(len(spins), -1), self.sums, stream)

    def freeze(self, here: slice) -> None:
        """Change nothing any more that depends on the chains: recording begins."""
        for start, several in self.updates.items():
            if here.start <= start < here.stop:
                for update in several.values():
                    update.freeze()

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""
        self.spins[temperature] = self.spins[temperature - 1]

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that changes, as arrays by name."""
        return {"spins": self.spins, "turns": self.turns.positions, **self._state}

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the plan's sums at the temperatures that were measured last, int64 (T, 64)."""
        factors, constant = self._series[name]
        result = np.full(self.sums.shape[1:], constant)
        for which in np.flatnonzero(factors):
            result += factors[which] * self.sums[which]
        # A multiple of four, see `series_of_counters`.
        return result >> 2

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, Lx, bytes)."""
        height, width = self.plan.lattice.shape
        spins = self.spins[here]
        packed = np.empty((len(spins), chains, height, -(-width // 8)), dtype=np.uint8)
        layout.pack_chains(layout.to_sites(spins, width), packed)
        return packed


def series_of_counters(plan: Plan) -> tuple[dict[str, tuple[np.ndarray, int]], np.ndarray]:
    """Return how each recorded sum follows from the counters, and the patterns (P, N) that are counted beside.

    Four times a sum is factors . counters + constant.

    A table over two codes is t0 + t1 (s + s') + t2 s s' in spins; on a lattice where all sites have equally many bonds
    the sum of s + s' over all bonds is that number times the sum of s.
    """
    lattice = plan.lattice
    along = np.array(lattice.bonds_along)
    degree = int(lattice.coordination.flat[0])
    staggering = lattice.staggering.astype(np.int64).reshape(-1)
    terms = plan.model.tables(lattice).terms
    signs = {term.name: term.site_factors(lattice) for term in terms if isinstance(term, Sites)}
    known = [np.ones_like(staggering), staggering]
    for pattern in signs.values():
        if not any(np.array_equal(pattern, other) for other in known):
            known.append(pattern)
    found = {}
    for term in terms:
        factors, constant = np.zeros(2 + len(known), dtype=np.int64), 0
        t = term.table
        if isinstance(term, Bonds):
            here = np.array([term.direction in (None, axis) for axis in range(2)])
            factors[:2] = here * (t[0, 0] + t[1, 1] - 2 * t[0, 1])
            factors[2] = (t[1, 1] - t[0, 0]) * degree
            constant = int((t[0, 0] + t[1, 1] + 2 * t[0, 1]) * (here * along).sum())
        else:
            pattern = signs[term.name]
            which = next(i for i, other in enumerate(known) if np.array_equal(pattern, other))
            factors[2 + which] = 2 * (t[1] - t[0])
            constant = int(2 * (t[1] + t[0]) * pattern.sum())
        found[term.name] = factors, constant
    return found, np.array(known[2:], dtype=np.int64).reshape(-1, lattice.sites)


@njit(cache=True, nogil=True, **_OPTIONS)
def _pattern_sums(sites: Any, patterns: Any, sums: Any) -> None:
    """Sum pattern times spin over the words of all sites (T, N), for patterns (P, N), into (P, T, 64)."""
    for t in range(sites.shape[0]):
        sums[:, t] = 0
        for i in range(sites.shape[1]):
            for which in range(patterns.shape[0]):
                factor = patterns[which, i]
                for lane in range(LANES):
                    up = np.int64((sites[t, i] >> np.uint64(lane)) & _ONE)
                    sums[which, t, lane] += factor * (2 * up - 1)


@njit(cache=True, nogil=True, **_OPTIONS)
def swap_words(spins: Any, parity: int, lanes: Any) -> None:
    """Swap lanes of the words (T, words) between temperatures t and t + 1, for every other t."""
    for t in range(parity, spins.shape[0] - 1, 2):
        if lanes[t]:
            for i in range(spins.shape[1]):
                difference = (spins[t, i] ^ spins[t + 1, i]) & lanes[t]
                spins[t, i] ^= difference
                spins[t + 1, i] ^= difference


@njit(cache=True, nogil=True, **_OPTIONS)
def _reverse(spins: Any, sums: Any, stream: Any) -> None:
    """Reverse all spins of each chain with probability 1/2, words (T, words), and the sums of single spins."""
    for t in range(spins.shape[0]):
        lanes = draw(stream, 0)
        for i in range(spins.shape[1]):
            spins[t, i] ^= lanes
        for lane in range(LANES):
            if (lanes >> np.uint64(lane)) & _ONE:
                for which in range(2, sums.shape[0]):
                    sums[which, t, lane] = -sums[which, t, lane]
