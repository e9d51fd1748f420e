"""A clock: angles at equal distances round a circle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.spaces.space import Array, Space, checked_states

FEWEST_OF_A_CIRCLE = 5
"""Fewer angles are Ising and Potts models, in which nothing can be twisted slowly."""


@dataclass(frozen=True)
class Angles(Space):
    """The angles 2 pi k / q; seams turn them by whole numbers of codes, antiperiodic ones by half a circle: of even q.

    Parameters
    ----------
    number : int
        q, at least 2.
    """

    number: int
    name: ClassVar[str] = "angles"

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", checked_states(self.number))

    @property
    def values(self) -> Array:
        """Angles in radians, from 0 on, float64 (q,)."""
        return 2.0 * np.pi * np.arange(self.number) / self.number

    @property
    def circle(self) -> bool:
        """Whether there are five angles or more."""
        return self.number >= FEWEST_OF_A_CIRCLE

    @property
    def turn(self) -> NDArray[np.int64] | None:
        """Half a turn, where q is even."""
        return None if self.number % 2 else self.twisted(self.number // 2)

    def twisted(self, steps: int) -> NDArray[np.int64] | None:
        """Return the codes so many steps on."""
        return (np.arange(self.number) + steps) % self.number if steps < self.number else None

    def statistics(self, codes: NDArray[Any]) -> Array:
        """Return cosine and sine, float64 (..., 2)."""
        angle = self.values[np.asarray(codes)]
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
