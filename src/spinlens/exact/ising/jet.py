"""A function with its first two derivatives, carried through sums, products, logarithms and exponentials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Jet:
    """Value, first and second derivative in one variable, arrays of one shape."""

    value: Array
    first: Array
    second: Array

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.first + other.first, self.second + other.second)

    def __sub__(self, other: Jet) -> Jet:
        return Jet(self.value - other.value, self.first - other.first, self.second - other.second)

    def __mul__(self, other: Jet) -> Jet:
        return Jet(
            self.value * other.value,
            self.first * other.value + self.value * other.first,
            self.second * other.value + 2.0 * self.first * other.first + self.value * other.second,
        )

    def __getitem__(self, place: int | slice) -> Jet:
        return Jet(self.value[place], self.first[place], self.second[place])

    def scaled(self, factor: float) -> Jet:
        """Return the jet times a constant."""
        return Jet(factor * self.value, factor * self.first, factor * self.second)

    def sum(self) -> Jet:
        """Return the sum over the first axis."""
        return Jet(self.value.sum(axis=0), self.first.sum(axis=0), self.second.sum(axis=0))

    def log(self) -> Jet:
        """Return the logarithm of a positive jet."""
        slope = self.first / self.value
        return Jet(np.log(self.value), slope, self.second / self.value - slope**2)

    def exp(self) -> Jet:
        """Return the exponential."""
        value = np.exp(self.value)
        return Jet(value, value * self.first, value * (self.second + self.first**2))
