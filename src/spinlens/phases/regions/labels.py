"""The four temperature regions: their names, their edges in units of where a system has its transition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError

REGIONS = ("far_subcritical", "subcritical", "critical", "supercritical")
"""Names of the regions from cold to hot; a label is a place in this tuple."""

TITLES = ("far sub-critical", "sub-critical", "critical", "super-critical")

EDGES = (1.055, 2.119, 2.320)
"""Temperatures between the regions of the square Ising model, abs(J) = 1; an edge belongs to the colder one."""

HOTTEST = 4.0
"""Highest temperature of the last region, likewise."""

STEP = 0.01
"""Distance of the temperatures of the study, likewise."""

Counts = tuple[int, int, int, int]
"""Images of each region."""

_DIGITS = 9


def bounds(unit: float = 1.0) -> tuple[float, ...]:
    """Return where the regions begin and end, five temperatures from 0 on, in units of energy."""
    return tuple(unit * edge for edge in (0.0, *EDGES, HOTTEST))


def temperatures(step: float = STEP, *, unit: float = 1.0) -> NDArray[np.float64]:
    """Return the grid of the study, float64 (T,): multiples of the step in (0, 4], times the unit.

    Raises
    ------
    InputError
        If the step does not divide 4.
    """
    count = round(HOTTEST / step) if step > 0 else 0
    if count < 1 or abs(count * step - HOTTEST) > 1e-9:
        raise InputError("step", step, f"must be > 0 and divide {HOTTEST:g}")
    # Divided, not multiplied: 2.32 is then the number that it is written as.
    return np.arange(1, count + 1) * HOTTEST / count * unit


def region_of(temperature: Any, *, unit: float = 1.0) -> NDArray[np.int64]:
    """Return the label of the region that each temperature lies in.

    Parameters
    ----------
    temperature : float or array
        0 < T <= 4 units. In units it is rounded to nine decimals first, as sums of 0.01 need it.
    unit : float
        What the edges are multiples of: abs(J) of the square Ising model; of another system its transition
        temperature over that of the square Ising model, so that the edges lie at the same shares of it.

    Returns
    -------
    numpy.ndarray
        int64 of the shape of ``temperature``: 0 to 3, see `REGIONS`.

    Raises
    ------
    InputError
        If a temperature is not a number in (0, 4] units.
    """
    try:
        values = np.round(np.asarray(temperature, dtype=np.float64) / unit, _DIGITS)
    except (TypeError, ValueError):
        raise InputError("temperature", temperature, "must be a number or an array of numbers") from None
    wrong = np.argwhere(~((values > 0) & (values <= HOTTEST)))
    if len(wrong):
        place = tuple(wrong[0])
        raise InputError("temperature", values[place], f"the regions cover 0 < T <= {HOTTEST:g}")
    return np.asarray(np.digitize(values, EDGES, right=True), dtype=np.int64)


def class_counts(labels: Any) -> Counts:
    """Return how many labels there are of each region."""
    a, b, c, d = np.bincount(np.asarray(labels, dtype=np.int64), minlength=len(REGIONS)).tolist()
    return a, b, c, d
