"""A number and its error, printed the way physicists write them: 2.2681(14)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from spinlens.errors import InputError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its standard error.

    Parameters
    ----------
    value : float
        The estimate.
    error : float
        Its standard error, >= 0; NaN where it is not known, 0 where the value is exact.

    Raises
    ------
    InputError
        If the error is negative.

    Examples
    --------
    >>> print(Estimate(2.26812, 0.00143), Estimate(22.31, 1.4), Estimate(3.2e-9, 1.2e-10))
    2.2681(14) 22.3(1.4) 3.20(12)e-09
    """

    value: float
    error: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "error", float(self.error))
        if self.error < 0:
            raise InputError("error", self.error, "a standard error is >= 0")

    def __str__(self) -> str:
        """Print with two significant digits of the error, which stand for the last digits of the value."""
        if not math.isfinite(self.value) or not math.isfinite(self.error):
            return f"{self.value:.6g}({self.error:.2g})"
        if self.error == 0:
            return f"{self.value:.12g}(0)"
        # Rounding to two digits first: 0.0996 has the digits of 0.10.
        error = Decimal(f"{self.error:.1e}")
        size = max(abs(Decimal(self.value)), error).adjusted()
        if -5 < size < 7:
            return _digits(Decimal(self.value), error)
        return f"{_digits(Decimal(self.value).scaleb(-size), error.scaleb(-size))}e{size:+03d}"

    def __format__(self, specification: str) -> str:
        """Pad the printed form, so that estimates line up in tables."""
        return format(str(self), specification)


def _digits(value: Decimal, error: Decimal) -> str:
    """Return value(error) in plain decimals, for an error that already has two significant digits."""
    place = error.adjusted() - 1
    rounded = value.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)
    if place >= 0:
        return f"{int(rounded)}({int(error)})"
    if error.adjusted() >= 0:
        return f"{rounded:f}({error:.1f})"
    return f"{rounded:f}({int(error.scaleb(-place))})"
