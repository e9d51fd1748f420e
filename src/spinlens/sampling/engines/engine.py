"""What a family of kernels offers to the loop that drives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.choice import Choice

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan


WORLDLINES = "moves configurations of one time, and those in imaginary time are worldlines"
"""Why most engines refuse models in imaginary time."""


class Walkers(Protocol):
    """The 64 chains of one unit of work at all its temperatures, in the engine's own form.

    Attributes
    ----------
    sums : ndarray, int64 (counters, T, 64)
        What was counted last; a counter is a sum of the plan, or a part of one. T is 1 where temperatures come one
        after another.
    weights : ndarray, float64 (counters,)
        The energy is minus their product with the sums, but for events.
    events : ndarray, float64 (counters,)
        By how many events 1 in each counter goes: each makes a configuration 1 / T times as likely.
    """

    sums: np.ndarray
    weights: np.ndarray
    events: np.ndarray

    def sweep(self, here: slice) -> None:
        """Move the chains of whole pieces on by one interval; different ones may be asked for at the same time."""

    def measure(self, here: slice) -> None:
        """Count the sums at some temperatures."""

    def swap(self, parity: int, lanes: np.ndarray) -> None:
        """Swap chains between temperatures t and t + 1 for t = parity, parity + 2, ...: those in the words lanes[t]."""

    def symmetrise(self, here: slice, stream: np.ndarray) -> None:
        """Apply a random symmetry of the energy to each chain, and to its sums; the stream is that of the exchanges."""

    def freeze(self, here: slice) -> None:
        """Change nothing any more that depends on the chains: recording begins."""

    def inherit(self, temperature: int) -> None:
        """Begin a temperature with the configurations that the one below has reached."""

    def state(self) -> dict[str, np.ndarray]:
        """Return everything that changes by `sweep`, `swap`, `symmetrise`, `freeze` and `inherit`, as arrays by name.

        The arrays themselves, no copies: walkers of the same unit go on from where others were left when what is in
        those arrays is put into these. Shapes depend on the plan alone, never on the pieces. The sums need not be
        among them, which `measure` counts anew, nor what a call leaves as it found it.
        """

    def recorded(self, name: str) -> np.ndarray:
        """Return one of the plan's sums at the temperatures that were measured last, int64 (T, 64)."""

    def packed(self, here: slice, chains: int) -> np.ndarray:
        """Return the configurations of some temperatures as the store keeps them, uint8 (T, chains, ..., bytes)."""


class Engine(Protocol):
    """A family of kernels for some models on some lattices.

    Attributes
    ----------
    name : str
        What plans call it.
    generator : str
        The random generator of its streams.
    rule : int
        Number of the rule of `choose`; it changes whenever a plan may resolve otherwise, and ensembles store it.
    """

    name: str
    generator: str
    rule: int

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit.

        Parameters
        ----------
        plan, point, block
            The unit.
        start : callable
            Gives the first codes (64, *shape) of each temperature.
        pieces : sequence of slice
            The neighbouring temperatures, in order, that `Walkers.sweep` will be asked to move at the same time.
        """
