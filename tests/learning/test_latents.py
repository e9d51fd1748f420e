"""Parts of an ensemble against the whole of it at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.learning.latents import decode, encode, readable
from spinlens.learning.network import Network


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setattr("spinlens.learning.latents.CHUNK", 5)
    network = Network((16, 16), 3, (2, 4))
    network.initialise(np.random.default_rng(1))
    return network


@pytest.mark.parametrize("flipped", [False, True])
def test_posteriors_are_those_of_the_network(network, ensemble, flipped):
    spins = ensemble.values[:, :, 1:3] * (-1 if flipped else 1)
    with torch.no_grad():
        mean, log_variance = network.encode(torch.from_numpy((spins.reshape(-1, 16, 16, 1) + 1) / 2).float())
    shares = []
    turned = np.array([1, 0]) if flipped else None
    found = encode(network, ensemble, chain=slice(1, 3), turned=turned, report=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1
    np.testing.assert_allclose(found.mean.reshape(-1, 3), mean.numpy(), atol=1e-6)
    np.testing.assert_allclose(found.deviation.reshape(-1, 3) ** 2, np.exp(log_variance.numpy()), rtol=1e-5)
    assert np.ptp(mean.numpy()) > 1e-2


def test_decoding_is_that_of_the_network(network):
    z = np.random.default_rng(2).standard_normal((4, 3, 3)).astype(np.float32)
    with torch.no_grad():
        logits = network.decode(torch.from_numpy(z.reshape(-1, 3))).numpy()
    odds = decode(network, z)
    np.testing.assert_allclose(odds[..., 1:].reshape(logits.shape), 1 / (1 + np.exp(-logits)), atol=1e-6)
    np.testing.assert_allclose(odds.sum(-1), 1, atol=1e-6)
    assert np.ptp(odds) > 1e-2


def test_arrays_are_packed_as_an_ensemble_is(network, ensemble):
    stored, given = readable(network, ensemble), readable(network, ensemble.values)
    assert stored.leading == given.leading == (3, 2, 4, 3)
    np.testing.assert_array_equal(given.packed, stored.packed)
