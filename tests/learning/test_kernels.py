"""Each compiled loop against NumPy, SciPy or PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import special

from spinlens.learning.fast import kernels
from spinlens.learning.losses import decomposition, log_normal, stratified_shares


def test_exponential():
    x = np.linspace(-87, 88, 20_001).astype(np.float32)
    y = np.array([kernels.exponential(each) for each in x])
    assert np.all(np.abs(y / np.exp(x.astype(float)) - 1) < 1e-7 * (8 + np.abs(x)))
    assert 0 <= kernels.exponential(np.float32(-1e6)) < 2e-38


def slow_columns(fine, channels):
    count, height, width = fine.shape[0], fine.shape[1], fine.shape[2] // channels
    padded = np.zeros((count, height + 1, width + 1, channels), np.float32)
    padded[:, 1:, 1:] = fine.reshape(count, height, width, channels)
    columns = np.zeros((count, height // 2, width // 2, 3, 3, channels), np.float32)
    for y in range(height // 2):
        for x in range(width // 2):
            columns[:, y, x] = padded[:, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
    return columns.reshape(count, height // 2, width // 2, 3, 3 * channels)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_gather_lays_patches_out(channels):
    fine = np.random.default_rng(0).normal(size=(3, 6, 4 * channels)).astype(np.float32)
    columns = np.full((3, 3, 2, 3, 3 * channels), np.nan, np.float32)
    kernels.gather(fine, columns)
    np.testing.assert_array_equal(columns, slow_columns(fine, channels))


def test_gather_rounds_to_bfloat16():
    fine = np.random.default_rng(1).normal(size=(2, 4, 4)).astype(np.float32)
    fine[0, 1, 1] = 1 + 2**-8  # a tie goes to even
    columns = np.empty((2, 2, 2, 3, 3), np.uint16)
    kernels.gather(fine, columns)
    expected = torch.from_numpy(slow_columns(fine, 1)).bfloat16()
    assert torch.equal(torch.from_numpy(columns).view(torch.bfloat16), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_scatter_is_the_transpose_of_gather(channels):
    numbers = np.random.default_rng(2)
    fine = numbers.normal(size=(2, 4, 6 * channels)).astype(np.float32)
    columns = numbers.normal(size=(2, 2, 3, 3, 3 * channels)).astype(np.float32)
    back, forth = np.zeros_like(fine), np.empty_like(columns)
    kernels.scatter(columns, back)
    kernels.gather(fine, forth)
    assert np.vdot(fine, back) == pytest.approx(np.vdot(forth, columns), rel=1e-5)


def test_activation_and_its_slope():
    x = torch.linspace(-30, 30, 1001, requires_grad=True)
    expected = torch.nn.functional.selu(x)
    expected.sum().backward()
    y = x.detach().clone().numpy()
    kernels.activate(y)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-6, atol=2e-7)
    slope = np.ones_like(y)
    kernels.activate_backward(slope, y)
    away = np.abs(x.detach().numpy()) > 1e-3
    np.testing.assert_allclose(slope[away], x.grad.numpy()[away], rtol=1e-5, atol=1e-6)


def test_bernoulli():
    numbers = np.random.default_rng(3)
    logits = (10 * numbers.normal(size=5000)).astype(np.float32)
    logits[:4] = 0, 90, -90, 1e5
    spins = numbers.integers(0, 2, 5000).astype(np.float32)
    x = logits.astype(float)
    expected = -(spins * special.log_expit(x) + (1 - spins) * special.log_expit(-x)).sum()
    total = kernels.bernoulli(logits, spins, 0.5)
    assert total == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(logits, 0.5 * (special.expit(x) - spins), atol=1e-7)


@pytest.mark.parametrize("estimator", ["mss", "mss_reference"])
def test_aggregate_and_its_derivatives(estimator):
    batch, latents, alpha, beta, weight = 37, 5, 0.7, 6.0, 1.3
    numbers = np.random.default_rng(4)
    arrays = [numbers.normal(size=(batch, latents)) for _ in range(3)]
    z, mean, log_variance = (torch.tensor(each, requires_grad=True) for each in arrays)
    log_shares = torch.from_numpy(np.log(stratified_shares(estimator, batch, 400)))
    information, correlation, divergence = decomposition(z, mean, log_variance, log_shares)
    own = log_normal(z, mean, log_variance).sum(1).mean()
    prior = log_normal(z, torch.zeros(()), torch.zeros(())).sum(1).mean()
    # Without the terms that know nothing of the other configurations.
    loss = alpha * (information - own) + beta * correlation + weight * (divergence + prior)
    loss.backward()
    information, correlation, own = (float(each.detach()) for each in (information, correlation, own))
    small = [each.astype(np.float32).T.copy() for each in arrays]
    grads = [np.zeros((latents, batch), np.float32) for _ in range(3)]
    joint, marginal = 0.0, 0.0
    for rows in (slice(0, 20), slice(20, batch)):
        part, slope = small[0][:, rows].copy(), np.zeros((latents, rows.stop - rows.start), np.float32)
        sums = kernels.aggregate(
            part,
            small[1],
            small[2],
            log_shares.numpy().astype(np.float32),
            rows.start,
            beta - alpha,
            weight - beta,
            slope,
            *grads[1:],
        )
        joint, marginal = joint + sums[0], marginal + sums[1]
        grads[0][:, rows] = slope
    assert (joint - marginal) / batch == pytest.approx(correlation, rel=1e-5)
    assert joint / batch == pytest.approx(own - information, rel=1e-5)
    for grad, tensor in zip(grads, (z, mean, log_variance), strict=True):
        np.testing.assert_allclose(grad.T / batch, tensor.grad.numpy(), rtol=1e-3, atol=2e-6)
