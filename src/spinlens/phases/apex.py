"""Where ridges lead as the temperature goes to zero: the quantum critical point at the apex of its fan.

The inverse temperature is the length of imaginary time, so that ridges move with it as they do with the size of a
lattice: Gamma(T) = Gamma_c + a T^(1 / (nu z)), or a higher power where the symmetry of a ridge forbids this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.phases.lines import LEARNED, find_row_ridges, tabulate_lines, with_exact_rows
from spinlens.phases.planes import axes, known_apex
from spinlens.phases.ridge import Ridge, central_error
from spinlens.phases.sizes import infinite_lattice
from spinlens.phases.trainings import combined, enough, spread
from spinlens.statistics.estimate import Estimate

Floats = NDArray[np.float64]

FEWEST_ROWS = 3
"""Temperatures with a ridge, to read an exponent from."""


@dataclass(frozen=True, slots=True)
class Apex:
    """The place of a transition at T = 0, and how a ridge leads there.

    Attributes
    ----------
    value, error : float
        Of the control, in units of energy; NaN where fewer than half of the trainings have it.
    exponent : Estimate
        Effective nu z of T ~ abs(Gamma - Gamma_c)^(nu z) along the ridge, measured from the known place where there is
        one.
    by_training : tuple of float
        What each training alone gives; one number where nothing was trained.
    training_spread : float
        Between trainings, a part of the error; 0 of a single one, whose error then lacks it.
    finite_size_shift : float
        How far apart on this lattice all ridges put it. Its 1 / sqrt(3) is a part of the error.
    """

    value: float
    error: float
    exponent: Estimate
    by_training: tuple[float, ...]
    training_spread: float
    finite_size_shift: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the parts by name, the exponent as value and error."""
        return asdict(self) | {"exponent": [self.exponent.value, self.exponent.error]}

    def __str__(self) -> str:
        return str(Estimate(self.value, self.error))


def find_apexes(maps: xr.Dataset, trainings: Sequence[xr.Dataset], *, resamples: int, seed: int) -> dict[str, Apex]:
    """Extrapolate the ridges across a plane to T = 0, those of `spinlens.phases.lines.find_row_ridges`.

    Nothing is extrapolated where temperature does not lie along, or is no inverse length of imaginary time. The
    ridge of the response belongs to the infinite lattice; those of order parameters are where correlations reach as far
    as this one, and lead to a place that is shifted with its size: how far apart all are counts as an uncertainty of
    each. Where the response is known exactly, ``exact_conjugate`` is what the estimator makes of its exact places, with
    the errors of those that were found.
    """
    _, along = axes(maps)
    if along != "temperature" or not maps.attrs.get("imaginary_time"):
        return {}
    known = known_apex(maps)
    place = np.nan if known is None else known.value
    first, *others = (find_row_ridges(each, [], resamples=resamples, seed=seed) for each in (maps, *trainings))
    temperature = maps[along].to_numpy()
    found = {
        name: find_apex(
            temperature, [each[name] for each in (first, *(others if name in LEARNED else []))], known=place
        )
        for name in first
    }
    values = [each.value for each in found.values() if np.isfinite(each.value)]
    shift = float(np.ptp(values)) if values else 0.0
    found = {
        name: replace(each, error=float(np.hypot(each.error, shift / np.sqrt(3))), finite_size_shift=shift)
        for name, each in found.items()
    }
    rows = with_exact_rows(tabulate_lines(temperature, first, along), maps)
    if "exact_conjugate" in rows:
        measured, exact = first["conjugate"], rows["exact_conjugate"].to_numpy()
        places = np.where(np.isfinite(measured.temperature), exact, np.nan)
        resampled = np.broadcast_to(places[:, None], measured.resampled.shape)
        ridge = replace(measured, temperature=places, resampled=resampled)
        found["exact_conjugate"] = find_apex(temperature, [ridge], known=place)
    return found


def find_apex(temperature: Floats, ridges: Sequence[Ridge], *, known: float = np.nan) -> Apex:
    """Extrapolate a ridge to T = 0.

    Parameters
    ----------
    temperature : ndarray of float64, shape (T,)
        Ascending.
    ridges : sequence of Ridge
        Of each training the place of the ridge in a control, shape (T,); one where nothing was trained.
    known : float
        The place at T = 0 that is known, from which the exponent is measured; by default the one that is found.

    Returns
    -------
    Apex
        The mean of the trainings. The error holds their spread, the resampled chains and the choice of the window of
        temperatures; that of the form is the wide prior of the exponent, see `spinlens.phases.sizes.infinite_lattice`.
    """
    longest_last = np.argsort(1.0 / temperature)
    places = []
    for ridge in ridges:
        rows = [Estimate(float(ridge.temperature[i]), float(ridge.error[i])) for i in longest_last]
        places.append(infinite_lattice((1.0 / temperature[longest_last]).tolist(), rows))
    every = np.array([place.value for place in places])
    found = every[np.isfinite(every)]
    if not enough(len(found), len(ridges)):
        return Apex(np.nan, np.nan, Estimate(np.nan, np.nan), tuple(every.tolist()), 0.0)
    value, between = float(found.mean()), float(spread(found))
    own = float(np.sqrt(np.mean([place.error**2 for place in places if np.isfinite(place.value)])))
    exponent = _exponent(temperature, combined(ridges), value if np.isnan(known) else known)
    return Apex(value, float(np.hypot(own, between)), exponent, tuple(every.tolist()), between)


def _exponent(temperature: Floats, ridge: Ridge, apex: float) -> Estimate:
    """Return the slope of ln T over ln abs(Gamma - Gamma_c), with the spread of the resamples."""
    away = np.abs(np.column_stack([ridge.temperature, ridge.resampled]) - apex)
    use = np.isfinite(ridge.temperature) & (away[:, 0] > ridge.error)
    if use.sum() < FEWEST_ROWS:
        return Estimate(np.nan, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance, weight = np.log(away[use]), (away[use, 0] / np.maximum(ridge.error[use], 1e-9)) ** 2
    distance = distance[:, np.isfinite(distance).all(axis=0)]
    x = np.log(temperature[use])
    x = x - np.average(x, weights=weight)
    slope = (weight * x) @ distance / (weight * x**2).sum()
    if slope.size < 3:
        return Estimate(np.nan, np.nan)
    return Estimate(float(1.0 / slope[0]), float(central_error(1.0 / slope[1:])))
