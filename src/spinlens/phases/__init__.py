"""From latent coordinates to physics: maps, transition, crossover; NumPy and xarray only."""

from spinlens.phases.agreement import Agreement, Correlation, asymmetry, correlation
from spinlens.phases.components import Components, principal_components
from spinlens.phases.crossover import Crossover, find_crossover
from spinlens.phases.exact_lines import ExactLines, exact_lines
from spinlens.phases.maps import latent_maps
from spinlens.phases.transition import Transition, find_transition

__all__ = [
    "Agreement",
    "Components",
    "Correlation",
    "Crossover",
    "ExactLines",
    "Transition",
    "asymmetry",
    "correlation",
    "exact_lines",
    "find_crossover",
    "find_transition",
    "latent_maps",
    "principal_components",
]
