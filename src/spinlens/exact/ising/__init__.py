"""Closed forms and strips of the Ising model on the square lattice."""

from spinlens.exact.ising.correlation import correlation_length
from spinlens.exact.ising.crossover import CrossoverLines, crossover_lines
from spinlens.exact.ising.finite_strip import ising_finite_strip
from spinlens.exact.ising.kaufman import kaufman, kaufman_torus
from spinlens.exact.ising.onsager import onsager, onsager_lattice
from spinlens.exact.ising.strip import strip_correlation_length
from spinlens.exact.ising.torus_energies import TorusEnergies, torus_energies
from spinlens.exact.ising.transfer_matrix import ising_strip

__all__ = [
    "CrossoverLines", "TorusEnergies", "correlation_length", "crossover_lines", "ising_finite_strip", "ising_strip",
    "kaufman", "kaufman_torus", "onsager", "onsager_lattice", "strip_correlation_length", "torus_energies",
]  # fmt: skip
