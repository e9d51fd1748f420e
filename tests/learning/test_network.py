"""Shapes and first weights of the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.errors import InputError
from spinlens.learning.network import HEAD_SCALE, Network


@pytest.mark.parametrize("shape", [(32, 32), (16, 48)])
def test_shapes(shape):
    network = Network(shape, 5, (4, 16, 64, 256))
    network.initialise(np.random.default_rng(0))
    mean, log_variance = network.encode(torch.ones(3, *shape, 1))
    assert mean.shape == log_variance.shape == (3, 5)
    assert network.decode(mean).shape == (3, *shape, 1)


def test_each_layer_keeps_1024_activations_at_side_32():
    network = Network((32, 32), 8, (4, 16, 64, 256))
    assert network.coarse == (2, 2, 256)
    assert network.head_weight.shape == (1024, 16)


def test_first_weights_are_lecun_normal_but_for_small_heads():
    network = Network((32, 32), 8, (4, 16, 64, 256))
    network.initialise(np.random.default_rng(1))
    for kernel in (network.encoder_kernels[3], network.decoder_kernels[0]):
        assert float(kernel.detach().var()) == pytest.approx(1 / (9 * 64), rel=0.02)
    assert float(network.head_weight.detach().var()) == pytest.approx(HEAD_SCALE**2 / 1024, rel=0.05)
    assert all(not bias.detach().any() for bias in network.encoder_biases)


def test_activations_neither_die_nor_grow():
    network = Network((32, 32), 8, (4, 16, 64, 256))
    numbers = np.random.default_rng(2)
    network.initialise(numbers)
    logits = network.decode(torch.from_numpy(numbers.normal(size=(200, 8))).float()).detach()
    assert 0.3 < float(logits.std()) < 2


@pytest.mark.parametrize("shape", [(8, 32), (32, 40), (33, 32), (2, 2)])
def test_a_lattice_that_does_not_fit(shape):
    with pytest.raises(InputError, match=r"4 stride-2 layers need sides that are multiples of 16.*16, 32, 48, 64"):
        Network(shape, 8, (4, 16, 64, 256))
