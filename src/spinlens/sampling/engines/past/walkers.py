"""The chains of one unit, each of whose recordings is a draw of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.two_states import signed_couplings
from spinlens.sampling.engines.past.kernel import draw_chains
from spinlens.seeds import Purpose, seed_sequence

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

LANES = 64

FIRST_SWEEPS, MOST_SWEEPS = 8, 1 << 17
"""How many sweeps ago the two bounds of a chain begin at first, and at the earliest."""


class PastWalkers:
    """Codes and their sums; see `spinlens.sampling.engines.Walkers`.

    Every sweep is a new draw, whatever the interval, so starts, equilibration, symmetries and what was swapped between
    temperatures are forgotten at once.
    """

    def __init__(self, plan: Plan, point: int, block: int) -> None:
        controls, self.model = plan.point_controls(point), plan.model_at(point)
        self.plan, self.point, self.block = plan, point, block
        self.tables = self.model.tables(plan.lattice)
        self.weights = self.model.strengths(plan.lattice, **controls)
        self.events = np.zeros(len(self.weights))
        couplings, fields = signed_couplings(self.model, plan.lattice, self.weights)
        self.neighbour, bonds = slots_of(plan.lattice, couplings)
        self.thresholds = [up_thresholds(bonds, fields, t) for t in plan.temperature]
        temperatures = len(plan.temperature)
        self.codes = np.zeros((temperatures, LANES, plan.lattice.sites), dtype=np.uint8)
        self.sums = np.zeros((len(self.weights), 1 if plan.start == "heated" else temperatures, LANES), dtype=np.int64)
        self.drawn = np.zeros(temperatures, dtype=np.int64)

    def sweep(self, here: slice) -> None:
        """Draw new configurations at some temperatures.

        Raises
        ------
        InputError
            If the bounds of a chain have not met; draws that took less long alone would be no fair ones.
        """
        plan = self.plan
        chains = len(plan.blocks.chains_of(self.block))
        for t in range(here.start, here.stop):
            words = seed_sequence(
                plan.seed, Purpose.FROM_THE_PAST, self.point, t, self.block, int(self.drawn[t])
            ).generate_state(LANES, np.uint64)
            self.drawn[t] += 1
            keys, drawn = words[:chains], self.codes[t]
            chain, differ = draw_chains(self.neighbour, self.thresholds[t], keys, FIRST_SWEEPS, MOST_SWEEPS, drawn)
            if chain >= 0:
                raise InputError(
                    f"temperature[{t}]", plan.temperature[t],
                    f"takes too long from the past: {differ} of {plan.lattice.sites} sites of a chain still depend on "
                    f"what was {MOST_SWEEPS} sweeps ago", "Take a higher one, a smaller lattice, or algorithm 'auto'",
                )  # fmt: skip

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""
        self.sums[:] = self.tables.sums(self.codes[here])

    def swap(self, parity: int, lanes: NDArray[np.uint64]) -> None:
        """Swap chains between neighbouring temperatures."""
        for t in range(parity, len(self.codes) - 1, 2):
            swapped = (lanes[t] >> np.arange(LANES, dtype=np.uint64)) & np.uint64(1) == 1
            self.codes[t, swapped], self.codes[t + 1, swapped] = self.codes[t + 1, swapped], self.codes[t, swapped]

    def symmetrise(self, here: slice, stream: Any) -> None:
        """Nothing: draws have no preferred image."""

    def freeze(self, here: slice) -> None:
        """Nothing depends on the chains."""

    def inherit(self, temperature: int) -> None:
        """Nothing is remembered."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that changes, as arrays by name."""
        return {"codes": self.codes, "drawn": self.drawn}

    def recorded(self, name: str) -> NDArray[np.int64]:
        """Return one of the plan's sums at the temperatures that were measured last, int64 (T, 64)."""
        return np.asarray(self.sums[self.tables.names.index(name)])

    def packed(self, here: slice, chains: int) -> NDArray[np.uint8]:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""
        codes = self.codes[here, :chains]
        return self.model.space.pack(codes.reshape(*codes.shape[:2], *self.plan.lattice.shape))


def slots_of(lattice: Lattice, couplings: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the neighbours of each site, int32 (N, z), and the couplings to them, float64 (N, z); 0 fills up."""
    table, kept = lattice.neighbours, couplings != 0
    site = np.concatenate([table.first[kept], table.second[kept]])
    other = np.concatenate([table.second[kept], table.first[kept]])
    order = np.argsort(site, kind="stable")
    count = np.bincount(site, minlength=lattice.sites)
    slot = np.arange(len(site)) - np.repeat(np.cumsum(count) - count, count)
    neighbour = np.zeros((lattice.sites, count.max(initial=0)), dtype=np.int32)
    bonds = np.zeros(neighbour.shape)
    neighbour[site[order], slot] = other[order]
    bonds[site[order], slot] = np.tile(couplings[kept], 2)[order]
    return neighbour, bonds


def up_thresholds(bonds: NDArray[np.float64], fields: NDArray[np.float64], temperature: float) -> NDArray[np.uint64]:
    """Return 2^64 times the probability of up for each set of neighbours that are up, uint64 (N, 2^z), rounded down."""
    sets = (np.arange(1 << bonds.shape[1])[:, None] >> np.arange(bonds.shape[1])) & 1
    gaps = 2 * (bonds @ (2.0 * sets - 1).T + fields[:, None])
    # What rounds to certainty keeps one chance in 2^53.
    probability = np.minimum(expit(gaps / temperature), 1 - 2.0**-53)
    return np.asarray(probability * 2.0**64).astype(np.uint64)
