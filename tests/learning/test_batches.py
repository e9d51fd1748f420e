"""Packing, splitting and drawing batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.learning.batches import Batches, split
from spinlens.learning.channels import Channels, Configurations
from spinlens.spaces import Binary

CPU = torch.device("cpu")


def packed(shape=(2, 3, 4, 5, 6, 11), seed=0):
    spins = np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8)
    return spins, np.packbits(spins, axis=-1, bitorder="little")


@pytest.mark.parametrize(
    ("chains", "share", "kept"), [(64, 0.125, 8), (4, 0.125, 1), (2, 0.9, 1), (10, 0.5, 5), (3, 0.99, 2)]
)
def test_split_keeps_the_last_chains(chains, share, kept):
    assert split(chains, share) == (slice(0, chains - kept), slice(chains - kept, chains))


@pytest.mark.parametrize("share", [0, 1, -0.1, 2.0, float("nan")])
def test_split_refuses_a_share(share):
    with pytest.raises(InputError, match="held_out"):
        split(4, share)


def test_split_refuses_one_chain():
    with pytest.raises(InputError, match="different chains, so there must be two"):
        split(1, 0.5)


def held(bits):
    return Configurations(bits, Binary(), (6, 11))


def test_codes_follow_the_flat_order_without_a_copy():
    spins, bits = packed()
    given, flat = held(bits[:, :, 1:]), spins[:, :, 1:].reshape(-1, 6, 11)
    assert np.shares_memory(given.packed, bits)
    np.testing.assert_array_equal(given.codes(np.array([7, 0, 89])), flat[[7, 0, 89]])
    parts = list(given.stream(40))
    assert [len(part) for part in parts] == [40, 40, 10]
    np.testing.assert_array_equal(np.concatenate(parts), flat)


def batches(bits, *, symmetric=False, batch=12, seed=4):
    group = np.array([[0, 1], [1, 0]][: 1 + symmetric])
    return Batches(held(bits), Channels.of(Binary()), group, seed=seed, batch=batch, latent=3, device=CPU)


def codes(spins):
    return [each.tobytes() for each in spins.numpy().astype(np.uint8)]


def test_an_epoch_shows_every_configuration_once():
    spins, bits = packed()
    drawn = batches(bits)
    assert (drawn.count, drawn.steps) == (120, 10)
    first = [code for step in range(10) for code in codes(drawn(step)[0])]
    second = [code for step in range(10, 20) for code in codes(drawn(step)[0])]
    every = sorted(each.tobytes() for each in spins.reshape(-1, 6, 11))
    assert sorted(first) == sorted(second) == every
    assert first != second


def test_the_rest_of_an_epoch_is_left_out():
    assert batches(packed()[1], batch=50).steps == 2


def test_a_batch_depends_on_its_step_alone():
    bits = packed()[1]
    walked, jumped = batches(bits), batches(bits)
    for step in range(14):
        last = walked(step)
    for a, b in zip(last, jumped(13), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(last[0], batches(bits, seed=5)(13)[0])
    assert not torch.equal(last[1], batches(bits, seed=5)(13)[1])
    assert not torch.equal(last[1], walked(12)[1])


def test_noise_is_standard_normal():
    drawn = batches(packed()[1])
    noise = torch.cat([drawn(step)[1] for step in range(2000)]).double()
    assert noise.shape == (24000, 3)
    assert float(noise.mean()) == pytest.approx(0, abs=5 / np.sqrt(72000))
    assert float(noise.var()) == pytest.approx(1, abs=5 * np.sqrt(2 / 72000))


def test_flips_turn_half_of_each_batch_and_no_data():
    _, bits = packed()
    before = bits.copy()
    plain, flipped = batches(bits)(3)[0], batches(bits, symmetric=True)(3)[0]
    assert torch.equal(flipped[0::2], plain[0::2])
    assert torch.equal(flipped[1::2], 1 - plain[1::2])
    np.testing.assert_array_equal(bits, before)


def test_too_few_configurations():
    with pytest.raises(InputError, match="Take 120 or fewer"):
        batches(packed()[1], batch=121)
