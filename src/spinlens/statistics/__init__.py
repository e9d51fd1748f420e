"""Errors, fluctuations and autocorrelation times; NumPy in, NumPy out, no estimate without its error."""

from spinlens.statistics.autocorrelation import autocorrelation, integrated_autocorrelation_time
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.fluctuations import OBSERVABLES, observables
from spinlens.statistics.jackknife import group_sums, jackknife

__all__ = [
    "OBSERVABLES",
    "Estimate",
    "autocorrelation",
    "group_sums",
    "integrated_autocorrelation_time",
    "jackknife",
    "observables",
]
