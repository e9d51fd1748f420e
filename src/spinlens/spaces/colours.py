"""Colours: values that are equal or not, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.spaces.space import Array, Space, checked_states


@dataclass(frozen=True)
class Colours(Space):
    """Colours 0 to q - 1; an antiperiodic seam has no meaning for them, walls of a colour do.

    Parameters
    ----------
    number : int
        q, at least 2.
    """

    number: int
    name: ClassVar[str] = "colours"

    def __post_init__(self) -> None:
        object.__setattr__(self, "number", checked_states(self.number))

    @property
    def values(self) -> NDArray[Any]:
        """0 to q - 1."""
        return np.arange(self.number, dtype=np.uint8 if self.number <= 256 else np.uint16)

    def statistics(self, codes: NDArray[Any]) -> Array:
        """Return one indicator a colour, float64 (..., q)."""
        return np.asarray(np.asarray(codes)[..., None] == np.arange(self.number), dtype=np.float64)
