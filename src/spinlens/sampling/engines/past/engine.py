"""Exact draws of two states that attract each other, in any fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.models.two_states import signed_couplings
from spinlens.sampling.algorithms import PAST, updates_of
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.engine import WORLDLINES

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan

COST = 5000.0
"""About how many bit-sliced updates of a site take as long as its share of a draw; near a transition many more."""


class PastEngine:
    """The kernels of this room."""

    name = "past"
    generator = "SplitMix64 by site and time"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample this, in words, or None if it can."""
        if model.imaginary_time:
            return WORLDLINES
        if updates_of(algorithm) != {PAST}:
            return f"draws by {PAST} alone"
        if model.space.states != 2:
            return f"bounds chains between all up and all down, and {model.space.text} has {model.space.states} states"
        # Of quenched samples each is judged where it is asked for.
        return None if model.quenched else _no_order(model, lattice, model.controls)

    def check(self, plan: Plan) -> None:
        """Raise InputError if it cannot sample a plan as it stands."""
        reasons = [self.refuses(plan.model, plan.lattice, plan.algorithm)]
        reasons += [_no_order(plan.model, plan.lattice, plan.point_controls(point)) for point in range(plan.points)]
        if reason := next(filter(None, reasons), None):
            advice = f"Use {PAST}" if plan.algorithm == "auto" else "Use auto"
            raise InputError("algorithm", repr(plan.algorithm), reason, advice)

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return the update that suits a condition, and why."""
        del model, lattice, temperature, controls
        return Choice(PAST, "its draws are exact and independent", known=True)

    def cost(self, plan: Plan, point: int) -> float:
        """Return about how long a sweep of all temperatures takes, in bit-sliced sweeps of one temperature."""
        del point
        return COST * len(plan.temperature) / plan.interval

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Return the chains of one unit."""
        from spinlens.sampling.engines.past.walkers import PastWalkers

        del start, pieces
        return PastWalkers(plan, point, block)


def _no_order(model: Model, lattice: Lattice, controls: Mapping[str, float]) -> str | None:
    """Return why chains do not keep their order at a point, or None if they do."""
    values = model.values_of_controls(controls)
    couplings, _ = signed_couplings(model.at(**values), lattice, model.strengths(lattice, **values))
    if (couplings < 0).any():
        return "needs bonds that all favour equal neighbours, also across seams; only so do chains keep their order"
    return None
