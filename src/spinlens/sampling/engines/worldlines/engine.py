"""Two-state models with a transverse field on any lattice: worldlines in continuous imaginary time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.worldlines.form import Form, form_of
from spinlens.sampling.engines.worldlines.place import room_for

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

CLUSTERS = "swendsen_wang"

COST = 150.0
"""About how many bit-sliced updates of a site take as long as one segment, cut or arrival of one chain."""

MOST_KINKS = 1 << 24
"""For which a chain has room."""


class WorldlinesEngine:
    """The kernels of this room."""

    name = "worldlines"
    generator = "xoshiro256++"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        form = form_of(model, lattice, model.strengths(lattice, **model.controls))
        if isinstance(form, str):
            return form
        return None if updates_of(algorithm) <= {CLUSTERS} else f"has {CLUSTERS} alone"

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("algorithm", repr(plan.algorithm), reason, f"Use {CLUSTERS}")
        coldest = min(plan.temperature)
        for controls in map(plan.point_controls, range(plan.points)):
            form = form_of(plan.model, plan.lattice, plan.model.strengths(plan.lattice, **controls))
            assert isinstance(form, Form)
            plan.model.check_events(plan.lattice, **controls)
            expected = plan.lattice.sites * form.kinks / coldest
            if expected > MOST_KINKS or room_for(form, plan.lattice, coldest) > MOST_KINKS:
                why = f"chains would have about {expected:.2g} kinks at {controls}, and at most {MOST_KINKS} find room"
                raise InputError("temperature", coldest, why, "Take higher temperatures, or fewer sites")

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        del temperature
        form = form_of(model, lattice, model.strengths(lattice, **controls))
        assert isinstance(form, Form)
        if form.attractive:
            return Choice(CLUSTERS, "clusters of segments follow the correlations in space and imaginary time", True)
        return Choice(CLUSTERS, "it is the one update of worldlines")

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        controls = plan.point_controls(point)
        form = form_of(plan.model, plan.lattice, plan.model.strengths(plan.lattice, **controls))
        assert isinstance(form, Form)
        bound = float(np.abs(form.couplings).sum() + np.abs(form.fields).sum()) / len(form.fields)
        arrivals = 2.0 * (form.kinks + bound)
        return sum(COST * (1.0 + arrivals / t) for t in plan.temperature)

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit."""
        from spinlens.sampling.engines.worldlines.walkers import WorldlineWalkers

        return WorldlineWalkers(plan, point, block, start, pieces)
