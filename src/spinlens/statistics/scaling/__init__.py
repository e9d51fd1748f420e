"""Finite-size scaling: what several sizes say of the infinite system, for any observable.

Errors rest on whole chains, resampled at all temperatures at once.

>>> study = FiniteSize(ensembles)  # doctest: +SKIP
>>> study.critical_temperature(), study.exponents(), study.collapse("binder_cumulant")  # doctest: +SKIP
"""

from spinlens.statistics.scaling.coexistence import Coexistence
from spinlens.statistics.scaling.collapse import Collapse
from spinlens.statistics.scaling.crossings import Crossing, Quotient
from spinlens.statistics.scaling.extrapolation import Correction, Extrapolation, Fit, extrapolate
from spinlens.statistics.scaling.limit import Exponents, volume_forms
from spinlens.statistics.scaling.peaks import Peak
from spinlens.statistics.scaling.phase_ends import PhaseEnd, locking, phase_ends
from spinlens.statistics.scaling.resamples import Resamples
from spinlens.statistics.scaling.smooth import SmoothScan
from spinlens.statistics.scaling.sources import recorded_arrays, recorded_ensembles
from spinlens.statistics.scaling.stretch import Stretch
from spinlens.statistics.scaling.study import FiniteSize

__all__ = [
    "Coexistence",
    "Collapse",
    "Correction",
    "Crossing",
    "Exponents",
    "Extrapolation",
    "FiniteSize",
    "Fit",
    "Peak",
    "PhaseEnd",
    "Quotient",
    "Resamples",
    "SmoothScan",
    "Stretch",
    "extrapolate",
    "locking",
    "phase_ends",
    "recorded_arrays",
    "recorded_ensembles",
    "volume_forms",
]


def __dir__() -> list[str]:
    """Return the public names; the modules that they live in are not among them."""
    return list(__all__)
