"""Controls that are held while sizes are compared: numbers, or powers of the size, as ``"2/L"``.

Close to a transition at zero temperature imaginary time is one more direction, 1 / T long: sizes are similar where it
grows with them, T = a / L^z, and what a is moves the corrections, not the limit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from spinlens.errors import InputError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_FORM = re.compile(rf"\s*({_NUMBER})\s*/\s*L\s*(?:\^\s*({_NUMBER})\s*)?")


@dataclass(frozen=True)
class Shrinking:
    """A control that is amplitude / L^power at side L.

    Attributes
    ----------
    amplitude : float
        Its value at L = 1, in its own units.
    power : float
        Of L, > 0; of a temperature at a quantum critical point the dynamic exponent z.
    """

    amplitude: float
    power: float = 1.0

    def __str__(self) -> str:
        """Return what `held` reads."""
        return f"{self.amplitude:.17g}/L" + ("" if self.power == 1 else f"^{self.power:.17g}")

    def at(self, length: int) -> float:
        """Return the value at a side."""
        return float(self.amplitude / length**self.power)


def held(name: str, value: Any) -> float | Shrinking:
    """Return what a control is held at.

    Parameters
    ----------
    name : str
        Of the control, for the error.
    value : float or str
        A number, or ``"a/L"`` or ``"a/L^z"`` with numbers a and z.

    Raises
    ------
    InputError
        If it is neither.
    """
    found = _FORM.fullmatch(value) if isinstance(value, str) else None
    try:
        held_at = Shrinking(float(found[1]), float(found[2] or 1)) if found else float(value)
    except (TypeError, ValueError):
        held_at = math.nan
    numbers = (held_at.amplitude, held_at.power) if isinstance(held_at, Shrinking) else (held_at, 1.0)
    if not (all(map(math.isfinite, numbers)) and numbers[1] > 0):
        raise InputError(
            name, repr(value), "must be a finite number, or one over a power of the size",
            'For example 0.5, "2/L" or "2/L^1.5"',
        )  # fmt: skip
    return held_at
