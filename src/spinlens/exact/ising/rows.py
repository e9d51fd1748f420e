"""The factors of a transfer matrix on the 2^width states of a row, with their derivatives.

The transfer matrix is a product of D = exp(K_y r + H f), diagonal in the bond sum r across a row and in what the
field couples to, f, and M = the product over sites of exp(K_x s_i s'_i), with K = J / T and H = h / T. M is never
formed: it is applied to the left and to the right half of a row in turn. D and M are scaled to largest elements of
one, so that no temperature overflows.

A `Jet` of vectors carries a vector with its first two derivatives in one parameter through the factors, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact.ising.jet import Jet
from spinlens.exact.ising.square import square_couplings
from spinlens.lattices import Rule
from spinlens.models.ising import Ising

Array = NDArray[np.float64]

WIDEST = 14
"""Widest strip: 16,384 states of a row."""


@dataclass(frozen=True, slots=True)
class Direction:
    """A parameter to differentiate in: how fast the logarithms of D and M grow with it.

    Attributes
    ----------
    rows : tuple of ndarray
        For each row of a period, d ln D of each state, shape (2^width,).
    overlap : float
        The factor of sum_i s_i s'_i in d ln M.
    """

    rows: tuple[Array, ...]
    overlap: float


class Rows:
    """All rows of one strip at one condition.

    Parameters
    ----------
    model : Ising
        Jx is the coupling along the strip, Jy the one across it.
    width : int
        Sites in a row, 2 to 14.
    across : str or pair
        The rule beyond the ends of a row, as of one axis of a `Lattice`.
    temperature, field : float
        T > 0 and h, in units of energy.
    turned : bool
        Whether every other row is seen upside down: Jx changes its sign, and a staggered field looks alike in all
        rows. Not for walls along the strip, which would alternate then.

    Attributes
    ----------
    diagonals : list of ndarray
        D of each row of the period, shape (2^width,), largest element 1.
    coupling : float
        K_x, as the rows see it.
    row_scales, bond_scale : tuple of float, float
        ln of what D of each row of the period, and M, were divided by.
    by_temperature, by_field : Direction
        Derivatives in 1 / T at constant h, and in h / T.
    """

    def __init__(
        self, model: Ising, width: int, across: Rule, *, temperature: float, field: float, turned: bool = False
    ) -> None:
        self.width, self.size, self.temperature = width, 1 << width, temperature
        along, over = square_couplings(model)
        bonds, aligned = _bond_sum(width, across), _field_sums(width, staggered=model.staggered)
        if turned:
            along, aligned = -along, aligned[:1]
        slopes = tuple(over * bonds + field * sums for sums in aligned)
        tops = [float(slope.max()) for slope in slopes]
        self.diagonals = [np.exp((slope - top) / temperature) for slope, top in zip(slopes, tops, strict=True)]
        self.row_scales = tuple(top / temperature for top in tops)
        self.coupling = along / temperature
        self.bond_scale = width * abs(self.coupling)
        self.halves = [_half(part, self.coupling) for part in (width - width // 2, width // 2)]
        self.by_temperature, self.by_field = Direction(slopes, along), Direction(aligned, 0.0)

    @property
    def period(self) -> int:
        """Rows after which the strip repeats: 2 in a staggered field, else 1."""
        return len(self.diagonals)

    def bond(self, x: Array, *, order: int = 0) -> Array:
        """Return d^order M / dK^order times x, shape (..., 2^width)."""
        left, right = self.halves
        y = x.reshape(*x.shape[:-1], len(left[0]), len(right[0]))
        if order == 0:
            image = left[0] @ y @ right[0]
        elif order == 1:
            image = left[1] @ y @ right[0] + left[0] @ y @ right[1]
        else:
            image = left[2] @ y @ right[0] + 2.0 * (left[1] @ y @ right[1]) + left[0] @ y @ right[2]
        return np.asarray(image.reshape(x.shape), dtype=np.float64)

    def bond_jet(self, jet: Jet, direction: Direction) -> Jet:
        """Return M times a jet of vectors (..., 2^width)."""
        g = direction.overlap
        value, first, second = self.bond(jet.value), self.bond(jet.first), self.bond(jet.second)
        if g:
            second = second + 2.0 * g * self.bond(jet.first, order=1) + g * g * self.bond(jet.value, order=2)
            first = first + g * self.bond(jet.value, order=1)
        return Jet(value, first, second)

    def wall_jet(self, jet: Jet, direction: Direction, *, held: int) -> Jet:
        """Return the bonds to a row of spins that are all held alike times a jet of vectors (..., 2^width)."""
        bonds = held * row_spins(self.width).sum(axis=1)
        factor = np.exp(self.coupling * bonds - self.bond_scale)
        return _times(jet, factor, direction.overlap * bonds)

    def row_jet(self, jet: Jet, direction: Direction, *, row: int, power: float = 1.0) -> Jet:
        """Return D^power of a row times a jet of vectors (..., 2^width)."""
        return _times(jet, self.diagonals[row] ** power, power * direction.rows[row])


def _times(jet: Jet, factor: Array, slope: Array) -> Jet:
    """Return a jet of vectors times an exponential whose logarithm grows as ``slope``, state by state."""
    second = jet.second + slope * (2.0 * jet.first + slope * jet.value)
    return Jet(factor * jet.value, factor * (jet.first + slope * jet.value), factor * second)


def check_width(width: int) -> int:
    """Return the width, or raise InputError if it is not a whole number from 2 to 14."""
    if not isinstance(width, int | np.integer) or isinstance(width, bool) or not 2 <= width <= WIDEST:
        raise InputError("width", width, f"must be a whole number from 2 to {WIDEST}")
    return int(width)


def row_spins(width: int) -> Array:
    """Return the spins +-1 of the 2^width states of a row, shape (2^width, width); bit i is 1 where spin i is up."""
    up = (np.arange(1 << width)[:, None] >> np.arange(width)) & 1
    return 2.0 * up.astype(np.float64) - 1.0


@lru_cache(maxsize=8)
def _bond_sum(width: int, across: Rule) -> Array:
    """Return the sum of s s' over the bonds of a row, seam sign and walls included, of each state."""
    spins = row_spins(width)
    total = np.asarray((spins[:, :-1] * spins[:, 1:]).sum(axis=1), dtype=np.float64)
    if isinstance(across, tuple):
        total = total + across[0] * spins[:, 0] + across[1] * spins[:, -1]
    elif across != "free":
        total = total + (1 if across == "periodic" else -1) * spins[:, -1] * spins[:, 0]
    return total


@lru_cache(maxsize=8)
def _field_sums(width: int, *, staggered: bool) -> tuple[Array, ...]:
    """Return what the field couples to, of each state of each row of the period."""
    spins = row_spins(width)
    if not staggered:
        return (spins.sum(axis=1),)
    alternating = spins @ (1.0 - 2.0 * (np.arange(width) % 2))
    return alternating, -alternating


def _half(part: int, k: float) -> tuple[Array, Array, Array]:
    """Return exp(k overlap - abs(k) part) and its first two derivatives in k without the constant."""
    overlap = _overlaps(part)
    factor = np.exp(k * overlap - abs(k) * part)
    return factor, overlap * factor, overlap**2 * factor


@lru_cache(maxsize=8)
def _overlaps(part: int) -> Array:
    """Return sum_i s_i s'_i for every pair of states of ``part`` sites."""
    states = np.arange(1 << part)
    return np.asarray(part - 2.0 * np.bitwise_count(states[:, None] ^ states[None, :]), dtype=np.float64)
