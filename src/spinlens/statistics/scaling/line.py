"""A scan is a straight line of strengths over T, and one sum moves along it: the energy, where T is what varies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError

Array = NDArray[np.float64]

STRAIGHT = 1e-9
"""How far from a line the strength of each sum may lie, as a share of its size."""

REMEMBERED = 1 << 12
"""Values of the control whose strengths are kept."""

STEP = 1e-3
"""Of differences, as a share of the control: what is left out is of the size of its square, and rounding is less."""


@dataclass(frozen=True, eq=False)
class Line:
    """K(control) = K_0 + b(control) D for the strengths K over T.

    Two conditions of a scan differ in ln p by (b - b') D . S: so recordings need no more than their conjugate sum
    X = D . S to be reweighted, however many sums the model has.

    Attributes
    ----------
    factors : callable
        K, float64 (terms,), at a value of the control.
    origin : ndarray, float64 (terms,)
        K_0; zeros where T is what varies.
    direction : ndarray, float64 (terms,)
        D; its largest number is 1, so that X is a whole number wherever one coupling or one field varies.
    """

    factors: Callable[[float], Array]
    origin: Array
    direction: Array

    def drive(self, values: Array) -> Array:
        """Return b at values of the control, float64 (n,)."""
        apart = np.array([self.factors(float(value)) for value in values]) - self.origin
        return np.asarray(apart @ self.direction / (self.direction @ self.direction), dtype=np.float64)

    def slopes(self, values: Array) -> tuple[Array, Array]:
        """Return db/dcontrol and its slope at values of the control, float64 (n,) each, by differences."""
        size = np.abs(values)
        # Close to zero fields still have a scale, and a step of no size would be all rounding.
        step = STEP * np.maximum(size, STEP * (size.max() or 1.0))
        before, here, after = (self.drive(values + apart) for apart in (-step, 0.0 * step, step))
        return (after - before) / (2.0 * step), (after - 2.0 * here + before) / step**2


def line_through(control: str, factors: Callable[[float], Array], values: Array) -> Line:
    """Find the line that a control moves along.

    Raises
    ------
    InputError
        If the control does nothing, or moves along a curve.
    """
    rows = np.array([factors(float(value)) for value in (values[0], 0.5 * (values[0] + values[-1]), values[-1])])
    # Each sum has a unit of its own.
    size = np.abs(rows).max(axis=0)
    for origin in (np.zeros(rows.shape[1]), rows[0]):
        direction = rows[-1] - origin
        if not np.any(np.abs(direction) > STRAIGHT * size):
            continue
        direction = direction / np.abs(direction).max()
        along = (rows - origin) @ direction / (direction @ direction)
        apart = np.abs(rows - origin - np.outer(along, direction))
        if np.all(apart <= STRAIGHT * size) and np.ptp(along) > 0:
            # The same values of the control are asked for time and again.
            return Line(lru_cache(maxsize=REMEMBERED)(factors), origin, direction)
    raise InputError("control", repr(control), "moves nothing, or several sums along a curve: no scan to reweight in")
