import numpy as np
import pytest
from scipy.interpolate import make_smoothing_spline

from spinlens.errors import InputError
from spinlens.phases.ridge import NOT_INTERIOR, find_ridge, peak_temperature, vertex
from spinlens.statistics.smoothing import STIFFNESS, smoothing_splines

TEMPERATURE = np.linspace(1, 5, 65)


def test_vertex_of_a_parabola_is_exact_on_any_grid():
    grid = np.array([0.0, 0.7, 1.1, 2.0, 3.5])
    assert vertex(grid, -((grid[None] - 1.3) ** 2))[0] == pytest.approx(1.3)
    assert np.isnan(vertex(grid, grid[None])[0])


def test_the_spline_is_the_textbook_smoothing_spline(monkeypatch):
    rng = np.random.default_rng(0)
    profile = np.sin(TEMPERATURE) + 0.1 * rng.normal(size=65)
    curve = smoothing_splines(TEMPERATURE, profile[None], np.ones(65))(TEMPERATURE)[0]
    candidates = [make_smoothing_spline(TEMPERATURE, profile, lam=lam)(TEMPERATURE) for lam in np.logspace(-6, 2, 400)]
    nearest = min(np.abs(candidate - curve).max() for candidate in candidates)
    assert nearest < 2e-3 < np.abs(profile - curve).max()


def test_stiffness_follows_the_noise():
    rng = np.random.default_rng(1)
    truth = np.sin(3 * TEMPERATURE)
    quiet, loud = (
        smoothing_splines(TEMPERATURE, (truth + size * rng.normal(size=65))[None], np.ones(65))(TEMPERATURE)[0] - truth
        for size in (0.001, 0.5)
    )
    assert np.abs(quiet).max() < 0.01
    assert np.sqrt(np.mean(loud**2)) < 0.3
    assert STIFFNESS.size > 100


def test_ridge_errors_cover_at_their_rate():
    rng = np.random.default_rng(2)
    truth = 2.9 + 0.02 * np.arange(60)
    profile = np.exp(-(((TEMPERATURE - truth[:, None]) / 0.8) ** 2))
    sample = profile[:, None] + 0.1 * rng.normal(size=(60, 1, 65))
    resamples = np.concatenate([sample, sample + 0.1 * rng.normal(size=(60, 100, 65))], axis=1)
    found = find_ridge(TEMPERATURE, resamples)
    score = np.abs(found.temperature - truth) / found.error
    assert 0.55 < np.mean(score < 1) < 0.9
    assert np.mean(score < 3) > 0.95
    assert found.error.max() < 0.1


def test_a_slope_is_found_where_the_derivative_peaks():
    profile = np.tanh((TEMPERATURE - 2.37) / 0.3)[None] * np.ones((3, 1))
    assert peak_temperature(TEMPERATURE, profile, slope=True) == pytest.approx(2.37, abs=2e-3)


def test_a_ridge_beyond_the_window_is_none_with_its_reason():
    rng = np.random.default_rng(3)
    profile = TEMPERATURE + 0.01 * rng.normal(size=(1, 21, 65))
    found = find_ridge(TEMPERATURE, profile)
    assert np.isnan(found.temperature[0])
    assert np.isnan(found.error[0])
    assert found.reason == (NOT_INTERIOR,)


def test_too_few_temperatures():
    with pytest.raises(InputError, match=r"^temperatures = 6: "):
        smoothing_splines(np.arange(6.0), np.ones((2, 6)), np.ones(6))
