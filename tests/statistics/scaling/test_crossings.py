"""Crossings, quotients and peaks of two tori against enumeration, and the error bars over 150 seeds.

Shares of intervals that hold the exact value must lie within 4.5 binomial standard errors of their rates, as in
``tests/statistics/test_coverage.py``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.statistics.scaling.known import SIDES, TEMPERATURES, crossing, exact, peak, recorded, study

from spinlens.errors import InputError
from spinlens.statistics.scaling import FiniteSize
from spinlens.testing.chance import count, tail, within

SEEDS = 100


def crossed(found):
    """Return estimates and exact values of what is read where cumulants cross."""
    place, height, inverse_nu = crossing()
    (here,) = found.crossings("binder_cumulant")
    (grown,) = found.quotients("absolute_magnetization")
    exponent = np.log(exact(4, place, "absolute_magnetization") / exact(3, place, "absolute_magnetization"))
    return {
        "place": (here.place, place), "height": (here.height, height), "inverse_nu": (here.inverse_nu, inverse_nu),
        "exponent": (grown.exponent, exponent / np.log(4 / 3)),
    }  # fmt: skip


def peaked(found):
    """Return the same of peaks, and of a difference of two sizes."""
    difference = found.apply(lambda at: at[4]["energy"][1] - at[3]["energy"][0], [2.1, 2.5])
    pairs = {"difference": (difference, exact(4, 2.5, "energy") - exact(3, 2.1, "energy"))}
    for name in ("specific_heat", "susceptibility_absolute"):
        for each in found.peaks(name):
            at, top = peak(each.size, name)
            pairs |= {f"{name} place {each.size}": (each.place, at), f"{name} height {each.size}": (each.height, top)}
    return pairs


def in_errors(pairs):
    """Return pulls by name."""
    return {name: (found.value - known) / found.error for name, (found, known) in pairs.items()}


def estimates(found):
    """Return pulls of everything that is known."""
    return in_errors(crossed(found) | peaked(found))


@cache
def pulls(tied):
    # Chains that are tied together know less, and at some seeds could not tell the curves apart.
    found = [estimates(study(seed, tied=tied, recordings=200 if tied else 40)) for seed in range(SEEDS)]
    return {name: np.array([each[name] for each in found]) for name in found[0]}


def misses(found, seeds=SEEDS):
    """Return what does not cover at its rate: of 32 groups of each of two sizes, or that of Gaussian errors."""
    slack, wrong = 4.5 / np.sqrt(seeds), {}
    for name, pull in found.items():
        one, two = np.mean(np.abs(pull) < 1), np.mean(np.abs(pull) < 1.96)
        good = 0.675 - 0.47 * slack < one < 0.683 + 0.47 * slack and 0.941 - 0.236 * slack < two < 0.950 + 0.218 * slack
        if not good or abs(pull.mean()) > slack + 0.1:
            wrong[name] = (one, two, pull.mean())
    return wrong


@pytest.mark.parametrize("tied", [0.0, 1.0])
def test_intervals_cover_at_their_rate(tied):
    found = pulls(tied)
    count(5 * len(found), tail(4.5))
    assert misses(found) == {}


def test_errors_that_are_twice_too_large_would_be_noticed():
    assert set(misses({name: pull / 2 for name, pull in pulls(0.0).items()})) == set(pulls(0.0))


def test_errors_too_small_by_the_number_of_temperatures_would_be_noticed():
    wrong = misses({name: pull * np.sqrt(len(TEMPERATURES)) for name, pull in pulls(0.0).items()})
    assert set(wrong) == set(pulls(0.0))


def test_chains_taken_for_independent_across_temperatures_would_be_noticed():
    # The chains of each temperature in an order of their own: what they share looks like independent noise.
    def shuffled(side, seed):
        arrays, generator = recorded(side, seed, tied=1.0, recordings=120), np.random.default_rng([seed, side, 1])
        orders = np.array([generator.permutation(32) for _ in TEMPERATURES])[:, :, None]
        moved = {n: np.take_along_axis(v, orders, axis=1) for n, v in arrays.items() if n != "temperature"}
        return {"temperature": TEMPERATURES, **moved}

    found = [
        in_errors(peaked(FiniteSize.from_arrays({side: shuffled(side, seed) for side in SIDES}, dimensions=2)))
        for seed in range(SEEDS // 2)
    ]
    wrong = misses({name: np.array([each[name] for each in found]) for name in found[0]}, SEEDS // 2)
    assert len(wrong) >= 6
    assert all(one < 0.55 for one, _, _ in wrong.values())


def test_one_long_run_against_all_states():
    found = study(1, chains=64, recordings=4000)
    assert within(np.array(list(estimates(found).values())), 0.0, 1.0, sigmas=6.0, degrees=31)
    (here,) = found.crossings()
    assert here.place.error < 0.01
    assert str(here).startswith("L = 3, 4: at 2.")
    assert str(found.crossings()).startswith("crossings of the binder cumulant\nL = 3, 4")
    assert str(found.quotients("susceptibility")).startswith("quotients of the susceptibility\nL = 3, 4: ratio")
    assert str(found.peaks("specific_heat")).startswith("peaks of the specific heat\nL = 3: at 2.")


def test_resamples_of_sizes_know_what_they_share():
    # Three sizes: neighbouring pairs share one, and their crossings move together or against each other.
    generator = [recorded(side, 5) for side in (3, 4, 4)]
    found = FiniteSize.from_arrays({3: generator[0], 4: generator[1], 5: recorded(4, 99)}, dimensions=2,
                                   sites=lambda length: {3: 9, 4: 16, 5: 16}[length])  # fmt: skip
    peaks = found.peaks("specific_heat")
    covariance = peaks.places.covariance
    assert np.all(covariance[~np.eye(3, dtype=bool)] == 0)
    crossings = found.crossings(pairs=[(3, 4), (3, 5)])
    covariance = crossings.places.covariance
    share = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert 0.2 < share < 0.9
    lengths = [tuple(each.sizes) for each in crossings]
    assert lengths == [(3, 4), (3, 5)]
    # Numbers by name, of several sizes at once.
    named = found.apply(lambda at: {"low": at[3]["energy"][0], "sum": at[3]["energy"][0] + at[5]["energy"][0]}, [2.2])
    alone = found.apply(lambda at: at[5]["energy"][0], [2.2])
    assert named["sum"].error == pytest.approx(np.hypot(named["low"].error, alone.error), rel=1e-9)


@pytest.mark.parametrize(
    ("between", "way"), [((1.6, 2.0), "higher"), ((2.7, 3.2), "lower"), ((2.6, 2.8), "lower"), ((1.9, 2.1), "higher")]
)
def test_a_window_without_the_crossing_says_where_it_is(between, way):
    assert 2.1 < crossing()[0] < 2.6
    found = study(3, chains=64, recordings=2000)
    with pytest.raises(InputError, match=f"nearer to each other towards {way} temperature.*at {way} temperature"):
        found.crossings(between=between)


@pytest.mark.parametrize(("between", "way"), [((1.6, 2.0), "higher"), ((2.9, 3.2), "lower")])
def test_a_window_without_the_peak_says_where_it_is(between, way):
    found = study(3, recordings=400)
    with pytest.raises(InputError, match=f"rises at the edge. Look, or simulate, at {way} temperature"):
        found.peaks("specific_heat", between=between)


def test_curves_that_do_not_differ_are_refused():
    twice = {3: recorded(3, 1, recordings=400), 4: recorded(3, 2, recordings=400)}
    same = FiniteSize.from_arrays(twice, dimensions=2, sites=lambda length: 9)
    with pytest.raises(InputError, match="agree within their errors everywhere"):
        same.crossings()


def test_refusals():
    found = study(1)
    with pytest.raises(InputError, match="must be two ascending sizes among"):
        found.crossings(pairs=[(4, 3)])
    with pytest.raises(InputError, match="share no range"):
        found.crossings(between=(5.0, 6.0))
    with pytest.raises(InputError, match="has nothing of what L = 3"):
        found.peaks("specific_heat", between=(5.0, 6.0))
    with pytest.raises(InputError, match="must be 'crossings', 'peaks' or 'coexistence'"):
        found.critical_temperature(by="luck")
    apart = {3: recorded(3, 1), 4: {n: v[-2:] for n, v in recorded(4, 1).items()}}
    apart[3] = {n: v[:2] for n, v in apart[3].items()}
    with pytest.raises(InputError, match="share no range of the temperature"):
        FiniteSize.from_arrays(apart, dimensions=2).observables()
