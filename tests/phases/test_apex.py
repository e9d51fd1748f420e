"""Ridges that lead to a transition at T = 0: exact ones of free fermions, and planted powers."""

import numpy as np
import pytest

from spinlens.exact import specific_heat_ridge, transverse_chain, transverse_susceptibility_ridge
from spinlens.exact import transverse_susceptibility as response
from spinlens.phases.apex import Apex, find_apex
from spinlens.phases.ridge import Ridge
from spinlens.studies import configure

TEMPERATURE = np.array(configure("quick", plane="transverse_chain").plan.temperature)


def ridge(places, error=0.01, resamples=40, seed=0):
    """A ridge at exact places with resamples as noisy as its error says."""
    places = np.asarray(places, dtype=np.float64)
    noise = error * np.random.default_rng(seed).normal(size=(len(places), resamples))
    known = np.isfinite(places)
    reason = tuple("" if each else "nothing planted" for each in known)
    return Ridge(places, np.where(known, error, np.nan), places[:, None] + noise, reason)


def test_responses_of_the_infinite_chain_are_those_of_its_magnetization():
    """Second derivatives of an integral, beside differences of what another integral gives."""
    for t, gamma, j in ((0.1, 1.0, 1.0), (0.3, 0.7, 1.0), (1.2, 3.0, -2.0)):
        step = 1e-4
        pair = [
            transverse_chain(temperature=t, transverse_field=gamma + s * step, coupling=j).transverse_magnetization
            for s in (-1, 1)
        ]
        found = response(temperature=t, transverse_field=gamma, coupling=j)
        assert found == pytest.approx((pair[1] - pair[0]) / (2 * step), rel=2e-6)
    # Without a field the classical chain: C = (J / T)^2 / cosh(J / T)^2; with it alone two levels 2 Gamma apart.
    assert specific_heat_ridge([0.0, 1e5], coupling=1.0) == pytest.approx([0.8335565596, 0.8335565596e5], rel=1e-6)
    heats = [transverse_chain(temperature=t, transverse_field=1.2).specific_heat
             for t in specific_heat_ridge(1.2)[0] + np.array([-0.01, 0.0, 0.01])]  # fmt: skip
    assert max(heats) == heats[1]
    assert np.isnan(transverse_susceptibility_ridge(5.0)).all()


def test_exact_ridges_of_free_fermions_lead_to_the_critical_field():
    """The bias of the estimator on the temperatures of the preset: less than its error, and less than 1.5 %."""
    exact = transverse_susceptibility_ridge(TEMPERATURE)
    assert np.isfinite(exact).sum() >= 6
    for error in (0.003, 0.01, 0.03):
        found = find_apex(TEMPERATURE, [ridge(exact, error)], known=1.0)
        assert abs(found.value - 1.0) < min(found.error, 0.015)
        assert found.error < 0.04
    # The coldest ridge alone is further off: extrapolation is what finds the place.
    assert abs(exact[0] - 1.0) > 0.02


@pytest.mark.parametrize(("apex", "amplitude", "nu_z"), [(1.0, -0.6, 1.0), (3.04433, -0.9, 0.63), (1.0, 0.5, 0.5)])
def test_planted_fans_have_their_apex_and_their_exponent(apex, amplitude, nu_z):
    places = apex + amplitude * TEMPERATURE ** (1 / nu_z)
    found = find_apex(TEMPERATURE, [ridge(places, 0.003)], known=apex)
    assert abs(found.value - apex) < 3 * found.error < 0.06 * apex
    assert abs(found.exponent.value - nu_z) < max(5 * found.exponent.error, 1e-6)


def test_trainings_disagree_in_the_error_and_half_of_them_must_find_something():
    exact = transverse_susceptibility_ridge(TEMPERATURE)
    nothing = ridge(np.full(len(exact), np.nan))
    one, two, lost = ridge(exact), ridge(exact + 0.2), nothing
    found = find_apex(TEMPERATURE, [one, two], known=1.0)
    alone = find_apex(TEMPERATURE, [one], known=1.0)
    assert found.value == pytest.approx(alone.value + 0.1, abs=1e-6)
    assert found.training_spread > 0.1
    assert found.error > found.training_spread > alone.error
    assert len(found.by_training) == 2
    assert np.isnan(find_apex(TEMPERATURE, [one, lost, lost]).value)
    assert isinstance(find_apex(TEMPERATURE, [one, two, lost]), Apex)
    assert found.to_dict()["by_training"] == found.by_training
