"""Replica exchange between neighbouring temperatures, lane by lane, from the sums alone.

Configurations with sums S, S' at K, K' swap with probability min(1, exp((K - K') (S' - S))).

References
----------
K. Hukushima and K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from spinlens.sampling.blocks import LANES
from spinlens.sampling.engines.bits.generator import draw
from spinlens.sampling.plan import Plan
from spinlens.seeds import Purpose, seed_sequence

if TYPE_CHECKING:
    from spinlens.sampling.engines import Walkers

_NONE = np.uint64(0)
_ONE = np.uint64(1)
_UNSEEN, _BOTTOM, _TOP = 0, 1, 2
_OPTIONS = {"error_model": "numpy", "boundscheck": False}


class Exchange:
    """The exchanges of one unit: its random stream, which replica stands where, what was accepted.

    Parameters
    ----------
    plan : Plan
        What is sampled.
    block : int
        Which block of chains.
    stream : ndarray, uint64 (4, 1)
        The generator's state, see `exchange_stream`.

    Attributes
    ----------
    accepted : ndarray, int64 (T - 1,)
        Accepted swaps of each pair.
    round_trips : ndarray, int64 (64,)
        Returns to the coldest temperature from the hottest.
    """

    def __init__(self, plan: Plan, block: int, stream: np.ndarray) -> None:
        temperatures = len(plan.temperature)
        self.chains = len(plan.blocks.chains_of(block))
        self.inverse_temperature = 1.0 / np.array(plan.temperature)
        self.stream = stream
        self.replica = np.repeat(np.arange(temperatures, dtype=np.int32)[:, None], LANES, axis=1)
        self.visited = np.zeros((temperatures, LANES), dtype=np.int8)
        self.accepted = np.zeros(max(0, temperatures - 1), dtype=np.int64)
        self.round_trips = np.zeros(LANES, dtype=np.int64)
        self._lanes = np.zeros(temperatures, dtype=np.uint64)

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that changes but the stream, as arrays by name; see `Walkers.state`."""
        counts = {"accepted": self.accepted, "round_trips": self.round_trips}
        return {"replica": self.replica, "visited": self.visited, **counts}

    def run(self, walkers: Walkers) -> None:
        """Offer a swap to every pair of neighbouring temperatures once, even pairs first, then odd pairs."""
        for parity in range(2):
            _offer(
                walkers.sums, walkers.weights, walkers.events, self.replica, self.inverse_temperature, parity,
                self.chains, self.stream, self.accepted, self._lanes,
            )  # fmt: skip
            walkers.swap(parity, self._lanes)
        _count_trips(self.replica, self.visited, self.chains, self.round_trips)


def exchange_stream(plan: Plan, point: int, block: int) -> np.ndarray:
    """Return the state of the generator of a unit's exchanges and symmetries, uint64 (4, 1)."""
    words = seed_sequence(plan.seed, Purpose.EXCHANGE, point, block)
    return words.generate_state(4, np.uint64).reshape(4, 1)


@njit(inline="always")
def _uniform(stream: Any) -> float:
    """Return a number in [0, 1) with 53 random bits."""
    return np.float64(draw(stream, 0) >> np.uint64(11)) * 2.0**-53


@njit(cache=True, nogil=True, **_OPTIONS)
def _offer(
    sums: Any, weights: Any, events: Any, replica: Any, inverse_temperature: Any, parity: int, chains: int,
    stream: Any, accepted: Any, lanes: Any,
) -> None:  # fmt: skip
    """Decide which chains swap, and swap their sums and replicas, for every other pair of temperatures.

    A swap of configurations with energies E, E' and numbers of events n, n' at inverse temperatures b, b' is accepted
    with probability min(1, exp((b - b') (E - E') + ln(b / b') (n' - n))).

    Parameters
    ----------
    sums : int64 array, shape (counters, T, 64)
        The sums of the configurations; swapped.
    weights : float64 array, shape (counters,)
        The energy is minus the weighted sum of the sums.
    events : float64 array, shape (counters,)
        The number of events is this weighted sum of them.
    replica : int32 array, shape (T, 64)
        Which replica stands at each temperature; swapped.
    inverse_temperature : float64 array, shape (T,)
        1 / T.
    parity : int
        The first pair: 0 or 1.
    chains : int
        Lanes in use.
    stream : uint64 array, shape (4, 1)
        The generator's state.
    accepted : int64 array, shape (T - 1,)
        Accepted swaps of each pair, counted up.
    lanes : uint64 array, shape (T,)
        Set at t to the lanes that swap between t and t + 1.
    """
    temperatures = inverse_temperature.size
    for t in range(parity, temperatures - 1, 2):
        swapped = _NONE
        difference = inverse_temperature[t] - inverse_temperature[t + 1]
        ratio = math.log(inverse_temperature[t] / inverse_temperature[t + 1])
        for lane in range(chains):
            energy, more = 0.0, 0.0
            for which in range(weights.size):
                apart = np.float64(sums[which, t, lane] - sums[which, t + 1, lane])
                energy -= weights[which] * apart
                more -= events[which] * apart
            exponent = difference * energy + ratio * more
            if exponent >= 0 or _uniform(stream) < math.exp(exponent):
                swapped |= _ONE << np.uint64(lane)
                accepted[t] += 1
                for which in range(weights.size):
                    sums[which, t, lane], sums[which, t + 1, lane] = sums[which, t + 1, lane], sums[which, t, lane]
                replica[t, lane], replica[t + 1, lane] = replica[t + 1, lane], replica[t, lane]
        lanes[t] = swapped


@njit(cache=True, nogil=True, **_OPTIONS)
def _count_trips(replica: Any, visited: Any, chains: int, round_trips: Any) -> None:
    """Note for each replica the end of the temperatures that it visited last, and its journeys there and back."""
    temperatures = replica.shape[0]
    for lane in range(chains):
        cold, hot = replica[0, lane], replica[temperatures - 1, lane]
        if visited[cold, lane] == _TOP:
            round_trips[lane] += 1
        visited[cold, lane] = _BOTTOM
        if visited[hot, lane] == _BOTTOM:
            visited[hot, lane] = _TOP
