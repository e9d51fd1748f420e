"""The four temperature regions: their names, their edges, how many images of each the published sets have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError

REGIONS = ("far_subcritical", "subcritical", "critical", "supercritical")
"""Names of the regions from cold to hot; a label is a place in this tuple."""

TITLES = ("far sub-critical", "sub-critical", "critical", "super-critical")

EDGES = (1.055, 2.119, 2.320)
"""Temperatures between the regions, in units of abs(J); an edge itself belongs to the colder one."""

HOTTEST = 4.0
"""Highest temperature of the last region."""

STEP = 0.01
"""Distance of the temperatures of the study."""

Counts = tuple[int, int, int, int]
"""Images of each region."""

PUBLISHED_COUNTS: Mapping[str, Counts] = MappingProxyType(
    {"train": (220, 80, 90, 210), "validation": (100, 50, 60, 90), "test": (150, 50, 70, 130)}
)
"""Images of each region in the published sets of each system: 600, 300 and 400."""

_DIGITS = 9


def temperatures(step: float = STEP) -> NDArray[np.float64]:
    """Return the grid of the study: multiples of the step in (0, 4], float64 (T,).

    Raises
    ------
    InputError
        If the step does not divide 4.
    """
    count = round(HOTTEST / step) if step > 0 else 0
    if count < 1 or abs(count * step - HOTTEST) > 1e-9:
        raise InputError("step", step, f"must be > 0 and divide {HOTTEST:g}")
    # Divided, not multiplied: 2.32 is then the number that it is written as.
    return np.arange(1, count + 1) * HOTTEST / count


def region_of(temperature: Any) -> NDArray[np.int64]:
    """Return the label of the region that each temperature lies in.

    Parameters
    ----------
    temperature : float or array
        0 < T <= 4, in units of abs(J). It is rounded to nine decimals first, as sums of 0.01 need it.

    Returns
    -------
    numpy.ndarray
        int64 of the shape of ``temperature``: 0 to 3, see `REGIONS`.

    Raises
    ------
    InputError
        If a temperature is not a number in (0, 4].
    """
    try:
        values = np.round(np.asarray(temperature, dtype=np.float64), _DIGITS)
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
