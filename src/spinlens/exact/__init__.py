"""Exact oracles: infinite lattice, finite torus, all states of a small lattice, strips with every boundary."""

from spinlens.exact.correlation import correlation_length
from spinlens.exact.crossover import CrossoverLines, crossover_lines
from spinlens.exact.enumeration import (
    Enumeration,
    StateCounts,
    count_states,
    enumerate_states,
    state_probabilities,
)
from spinlens.exact.finite_strip import finite_strip
from spinlens.exact.kaufman import Kaufman, kaufman
from spinlens.exact.onsager import Onsager, critical_temperature, onsager
from spinlens.exact.torus_energies import TorusEnergies, torus_energies
from spinlens.exact.transfer_matrix import Strip, transfer_matrix
from spinlens.lattices import Bonds, list_bonds, torus_bonds

__all__ = [
    "Bonds",
    "CrossoverLines",
    "Enumeration",
    "Kaufman",
    "Onsager",
    "StateCounts",
    "Strip",
    "TorusEnergies",
    "correlation_length",
    "count_states",
    "critical_temperature",
    "crossover_lines",
    "enumerate_states",
    "finite_strip",
    "kaufman",
    "list_bonds",
    "onsager",
    "state_probabilities",
    "torus_bonds",
    "torus_energies",
    "transfer_matrix",
]
