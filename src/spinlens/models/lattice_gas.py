"""The lattice gas: H = -epsilon sum_<ij> n_i n_j - mu sum_i n_i with n = 0 or 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.ising import CRITICAL_TEMPERATURE, Ising
from spinlens.models.model import Model, Reference, checked_number
from spinlens.models.order import OrderParameter, component
from spinlens.models.terms import Bonds, Sites, Term
from spinlens.spaces import Binary

_OCCUPIED = np.array([0, 1])


@dataclass(frozen=True)
class LatticeGas(Model):
    """Particles on a lattice, at most one a site: H = -epsilon sum_<ij> n_i n_j - mu sum_i n_i.

    Parameters
    ----------
    attraction : float
        epsilon, the energy that two neighbouring particles gain, in units of energy; not zero.

    Notes
    -----
    With n = (1 + s) / 2 it is the Ising model with J = epsilon / 4 in the field h = mu / 2 + z epsilon / 4, z being the
    number of neighbours; mu = -z epsilon / 2 is the line of symmetry between particles and holes. Walls hold sites
    that are occupied (1) or empty (0); across an antiperiodic seam particles are seen as holes.
    """

    attraction: float = 4.0
    name: ClassVar[str] = "lattice_gas"
    controls: ClassVar[Mapping[str, float]] = {"chemical_potential": 0.0}

    def __post_init__(self) -> None:
        value = checked_number("attraction", self.attraction)
        if value == 0:
            raise InputError("attraction", value, "must be a finite number other than 0")
        object.__setattr__(self, "attraction", value)

    @property
    def space(self) -> Binary:
        """Empty and occupied sites."""
        return Binary(0, 1)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``pair_sum`` of neighbouring particles, ``particle_sum``, and staggered sums where they repel."""
        staggered = [Sites(name, _OCCUPIED, pattern) for name, pattern in self._staggered_sums(lattice).items()]
        return Bonds("pair_sum", np.outer(_OCCUPIED, _OCCUPIED)), Sites("particle_sum", _OCCUPIED), *staggered

    def strengths(self, lattice: Lattice, *, chemical_potential: float = 0.0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return (epsilon, mu), and zeros for staggered sums."""
        return np.array([self.attraction, chemical_potential, *(0.0 for _ in self._staggered_sums(lattice))])

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the density less one half, which changes its sign when particles and holes are exchanged.

        Particles that repel each other order in sublattices: there the differences between those come first.
        """
        excess = OrderParameter("excess_density", ("particle_sum",), np.array([[1.0]]), np.array([-0.5]))
        return *self._sublattice_densities(lattice), excess, component("density", "particle_sum")

    def _staggered_sums(self, lattice: Lattice) -> dict[str, NDArray[np.int64]]:
        return Ising(self.attraction / 4).staggered_sums(lattice)

    def _sublattice_densities(self, lattice: Lattice) -> list[OrderParameter]:
        """Return those of the Ising model, of occupations in place of spins."""
        names = list(self._staggered_sums(lattice))
        found = Ising(self.attraction / 4).order_parameters(lattice)[: bool(names)]
        return [
            OrderParameter(
                order.name.replace("magnetization", "density"),
                tuple(name.replace("spin_sum", "particle_sum") for name in order.series), order.matrix, order.constant,
            )
            for order in found
        ]  # fmt: skip

    def references(self) -> tuple[Reference, ...]:
        """Return the critical point of the square lattice for epsilon = 4."""
        where = "square, epsilon = 4, mu = -8"
        return (Reference("critical temperature", CRITICAL_TEMPERATURE, where, "Lee and Yang 1952"),)

    def ising_view(self, lattice: Lattice, *, chemical_potential: float = 0.0) -> tuple[Ising, float] | None:  # type: ignore[override]
        """Return the Ising model with J = epsilon / 4 and its field h = mu / 2 + z epsilon / 4.

        None where the field would differ from site to site: at free edges, along walls and seams. The total energy here
        is the Ising model's less epsilon / 4 for each bond and mu / 2 for each site.
        """
        neighbours = np.unique(lattice.coordination)
        if len(neighbours) > 1 or lattice.walled or any(lattice.seams):
            return None
        return Ising(self.attraction / 4), chemical_potential / 2 + int(neighbours[0]) * self.attraction / 4
