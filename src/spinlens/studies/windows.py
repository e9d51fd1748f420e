"""Windows of a control in which a transition is searched: which values are sampled there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.phases.transitions import PhaseTransition
from spinlens.statistics.scaling.line import line_through

Array = NDArray[np.float64]

REACH, SPLIT_REACH = 1.2, 3.0
"""Half the window of a size in units of L^(-1/nu), relative to the place; in units of L^-d where phases coexist."""

DOUBT = 8.0
"""It is at least this many standard errors of the overview's place."""

POINTS = 13
"""Values of the control in it."""

END_REACH, END_POINTS = 0.13, 10
"""Half the window where a critical phase may end, relative to the place, and the values in it: whether it is a phase or
a point is seen from afar alone."""

FEWEST_POINTS, MOST_POINTS = 15, 61
"""Values of the control in the whole window."""


@dataclass(frozen=True)
class Window:
    """Where to look.

    Attributes
    ----------
    axis : str
        ``"temperature"`` or a control of the model.
    low, high : float
        Both ends.
    fixed : mapping of str to float
        The other controls, and the temperature where it is not the axis.
    """

    axis: str
    low: float
    high: float
    fixed: Mapping[str, float]

    @classmethod
    def of(cls, axes: Mapping[str, Any]) -> Window:
        """Return the window that keywords mean: one pair of numbers, the others single numbers."""
        pairs = {name: value for name, value in axes.items() if np.ndim(value) == 1}
        if len(pairs) != 1 or any(len(value) != 2 for value in pairs.values()):
            raise InputError(
                "axes", ", ".join(f"{name}={value}" for name, value in axes.items()) or "none",
                "exactly one control must be a pair, the window to search", "For example temperature=(2, 2.6)",
            )  # fmt: skip
        ((axis, (low, high)),) = pairs.items()
        low, high = float(low), float(high)
        if not np.isfinite([low, high]).all() or not low < high:
            raise InputError(axis, (low, high), "is a window without interior", "Give the lower end first")
        fixed = {name: float(value) for name, value in axes.items() if name != axis}
        if axis != "temperature" and "temperature" not in fixed:
            raise InputError("temperature", None, f"must be given where {axis} is searched")
        return cls(axis, low, high, fixed)

    def check(self, model: Model, lattice: Lattice) -> None:
        """Refuse, before anything is sampled, what could not be reweighted."""

        def factors(value: float) -> Array:
            return model.factors(lattice, **{**self.fixed, self.axis: value})

        line_through(self.axis, factors, np.array([self.low, self.high]))

    def values(self, length: int, dimensions: int) -> Array:
        """Return values over the whole window, close enough for the histograms of a size to overlap."""
        width = np.log(self.high / self.low) if self.low > 0 else (self.high - self.low) / abs(self.high or self.low)
        count = int(np.clip(np.ceil(2.0 * width * length ** (0.5 * dimensions)), FEWEST_POINTS, MOST_POINTS))
        return np.linspace(self.low, self.high, count)

    def near(self, found: PhaseTransition, length: int, dimensions: int) -> Array:
        """Return values close to a place, within the window."""
        nu = found.exponents.get("nu")
        power = float(np.clip(1.0 / nu.value, 0.7, dimensions)) if nu else float(dimensions)
        reach = (REACH if nu else SPLIT_REACH) * length**-power * abs(found.value)
        return self._round(found.value, max(reach, DOUBT * found.error), POINTS)

    def round_the_end(self, place: float) -> Array:
        """Return values on both sides of where a critical phase may end, the same for every size."""
        return self._round(place, END_REACH * abs(place), END_POINTS)

    def _round(self, place: float, half: float, points: int) -> Array:
        return np.linspace(max(self.low, place - half), min(self.high, place + half), points)
