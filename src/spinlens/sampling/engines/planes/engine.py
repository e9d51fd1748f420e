"""Spins -1, 0, 1 and up to 16 colours on bit planes: 64 chains in a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import LOCAL, SEEDED, mean_cost, updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.bits.rows.geometry import STEPS
from spinlens.sampling.engines.engine import WORLDLINES
from spinlens.sampling.engines.planes.choice import choose
from spinlens.sampling.engines.planes.forms import Form, form_of
from spinlens.sampling.engines.planes.groups import MOST_NEIGHBOURS
from spinlens.sampling.engines.planes.seeded_clusters import bonds_of

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

COST = {"heat_bath": 1.5, "metropolis": 1.5, "seeded_clusters": 9.0}
"""About how many updates of two states take as long as a site's share of one of these."""


class PlanesEngine:
    """The kernels of this room."""

    name = "planes"
    generator = "xoshiro256++"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.imaginary_time:
            return WORLDLINES
        form = form_of(model, lattice, model.strengths(lattice, **model.controls))
        return form if isinstance(form, str) else _refuses(form, lattice, algorithm)

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        for controls in map(plan.point_controls, range(plan.points)):
            model = plan.model.at(**controls)
            form = form_of(model, plan.lattice, model.strengths(plan.lattice, **controls))
            if reason := form if isinstance(form, str) else _refuses(form, plan.lattice, plan.algorithm):
                raise InputError("engine", repr(self.name), reason, "Leave the engine out")

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        form = form_of(model, lattice, model.strengths(lattice, **controls))
        assert isinstance(form, Form)
        return choose(
            form, model, lattice, temperature=temperature, clusters=not isinstance(bonds_of(form, lattice), str),
            grouped=grouped(form, lattice) is None,
        )  # fmt: skip

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        return sum(mean_cost(choice.algorithm, COST) for choice in plan.choices(point))

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit, which are moved piece by piece."""
        from spinlens.sampling.engines.planes.walkers import PlaneWalkers

        return PlaneWalkers(plan, point, block, start, pieces)


def _refuses(form: Form, lattice: Lattice, algorithm: str) -> str | None:
    names = updates_of(algorithm)
    if form.spins and "metropolis" in names:
        return "updates spins by heat_bath alone"
    if not form.spins and "heat_bath" in names and (reason := grouped(form, lattice)):
        return reason
    if not names <= {*LOCAL, SEEDED, "auto"}:
        return "updates single sites, and clusters of random sites"
    if SEEDED not in names:
        return None
    if form.spins and "heat_bath" not in names:
        return "has clusters that leave each spin 0 as it is, and needs sweeps of heat_bath between them"
    bonds = bonds_of(form, lattice)
    return bonds if isinstance(bonds, str) else None


def grouped(form: Form, lattice: Lattice) -> str | None:
    """Return why colours cannot be drawn by the groups of their neighbours, or None if they can."""
    if len(STEPS[lattice.kind]) > MOST_NEIGHBOURS:
        return f"groups up to {MOST_NEIGHBOURS} neighbours"
    if form.coupling < 0 or np.ptp(form.site_weights, axis=1).any():
        return "groups neighbours where colours attract and no field or wall holds one"
    return None
