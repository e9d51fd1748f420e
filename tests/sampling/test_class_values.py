"""The places of subsets of masks against the coefficients that they stand for."""

from __future__ import annotations

from functools import reduce
from operator import xor

import numpy as np
import pytest

from spinlens.sampling.engines.bits.class_values import ALL, NONE, groups, new_mixtures, places
from spinlens.sampling.engines.bits.words import WIDTH


def exclusive_or(words: list[np.uint64]) -> np.uint64:
    return reduce(xor, words, np.uint64(0))


@pytest.mark.parametrize("classes", [2, 3, 4, 5, 7, 8, 9, 16])
def test_places_hold_the_exclusive_or_of_the_masks(classes: int) -> None:
    random = np.random.default_rng(classes)
    masks = [~np.uint64(0), *random.integers(0, 2**64, size=classes - 1, dtype=np.uint64)]
    mixtures = new_mixtures(classes)
    assert (mixtures[NONE : NONE + WIDTH] == 0).all()
    assert (mixtures[ALL : ALL + WIDTH] == masks[0]).all()
    for group, where in groups(classes):
        for subset, place in enumerate(where):
            value = exclusive_or([masks[n] for i, n in enumerate(group) if subset >> i & 1])
            if place in (NONE, ALL):
                assert mixtures[place] == value
            mixtures[place : place + WIDTH] = value
    bits = random.integers(0, 2, size=(50, classes)).astype(bool)
    found = np.bitwise_xor.reduce(mixtures[places(bits)], axis=-1)
    expected = [exclusive_or([mask for mask, bit in zip(masks, row, strict=True) if bit]) for row in bits]
    assert np.array_equal(found, np.array(expected, dtype=np.uint64))
