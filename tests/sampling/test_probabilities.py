"""Thresholds are the exact probabilities, to the last of their 64 bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from spinlens.models import Ising
from spinlens.sampling.kernels.bitsliced import FAST_BITS
from spinlens.sampling.probabilities import rules


def exponential(x: Fraction) -> Fraction:
    """Return exp(x) to far more than 64 bits, by its power series and repeated squaring."""
    small, term, total = x / 256, Fraction(1), Fraction(1)
    for k in range(1, 60):
        term = term * small / k
        total += term
    for _ in range(8):
        total = Fraction(int(total * total * 2**200), 2**200)
    return total


@pytest.mark.parametrize("field", [0.0, 0.5, -1.75])
@pytest.mark.parametrize("temperature", [1.0, 2.269185314213022, 5.0])
@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_thresholds(field: float, temperature: float, coupling: float) -> None:
    model = Ising(coupling)
    heat_bath = rules(model, np.array([temperature]), field, "heat_bath")
    metropolis = rules(model, np.array([temperature]), field, "metropolis")
    for n in range(5):
        gap = Fraction(2 * (coupling * (2 * n - 4) + field)) / Fraction(temperature)
        up = 1 / (1 + exponential(-gap))
        assert abs(Fraction(int(heat_bath.thresholds[0, n]), 2**64) - up) <= Fraction(1, 2**64)
        leave = exponential(-abs(gap))
        assert abs(Fraction(int(metropolis.thresholds[0, n]), 2**64) - leave) <= Fraction(1, 2**64)
        assert bool(metropolis.favoured[0, n]) == (gap >= 0)


def test_planes_are_the_leading_bits() -> None:
    found = rules(Ising(), np.array([2.0, 3.0]), 0.1, "heat_bath")
    leading = sum((found.planes[:, k].astype(bool).astype(np.uint64) << np.uint64(63 - k)) for k in range(FAST_BITS))
    mask = ~np.uint64((1 << (64 - FAST_BITS)) - 1)
    np.testing.assert_array_equal(leading, found.thresholds & mask)
