"""An Ising model as the closed forms of the square lattice know it."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.exact.conditions import check_solvable
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model

_SQUARE = Lattice((2, 2))


def square_couplings(model: Ising) -> tuple[float, float]:
    """Return Jx and Jy."""
    x, y = model.couplings(_SQUARE).tolist()
    return x, y


def single_coupling(model: Model, lattice: Lattice | None, purpose: str, controls: dict[str, Any]) -> float:
    """Return J of an Ising model with one coupling on a square lattice at zero field.

    Raises
    ------
    InputError
        Naming the purpose, if it is anything else.
    """
    where = lattice if lattice is not None else _SQUARE
    values = check_solvable(model).values_of_controls(controls)
    view = model.ising_view(where, **values)
    if view is None or where.kind != "square":
        raise InputError("model", model.text, f"{purpose} knows the Ising model on square lattices")
    ising, field = view
    if not isinstance(ising.coupling, float):
        raise InputError("coupling", ising.text, f"{purpose} knows one coupling J")
    if field != 0:
        raise InputError("field", field, f"{purpose} knows zero field only")
    return ising.coupling


def energy_shift(model: Model, lattice: Lattice, coupling: float, controls: dict[str, Any]) -> float:
    """Return by how much the energy per site is larger than that of the Ising model that it is."""
    up = np.ones((1, *lattice.shape), dtype=np.uint8)
    values = model.values_of_controls(controls)
    energy = -model.strengths(lattice, **values) @ model.tables(lattice).sums(up)[:, 0]
    ising = Ising(coupling)
    own = -ising.strengths(lattice, field=0.0) @ ising.tables(lattice).sums(up)[:, 0]
    return float(energy - own) / lattice.sites
