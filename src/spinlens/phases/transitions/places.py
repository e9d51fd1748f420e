"""Where a transition lies: what every method of finite-size scaling says of the same recordings, and all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spinlens.errors import InputError
from spinlens.phases.averaging import average
from spinlens.phases.transitions.usable import CUMULANT, GROWING, HEAT, PEAKED, crossing_pairs, heat_of, split_sizes
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling import Correction, Extrapolation, FiniteSize, PhaseEnd, volume_forms
from spinlens.statistics.scaling.scan import RESPONSE

JUMP, GROWTH = "jump of the helicity modulus", "growth of the susceptibility"
"""Names of the methods that read the end of a critical phase."""

SLOPE, OMEGA, OMEGA_ERROR = 1.5, 1.4, 0.6
"""1 / nu where the slopes do not tell, and omega with the width of its prior where nothing is known of it."""


@dataclass(frozen=True)
class Place:
    """What one method says.

    Attributes
    ----------
    method : str
        Its name.
    estimate : Estimate or None
        Of the infinite system; None where the method sees nothing inside the window.
    reason : str
        Why there is none.
    statistical, choices : float
        Standard error of the data alone, and the spread of forms and windows.
    """

    method: str
    estimate: Estimate | None
    reason: str = ""
    statistical: float = np.nan
    choices: float = np.nan


Method = Callable[[FiniteSize], Extrapolation]


def _crossings(study: FiniteSize) -> Extrapolation:
    """Extrapolate crossings with a correction: a constant is cheaper by a parameter, and off by more than its error."""
    pairs = crossing_pairs(study)
    slope = float(study.crossings(CUMULANT, pairs=pairs[-1:]).inverse_nus.values[0])
    slope = float(np.clip(np.nan_to_num(slope, nan=SLOPE), 0.5, study.dimensions))
    return study.critical_temperature(CUMULANT, pairs=pairs, forms=[(Correction(slope + OMEGA, OMEGA_ERROR),)])


def _collapse(study: FiniteSize) -> Extrapolation:
    return study.collapse(CUMULANT).place


def _peaks(name: str) -> Method:
    return lambda study: study.critical_temperature(name, by="peaks")


def _sharp_crossings(study: FiniteSize) -> Extrapolation:
    """Cumulants of two phases of fixed weights cross at L^-2d from where the weights are those."""
    forms = [(), (Correction(2.0 * study.dimensions, 0.5 * study.dimensions),)]
    return study.critical_temperature(CUMULANT, pairs=crossing_pairs(study), forms=forms)


def _sharp_peaks(name: str) -> Method:
    return lambda study: study.critical_temperature(name, by="peaks", forms=volume_forms(study.dimensions))


def _equal_weight(study: FiniteSize) -> Extrapolation:
    return study.of_sizes(split_sizes(study)).critical_temperature(by="coexistence")


CONTINUOUS: Mapping[str, Method] = {
    "cumulant crossings": _crossings,
    "cumulant collapse": _collapse,
    "susceptibility peaks": _peaks(PEAKED),
    "specific heat peaks": _peaks(HEAT),
}
"""Methods that allow for exponents of any value, whatever the control."""

RESPONDING: Mapping[str, Method] = {"response peaks": _peaks(RESPONSE)}
"""What there is beside them where another control than the temperature varies."""

FIRST_ORDER: Mapping[str, Method] = {
    "equal weight of two phases": _equal_weight,
    "cumulant crossings, first order": _sharp_crossings,
    "susceptibility peaks, first order": _sharp_peaks(PEAKED),
    "specific heat peaks, first order": _sharp_peaks(HEAT),
}
"""Methods for phases that coexist, where everything moves with powers of the volume."""


def continuous(study: FiniteSize) -> Mapping[str, Method]:
    """Return the methods that allow for exponents of any value."""
    return {**CONTINUOUS, **(RESPONDING if heat_of(study) != HEAT else {})}


def unbinding(end: PhaseEnd) -> Mapping[str, Method]:
    """Return the methods for an end of a critical phase, where sizes approach their limits in logarithms."""
    growth: dict[str, Method] = {GROWTH: lambda study: study.unbinding(GROWING, end=end)}
    return {JUMP: lambda study: study.unbinding(by="jump", end=end), **growth} if end.jump else growth


def places(study: FiniteSize, methods: Mapping[str, Method]) -> list[Place]:
    """Ask every method, each on all sizes or on as many of the largest as it can be used with."""
    return [_place(study, name, method) for name, method in methods.items()]


def _place(study: FiniteSize, name: str, method: Method) -> Place:
    reason = ""
    for least in study.sizes[:-1]:
        try:
            found = method(study.of_sizes([size for size in study.sizes if size >= least]))
        except InputError as error:
            reason = str(error)
            continue
        if np.isfinite(found.value) and np.isfinite(found.error) and _inside(study, found.value):
            return Place(name, found.estimate, "", found.statistical, found.choices)
        reason = f"the extrapolation, {found}, lies outside of what was simulated"
    return Place(name, None, reason)


def _inside(study: FiniteSize, value: float) -> bool:
    return all(scan.low <= value <= scan.high for scan in study.scans)


def averaged(found: Sequence[Place], shares: Sequence[float] | None = None) -> Place:
    """Return the average of several places, see `spinlens.phases.averaging`.

    Parameters
    ----------
    found : sequence of Place
        Those without an estimate are left out.
    shares : sequence of float, optional
        Weights; by default the inverse cubes of the errors.
    """
    kept = [k for k, place in enumerate(found) if place.estimate is not None]
    if not kept:
        return Place("together", None, "; ".join(place.reason for place in found[:1]))
    estimates = [each for k in kept if (each := found[k].estimate) is not None]
    errors = [each.error for each in estimates]
    whole = average(
        [each.value for each in estimates], errors, shares=None if shares is None else [shares[k] for k in kept]
    )
    error, data = whole.spread(errors), whole.part([found[k].statistical for k in kept])
    return Place("together", Estimate(whole.mean, error), "", data, float(np.sqrt(max(0.0, error**2 - data**2))))
