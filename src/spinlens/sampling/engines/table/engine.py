"""Any discrete model on any lattice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import CLUSTERS, PAST, REFLECTIONS, SEEDED, mean_cost, updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.engine import WORLDLINES
from spinlens.sampling.engines.metropolis import check_metropolis
from spinlens.seeds import Purpose, seed_sequence
from spinlens.symmetries import involutions

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

LOCAL_COST = 20.0
"""About how many bit-sliced updates of a site take as long as one from a table."""

STATE_COST = 50.0
"""The same for each code of an update without tables."""

PROPOSAL_COST = 250.0
"""The same for a proposal without tables."""

CLUSTER_COST = 500.0
"""The same for a site's share of a cluster."""

MOST_OF_A_CIRCLE = 256
"""Angles whose pairs are a table that is not too large; of more the step from one to the other is enough to know."""

MOST_TABLED = 10
"""Codes up to which tables are the rule on lattices with four neighbours a site."""


class TableEngine:
    """The kernels of this room."""

    name = "table"
    generator = "xoshiro256++"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.imaginary_time:
            return WORLDLINES
        if PAST in updates_of(algorithm):
            return "moves chains on from where they are"
        if model.tables(lattice).circular and model.space.states > MOST_OF_A_CIRCLE:
            return f"looks up every pair of angles, up to {MOST_OF_A_CIRCLE} of them"
        if REFLECTIONS in updates_of(algorithm):
            return "knows no direction of a local field to reflect about"
        if SEEDED in updates_of(algorithm):
            return "follows the clusters of one chain after the other; swendsen_wang and wolff do"
        if not updates_of(algorithm).isdisjoint(CLUSTERS) and not _has_clusters(model, lattice, model.controls):
            return f"clusters need an exchange of codes that leaves every bond's energy as it is; {model.name} has none"
        return None

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        if reason := self.refuses(plan.model, plan.lattice, plan.algorithm):
            raise InputError("algorithm", repr(plan.algorithm), reason, "Use heat_bath")
        if updates_of(plan.algorithm) == {"metropolis"}:
            check_metropolis(plan)
        if not updates_of(plan.algorithm).isdisjoint(CLUSTERS):
            for point in range(plan.points):
                if not _has_clusters(plan.model, plan.lattice, plan.point_controls(point)):
                    raise InputError(
                        "algorithm", repr(plan.algorithm), "needs another symmetry of bonds", "Use heat_bath"
                    )

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        del model, lattice, temperature, controls
        return Choice("heat_bath", "it suits every model, and its sweeps cost far less than those of clusters")

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        states = plan.model.space.states
        tabled = states <= MOST_TABLED
        cost = {
            "heat_bath": LOCAL_COST if tabled else STATE_COST * states,
            "metropolis": LOCAL_COST if tabled else PROPOSAL_COST,
            "swendsen_wang": CLUSTER_COST,
            "wolff": CLUSTER_COST,
        }
        return sum(mean_cost(choice.algorithm, cost) for choice in plan.choices(point))

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit, which are moved piece by piece."""
        from spinlens.sampling.engines.table.lanes import LANES
        from spinlens.sampling.engines.table.rules import setting_of
        from spinlens.sampling.engines.table.walkers import TableWalkers

        setting = setting_of(
            plan.model, plan.lattice, plan.point_controls(point), temperature=plan.temperature,
            algorithms=[choice.algorithm for choice in plan.choices(point)], interval=plan.interval,
        )  # fmt: skip
        temperatures = range(len(plan.temperature))
        streams = np.empty((len(temperatures), 4, LANES), dtype=np.uint64)
        for t in temperatures:
            words = seed_sequence(plan.seed, Purpose.SWEEP, point, t, block)
            streams[t] = words.generate_state(4 * LANES, np.uint64).reshape(4, LANES)
        codes = np.stack([np.asarray(start(t)).reshape(LANES, -1) for t in temperatures])

        def pack(codes: Any) -> Any:
            return plan.model.space.pack(codes.reshape(*codes.shape[:2], *plan.lattice.shape))

        return TableWalkers(
            setting, streams, codes, together=plan.start != "heated", pack=pack, pieces=pieces,
            intervals=-(-plan.equilibration // plan.interval),
        )  # fmt: skip


def _has_clusters(model: Model, lattice: Lattice, controls: Mapping[str, Any]) -> bool:
    strengths = model.strengths(lattice, **model.values_of_controls(controls))
    return len(involutions(model.at(**controls), lattice, strengths)) > 0
