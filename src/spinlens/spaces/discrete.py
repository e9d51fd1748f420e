"""Any few numbers on a site, for example the three values of a spin-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.spaces.space import Array, Space, checked_states


@dataclass(frozen=True)
class Discrete(Space):
    """Numbers in ascending order.

    Parameters
    ----------
    numbers : tuple of float
        The values; whole ones are kept as such.

    Raises
    ------
    InputError
        If there are fewer than two, or they are not finite and ascending.

    Notes
    -----
    The statistics are s and s^2 for three values (dipole and quadrupole), one indicator for each value but the
    lowest for more: enough to tell any distribution of one site.
    """

    numbers: tuple[float, ...]
    name: ClassVar[str] = "discrete"

    def __post_init__(self) -> None:
        try:
            numbers = np.asarray(self.numbers, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError("values", self.numbers, "must be a list of numbers") from None
        if numbers.ndim != 1:
            raise InputError("values", self.numbers, "must be a list of numbers")
        checked_states(numbers.size)
        if not np.isfinite(numbers).all() or np.any(np.diff(numbers) <= 0):
            raise InputError("values", self.numbers, "must be finite and ascending")
        whole = bool((numbers == np.rint(numbers)).all())
        object.__setattr__(self, "numbers", tuple(int(n) if whole else float(n) for n in numbers))

    @property
    def values(self) -> NDArray[Any]:
        """The numbers, (q,), int8 where all are whole and small, else int64 or float64."""
        values = np.array(self.numbers)
        small = values.dtype.kind == "i" and np.abs(values).max() < 128
        return values.astype(np.int8) if small else values

    @property
    def turn(self) -> NDArray[np.int64] | None:
        """The negative value, where each has one."""
        values = np.array(self.numbers)
        return np.arange(self.states)[::-1].copy() if np.array_equal(values, -values[::-1]) else None

    def statistics(self, codes: NDArray[Any]) -> Array:
        """Return s and s^2, or indicators of all values but the lowest."""
        codes = np.asarray(codes)
        if self.states <= 3:
            s = np.array(self.numbers, dtype=np.float64)[codes]
            return np.stack([s, s**2], axis=-1)[..., : self.states - 1]
        return np.asarray(codes[..., None] == np.arange(1, self.states), dtype=np.float64)
