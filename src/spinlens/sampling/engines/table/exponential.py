"""The exponential function in arithmetic that rounds alike everywhere, so that equal plans give equal bytes.

A sum, products and a shift of bits: LLVM turns a loop over it into vector code, and NumPy repeats it bit for bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

SMALLEST = -708.0
"""Below this exp is taken as 0: it would be less than 2^-1021."""

ROUND = 1.5 * 2.0**52
"""Added to a number of moderate size, its last bits are the number rounded to whole."""

INVERSE_LN2 = 1.0 / math.log(2.0)
LN2_HIGH = 6.93147180369123816490e-01
"""ln 2 with its last 21 bits zero, so that a product with a whole number below 2^21 is exact."""
LN2_LOW = 1.90821492927058770002e-10
COEFFICIENTS = tuple(1.0 / math.factorial(k) for k in range(14))
"""Taylor's, to order 13: for |r| <= ln 2 / 2 what is left out is below 5e-18."""

_BIAS = np.int64(1023 << 52)
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = COEFFICIENTS


@intrinsic
def _power_of_two(_typing: Any, _shifted: Any) -> Any:
    """Return 2^n, where the argument is n + `ROUND`."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        bits = builder.shl(builder.bitcast(args[0], word), ir.Constant(word, 52))
        return builder.bitcast(builder.add(bits, ir.Constant(word, int(_BIAS))), ir.DoubleType())

    return types.float64(types.float64), generate


@njit(inline="always")
def _polynomial(r: Any) -> Any:
    """Sum the series by pairs, pairs of pairs and so on: short chains of operations that wait for one another."""
    square = r * r
    fourth = square * square
    low = (_C0 + _C1 * r) + (_C2 + _C3 * r) * square
    low = low + ((_C4 + _C5 * r) + (_C6 + _C7 * r) * square) * fourth
    high = (_C8 + _C9 * r) + (_C10 + _C11 * r) * square
    high = high + (_C12 + _C13 * r) * fourth
    return low + high * (fourth * fourth)


@njit(inline="always")
def exponential(x: float) -> float:
    """Return exp(x) for x <= 0 within 2 units in the last place."""
    bounded = x if x > SMALLEST else SMALLEST
    shifted = bounded * INVERSE_LN2 + ROUND
    n = shifted - ROUND
    r = (bounded - n * LN2_HIGH) - n * LN2_LOW
    p = _polynomial(r)
    value = p * _power_of_two(shifted)
    return value if x > SMALLEST else 0.0


def reference_exponential(x: Any) -> Any:
    """Return the same bits as `exponential`, in NumPy."""
    x = np.asarray(x, dtype=np.float64)
    bounded = np.where(x > SMALLEST, x, SMALLEST)
    shifted = bounded * INVERSE_LN2 + ROUND
    n = shifted - ROUND
    r = (bounded - n * LN2_HIGH) - n * LN2_LOW
    p = _polynomial.py_func(r)
    power = ((shifted.view(np.int64) << np.int64(52)) + _BIAS).view(np.float64)
    return np.where(x > SMALLEST, p * power, 0.0)
