"""Two states on bit planes: 64 chains in a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import LABELLED, PAST, REFLECTIONS, SEEDED, mean_cost, updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.bits.bonds import row_bonds
from spinlens.sampling.engines.engine import WORLDLINES
from spinlens.sampling.engines.metropolis import check_metropolis

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

COST = {"heat_bath": 1, "metropolis": 1, "swendsen_wang": 40, "wolff": 40, "seeded_clusters": 7}
"""About how many local updates of a spin take as long as its share of an update."""


class BitsEngine:
    """The kernels of this room."""

    name = "bits"
    generator = "xoshiro256++"
    rule = 3

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.imaginary_time:
            return WORLDLINES
        if model.space.states != 2:
            return f"holds one bit a site, and {model.space.text} has {model.space.states} states"
        if PAST in updates_of(algorithm):
            return "moves chains on from where they are"
        if REFLECTIONS in updates_of(algorithm):
            return "has no angles to reflect"
        if _rectangle(model, lattice):
            return None
        if updates_of(algorithm).intersection(LABELLED):
            return "labels clusters on square lattices with couplings that depend on the direction alone"
        if SEEDED in updates_of(algorithm) and not _of_one_size(model, lattice, model.controls):
            return "grows clusters where the couplings of each direction are of one size"
        couplings = model.tables(lattice).bond_weights(model.strengths(lattice, **model.controls))[0]
        return rows_refuse(lattice, couplings)

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("engine", repr(self.name), reason, "Leave the engine out")
        if updates_of(plan.algorithm) == {"metropolis"}:
            check_metropolis(plan)
        if SEEDED in updates_of(plan.algorithm):
            for controls in map(plan.point_controls, range(plan.points)):
                if not _of_one_size(plan.model, plan.lattice, controls):
                    why = f"at {controls} has couplings of several sizes in one direction"
                    raise InputError("algorithm", repr(plan.algorithm), why, "Use heat_bath")

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        from spinlens.sampling.engines.bits.choice import choose

        return choose(model, lattice, temperature=temperature, controls=controls)

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        return sum(mean_cost(choice.algorithm, COST) for choice in plan.choices(point))

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit, which are moved piece by piece."""
        from spinlens.sampling.engines.bits.row_walkers import RowWalkers
        from spinlens.sampling.engines.bits.walkers import BitWalkers

        kind = BitWalkers if _rectangle(plan.model, plan.lattice) else RowWalkers
        return kind(plan, point, block, start, pieces)


def _of_one_size(model: Model, lattice: Lattice, controls: Mapping[str, float]) -> bool:
    strengths = model.strengths(lattice, **model.values_of_controls(controls))
    return row_bonds(model.at(**controls), lattice, tuple(strengths.tolist())) is not None


def _rectangle(model: Model, lattice: Lattice) -> bool:
    """Return whether the kernels of the square lattice know a model: two couplings, one field that may alternate."""
    view = model.ising_view(lattice) if lattice.kind == "square" else None
    return (
        view is not None and isinstance(view[0].coupling, float | tuple) and isinstance(view[0].field_pattern, str)
    )  # fmt: skip


def rows_refuse(lattice: Lattice, bonds: np.ndarray) -> str | None:
    """Return why the kernel of rows cannot take bonds with these tables (M, 2, 2), or None if it can."""
    sizes = np.unique(np.abs(bonds[:, 0, 0] + bonds[:, 1, 1] - bonds[:, 0, 1] - bonds[:, 1, 0]))
    if len(sizes[sizes > 0]) > 1 and lattice.kind in ("triangular", "cubic"):
        return f"knows bonds of one strength on {lattice.kind} lattices"
    return None
