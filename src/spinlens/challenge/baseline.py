"""A simple reader of sealed problems, whose scores stand beside those of others: the peak of the specific heat."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from spinlens.challenge.problem import Arrays, SealedProblem
from spinlens.challenge.systems import CONTINUOUS

FLOOR = 0.1
"""Smallest error, in steps of the grid of temperatures."""


def baseline(problem: SealedProblem) -> dict[str, Any]:
    """Return what the peak of the specific heat says of a problem.

    The place is that at the largest size, its error the distance to that at the next size. Where the specific heat is
    largest at an edge of the window, nothing can be told.
    """
    *_, smaller, largest = problem.sizes
    place, inside = _peak(problem[largest])
    before, _ = _peak(problem[smaller])
    if not inside:
        return {"transitions": [], "none_probability": 0.5 - 1e-9}
    temperature = np.asarray(problem[largest]["temperature"])
    error = max(abs(place - before), FLOOR * float(np.diff(np.log(temperature)).mean()) * place)
    reach = {level: float(norm.ppf(0.5 + level / 200)) * error for level in (68, 95)}
    intervals = {f"interval_{level}": [place - width, place + width] for level, width in reach.items()}
    found = {"value": place, "error": error, **intervals, "kind": CONTINUOUS, "probability": 0.5}
    return {"transitions": [found], "none_probability": 0.5}


def _peak(arrays: Arrays) -> tuple[float, bool]:
    """Return where the specific heat is largest, by a parabola in ln T, and whether that is inside the window."""
    temperature = np.asarray(arrays["temperature"], dtype=np.float64)
    energy = np.asarray(arrays["energy"], dtype=np.float64)
    heat = energy.reshape(len(temperature), -1).var(axis=1) / temperature**2
    top = int(heat.argmax())
    if top in (0, len(heat) - 1):
        return float(temperature[top]), False
    near, here = np.log(temperature[top - 1 : top + 2]), heat[top - 1 : top + 2]
    curve = np.polyfit(near - near[1], here, 2)
    return float(np.exp(near[1] - curve[1] / (2 * curve[0]))), True
