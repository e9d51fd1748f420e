"""The clock model: H = -J sum cos(a - a') - h sum cos(a) with q angles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import twist_of
from spinlens.models.model import Model, Reference, checked_number
from spinlens.models.order import OrderParameter
from spinlens.models.stiffness import Stiffness, stiffnesses, twist_terms
from spinlens.models.terms import Bonds, Sites, Term, whole
from spinlens.spaces import Angles, checked_states

MOST_ANGLES = 4096

MOST_COMPARED = 256
"""Angles of which all uniform states are compared in the search for a ground state."""

FEW = 16
"""Of more angles, so many round the circle are."""


@dataclass(frozen=True)
class Clock(Model):
    """q angles round a circle: H = -J sum_<ij> cos(a_i - a_j) - h sum_i cos(a_i), a = 2 pi k / q.

    Parameters
    ----------
    states : int
        q, from 2 to 4,096.
    coupling : float
        J, in units of energy; not zero.

    Notes
    -----
    Two angles are the Ising model, four are two Ising models of half the coupling, three are the Potts model with
    J_Potts = 3 J / 2. Cosines that are not whole are rounded to multiples of 2^-30.

    An antiperiodic seam turns angles by half a circle, which needs an even q; a seam ``"twisted=3"`` turns them by
    three codes, 6 pi / q. From five angles on the sums of cosines and sines over the bonds along each axis that closes
    on itself are recorded too, with strength zero: the helicity moduli are made of them.
    """

    states: int = 6
    coupling: float = 1.0
    name: ClassVar[str] = "clock"
    controls: ClassVar[Mapping[str, float]] = {"field": 0.0}

    def __post_init__(self) -> None:
        object.__setattr__(self, "states", checked_states(self.states, most=MOST_ANGLES))
        object.__setattr__(self, "coupling", checked_number("coupling", self.coupling))
        if self.coupling == 0:
            raise InputError("coupling", self.coupling, "must be a finite number other than 0")

    @property
    def space(self) -> Angles:
        """The angles."""
        return Angles(self.states)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum``, ``cosine_sum`` and ``sine_sum``; of antiferromagnets also both staggered.

        Where an axis closes on itself also ``bond_sum_x`` and ``current_sum_x`` and so on, see
        `spinlens.models.stiffness`.
        """
        # Zeros and ones of the circle are exact.
        circle = np.exp(2j * np.pi * np.arange(self.states) / self.states).round(14)
        parts = {"cosine": whole(circle.real), "sine": whole(circle.imag)}
        terms: list[Term] = [Bonds("bond_sum", parts["cosine"][0], unit=parts["cosine"][1])]
        terms += [Sites(f"{part}_sum", numbers, unit=size) for part, (numbers, size) in parts.items()]
        if self.coupling < 0:
            pattern = lattice.staggering.astype(np.int64)
            terms += [Sites(f"staggered_{part}_sum", n, pattern, size) for part, (n, size) in parts.items()]
        if self.space.circle:
            terms += twist_terms(lattice, parts["cosine"], parts["sine"])
        return tuple(terms)

    def strengths(self, lattice: Lattice, *, field: float = 0.0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return J, h and zeros, each in the unit of its sum."""
        terms = self.terms(lattice)
        units = np.array([term.unit for term in terms])
        return np.asarray(units * np.array([self.coupling, field, *[0.0] * (len(terms) - 2)]))

    def first_sums(self, lattice: Lattice) -> tuple[str, ...]:
        """Return the names of the sums without those along each axis."""
        later = ("bond_sum_", "current_sum_")
        return tuple(term.name for term in self.terms(lattice) if not term.name.startswith(later))

    def stiffnesses(self, lattice: Lattice) -> tuple[Stiffness, ...]:
        """Return the helicity moduli along the axes that close on themselves, where no seam tells left from right.

        A twist that is neither none nor half a turn lets a current flow on average, which is then what it costs.
        """
        if any(2 * (twist_of(rule) or 0) % self.states for rule in lattice.rules):
            return ()
        return stiffnesses({term.name: term.unit for term in self.terms(lattice)}, self.coupling)

    def _candidates(self, lattice: Lattice) -> NDArray[Any]:
        q, places = self.states, np.indices(lattice.shape).sum(axis=0)
        if q <= MOST_COMPARED:
            return super()._candidates(lattice)
        first = np.arange(0, q, max(1, q // FEW))
        # Equal, opposite, and where three sublattices help 120 degrees apart, either way round.
        apart: list[tuple[int, ...]] = [(0,), (0, q // 2)]
        if lattice.kind == "triangular":
            third = round(q / 3)
            apart += [(0, third, 2 * third), (0, 2 * third, third)]
        states = [((first[:, None] + np.array(steps)) % q)[:, places % len(steps)] for steps in apart]
        return np.concatenate(states).astype(self.space.code_type)

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the magnetization, a vector of two components."""
        terms = {term.name: term.unit for term in self.terms(lattice)}

        def vector(name: str, prefix: str) -> OrderParameter:
            series = (f"{prefix}cosine_sum", f"{prefix}sine_sum")
            return OrderParameter(name, series, np.diag([terms[part] for part in series]), np.zeros(2))

        uniform = vector("magnetization", "")
        return (uniform,) if self.coupling > 0 else (vector("staggered_magnetization", "staggered_"), uniform)

    def references(self) -> tuple[Reference, ...]:
        """Return the transition temperatures that are known exactly, for J = 1 on the square lattice."""
        ising = 2.0 / math.log(1.0 + math.sqrt(2.0))
        exact = {2: ising, 3: 1.5 / math.log(1.0 + math.sqrt(3.0)), 4: ising / 2}
        if self.states not in exact:
            return ()
        return (Reference("critical temperature", exact[self.states], "square, J = 1", "Ising and Potts models"),)
