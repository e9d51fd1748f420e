"""The Potts model: H = -J sum delta(s, s') - h sum delta(s, 0) with q colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.model import Model, Reference, checked_number
from spinlens.models.order import OrderParameter
from spinlens.models.terms import Bonds, Sites, Term
from spinlens.spaces import Colours, checked_states

MOST_COLOURS = 64


@dataclass(frozen=True)
class Potts(Model):
    """q colours that gain energy where neighbours are equal: H = -J sum_<ij> delta(s_i, s_j) - h sum_i delta(s_i, 0).

    Parameters
    ----------
    states : int
        q, from 2 to 64.
    coupling : float
        J, in units of energy; negative for the antiferromagnet, not zero.

    Notes
    -----
    Two colours are the Ising model with J_Ising = J / 2: the critical temperature for J = 1 is 1 / ln(1 +
    sqrt(q)), half of Onsager's for q = 2. peapods and ALPS print the same Hamiltonian; some papers have q J delta or J
    (q delta - 1).
    """

    states: int = 3
    coupling: float = 1.0
    name: ClassVar[str] = "potts"
    controls: ClassVar[Mapping[str, float]] = {"field": 0.0}

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", checked_states(self.states, most=MOST_COLOURS))
        object.__setattr__(self, "coupling", checked_number("coupling", self.coupling))
        if self.coupling == 0:
            raise InputError("coupling", self.coupling, "must be a finite number other than 0")

    @property
    def space(self) -> Colours:
        """The colours."""
        return Colours(self.states)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum``, the equal pairs, and ``count_0`` ... of all colours but the last.

        Antiferromagnets have ``staggered_count_0`` ... of all colours too: (-1)^(x + y) for each site of the colour.
        """
        colours = np.eye(self.states, dtype=np.int64)
        counts = [Sites(f"count_{c}", colours[c]) for c in range(self.states - 1)]
        staggered: list[Term] = []
        if self.coupling < 0:
            pattern = lattice.staggering.astype(np.int64)
            staggered = [Sites(f"staggered_count_{c}", colours[c], pattern) for c in range(self.states)]
        return Bonds("bond_sum", colours), *counts, *staggered

    def strengths(self, lattice: Lattice, *, field: float = 0.0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return J, h, and zeros for the other counts."""
        found = np.zeros(len(self.terms(lattice)))
        found[:2] = self.coupling, field
        return found

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the sum of e_s per site, e_c being the corners of a simplex: 1 in size where one colour rules."""
        del lattice
        corners = simplex(self.states)
        series = tuple(f"count_{c}" for c in range(self.states - 1))
        uniform = OrderParameter(
            "magnetization", series, (corners[:-1] - corners[-1]).T, corners[-1]
        )  # fmt: skip
        if self.coupling > 0:
            return (uniform,)
        series = tuple(f"staggered_count_{c}" for c in range(self.states))
        return OrderParameter("staggered_magnetization", series, corners.T, np.zeros(self.states - 1)), uniform

    def references(self) -> tuple[Reference, ...]:
        """Return the transition temperature of the square lattice and the energy there, for J = 1."""
        temperature = 1.0 / math.log(1.0 + math.sqrt(self.states))
        return (
            Reference("transition temperature", temperature, "square, J = 1", "Potts 1952"),
            Reference("energy at the transition", -(1.0 + 1.0 / math.sqrt(self.states)), "square, J = 1", "Potts 1952"),
        )  # fmt: skip


def simplex(corners: int) -> NDArray[np.float64]:
    """Return unit vectors to the corners of a regular simplex, float64 (q, q - 1): e_a . e_b = -1 / (q - 1)."""
    centred = np.eye(corners) - 1.0 / corners
    # An orthonormal basis of the space that is orthogonal to (1, ..., 1): Helmert's.
    basis = np.zeros((corners - 1, corners))
    for k in range(1, corners):
        basis[k - 1, :k], basis[k - 1, k] = 1.0, -k
        basis[k - 1] /= math.sqrt(k * (k + 1))
    return centred @ basis.T * math.sqrt(corners / (corners - 1))
