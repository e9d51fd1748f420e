import numpy as np
import pytest

import spinlens as sl
from spinlens import exact
from spinlens.errors import InputError
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.phases import find_transition, transition
from spinlens.phases.maps import _chain_moments
from spinlens.phases.transition import pseudo_critical

ZERO = {"field": [0.0]}


def exact_shift(side):
    """How far above Tc the specific heat of a torus peaks (Ferdinand and Fisher 1969: 0.36 Tc / side)."""
    temperature = np.linspace(2.2, 2.6, 401)
    return temperature[int(exact.ising.kaufman_torus((side, side), temperature).specific_heat.argmax())] - 2.269185


@pytest.mark.parametrize("side", [8, 16])
def test_the_finite_size_term_is_found_in_the_draws_as_large_as_the_exact_one(side):
    """Specific heat and order parameter of one ensemble, where nobody asks Kaufman."""
    temperature = np.linspace(1.6, 3.2, 33)
    ensemble = sl.simulate(
        sl.Ising(), (side, side), temperature=temperature, field=[0.0], chains=64, recordings=64, seed=2,
        equilibration=400, progress=False,
    )  # fmt: skip
    maps = _chain_moments(ensemble, slice(None)).assign_coords(ensemble.grid)
    maps.attrs["order_parameter"] = "magnetization"
    peaks = pseudo_critical(maps, resamples=50, seed=1)
    shift = exact_shift(side)
    assert peaks["specific_heat"] - 2.269185 == pytest.approx(shift, rel=0.4)
    # tau_0 may rise with either of them, or where m^8 falls, below Tc.
    assert 0.4 * shift < peaks["order_parameter"] - peaks["specific_heat"] < 2 * shift


def test_a_lattice_without_a_peak_has_no_error(make_maps):
    maps = make_maps(**ZERO)
    # A specific heat that only falls.
    rising = maps["energy_square_chain"] * 0 + maps["temperature"].astype(float)
    found = find_transition(maps.assign(energy_square_chain=rising, energy_chain=0 * rising), resamples=20)
    assert np.isfinite(found.value)
    assert np.isnan(found.error)


def _find(make_maps, count, **kwargs):
    return [find_transition(make_maps(seed=seed, **ZERO, **kwargs), resamples=100) for seed in range(count)]


def test_a_planted_critical_temperature_is_recovered_with_its_error(make_maps):
    found = _find(make_maps, 40)
    statistical = np.abs([(one.value - one.exact) / one.statistical_error for one in found])
    assert 0.5 < np.mean(statistical < 1) < 0.85
    assert np.mean(statistical < 3) > 0.95
    assert np.mean([abs(one.relative_error) < 0.01 for one in found]) > 0.9
    assert all(one.error / one.value < 0.02 for one in found)
    assert all(one.error > one.statistical_error for one in found)


def _close(found):
    return np.mean([abs(one.relative_error) < 0.006 for one in found])


def test_small_noise_brings_the_value_close(make_maps):
    assert _close(_find(make_maps, 10, noise=0.05)) > 0.8


@pytest.mark.parametrize("wrong", ["grid point", "half rise"])
def test_a_wrong_estimator_is_caught(make_maps, monkeypatch, wrong):
    """The same score rejects a search that stops at grid points, and one that takes the middle of the rise."""
    real = transition.peak_temperature

    def grid_point(temperature, profiles, *, slope=False):
        found = real(temperature, profiles, slope=slope)
        return temperature[np.searchsorted(temperature, found, side="right") - 1]

    def half_rise(temperature, profiles, *, slope=False):
        middle = (profiles.max(axis=1) + profiles.min(axis=1)) / 2
        return np.array([np.interp(m, np.sort(p), temperature) for m, p in zip(middle, profiles, strict=True)])

    monkeypatch.setattr(transition, "peak_temperature", {"grid point": grid_point, "half rise": half_rise}[wrong])
    assert _close(_find(make_maps, 10, noise=0.05)) < 0.3


def test_another_grid_and_coupling(make_maps):
    temperature = 2 * np.sort(np.concatenate([np.linspace(1, 2, 11)[:-1], np.linspace(2, 3, 41)]))
    maps = make_maps(temperature=temperature / 2, noise=0.05, **ZERO).assign_coords(temperature=temperature)
    maps.attrs |= {"coupling": -2.0, "critical_temperature": 2 * CRITICAL_TEMPERATURE}
    found = find_transition(maps)
    assert found.exact == pytest.approx(2 * CRITICAL_TEMPERATURE)
    assert abs(found.relative_error) < 0.005


def test_the_same_seed_gives_the_same_error(make_maps):
    maps = make_maps(**ZERO)
    assert find_transition(maps, seed=4) == find_transition(maps, seed=4)
    assert find_transition(maps, seed=4).error != find_transition(maps, seed=5).error


def test_a_result_says_what_it_is(make_maps):
    found = find_transition(make_maps(**ZERO))
    assert {"value", "error", "exact", "relative_error", "method", "finite_size_shift"} <= set(found.to_dict())
    assert str(found).startswith("2.2")


def test_edges_are_mentioned(make_maps):
    maps = make_maps(seed=1, **ZERO)
    assert "edges" not in str(find_transition(maps, resamples=20))
    found = find_transition(maps.assign_attrs(torus=False), resamples=20)
    assert "; edges shift a transition further than the error says" in str(found)
    assert found.to_dict()["torus"] is False


def test_conditions_nearby_that_are_not_equilibrated_are_named(make_maps):
    maps = make_maps(seed=1, **ZERO)
    temperature = maps["temperature"].to_numpy()
    assert find_transition(maps, resamples=20).unsound == ()
    near, far = (int(np.argmin(np.abs(temperature - t))) for t in (2.27, 4.5))
    sound = np.ones(maps["tau_0"].shape, dtype=bool)
    sound[..., [near, far]] = False
    found = find_transition(maps.assign(equilibrated=(maps["tau_0"].dims, sound)), resamples=20)
    assert found.unsound == (temperature[near],)
    assert f"; not known to be equilibrated at T = {temperature[near]:g}" in str(found)
    assert found.to_dict()["unsound"] == (temperature[near],)


def test_no_transition_in_the_window_is_no_number(make_maps):
    found = find_transition(make_maps(temperature=np.linspace(3.5, 5, 25), noise=0.001, **ZERO))
    assert np.isnan(found.value)


@pytest.mark.parametrize(
    ("kwargs", "options", "word"),
    [
        ({"field": [-1.0, 0.5]}, {}, "field"),
        ({"temperature": np.linspace(1, 5, 6)}, {}, "temperatures"),
        ({"chains": 1}, {}, "chains"),
        ({}, {"resamples": 1}, "resamples"),
        ({}, {"seed": -1}, "seed"),
    ],
)
def test_bad_input(make_maps, kwargs, options, word):
    with pytest.raises(InputError, match=rf"^{word} = "):
        find_transition(make_maps(**kwargs), **options)
