"""Transitions of models that nobody was told about: places with errors, kinds, and none where there is none."""

from spinlens.phases.transitions.evidence import Evidence, evidence
from spinlens.phases.transitions.findings import Findings, PhaseTransition, together
from spinlens.phases.transitions.places import Place
from spinlens.phases.transitions.search import search
from spinlens.phases.transitions.search_configurations import search_configurations
from spinlens.phases.transitions.verdict import Verdict, verdict

__all__ = [
    "Evidence", "Findings", "PhaseTransition", "Place", "Verdict", "evidence", "search", "search_configurations",
    "together", "verdict",
]  # fmt: skip
