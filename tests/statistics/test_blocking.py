"""Blocking against series whose variance of the mean is known."""

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.statistics import blocking
from spinlens.testing.chance import count, tail


def autoregressive(seed, chains, recordings, phi):
    """Unit-variance series with tau = 1/2 (1 + phi) / (1 - phi)."""
    generator = np.random.default_rng(seed)
    series = generator.normal(size=(chains, recordings))
    series[:, 1:] *= np.sqrt(1 - phi**2)
    for t in range(1, recordings):
        series[:, t] += phi * series[:, t - 1]
    return series


@pytest.mark.parametrize(("chains", "recordings"), [(1, 20_000), (4, 4096), (64, 500)])
def test_the_error_of_a_correlated_mean(chains, recordings):
    phi = 0.8
    exact = np.sqrt((1 + phi) / (1 - phi) / (chains * recordings))
    errors = [blocking(autoregressive(seed, chains, recordings, phi)).mean.error for seed in range(20)]
    # Blocks that satisfy the criterion leave some per cent of the error behind.
    assert np.mean(errors) == pytest.approx(exact, rel=0.12)
    independent = [blocking(autoregressive(seed, chains, recordings, phi)).errors[0] for seed in range(3)]
    assert np.mean(independent) < 0.4 * exact


def test_intervals_cover_at_their_rate():
    pulls = [(mean := blocking(autoregressive(seed, 2, 4000, 0.6)).mean).value / mean.error for seed in range(300)]
    count(1, tail(4.0))
    # Four binomial standard errors around 68.3 %, and four per cent for the bias of short blocks.
    assert 0.683 - 0.107 - 0.04 < np.mean(np.abs(pulls) < 1) < 0.683 + 0.107


def test_every_level_by_its_definition():
    series = np.random.default_rng(1).normal(size=(3, 12))
    result = blocking(series)
    np.testing.assert_array_equal(result.lengths, [1, 2, 4, 8, 12])
    pairs = series.reshape(3, 6, 2).mean(2)
    assert result.errors[1] == pytest.approx(pairs.std(ddof=1) / np.sqrt(18), rel=1e-12)
    assert result.errors[3] == pytest.approx(series[:, :8].mean(1).std(ddof=1) / np.sqrt(3), rel=1e-12)
    assert result.uncertainties[1] == pytest.approx(result.errors[1] / np.sqrt(34), rel=1e-12)
    assert result.mean.value == pytest.approx(series.mean(), rel=1e-12)


def test_what_cannot_be_known_is_said():
    slow = np.cumsum(np.random.default_rng(1).normal(size=(1, 64)), axis=1)
    assert blocking(slow).mean.error == np.inf
    assert blocking(slow).level is None
    frozen = np.repeat(np.random.default_rng(1).normal(size=(40, 1)), 8, axis=1)
    assert blocking(frozen).mean.error == pytest.approx(frozen[:, 0].std(ddof=1) / np.sqrt(40))
    assert blocking(np.full((2, 8), 3.0)).mean.error == 0
    assert np.isnan(blocking(np.ones((1, 1))).mean.error)


@pytest.mark.parametrize("shape", [(4,), (0, 3), (2, 2, 2)])
def test_refuses_other_shapes(shape):
    with pytest.raises(InputError, match=r"series\.shape"):
        blocking(np.zeros(shape))
