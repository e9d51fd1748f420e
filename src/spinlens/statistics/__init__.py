"""Errors, fluctuations, reweighting and autocorrelation times; NumPy in, NumPy out, no estimate without its error."""

from spinlens.statistics import scaling
from spinlens.statistics.autocorrelation import autocorrelation, integrated_autocorrelation_time
from spinlens.statistics.blocking import Blocking, blocking
from spinlens.statistics.configurations import Configurations
from spinlens.statistics.correlation_lengths import correlation_lengths
from spinlens.statistics.derivatives import derivatives
from spinlens.statistics.disorder import disorder_averages
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.imaginary_time import energy_gap, time_correlation
from spinlens.statistics.improved import improved_observables
from spinlens.statistics.indicator import Indicator, information
from spinlens.statistics.jackknife import group_sums, jackknife
from spinlens.statistics.observables import observables
from spinlens.statistics.overlaps import overlaps, pair_overlaps
from spinlens.statistics.reweighting import MultiHistogram, reweight
from spinlens.statistics.vortices import vortex_density

__all__ = [
    "Blocking",
    "Configurations",
    "Estimate",
    "Indicator",
    "MultiHistogram",
    "autocorrelation",
    "blocking",
    "correlation_lengths",
    "derivatives",
    "disorder_averages",
    "energy_gap",
    "group_sums",
    "improved_observables",
    "information",
    "integrated_autocorrelation_time",
    "jackknife",
    "observables",
    "overlaps",
    "pair_overlaps",
    "reweight",
    "scaling",
    "time_correlation",
    "vortex_density",
]


def __dir__() -> list[str]:
    """Return the public names; the modules that they live in are not among them."""
    return list(__all__)
