"""Families of kernels: the first that does not refuse samples a plan."""

from __future__ import annotations

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import ALGORITHMS
from spinlens.sampling.engines.bits.engine import BitsEngine
from spinlens.sampling.engines.engine import Engine, Walkers
from spinlens.sampling.engines.past.engine import PastEngine
from spinlens.sampling.engines.planes.engine import PlanesEngine
from spinlens.sampling.engines.table.engine import TableEngine

__all__ = ["ENGINES", "Engine", "Walkers", "engine_for", "engine_named"]

ENGINES: tuple[Engine, ...] = (BitsEngine(), PlanesEngine(), TableEngine(), PastEngine())


def engine_for(model: Model, lattice: Lattice, algorithm: str) -> Engine:
    """Return the first engine that samples a model on a lattice with an algorithm.

    Raises
    ------
    InputError
        If all of them refuse, with their reasons and the algorithms that would work.
    """
    reasons = {}
    for engine in ENGINES:
        reason = engine.refuses(model, lattice, algorithm)
        if reason is None:
            return engine
        reasons[engine.name] = reason
    works = [word for word in ALGORITHMS if any(engine.refuses(model, lattice, word) is None for engine in ENGINES)]
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise InputError("algorithm", repr(algorithm), why, f"What works here: {', '.join(works) or 'none'}")


def engine_named(name: str) -> Engine:
    """Return an engine by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    for engine in ENGINES:
        if engine.name == name:
            return engine
    raise InputError("engine", repr(name), "is unknown", did_you_mean(name, [engine.name for engine in ENGINES]))
