"""Update probabilities as 64-bit thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.class_values import places
from spinlens.sampling.engines.bits.exponentials import many_thresholds
from spinlens.sampling.engines.bits.geometry import Geometry
from spinlens.sampling.engines.bits.neighbours import coefficients

LINE = 64
"""Bytes in a cache line, and in a vector of words."""

FINE, COARSE, MANY = 60, 30, 256
"""Digits of the arithmetic, and of that for more thresholds than so many: either is far finer than 2^-64."""

_ONES = ~np.uint64(0)
_STEEP = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the kernel needs to know of each condition, for K kinds and P patterns of sites.

    Attributes
    ----------
    thresholds : numpy.ndarray
        uint64 (conditions, K, 3, 3): for 0 to 2 up neighbours along x and along y, 2**64 times the probability of
        drawing a one: up for the heat bath, leaving the favoured state for Metropolis. Rounded down; 1 is stored as
        2**64 - 1.
    favoured : numpy.ndarray
        bool (conditions, K, 3, 3): whether up has the lower energy.
    planes : numpy.ndarray
        The leading bits of the thresholds, last ``favoured``, as the coefficients of
        `spinlens.sampling.engines.bits.neighbours`: uint64 (conditions, P, FAST_BITS + 1, 5, WIDTH), or (conditions, P,
        FAST_BITS + 1, 3, 3, WIDTH) where Jx and Jy differ, a whole word for every place in a vector of sites. Where the
        sites of each vector are all of one kind int32 (conditions, P, FAST_BITS + 1, groups) or (..., groups, 1), the
        places of `spinlens.sampling.engines.bits.class_values`.
    metropolis : bool
        The rule.
    """

    thresholds: np.ndarray
    favoured: np.ndarray
    planes: np.ndarray
    metropolis: bool


def rules(
    couplings: tuple[float, float], geometry: Geometry, temperature: np.ndarray, field: float, algorithm: str
) -> Rules:
    """Return the update rules for Jx and Jy at each temperature (conditions,) in one field."""
    metropolis = algorithm == "metropolis"
    probability = _leave_probability if metropolis else _up_probability
    gaps = np.array([
        [[_gap(couplings, sign * field, x, y, (missing_x, missing_y)) for y in range(3)] for x in range(3)]
        for missing_x, missing_y, sign in geometry.kind_values.tolist()
    ])  # fmt: skip
    thresholds = np.stack([_thresholds(probability, gaps, float(t)) for t in temperature])
    favoured = np.broadcast_to(gaps >= 0, thresholds.shape).copy()
    places = np.arange(63, 63 - FAST_BITS, -1, dtype=np.uint64)[:, None, None]
    leading = (thresholds[:, :, None] >> places) & np.uint64(1)
    bits = np.concatenate([leading == 1, favoured[:, :, None]], axis=2)
    # The classes of the kernel: with one coupling the number of up neighbours, whichever they are.
    classes = bits[..., [0, 0, 0, 1, 2], [0, 1, 2, 2, 2]] if couplings[0] == couplings[1] else bits
    return Rules(thresholds, favoured, _planes(coefficients(classes), geometry.pattern_kinds), metropolis)


def _planes(terms: np.ndarray, pattern_kinds: np.ndarray) -> np.ndarray:
    """Bring coefficients (conditions, K, planes, 5) or (..., 3, 3) into the form of each pattern of vectors."""
    if not (pattern_kinds == pattern_kinds[:, :1]).all():
        return aligned_copy(np.where(np.moveaxis(terms[:, pattern_kinds], 2, -1), _ONES, np.uint64(0)))
    found = places(terms.reshape(*terms.shape[:3], -1))[:, pattern_kinds[:, 0]]
    return found if terms.ndim == 4 else found[..., None]


def aligned_copy(array: np.ndarray) -> np.ndarray:
    """Return a contiguous copy that begins where a cache line begins: vectors across two lines cost speed."""
    room = np.empty(array.nbytes + LINE, dtype=np.uint8)
    first = -room.ctypes.data % LINE
    result = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    result[...] = array
    return result


def _gap(couplings: tuple[float, float], field: float, up_x: int, up_y: int, missing: tuple[int, int]) -> float:
    """Return E(down) - E(up) of a spin with so many up neighbours along x and y; those not missing are down."""
    along_x, along_y = 2 * up_x - (2 - missing[0]), 2 * up_y - (2 - missing[1])
    if couplings[0] != couplings[1]:
        return 2 * (couplings[0] * along_x + couplings[1] * along_y + field)
    return 2 * (couplings[0] * (along_x + along_y) + field)


def _thresholds(probability: Callable[[float, float], int], gaps: np.ndarray, temperature: float) -> np.ndarray:
    distinct, places = np.unique(gaps, return_inverse=True)
    values, sure = np.zeros(distinct.size, dtype=np.uint64), np.zeros(distinct.size, dtype=np.bool_)
    many = len(distinct) > MANY
    if many:
        many_thresholds(distinct, temperature, probability is _leave_probability, values, sure)
    with localcontext(prec=COARSE if many else FINE):
        values[~sure] = [probability(float(gap), temperature) for gap in distinct[~sure]]
    return values[places].reshape(gaps.shape)


def _up_probability(gap: float, temperature: float) -> int:
    """Heat bath: p = 1 / (1 + exp(-gap / T)), where gap = E(down) - E(up)."""
    return _threshold(1 / (1 + _bounded(-Decimal(gap) / Decimal(temperature)).exp()))


def _leave_probability(gap: float, temperature: float) -> int:
    """Metropolis: exp(-abs(gap) / T), the probability of accepting the move uphill."""
    return _threshold(_bounded(-abs(Decimal(gap)) / Decimal(temperature)).exp())


def _bounded(exponent: Decimal) -> Decimal:
    """Keep an exponent where it makes a difference of less than 2^-64, so that no temperature overflows."""
    return max(min(exponent, _STEEP), -_STEEP)


def _threshold(probability: Decimal) -> int:
    return min(int(probability * 2**64), 2**64 - 1)
