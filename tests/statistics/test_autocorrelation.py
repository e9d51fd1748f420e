import numpy as np
import pytest
from scipy.signal import lfilter

from spinlens.errors import InputError
from spinlens.statistics.autocorrelation import autocorrelation, integrated_autocorrelation_time
from spinlens.testing.chance import within


def autoregressive(rho, shape, seed):
    """AR(1) in equilibrium: rho(t) = rho^t, tau = (1 + rho) / (1 - rho) / 2."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise[:, 0] /= np.sqrt(1 - rho**2)
    return lfilter([1.0], [1.0, -rho], noise, axis=1)


@pytest.mark.parametrize(("chains", "recordings"), [(1, 40000), (64, 600), (512, 100)])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_finds_that_of_an_autoregressive_process(rho, chains, recordings):
    pulls = []
    for seed in range(12):
        tau = integrated_autocorrelation_time(autoregressive(rho, (chains, recordings), seed))
        pulls.append((tau.value - 0.5 * (1 + rho) / (1 - rho)) / tau.error)
    assert within(np.mean(pulls), 0.0, 1 / np.sqrt(12), degrees=None)
    assert 0.3 < np.std(pulls) < 1.8


def test_variance_of_the_mean_follows():
    series = autoregressive(0.8, (400, 500), 3)
    tau = integrated_autocorrelation_time(series).value
    assert 2 * tau * series.var() / 500 == pytest.approx(series.mean(axis=1).var(ddof=1), rel=0.3)


def test_function_agrees_with_the_sum_written_out():
    series = autoregressive(0.6, (3, 50), 1)
    x = series - series.mean()
    covariance = np.array([(x[:, : 50 - t] * x[:, t:]).mean() for t in range(50)])
    np.testing.assert_allclose(autocorrelation(series), covariance / covariance[0], atol=1e-12)


def test_too_short_a_series_says_so():
    frozen = np.repeat(np.arange(8.0)[:, None], 20, axis=1)
    tau = integrated_autocorrelation_time(frozen)
    assert tau.error == np.inf
    assert tau.value > 10


def test_a_constant_series_has_none():
    tau = integrated_autocorrelation_time(np.full((4, 10), 7))
    assert np.isnan(tau.value)
    assert np.isnan(tau.error)


@pytest.mark.parametrize("shape", [(5,), (0, 4), (2, 3, 4)])
def test_refuses_other_shapes(shape):
    with pytest.raises(InputError, match="chain, recording"):
        integrated_autocorrelation_time(np.zeros(shape))
