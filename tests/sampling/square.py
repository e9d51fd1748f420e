"""The rules of the square lattice's kernels, asked for by model."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinlens.exact.ising.square import square_couplings
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.bits import activation as activation_room
from spinlens.sampling.engines.bits import layout, probabilities
from spinlens.sampling.engines.bits.engine import BitsEngine
from spinlens.sampling.engines.bits.geometry import Geometry


def rules(model: Ising, place: Geometry, temperature: np.ndarray, field: float, algorithm: str) -> Any:
    return probabilities.rules(square_couplings(model), place, temperature, field, algorithm)


def activation(model: Ising, lattice: Lattice, temperature: np.ndarray, field: float) -> Any:
    return activation_room.activation(
        square_couplings(model), lattice, temperature, field, staggered=model.staggered
    )  # fmt: skip


def outside_field(model: Ising, lattice: Lattice, field: float) -> np.ndarray:
    return activation_room.outside_field(square_couplings(model), lattice, field, staggered=model.staggered)


def choose(model: Ising, lattice: Lattice, *, temperature: float, field: float) -> Choice:
    return BitsEngine().choose(model, lattice, temperature=temperature, controls={"field": field})


def words(spins: np.ndarray) -> np.ndarray:
    """Return spins +-1 (64, Lx, Ly) as words (Lx, Ly)."""
    return layout.from_codes(np.asarray(spins) > 0)
