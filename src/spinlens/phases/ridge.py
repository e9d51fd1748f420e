"""Where a profile along temperature is highest or steepest, read between the grid points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.statistics.smoothing import FINER, smoothing_splines

Floats = NDArray[np.float64]

KEPT = 0.8
"""A ridge that fewer than this fraction of the resamples find is no ridge."""

NOT_INTERIOR = "the maximum lies at the edge of the temperature range"
NOT_STABLE = "too few resamples have an interior maximum"


@dataclass(frozen=True, slots=True, eq=False)
class Ridge:
    """The temperature of the highest point at each field.

    Parameters
    ----------
    temperature, error : ndarray of float64, shape (field,)
        NaN where there is no ridge.
    resampled : ndarray of float64, shape (field, resample)
        The same of each resample.
    reason : tuple of str
        Why there is none; empty where there is one.
    """

    temperature: Floats
    error: Floats
    resampled: Floats
    reason: tuple[str, ...]


def find_ridge(temperature: Floats, profiles: Floats, *, slope: bool = False, known: bool = False) -> Ridge:
    """Locate the ridge of a map, with the errors of its resamples.

    Parameters
    ----------
    temperature : ndarray of float64, shape (temperature,)
        Ascending.
    profiles : ndarray of float64, shape (field, 1 + resamples, temperature)
        Index 0 of the second axis is the estimate itself.
    slope : bool
        True to locate the steepest rise instead of the top.
    known : bool
        Whether the spread of the resamples is the whole noise, so that whatever exceeds it is the profile's own,
        however sharp: for uneven grids of few points.

    Returns
    -------
    Ridge
        The error is half the width of the central 68.27 % of the resamples, which a few stray maxima
        do not inflate. On profiles with known ridges one, two and three errors cover 56, 89 and 99 %: the
        bias of the smoothing is not in them.
    """
    how = {name: True for name, asked in (("slope", slope), ("known", known)) if asked}
    found = np.stack([peak_temperature(temperature, profile, **how) for profile in profiles])
    value, resampled = found[:, 0].copy(), found[:, 1:]
    kept = np.isfinite(resampled).mean(axis=1)
    reason = tuple(_reason(v, k) for v, k in zip(value, kept, strict=True))
    lost = np.array([bool(text) for text in reason])
    value[lost] = np.nan
    error = np.full(len(value), np.nan)
    error[~lost] = central_error(resampled[~lost])
    return Ridge(value, error, np.where(lost[:, None], np.nan, resampled), reason)


def central_error(resampled: Floats) -> Any:
    """Return half the width of the central 68.27 % of the last axis, without what is NaN."""
    if resampled.size == 0:
        return np.empty(resampled.shape[:-1])
    low, high = np.nanpercentile(resampled, [15.865, 84.135], axis=-1)
    return (high - low) / 2


def peak_temperature(temperature: Floats, profiles: Floats, *, slope: bool = False, known: bool = False) -> Floats:
    """Locate the maximum of each of several resamples of one profile.

    Parameters
    ----------
    temperature : ndarray of float64, shape (temperature,)
        Ascending.
    profiles : ndarray of float64, shape (1 + resamples, temperature)
        Row 0 is the estimate itself; the spread of the others is the noise.
    slope : bool
        True to locate the steepest rise instead of the top.
    known : bool
        See `find_ridge`.

    Returns
    -------
    ndarray of float64, shape (1 + resamples,)
        NaN where the maximum is at an end of the range. The search is bounded by the range.
    """
    curves = smoothing_splines(temperature, profiles, profiles[1:].std(axis=0), known=known)
    fine = np.interp(np.arange((len(temperature) - 1) * FINER + 1) / FINER, np.arange(len(temperature)), temperature)
    return vertex(fine, curves(fine, int(slope)))


def vertex(grid: Floats, values: Floats) -> Floats:
    """Return where each row of ``values`` is highest, by a parabola through the top three points.

    NaN where the highest point is the first or the last.
    """
    top = values.argmax(axis=1)
    inside = (top > 0) & (top < len(grid) - 1)
    middle = np.where(inside, top, 1)
    rows = np.arange(len(values))
    left, centre, right = (values[rows, middle + shift] for shift in (-1, 0, 1))
    below, above = grid[middle] - grid[middle - 1], grid[middle + 1] - grid[middle]
    rise, fall = (centre - left) / below, (centre - right) / above
    curvature = rise + fall
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(curvature > 0, (rise * above - fall * below) / (2 * curvature), 0.0)
    return np.where(inside, grid[middle] + shift, np.nan)


def _reason(value: float, kept: float) -> str:
    if not np.isfinite(value):
        return NOT_INTERIOR
    return "" if kept >= KEPT else NOT_STABLE
