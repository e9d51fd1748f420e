"""Slices of imaginary time: a quantum Ising model as a classical one with one axis more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.ising import Ising


@dataclass(frozen=True)
class Trotter:
    """What to sample or solve instead of a quantum Ising model, and what its averages mean.

    Attributes
    ----------
    model : Ising
        J / M along the axes of space; along imaginary time T ln coth(Gamma / (M T)) / 2.
    lattice : Lattice
        The lattice with an axis of M slices behind its own, periodic.
    temperature, field : float
        T, and h / M.
    slices : int
        M.
    transverse_field : float
        Gamma.
    """

    model: Ising
    lattice: Lattice
    temperature: float
    field: float
    slices: int
    transverse_field: float

    @property
    def angle(self) -> float:
        """Gamma / (M T)."""
        return self.transverse_field / (self.slices * self.temperature)

    @property
    def timed(self) -> tuple[Ising, Lattice]:
        """The model and the lattice with imaginary time as the first axis, as draws with a raster have it."""
        *shape, slices = self.lattice.shape
        *couplings, in_time = self.model.coupling  # type: ignore[misc]
        here = Lattice((slices, *shape), ("periodic", *self.lattice.rules[:-1]), self.lattice.kind)
        return Ising((in_time, *couplings)), here

    def log_z(self, classical: Any) -> Any:
        """Return ln Z / N of the quantum model from ln Z per site of the classical one."""
        return self.slices * (classical + 0.5 * math.log(0.5 * math.sinh(2.0 * self.angle)))

    def transverse_magnetization(self, equal: Any) -> Any:
        """Return <sx> per site from <s s'> of neighbours in imaginary time."""
        return 1.0 / math.tanh(2.0 * self.angle) - equal / math.sinh(2.0 * self.angle)

    def energy(self, classical: Any, equal: Any) -> Any:
        """Return the energy per site, all terms of H, from that of the classical model and <s s'> in imaginary time."""
        in_time = 0.5 * self.temperature * math.log(1.0 / math.tanh(self.angle))
        return self.slices * (classical + in_time * equal) - self.transverse_field * self.transverse_magnetization(
            equal
        )


def trotter(
    slices: int, lattice: Lattice, *, coupling: float, transverse_field: float, field: float, temperature: float
) -> Trotter:
    """Cut imaginary time into M slices; wrong by some (J Gamma / (M T)^2) of each average.

    Parameters
    ----------
    slices : int
        M, at least 2.
    lattice : Lattice
        A chain, which becomes a square lattice, or a square lattice, which becomes a cubic one.
    coupling, transverse_field, field, temperature : float
        J, Gamma, h and T, in units of energy.

    Raises
    ------
    InputError
        If there are fewer than two slices, or no lattice has the bonds of this one and an axis more.

    References
    ----------
    M. Suzuki, Prog. Theor. Phys. 56, 1454 (1976), doi:10.1143/PTP.56.1454.
    """
    if isinstance(slices, bool) or not isinstance(slices, int) or slices < 2:
        raise InputError("slices", slices, "must be a whole number >= 2")
    timed = lattice.with_time(slices)
    # Held spins stay held: in every slice the bond to them is J / M.
    found = Lattice((*timed.shape[1:], slices), (*timed.rules[1:], "periodic"), timed.kind)
    in_time = 0.5 * temperature * math.log(1.0 / math.tanh(transverse_field / (slices * temperature)))
    model = Ising((*[coupling / slices] * lattice.axes, in_time))
    return Trotter(model, found, temperature, field / slices, slices, transverse_field)
