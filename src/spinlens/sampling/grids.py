"""The axes of a grid of conditions: numbers, ascending."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.models import SMALLEST_TEMPERATURE


def grid_is_rounded(values: np.ndarray) -> np.ndarray:
    """Return a grid in which what is zero within rounding is zero, as in the middle of ``np.arange(-1, 1.01, 0.1)``."""
    if values.size < 2:
        return values
    rounding = 4 * values.size * np.finfo(float).eps * np.abs(values).max()
    return np.where(np.abs(values) <= rounding, 0.0, values)


def ascending_temperatures(values: Any) -> tuple[float, ...]:
    """Return temperatures of a grid.

    Raises
    ------
    InputError
        If they are not ascending, or one is not > 0.
    """
    temperature = ascending_grid("temperature", values)
    for i, value in enumerate(temperature):
        if value <= 0:
            raise InputError(f"temperature[{i}]", value, "must be > 0 (k_B = 1, units of abs(J))")
        if value < SMALLEST_TEMPERATURE:
            raise InputError(f"temperature[{i}]", value, f"must be at least {SMALLEST_TEMPERATURE:g}")
    return temperature


def ascending_grid(name: str, values: float | Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """Return the values of a control on a grid.

    Raises
    ------
    InputError
        If they are no numbers, not finite or not ascending.
    """
    try:
        grid = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(name, values, "must be a number or a list of numbers") from None
    if grid.ndim != 1 or grid.size == 0:
        raise InputError(name, values, "must be a list of at least one number")
    for i, value in enumerate(grid):
        if not math.isfinite(value):
            raise InputError(f"{name}[{i}]", value, "must be a finite number")
        if i and value <= grid[i - 1]:
            raise InputError(
                f"{name}[{i}]", value, f"must be larger than {name}[{i - 1}] = {grid[i - 1]}",
                "Sort the grid and drop duplicates",
            )  # fmt: skip
    return tuple(float(value) + 0.0 for value in grid_is_rounded(grid))
