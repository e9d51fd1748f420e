"""Hamiltonians: energies, order parameters, ground states."""

from spinlens.models.ising import Ising

__all__ = ["Ising"]
