"""Two states on bit planes: 64 chains in a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.metropolis import check_metropolis

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

CLUSTER_COST = 40
"""About how many local updates of a spin take as long as its share of a cluster."""


class BitsEngine:
    """The kernels of this room."""

    name = "bits"
    generator = "xoshiro256++"
    rule = 2

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        del algorithm
        if model.space.states != 2:
            return f"holds one bit a site, and {model.space.text} has {model.space.states} states"
        if lattice.kind != "square":
            return f"knows square lattices, not {lattice.kind} ones"
        view = model.ising_view(lattice)
        if view is None:
            return f"{model.name} is no Ising model with one field here"
        if not isinstance(view[0].coupling, float | tuple) or not isinstance(view[0].field_pattern, str):
            return "knows couplings that depend on the direction alone, and uniform or staggered fields"
        return None

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("engine", repr(self.name), reason, "Leave the engine out")
        if plan.algorithm == "metropolis":
            check_metropolis(plan)

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        from spinlens.sampling.engines.bits.choice import choose

        ising, field = _view(model, lattice, controls)
        x, y = ising.couplings(lattice).tolist()
        return choose((x, y), lattice, temperature=temperature, field=field, staggered=ising.staggered)

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures of a point takes, in bit-sliced sweeps of one temperature."""
        from spinlens.sampling.engines.engine import CLUSTERS

        return sum(CLUSTER_COST if choice.algorithm in CLUSTERS else 1 for choice in plan.choices(point))

    def walkers(self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray]) -> Walkers:
        """Return the chains of one unit; ``start`` gives the first codes (64, *shape) of each temperature."""
        from spinlens.sampling.engines.bits.walkers import BitWalkers

        return BitWalkers(plan, point, block, start)


def _view(model: Model, lattice: Lattice, controls: Mapping[str, float]) -> tuple[Ising, float]:
    view = model.ising_view(lattice, **controls)
    assert view is not None
    return view
