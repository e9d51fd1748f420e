"""Terms: sums of small tables over the bonds or the sites of a lattice, kept as whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice

Integers = NDArray[np.int64]

UNIT = 2.0**-30
"""Numbers that are not whole are rounded to multiples of this, so that sums of them are exact in any order."""

LARGEST = 2.0**20
"""Largest entry of a table or pattern: with 2^30 units in one, some 4,000 sites times it still fit 63 bits."""


class Pattern:
    """Numbers that repeat over a lattice with a unit cell, or differ from site to site or bond to bond.

    Parameters
    ----------
    numbers : array of float
        For sites the cell, for example [[1, -1], [-1, 1]] for a staggered field; for bonds one such cell a direction:
        the number at [direction, x, y] belongs to the bond that leaves site (x, y) in that direction. A cell as large
        as the lattice gives every bond its own.

    Raises
    ------
    InputError
        If they are no finite numbers.
    """

    __slots__ = ("_key", "array")
    array: NDArray[np.float64]

    def __init__(self, numbers: Any) -> None:
        try:
            array = np.array(numbers.array if isinstance(numbers, Pattern) else numbers, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(
                "pattern", type(numbers).__name__, "must be an array of numbers, equally long rows"
            ) from None
        if array.ndim == 0 or array.size == 0 or not np.isfinite(array).all():
            raise InputError("pattern", f"array of shape {array.shape}", "must be an array of finite numbers")
        if np.abs(array).max() > LARGEST:
            raise InputError("pattern", np.abs(array).max(), f"has numbers larger than {LARGEST:g}", "Take other units")
        array.setflags(write=False)
        self.array = array
        self._key = (array.shape, array.tobytes())

    def __eq__(self, other: object) -> bool:
        """Compare shapes and numbers."""
        return isinstance(other, Pattern) and self._key == other._key

    def __hash__(self) -> int:
        """Agree with equality."""
        return hash(self._key)

    def __repr__(self) -> str:
        """Print small patterns whole."""
        shown = self.array.tolist() if self.array.size <= 16 else f"<{'x'.join(map(str, self.array.shape))} numbers>"
        return f"Pattern({shown})"

    def to_list(self) -> Any:
        """Return nested lists."""
        return self.array.tolist()


@dataclass(frozen=True, eq=False)
class Bonds:
    """The sum over bonds of ``table[code, code']``, or of ``table[(code' - code) mod q]``, times the pattern.

    Attributes
    ----------
    name : str
        What it is recorded as.
    table : ndarray, int64 (q, q) or (q,)
        By the codes of a bond's first and second end, symmetric; or by the step from the first to the second round a
        circle of q codes, the same or the negative for a step back.
    direction : int, optional
        Only bonds of this direction count.
    pattern : ndarray, int64 (directions, *cell), optional
        Whole-number factors that repeat over the lattice.
    unit : float
        What 1 in the sum stands for.
    """

    name: str
    table: Integers
    direction: int | None = None
    pattern: Integers | None = None
    unit: float = 1.0

    @property
    def circular(self) -> bool:
        """Whether only the step from one code to the other counts."""
        return self.table.ndim == 1

    @property
    def matrix(self) -> Integers:
        """The numbers by both codes, int64 (q, q)."""
        every = np.arange(len(self.table))
        return self.between(every[:, None], every)

    def between(self, first: Any, second: Any) -> Integers:
        """Return the numbers of bonds with these codes at their first and second ends."""
        if self.circular:
            return np.asarray(self.table[(second - first) % len(self.table)])
        return np.asarray(self.table[first, second])

    @property
    def largest(self) -> int:
        """The largest factor of a bond, without its sign."""
        return 1 if self.pattern is None else int(np.abs(self.pattern).max())

    def bond_factors(self, lattice: Lattice, direction: Integers, origin: Integers) -> Integers:
        """Return the whole number by which each bond, given its direction and the site it starts from, counts."""
        factor = np.ones(len(direction), dtype=np.int64)
        if self.pattern is not None:
            factor = self.pattern[(direction, *_places(self.pattern.shape[1:], lattice, origin))]
        return factor if self.direction is None else factor * (direction == self.direction)


@dataclass(frozen=True, eq=False)
class Sites:
    """The sum over sites of ``table[code]``, times the pattern.

    Attributes
    ----------
    name : str
        What it is recorded as.
    table : ndarray, int64 (q,)
        One number a code.
    pattern : ndarray, int64 (*cell), optional
        Whole-number factors that repeat over the lattice.
    unit : float
        What 1 in the sum stands for.
    most : int, optional
        The largest factor of a site in any quenched sample, without its sign; by default that of this pattern.
    """

    name: str
    table: Integers
    pattern: Integers | None = None
    unit: float = 1.0
    most: int | None = None

    @property
    def largest(self) -> int:
        """The largest factor of a site, without its sign."""
        if self.most is not None:
            return self.most
        return 1 if self.pattern is None else int(np.abs(self.pattern).max())

    def site_factors(self, lattice: Lattice) -> Integers:
        """Return the whole number by which each site counts, int64 (N,)."""
        if self.pattern is None:
            return np.ones(lattice.sites, dtype=np.int64)
        return np.asarray(self.pattern[_places(self.pattern.shape, lattice, np.arange(lattice.sites))])


TICKS = 1 << 32
"""Parts of the circle of imaginary time; integrals over it are sums over ticks."""


@dataclass(frozen=True, eq=False)
class Kinks(Sites):
    """How often the codes of all sites change along imaginary time: events, each of which counts its strength over T.

    A configuration is then a code of each site at every imaginary time, and the other terms are integrals along it, in
    ticks. What tables say of codes they say of configurations that never change, in which the number of kinks is 0.

    Attributes
    ----------
    conjugate : str
        Name of the average per site that the strength is conjugate to: T <kinks> over the strength.
    """

    conjugate: str = "transverse_magnetization"


Term = Bonds | Sites


def whole(numbers: Any) -> tuple[Integers, float]:
    """Return whole numbers and their unit: 1 where all are whole already, else the numbers rounded to 2^-30."""
    array = np.asarray(numbers, dtype=np.float64)
    rounded = np.rint(array)
    if np.array_equal(rounded, array):
        return rounded.astype(np.int64), 1.0
    return np.rint(array / UNIT).astype(np.int64), UNIT


def check_cell(name: str, cell: tuple[int, ...], lattice: Lattice) -> None:
    """Make sure that a unit cell tiles a lattice.

    Raises
    ------
    InputError
        If it has another number of axes, or a side that is no multiple of the cell's.
    """
    if len(cell) != lattice.axes or any(side % part for side, part in zip(lattice.shape, cell, strict=False)):
        raise InputError(
            name, f"a cell of {'x'.join(map(str, cell)) or 'no'} sites", f"does not tile the lattice of "
            f"{'x'.join(map(str, lattice.shape))} sites", "Each side of the lattice must be a multiple of the cell's",
        )  # fmt: skip


def _places(cell: tuple[int, ...], lattice: Lattice, sites: Integers) -> tuple[Integers, ...]:
    places = np.unravel_index(sites, lattice.shape)
    return tuple(place % part for place, part in zip(places, cell, strict=True))
