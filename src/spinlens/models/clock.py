"""The clock model: H = -J sum cos(a - a') - h sum cos(a) with q angles."""

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
from spinlens.models.terms import Bonds, Sites, Term, whole
from spinlens.spaces import Angles, checked_states

MOST_ANGLES = 256


@dataclass(frozen=True)
class Clock(Model):
    """q angles round a circle: H = -J sum_<ij> cos(a_i - a_j) - h sum_i cos(a_i), a = 2 pi k / q.

    Parameters
    ----------
    states : int
        q, from 2 to 256.
    coupling : float
        J, in units of energy; not zero.

    Notes
    -----
    Two angles are the Ising model, four are two Ising models of half the coupling, three are the Potts model with
    J_Potts = 3 J / 2. Cosines that are not whole are rounded to multiples of 2^-30.
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
        """Return ``bond_sum``, ``cosine_sum`` and ``sine_sum``; of antiferromagnets also both staggered."""
        # Zeros and ones of the circle are exact.
        circle = np.exp(2j * np.pi * np.arange(self.states) / self.states).round(14)
        steps = np.subtract.outer(np.arange(self.states), np.arange(self.states)) % self.states
        table, unit = whole(circle.real[steps])
        parts = {"cosine": whole(circle.real), "sine": whole(circle.imag)}
        terms: list[Term] = [Bonds("bond_sum", table, unit=unit)]
        terms += [Sites(f"{part}_sum", numbers, unit=size) for part, (numbers, size) in parts.items()]
        if self.coupling < 0:
            pattern = lattice.staggering.astype(np.int64)
            terms += [Sites(f"staggered_{part}_sum", n, pattern, size) for part, (n, size) in parts.items()]
        return tuple(terms)

    def strengths(self, lattice: Lattice, *, field: float = 0.0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return J, h and zeros, each in the unit of its sum."""
        terms = self.terms(lattice)
        units = np.array([term.unit for term in terms])
        return np.asarray(units * np.array([self.coupling, field, *[0.0] * (len(terms) - 2)]))

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
