"""What is stored of an ensemble so far, point by point of the grid: all of it, or what an unfinished one has."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble.judgement import judge
from spinlens.ensemble.writer import unit_name
from spinlens.sampling import Plan, units
from spinlens.sampling.convergence import Convergence

Read = Callable[[str, Any], NDArray[Any]]
"""Returns part of a stored array by its name and index."""


@dataclass(frozen=True, eq=False)
class Part:
    """The chains of one point of the controls that are stored, at all temperatures.

    Attributes
    ----------
    plan : Plan
        Of the ensemble.
    point : int
        Which point.
    chains : ndarray, int64 (C,)
        Numbers of the chains, ascending: whole blocks.
    sums : dict of str to ndarray (temperature, C, recording)
        Their recorded totals by the terms' names.
    """

    plan: Plan
    point: int
    chains: NDArray[np.int64]
    sums: dict[str, NDArray[Any]]
    _read: Read

    @property
    def controls(self) -> dict[str, float]:
        """The controls other than the temperature."""
        return self.plan.point_controls(self.point)

    @property
    def whole(self) -> bool:
        """Whether all chains are there."""
        return len(self.chains) == self.plan.chains

    def observables(self) -> Any:
        """Return thermal averages over the temperatures with their errors, see `spinlens.statistics.observables`."""
        from spinlens.statistics import observables

        plan = self.plan
        return observables(
            self.sums, model=plan.model, lattice=plan.lattice, temperature=np.array(plan.temperature), **self.controls
        )

    def convergence(self) -> Convergence:
        """Return the verdict on these chains, (temperature,)."""
        return judge(lambda name, _point: self.sums[name], self.plan, self.point)

    def draw_sums(self, chain: int, draw: int) -> dict[str, NDArray[Any]]:
        """Return the sums (temperature,) of one draw; ``chain`` counts the stored ones."""
        every = self.plan.recordings_per_draw
        return {name: values[:, chain, (draw + 1) * every - 1] for name, values in self.sums.items()}

    def packed(self, temperature: int | slice, chain: int, draw: int) -> NDArray[np.uint8]:
        """Return configurations of one draw as they are stored, uint8 (temperature, sides, the last in bytes)."""
        place = (*self.plan.place(self.point), temperature, int(self.chains[chain]), draw)
        return self._read("spins", place)


def stored_parts(plan: Plan, read: Read, done: Container[str] | None) -> Iterator[Part]:
    """Yield each point that has stored chains.

    Parameters
    ----------
    plan : Plan
        Of the ensemble.
    read : callable
        Reads part of an array.
    done : container of str, optional
        Names of the units that are stored; all where left out.
    """
    for point in range(plan.points):
        blocks = [
            plan.blocks.chains_of(unit.block)
            for unit in units(plan)
            if unit.point == point and (done is None or unit_name(plan, unit) in done)
        ]
        if not blocks:
            continue
        here = [slice(block.start, block.stop) for block in blocks]
        place = plan.place(point)
        sums = {
            name: np.concatenate([read(name, (*place, slice(None), chains)) for chains in here], axis=1)
            for name in plan.series
        }
        yield Part(plan, point, np.concatenate([np.array(block) for block in blocks]), sums, read)
