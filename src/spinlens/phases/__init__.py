"""From latent coordinates to physics: maps, transition, crossover; NumPy and xarray only."""

from spinlens.phases.agreement import Agreement, Correlation, asymmetry, correlation
from spinlens.phases.ceilings import Optimum, cramer_rao, efficiency, exact_fisher_information, fisher_information
from spinlens.phases.components import Components, principal_components
from spinlens.phases.crossover import Crossover, find_crossover
from spinlens.phases.exact_lines import ExactLines, exact_lines
from spinlens.phases.from_configurations import FoundTransition, transition_from_configurations
from spinlens.phases.indicators import PrincipalOrder, latent_orders, pair_overlaps
from spinlens.phases.information_ridges import information_ridges, ridge_of
from spinlens.phases.local_model import LearnedPairs, learn_pairs, transition_of_local_model
from spinlens.phases.maps import latent_maps
from spinlens.phases.planes import on_plane
from spinlens.phases.reweighted import reweighted_ridges
from spinlens.phases.transition import Transition, find_transition

__all__ = [
    "Agreement",
    "Components",
    "Correlation",
    "Crossover",
    "ExactLines",
    "FoundTransition",
    "LearnedPairs",
    "Optimum",
    "PrincipalOrder",
    "Transition",
    "asymmetry",
    "correlation",
    "cramer_rao",
    "efficiency",
    "exact_fisher_information",
    "exact_lines",
    "find_crossover",
    "find_transition",
    "fisher_information",
    "information_ridges",
    "latent_maps",
    "latent_orders",
    "learn_pairs",
    "on_plane",
    "pair_overlaps",
    "principal_components",
    "reweighted_ridges",
    "ridge_of",
    "transition_from_configurations",
    "transition_of_local_model",
]
