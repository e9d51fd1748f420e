"""Spins as bits, and bits as a network sees them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.learning.vision.configurations import pack, unpack


def packed(shape=(2, 3, 4, 5, 6, 11), seed=0):
    spins = np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8)
    return spins, np.packbits(spins, axis=-1, bitorder="little")


@pytest.mark.parametrize("columns", [3, 8, 11, 32])
def test_unpack_is_numpy_unpackbits(columns):
    _, bits = packed((1, 1, 2, 3, 4, columns))
    expected = np.unpackbits(bits, axis=-1, count=columns, bitorder="little")
    found = unpack(torch.from_numpy(bits), columns)
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found.numpy(), expected)


def test_pack_and_unpack():
    spins, bits = packed()
    values = 2 * spins.astype(np.int8) - 1
    np.testing.assert_array_equal(pack(values), bits)


@pytest.mark.parametrize("bad", [0, 2, np.nan])
def test_pack_refuses_what_is_not_a_spin(bad):
    with pytest.raises(InputError, match="a spin is -1 or"):
        pack(np.array([[1.0, bad], [1.0, -1.0]]))
