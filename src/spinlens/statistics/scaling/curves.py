"""Zeros and extrema of curves, of all their resamples at once.

Reweighted curves are analytic in the control, so that a polynomial through Chebyshev points stands for all of them in a
window, derivatives too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]
"""From values of the control (n,) to (n, samples)."""

FEWEST_POINTS, MOST_POINTS = 9, 65
SMALL = 1e-8
"""Share of a curve's range below which the last coefficients count as converged."""

MOST_STEPS = 60


@dataclass(frozen=True, eq=False)
class Interpolant:
    """Polynomials that stand for curves within a window.

    Attributes
    ----------
    low, high : float
        The window.
    coefficients : ndarray, float64 (degree + 1, samples)
        Of Chebyshev polynomials over it.
    """

    low: float
    high: float
    coefficients: Array

    def __call__(self, places: Array) -> Array:
        """Return the value of each sample at a place of its own, (samples,)."""
        x = (2.0 * places - self.low - self.high) / (self.high - self.low)
        return np.asarray(chebyshev.chebval(x, self.coefficients, tensor=False), dtype=np.float64)

    def slope(self, places: Array) -> Array:
        """Return the first derivative of each sample at a place of its own."""
        return self.derivative()(places)

    def derivative(self) -> Interpolant:
        """Return the curves of first derivatives."""
        slopes = chebyshev.chebder(self.coefficients) * 2.0 / (self.high - self.low)
        return Interpolant(self.low, self.high, np.asarray(slopes, dtype=np.float64))


def interpolant(curve: Curve, low: float, high: float) -> Interpolant:
    """Return polynomials through as many points as the curves need."""
    points = FEWEST_POINTS
    while True:
        x = chebyshev.chebpts1(points)
        values = curve(0.5 * (low + high) + 0.5 * (high - low) * x)
        coefficients = np.asarray(chebyshev.chebfit(x, values, points - 1), dtype=np.float64)
        size = np.abs(coefficients[1:]).max() + 1e-300
        if points >= MOST_POINTS or np.abs(coefficients[-2:]).max() < SMALL * size:
            return Interpolant(low, high, coefficients)
        points = 2 * points - 1


def roots(curve: Interpolant, start: float) -> Array | None:
    """Return where each sample is zero, (samples,), the zero nearest to a start; None where one leaves the window."""
    slope = curve.derivative()
    places = np.full(curve.coefficients.shape[1], start)
    for _ in range(MOST_STEPS):
        with np.errstate(divide="ignore", invalid="ignore"):
            step = curve(places) / slope(places)
        # Steps of a quarter of the window at most, so that a flat start does not throw a sample out.
        step = np.clip(step, -0.25 * (curve.high - curve.low), 0.25 * (curve.high - curve.low))
        places = places - step
        if not np.all((places >= curve.low) & (places <= curve.high)):
            return None
        if np.abs(step).max() < 1e-13 * max(1.0, float(np.abs(places).max())):
            return places
    return None


def located(
    curve: Curve, start: float, *, width: float, low: float, high: float, extremum: bool = False
) -> tuple[Interpolant, Array] | None:
    """Find a zero or an extremum of every sample, in a window round a start that is widened until it holds them all.

    Parameters
    ----------
    curve : callable
        From the control (n,) to (n, samples).
    start : float
        Where it is, about.
    width : float
        Half of the first window.
    low, high : float
        The most that a window may cover.
    extremum : bool
        Whether the derivative is to vanish.

    Returns
    -------
    tuple of (Interpolant, ndarray) or None
        The curves within the window and the place of each sample, (samples,); None where some have none.
    """
    while True:
        window = max(low, start - width), min(high, start + width)
        found = interpolant(curve, *window)
        places = roots(found.derivative() if extremum else found, start)
        if places is not None:
            return found, places
        if window == (low, high):
            return None
        width *= 2.0
