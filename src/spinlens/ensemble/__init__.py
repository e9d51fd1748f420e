"""The store of draws: the only room that touches ensemble files."""

from spinlens.ensemble.description import describe, equilibration_summary
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.simulate import sample, simulate

__all__ = ["Ensemble", "describe", "equilibration_summary", "open_ensemble", "sample", "simulate"]
