"""From a plan to draws: exact Markov chains, many at a time."""

from spinlens.sampling.chains import Unit, UnitDraws, run_unit, units
from spinlens.sampling.plan import Plan

__all__ = ["Plan", "Unit", "UnitDraws", "run_unit", "units"]
