"""The engine of draws that were made elsewhere: it samples nothing, and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import IMPORTED
from spinlens.sampling.choice import Choice

if TYPE_CHECKING:
    from spinlens.sampling.engines.engine import Walkers
    from spinlens.sampling.plan import Plan


class ImportedEngine:
    """Stands in the plan of an ensemble whose draws came from files."""

    name = IMPORTED
    generator = "none: the draws were imported"
    rule = 1

    def refuses(self, model: Model, lattice: Lattice, algorithm: str) -> str | None:
        """Return why it cannot sample: always."""
        del model, lattice, algorithm
        return "holds draws that were made elsewhere, and makes none"

    def check(self, plan: Plan) -> None:
        """Raise InputError if a plan is to be sampled."""
        if plan.algorithm != IMPORTED:
            raise InputError("engine", repr(self.name), "makes no draws", "Leave it out")

    def choose(self, model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
        """Return that somebody else chose."""
        del model, lattice, temperature, controls
        return Choice(IMPORTED, "the draws came from files")

    def cost(self, plan: Plan, point: int) -> float:
        """Return some number: nothing is ever left to be done."""
        del plan, point
        return 1.0

    def walkers(
        self, plan: Plan, point: int, block: int, start: Callable[[int], np.ndarray], pieces: Sequence[slice]
    ) -> Walkers:
        """Refuse: there is nothing to sample them by."""
        del plan, point, block, start, pieces
        why = "these draws were made elsewhere, so they cannot be sampled again"
        raise InputError("algorithm", repr(IMPORTED), why, "Import the files once more, into a new directory")
