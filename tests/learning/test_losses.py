"""Every loss term against slow, independent arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats

from spinlens.learning.losses import LossWeights, decomposition, stratified_shares

BATCH, SAMPLES = 7, 50


@pytest.mark.parametrize("samples", [7, 8, 50, 10_000])
@pytest.mark.parametrize("batch", [4, 7])
def test_rows_of_mss_sum_to_one(batch, samples):
    np.testing.assert_allclose(stratified_shares("mss", batch, samples).sum(1), 1, rtol=1e-13)


def test_places_of_mss():
    weights = stratified_shares("mss", BATCH, SAMPLES)
    others = BATCH - 1
    for i in range(BATCH):
        assert weights[i, i] == 1 / SAMPLES
        rest = [j for j in range(BATCH) if j != i and weights[i, j] != 1 / others]
        assert len(rest) == 1
        assert weights[i, rest[0]] == pytest.approx((SAMPLES - others) / (SAMPLES * others), rel=1e-14)


def test_each_configuration_takes_the_remainder_once():
    weights = stratified_shares("mss", BATCH, SAMPLES)
    np.testing.assert_allclose(weights.sum(0), 1, rtol=1e-13)


def test_places_of_the_reference_code():
    # The published code, element by element: a flat view filled with strides of M + 1 = B.
    others = BATCH - 1
    flat = [1 / others] * BATCH**2
    for place in range(0, BATCH**2, others + 1):
        flat[place] = 1 / SAMPLES
    for place in range(1, BATCH**2, others + 1):
        flat[place] = (SAMPLES - others) / (SAMPLES * others)
    flat[(others - 1) * BATCH] = (SAMPLES - others) / (SAMPLES * others)
    np.testing.assert_array_equal(stratified_shares("mss_reference", BATCH, SAMPLES), np.reshape(flat, (BATCH, BATCH)))


def posterior(batch=BATCH, latents=3, seed=0):
    numbers = np.random.default_rng(seed)
    mean, log_variance = numbers.normal(size=(2, batch, latents))
    z = mean + numbers.normal(size=mean.shape) * np.exp(0.5 * log_variance)
    return z, mean, log_variance


def slow_terms(z, mean, log_variance, weights):
    batch, latents = z.shape
    deviation = np.exp(0.5 * log_variance)
    terms = np.zeros(3)
    for i in range(batch):
        joint, marginals = 0.0, np.zeros(latents)
        for j in range(batch):
            densities = stats.norm.pdf(z[i], mean[j], deviation[j])
            joint += weights[i, j] * np.prod(densities)
            marginals += weights[i, j] * densities
        own = stats.norm.logpdf(z[i], mean[i], deviation[i]).sum()
        prior = stats.norm.logpdf(z[i]).sum()
        product = np.log(marginals).sum()
        terms += own - math.log(joint), math.log(joint) - product, product - prior
    return terms / batch


def fast_terms(z, mean, log_variance, weights):
    tensors = [torch.from_numpy(each) for each in (z, mean, log_variance, np.log(weights))]
    return decomposition(*tensors).numpy()


@pytest.mark.parametrize("estimator", ["mss", "mss_reference"])
def test_decomposition_is_the_slow_sum(estimator):
    weights = stratified_shares(estimator, BATCH, SAMPLES)
    np.testing.assert_allclose(fast_terms(*posterior(), weights), slow_terms(*posterior(), weights), rtol=1e-12)


@pytest.mark.parametrize("estimator", ["mss", "mss_reference"])
def test_terms_telescope(estimator):
    z, mean, log_variance = posterior()
    weights = stratified_shares(estimator, BATCH, SAMPLES)
    whole = stats.norm.logpdf(z, mean, np.exp(0.5 * log_variance)) - stats.norm.logpdf(z)
    assert fast_terms(z, mean, log_variance, weights).sum() == pytest.approx(whole.sum(1).mean(), rel=1e-12)


def test_equal_posteriors_have_neither_correlation_nor_information():
    z, mean, log_variance = posterior()
    mean[:], log_variance[:] = mean[0], log_variance[0]
    terms = fast_terms(z, mean, log_variance, stratified_shares("mss", BATCH, SAMPLES))
    assert terms[:2] == pytest.approx([0, 0], abs=1e-12)
    # The reference matrix has one row with another sum, and shows it.
    terms = fast_terms(z, mean, log_variance, stratified_shares("mss_reference", BATCH, SAMPLES))
    assert abs(terms[1]) > 1e-3


def test_a_product_of_marginals_has_no_total_correlation():
    first, second = np.meshgrid([-2.0, 0.5, 3.0], [-1.0, 1.0, 4.0, 5.0], indexing="ij")
    mean = np.stack([first.ravel(), second.ravel()], 1)
    log_variance = np.broadcast_to([-1.0, -2.0], mean.shape).copy()
    z = mean + np.random.default_rng(1).normal(size=mean.shape)
    uniform = np.full((12, 12), 1 / 12)
    assert fast_terms(z, mean, log_variance, uniform)[1] == pytest.approx(0, abs=1e-12)
    twice = [0, 0]
    assert fast_terms(z[:, twice], mean[:, twice], log_variance[:, twice], uniform)[1] > 0.1


def test_far_posteriors_stay_finite():
    z, mean, log_variance = posterior()
    weights = stratified_shares("mss", BATCH, SAMPLES)
    single = [torch.tensor(each, dtype=torch.float32) for each in (z, 300 * mean, log_variance - 8, np.log(weights))]
    assert torch.isfinite(decomposition(*single)).all()


def test_weights_are_in_the_order_of_the_terms():
    assert LossWeights(alpha=2, beta=3, dimension=5).vector.tolist() == [1, 2, 3, 5]
