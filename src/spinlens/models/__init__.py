"""Hamiltonians: energies, order parameters, ground states."""

from spinlens.models.ising import Ising
from spinlens.models.lattice_gas import LatticeGas, lattice_gas

__all__ = ["Ising", "LatticeGas", "lattice_gas"]
