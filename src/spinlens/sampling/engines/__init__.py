"""Families of kernels: the first that does not refuse samples a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spinlens.errors import InputError, did_you_mean
from spinlens.sampling.algorithms import ALGORITHMS
from spinlens.sampling.engines.bits.engine import BitsEngine
from spinlens.sampling.engines.clock.engine import ClockEngine
from spinlens.sampling.engines.engine import Engine, Walkers
from spinlens.sampling.engines.imported import ImportedEngine
from spinlens.sampling.engines.past.engine import PastEngine
from spinlens.sampling.engines.planes.engine import PlanesEngine
from spinlens.sampling.engines.table.engine import TableEngine
from spinlens.sampling.engines.worldlines.engine import WorldlinesEngine

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

__all__ = ["ENGINES", "Engine", "Walkers", "engine_for", "engine_named"]

ENGINES: tuple[Engine, ...] = (
    BitsEngine(),
    PlanesEngine(),
    ClockEngine(),
    TableEngine(),
    PastEngine(),
    WorldlinesEngine(),
)

_IMPORTED = ImportedEngine()


def engine_for(plan: Plan) -> Engine:
    """Return the first engine that samples a plan.

    Raises
    ------
    InputError
        If all of them refuse, with their reasons and the algorithms that would work; or what the first that does not
        refuse says of the plan, if no other takes it.
    """
    model, lattice = plan.model, plan.lattice
    reasons, wrong = {}, []
    for engine in ENGINES:
        reason = engine.refuses(model, lattice, plan.algorithm)
        if reason is not None:
            reasons[engine.name] = reason
            continue
        try:
            engine.check(plan)
        except InputError as error:
            # It may know the model in general, and not with these controls.
            wrong.append(error)
        else:
            return engine
    if wrong:
        raise wrong[0]
    works = [word for word in ALGORITHMS if any(engine.refuses(model, lattice, word) is None for engine in ENGINES)]
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise InputError("algorithm", repr(plan.algorithm), why, f"What works here: {', '.join(works) or 'none'}")


def engine_named(name: str) -> Engine:
    """Return an engine by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    for engine in (*ENGINES, _IMPORTED):
        if engine.name == name:
            return engine
    raise InputError("engine", repr(name), "is unknown", did_you_mean(name, [engine.name for engine in ENGINES]))
