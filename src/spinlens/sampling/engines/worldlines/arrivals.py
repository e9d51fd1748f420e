"""Poisson processes on the circle of imaginary time, in whole numbers alone.

The circle is cut into 2^k windows so that half an arrival to one is expected in each, or none at all. A random word
against the cumulative distribution, as whole parts of 2^64, says how many arrive in a window; the first bits of further
words say where. So the processes are the same everywhere, and no order of arrivals is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST = 32
"""Of arrivals in a window with at most one expected: more are left to chances below 2^-64."""

_CONTEXT = Context(prec=60)


class Arrivals(NamedTuple):
    """Some processes with different rates.

    Attributes
    ----------
    halvings : ndarray, int64 (R,)
        k: the windows of each process are 2^k; -1 where nothing ever arrives.
    thresholds : ndarray, uint64 (R, MOST)
        A word below the first is no arrival, else below the second one arrival, and so on.
    """

    halvings: NDArray[np.int64]
    thresholds: NDArray[np.uint64]


def arrivals(rates: Sequence[float]) -> Arrivals:
    """Return processes of so many arrivals each on the whole circle, on average."""
    halvings, rows = [], np.full((len(rates), MOST), np.iinfo(np.uint64).max, dtype=np.uint64)
    for row, rate in zip(rows, rates, strict=True):
        if rate == 0:
            halvings.append(-1)
            continue
        k = 0
        while rate > 2.0**k:
            k += 1
        halvings.append(k)
        mean = Decimal(rate) / 2**k
        probability = _CONTEXT.exp(-mean)
        total = Decimal(0)
        for number in range(MOST):
            total = _CONTEXT.add(total, probability)
            row[number] = min(2**64 - 1, int(_CONTEXT.multiply(total, Decimal(2**64))))
            probability = _CONTEXT.divide(_CONTEXT.multiply(probability, mean), Decimal(number + 1))
    return Arrivals(np.array(halvings), rows)
