"""Errors, fluctuations, reweighting and autocorrelation times; NumPy in, NumPy out, no estimate without its error."""

from spinlens.statistics.autocorrelation import autocorrelation, integrated_autocorrelation_time
from spinlens.statistics.blocking import Blocking, blocking
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.fluctuations import OBSERVABLES, observables
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.reweighting import MultiHistogram, Reweighted, reweight

__all__ = [
    "OBSERVABLES",
    "Blocking",
    "Estimate",
    "MultiHistogram",
    "Reweighted",
    "autocorrelation",
    "blocking",
    "group_sums",
    "integrated_autocorrelation_time",
    "jackknife",
    "observables",
    "reweight",
]
