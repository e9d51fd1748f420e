"""Thresholds are the exact probabilities, to the last of their 64 bits."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from spinlens.exact.ising.square import square_couplings
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.geometry import geometry
from spinlens.sampling.engines.bits.words import WIDTH
from tests.sampling.square import rules


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
@pytest.mark.parametrize("coupling", [1.0, -1.0, (0.5, -2.0)])
def test_thresholds(field: float, temperature: float, coupling: Any) -> None:
    model = Ising(coupling, "staggered")
    couplings = square_couplings(model)
    place = geometry(Lattice((4, 6), boundary="free"), staggered_field=True)
    heat_bath = rules(model, place, np.array([temperature]), field, "heat_bath")
    metropolis = rules(model, place, np.array([temperature]), field, "metropolis")
    assert len(place.kind_values) == 8
    for kind, (missing_x, missing_y, sign) in enumerate(place.kind_values.tolist()):
        for up_x, up_y in itertools.product(range(3 - missing_x), range(3 - missing_y)):
            down_x, down_y = 2 - missing_x - up_x, 2 - missing_y - up_y
            local = couplings[0] * (up_x - down_x) + couplings[1] * (up_y - down_y) + sign * field
            gap = Fraction(2 * local) / Fraction(temperature)
            up = 1 / (1 + exponential(-gap))
            here = (0, kind, up_x, up_y)
            assert abs(Fraction(int(heat_bath.thresholds[here]), 2**64) - up) <= Fraction(1, 2**64)
            leave = exponential(-abs(gap))
            assert abs(Fraction(int(metropolis.thresholds[here]), 2**64) - leave) <= Fraction(1, 2**64)
            assert bool(metropolis.favoured[here]) == (gap >= 0)


def chosen(terms: np.ndarray) -> np.ndarray:
    """Return for each number of up neighbours, or each pair of numbers, the sum of its terms modulo 2."""
    bits = [(0, 0), (1, 0), (0, 1)]
    if terms.shape[-2:] == (3, 3):
        masks = [[(1, *y, *(x[0] * np.array(y)), *(x[1] * np.array(y)), *x) for y in bits] for x in bits]
        order = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2), (1, 0), (2, 0)]
        flat = np.stack([terms[..., i, j] for i, j in order], axis=-1)
    else:
        masks = [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 1, 0], [1, 0, 0, 0, 1]]
        flat = terms
    return (
        np.einsum("...t,...ct->...c", flat.astype(int), np.array(masks).reshape(-1, flat.shape[-1])).reshape(
            terms.shape
        )
        % 2
        == 1
    )


@pytest.mark.parametrize("coupling", [1.0, (1.0, 0.5)])
def test_planes_are_the_leading_bits_of_every_site(coupling: Any) -> None:
    place = geometry(Lattice((3, 18), boundary=("periodic", "free")), staggered_field=True)
    found = rules(Ising(coupling, "staggered"), place, np.array([2.0, 3.0]), 0.1, "heat_bath")
    mask = ~np.uint64((1 << (64 - FAST_BITS)) - 1)
    for row, block, column in itertools.product(range(6), range(2), range(WIDTH)):
        planes = found.planes[:, place.patterns[row, block]][..., column].astype(bool)
        planes = chosen(planes)
        leading = sum(planes[:, k].astype(np.uint64) << np.uint64(63 - k) for k in range(FAST_BITS))
        kind = place.kinds[row, block * WIDTH + column]
        classes, favoured = found.thresholds[:, kind], found.favoured[:, kind]
        if not isinstance(coupling, tuple):
            one_of_each = (slice(None), [0, 0, 0, 1, 2], [0, 1, 2, 2, 2])
            classes, favoured = classes[one_of_each], favoured[one_of_each]
        np.testing.assert_array_equal(leading, classes & mask)
        np.testing.assert_array_equal(planes[:, FAST_BITS], favoured)


def test_vectors_of_thresholds_begin_with_a_cache_line() -> None:
    found = rules(Ising(), geometry(Lattice((4, 4), "free"), staggered_field=False), np.array([2.0]), 0.1, "heat_bath")
    assert found.planes.ctypes.data % 64 == 0
