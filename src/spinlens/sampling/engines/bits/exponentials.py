"""The thresholds of many energies, by pairs of doubles: bit for bit those of arithmetic with many digits.

A pair is a sum of two doubles, of which the second is below half a unit in the last place of the first: some 104 bits.
A threshold is the whole part of 2^64 times a probability, so a value that is known to 1e-9 decides it unless it lies
that near to a whole number; those, one in a million, are left to the caller.

References
----------
T. J. Dekker, Numer. Math. 18, 224 (1971), doi:10.1007/BF01397083.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit

MARGIN = 1e-6
"""Distance to a whole number from which on it is sure on which side a value lies."""

STEEPEST = 100.0
"""Exponents beyond this round to the same thresholds."""

HALVINGS, TERMS = 9, 10
"""The exponential is a power series of so many terms of a 2^HALVINGS-th part, squared so often."""

_LN2 = (0.6931471805599453, 2.3190468138462996e-17)
_ONE = (1.0, 0.0)
_PARTS = np.array([(0.0, 0.0)] + [(1.0 / n, float(Fraction(1, n) - Fraction(1.0 / n))) for n in range(1, TERMS + 1)])
"""1 / n as pairs."""

_OPTIONS = {"error_model": "numpy", "boundscheck": False}


@njit(cache=True, nogil=True, **_OPTIONS)
def many_thresholds(gaps: Any, temperature: float, leaving: bool, thresholds: Any, sure: Any) -> None:
    """Fill in 2^64 times the probability of each gap, rounded down and at most 2^64 - 1, where that is sure.

    Parameters
    ----------
    gaps : float64 array, shape (n,)
        E(down) - E(up).
    temperature : float
        T > 0.
    leaving : bool
        Whether the probability is exp(-abs(gap) / T) of leaving the favoured state, else 1 / (1 + exp(-gap / T)) of up.
    thresholds : uint64 array, shape (n,)
        Filled where ``sure``.
    sure : bool array, shape (n,)
        Filled.
    """
    for k in range(gaps.size):
        size = abs(gaps[k])
        steep = size / temperature > STEEPEST
        exponent = (STEEPEST, 0.0) if steep else _divided((size, 0.0), (temperature, 0.0))
        if leaving:
            probability = _exponential((-exponent[0], -exponent[1]))
        else:
            # The lesser of both probabilities; the other one is what is left.
            probability = _divided(_ONE, _sum(_ONE, _exponential(exponent)))
        high, low = probability[0] * 2.0**64, probability[1] * 2.0**64
        whole = np.floor(high)
        rest = (high - whole) + low
        near = abs(rest - round(rest)) < MARGIN and high > 0.5
        sure[k] = not near and high < 2.0**64
        if sure[k]:
            found = np.uint64(whole) + np.uint64(np.int64(np.floor(rest)))
            thresholds[k] = ~found if gaps[k] > 0 and not leaving else found


@njit(**_OPTIONS)
def _exponential(x: Any) -> Any:
    times = float(round(x[0] / _LN2[0]))
    rest = _sum(x, _minus(_times(_LN2, times)))
    part = (rest[0] * 2.0**-HALVINGS, rest[1] * 2.0**-HALVINGS)
    total = _ONE
    # Horner's rule: 1 + x (1 + x / 2 (1 + x / 3 (...))).
    for n in range(TERMS, 0, -1):
        total = _sum(_ONE, _product(_product(part, total), (_PARTS[n, 0], _PARTS[n, 1])))
    for _ in range(HALVINGS):
        total = _product(total, total)
    return math.ldexp(total[0], int(times)), math.ldexp(total[1], int(times))


@njit(**_OPTIONS)
def _minus(a: Any) -> Any:
    return -a[0], -a[1]


@njit(**_OPTIONS)
def _exact_sum(a: float, b: float) -> Any:
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


@njit(**_OPTIONS)
def _halves(a: float) -> Any:
    wide = a * 134217729.0
    high = wide - (wide - a)
    return high, a - high


@njit(**_OPTIONS)
def _exact_product(a: float, b: float) -> Any:
    product = a * b
    (ah, al), (bh, bl) = _halves(a), _halves(b)
    return product, ((ah * bh - product) + ah * bl + al * bh) + al * bl


@njit(**_OPTIONS)
def _times(a: Any, b: float) -> Any:
    high, low = _exact_product(a[0], b)
    return _exact_sum(high, low + a[1] * b)


@njit(**_OPTIONS)
def _sum(a: Any, b: Any) -> Any:
    high, rest = _exact_sum(a[0], b[0])
    low, lost = _exact_sum(a[1], b[1])
    high, rest = _exact_sum(high, rest + low)
    return _exact_sum(high, rest + lost)


@njit(**_OPTIONS)
def _product(a: Any, b: Any) -> Any:
    high, low = _exact_product(a[0], b[0])
    return _exact_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


@njit(**_OPTIONS)
def _divided(a: Any, b: Any) -> Any:
    first = a[0] / b[0]
    rest = _sum(a, _minus(_times(b, first)))
    second = rest[0] / b[0]
    rest = _sum(rest, _minus(_times(b, second)))
    high, low = _exact_sum(first, second)
    return _exact_sum(high, low + rest[0] / b[0])
