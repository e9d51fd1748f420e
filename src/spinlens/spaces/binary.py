"""Two spins, down and up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.spaces.space import Array, Space


@dataclass(frozen=True)
class Binary(Space):
    """Two values: spins -1 and +1, or empty and occupied sites 0 and 1. Code 1 is the larger.

    Parameters
    ----------
    low, high : int
        The values.
    """

    low: int = -1
    high: int = 1
    name: ClassVar[str] = "binary"

    @property
    def values(self) -> NDArray[np.int8]:
        """The two values, int8 (2,)."""
        return np.array([self.low, self.high], dtype=np.int8)

    @property
    def turn(self) -> NDArray[np.int64]:
        """The other value."""
        return np.array([1, 0])

    def statistics(self, codes: NDArray[Any]) -> Array:
        """Return the one statistic: 1 for the larger value, else 0."""
        return np.asarray(codes, dtype=np.float64)[..., None]
