"""Exact oracles: all states, strips and bars of every discrete model, closed forms, critical temperatures."""

from spinlens.exact.chain_ridges import (
    specific_heat_ridge,
    transverse_susceptibility,
    transverse_susceptibility_ridge,
)
from spinlens.exact.critical import critical_temperature
from spinlens.exact.diagonalisation import diagonalise, slice_probabilities
from spinlens.exact.enumeration import StateCounts, count_states, enumerate_states, state_probabilities
from spinlens.exact.excitations import excitation_gap, time_correlation
from spinlens.exact.free_fermions import transverse_chain, transverse_chain_gap
from spinlens.exact.ising import (
    CrossoverLines,
    TorusEnergies,
    correlation_length,
    crossover_lines,
    kaufman,
    onsager,
    torus_energies,
)
from spinlens.exact.planar import planar_critical_temperature
from spinlens.exact.potts import PottsTransition, potts_transition
from spinlens.exact.strips import finite_strip, transfer_matrix
from spinlens.exact.thermodynamics import StateDistribution, Thermodynamics
from spinlens.exact.xy import xy

__all__ = [
    "CrossoverLines",
    "PottsTransition",
    "StateCounts",
    "StateDistribution",
    "Thermodynamics",
    "TorusEnergies",
    "correlation_length",
    "count_states",
    "critical_temperature",
    "crossover_lines",
    "diagonalise",
    "enumerate_states",
    "excitation_gap",
    "finite_strip",
    "kaufman",
    "onsager",
    "planar_critical_temperature",
    "potts_transition",
    "slice_probabilities",
    "specific_heat_ridge",
    "state_probabilities",
    "time_correlation",
    "torus_energies",
    "transfer_matrix",
    "transverse_chain",
    "transverse_chain_gap",
    "transverse_susceptibility",
    "transverse_susceptibility_ridge",
    "xy",
]
