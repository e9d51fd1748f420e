"""Several trainings: means, and errors that hold their spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from spinlens.phases import find_crossover, find_transition
from spinlens.phases.trainings import spread
from spinlens.statistics import Estimate
from spinlens.testing.chance import within


def shifted(make_maps, shifts):
    """Maps of trainings whose tau_0 and tau_1 lie higher in temperature by so much each."""

    def moved(by):
        def tip(field, temperature):
            return np.tanh((temperature - 2.3 - by - 0.9 * np.abs(field[:, None]) ** 0.53) / 0.15)

        def top(field, temperature):
            return np.exp(-(((temperature - 2.8 - by - np.abs(field[:, None])) / 0.4) ** 2))

        return make_maps(seed=3, noise=0.05, tau_0=tip, tau_1=top)

    return [moved(by) for by in shifts]


def test_the_spread_is_that_of_one_more_training():
    """Of n trainings, one standard error covers the next one's distance from a known middle as often as it says."""
    numbers = np.random.default_rng(2)
    for count in (2, 3, 5):
        drawn = numbers.normal(size=(count, 40_000))
        for one, two in ((1.0, 0.6827), (2.0, 2 * stats.t(count - 1).cdf(2 * stats.t(count - 1).ppf(0.84135)) - 1)):
            # Student's variable: mean over deviation / sqrt(n), so that the middle lies that much nearer.
            covered = np.mean(np.abs(drawn.mean(0)) * np.sqrt(count) < one * spread(drawn))
            assert within(covered, two, np.sqrt(two * (1 - two) / 40_000), degrees=None)
    assert spread(np.array([[1.0], [np.nan]])) == 0


def test_the_error_holds_the_spread_and_the_value_is_the_mean(make_maps):
    first, *others = shifted(make_maps, [0.0, 0.2, -0.1])
    alone, all_of_them = find_transition(first, resamples=20), find_transition(first, trainings=others, resamples=20)
    each = [find_transition(one, resamples=20).value for one in (first, *others)]
    assert all_of_them.by_training == pytest.approx(each)
    assert all_of_them.value == pytest.approx(np.mean(each))
    assert all_of_them.training_spread == pytest.approx(spread(np.array(each)))
    assert all_of_them.error > all_of_them.training_spread > 0.15 > alone.error > alone.training_spread == 0
    assert "one training" in str(alone)
    assert "one training" not in str(all_of_them)


def test_the_ridge_is_the_mean_with_the_spread_in_its_error(make_maps):
    first, *others = shifted(make_maps, [0.0, 0.2, -0.1])
    alone, found = find_crossover(first, resamples=20), find_crossover(first, trainings=others, resamples=20)
    each = np.stack([find_crossover(one, resamples=20).lines["tau_1"].values for one in (first, *others)])
    np.testing.assert_allclose(found.lines["tau_1"].values, each.mean(0))
    assert (found.lines["tau_1_error"].values > spread(each) * (1 - 1e-12)).all()
    assert (found.lines["tau_1_error"].values > 2 * alone.lines["tau_1_error"].values).all()
    np.testing.assert_allclose(found.lines["specific_heat"].values, alone.lines["specific_heat"].values)
    assert found.to_dict()["critical_temperature"]["by_training"] == pytest.approx(
        list(found.critical_temperature.by_training)
    )


def test_a_training_without_a_transition_does_not_count(make_maps):
    first, *others = shifted(make_maps, [0.0, 0.1, 9.0])
    found = find_transition(first, trainings=others, resamples=20)
    assert np.isnan(found.by_training[2])
    assert found.value == pytest.approx(np.mean(found.by_training[:2]))
    assert Estimate(found.value, found.error).error > 0
    lost = find_transition(others[1], trainings=[others[1], first], resamples=20)
    assert np.isnan(lost.value)


def test_one_of_two_trainings_is_not_enough_for_an_error_with_their_spread(make_maps):
    first, other = shifted(make_maps, [0.0, 9.0])
    assert np.isnan(find_transition(first, trainings=[other], resamples=20).value)
    both, *alone = (
        np.isfinite(find_crossover(maps, trainings=more, resamples=20).lines["tau_1"]).values
        for maps, more in ((first, [other]), (first, []), (other, []))
    )
    assert (alone[0] & ~alone[1]).any()
    assert not (both & ~(alone[0] & alone[1])).any()
