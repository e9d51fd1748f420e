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

CLUSTERS = ("swendsen_wang", "wolff")
CLUSTER_COST = 40
"""About how many local updates of a spin take as long as its share of a cluster."""


class BitsEngine:
    """The kernels of this room."""

    name = "bits"
    generator = "xoshiro256++"
    rule = 2

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.space.states != 2:
            return f"holds one bit a site, and {model.space.text} has {model.space.states} states"
        if _rectangle(model, lattice):
            return None
        if algorithm in CLUSTERS:
            return "grows clusters on square lattices with couplings that depend on the direction alone"
        couplings = model.tables(lattice).bond_weights(model.strengths(lattice, **model.controls))[0]
        return rows_refuse(lattice, couplings)

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("engine", repr(self.name), reason, "Leave the engine out")
        if plan.algorithm == "metropolis":
            check_metropolis(plan)

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        from spinlens.sampling.engines.bits.choice import choose

        if not _rectangle(model, lattice):
            return _ROWS
        ising, field = _view(model, lattice, controls)
        x, y = ising.couplings(lattice).tolist()
        return choose((x, y), lattice, temperature=temperature, field=field, staggered=ising.staggered)

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        return sum(CLUSTER_COST if choice.algorithm in CLUSTERS else 1 for choice in plan.choices(point))

    def walkers(self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray]) -> Walkers:
        """Return the chains of one unit; ``start`` gives the first codes (64, *shape) of each temperature."""
        from spinlens.sampling.engines.bits.row_walkers import RowWalkers
        from spinlens.sampling.engines.bits.walkers import BitWalkers

        kind = BitWalkers if _rectangle(plan.model, plan.lattice) else RowWalkers
        return kind(plan, point, block, start)


_ROWS = Choice("heat_bath", "sweeps of single spins on bit planes cost far less than clusters of codes")


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


def _view(model: Model, lattice: Lattice, controls: Mapping[str, float]) -> tuple[Ising, float]:
    view = model.ising_view(lattice, **controls)
    assert view is not None
    return view
