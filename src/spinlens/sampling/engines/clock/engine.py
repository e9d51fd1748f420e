"""Clock and XY models on any lattice: angles that are coupled by the cosine of their difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import REFLECTIONS, mean_cost, updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.clock.form import Form, form_of
from spinlens.sampling.engines.engine import WORLDLINES

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

COST = {"metropolis": 25.0, "reflections": 35.0, "swendsen_wang": 130.0, "wolff": 600.0}
"""About how many bit-sliced updates of a site take as long as a site's share of one of these; not yet scanned."""

CLUSTERS = {"swendsen_wang", "wolff"}

COLLECTIVE = "swendsen_wang + 3 metropolis + 4 reflections"
LOCAL = "metropolis + 3 reflections"
"""What ``"auto"`` stands for; the numbers are a rule of thumb and not yet scanned."""


class ClockEngine:
    """The kernels of this room."""

    name = "clock"
    generator = "xoshiro256++"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.imaginary_time:
            return WORLDLINES
        form = form_of(model, lattice, model.strengths(lattice, **model.controls))
        if isinstance(form, str):
            return form
        names = updates_of(algorithm)
        if not names <= set(COST):
            return f"has {', '.join(COST)}"
        if names & CLUSTERS and not form.mirrored:
            return "has clusters of reflected angles, and a twisted seam takes reflections to others"
        if names == {REFLECTIONS}:
            return "has reflections that hardly change the energy, and needs another update between them"
        return None

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("algorithm", repr(plan.algorithm), reason, "Use metropolis + 3 reflections")
        for controls in map(plan.point_controls, range(plan.points)):
            model = plan.model.at(**controls)
            if isinstance(form := form_of(model, plan.lattice, model.strengths(plan.lattice, **controls)), str):
                raise InputError("engine", repr(self.name), form, "Leave the engine out")

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        del temperature
        form = form_of(model, lattice, model.strengths(lattice, **controls))
        assert isinstance(form, Form)
        if not form.mirrored:
            return Choice(LOCAL, "clusters of reflected angles do not go across a twisted seam")
        if form.held:
            return Choice(LOCAL, "a field or a wall holds the angles, and clusters with them")
        if form.bond_strength < 0 and not lattice.two_colourable:
            return Choice(LOCAL, "bonds are frustrated, so that clusters do not follow the correlations")
        return Choice(COLLECTIVE, "clusters follow the spin waves and vortices, reflections move the angles between")

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        return sum(mean_cost(choice.algorithm, COST) for choice in plan.choices(point))

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit, which are moved piece by piece."""
        from spinlens.sampling.engines.clock.walkers import ClockWalkers

        return ClockWalkers(plan, point, block, start, pieces)
