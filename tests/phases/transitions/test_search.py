"""Transitions that are known exactly are found with errors that hold; where there is none, none is found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.phases.transitions.exactly import CENTRE, DISORDERED, ORDERED, mean_field, two_phases

from spinlens.errors import InputError
from spinlens.phases.transitions import nulls as nulls_module
from spinlens.phases.transitions import search
from spinlens.testing.chance import count, tail

SEEDS = range(8)
LATENT_HEAT = DISORDERED - ORDERED


@cache
def found(seed):
    return search(mean_field(seed), nulls=False)


def test_the_critical_point_of_the_curie_weiss_model_is_covered():
    pulls = [(each.value - 1.0) / each.error for seed in SEEDS for each in found(seed).transitions]
    assert len(pulls) == len(SEEDS)
    inside = np.mean(np.abs(pulls) < 1)
    count(1, 1e-4)
    # None of 8 at a rate of 0.68 has a probability of 1e-4; where errors allow for choices more are inside.
    assert inside > 0, pulls
    count(8, tail(4.5))
    assert np.max(np.abs(pulls)) < 4.5, pulls
    # Errors that are a tenth of what they should be would be noticed.
    assert np.max(10 * np.abs(pulls)) > 4.5


def test_exponents_and_kind_of_the_curie_weiss_model():
    (transition,) = found(1).transitions
    assert transition.kind == "continuous"
    for name, exact in {"nu": 0.5, "beta_over_nu": 1.0, "gamma_over_nu": 2.0}.items():
        estimate = transition.exponents[name]
        count(1, tail(5))
        assert abs(estimate.value - exact) < 5 * estimate.error, (name, estimate)
    low, high = transition.interval_95
    assert low < transition.interval_68[0] < transition.value < transition.interval_68[1] < high


def test_no_transition_in_a_field():
    answer = search(mean_field(1, field=0.1), nulls=False)
    assert not answer.transitions
    assert answer.none_probability > 0.9
    assert "Look" in answer.words


@pytest.mark.parametrize(("low", "high", "way"), [(1.04, 1.4, "lower"), (0.6, 0.9, "higher")])
def test_a_transition_outside_of_the_window_is_not_found_and_its_side_is_said(low, high, way):
    answer = search(mean_field(1, low=low, high=high, lengths=(4, 7)), nulls=False)
    assert not answer.transitions
    assert f"at {way} temperature" in answer.words


def test_two_phases_are_of_first_order():
    answer = search(two_phases(1), nulls=False)
    (transition,) = answer.transitions
    assert transition.kind == "first_order"
    count(1, tail(5))
    assert abs(transition.value - CENTRE) < 5 * transition.error
    assert transition.error < 0.004
    assert transition.exponents["nu"] is None
    count(1, tail(5))
    assert abs(transition.latent_heat.value - LATENT_HEAT) < 5 * transition.latent_heat.error < 0.1


def test_nulls_are_no_transitions_and_a_real_system_among_them_would_be_noticed(monkeypatch):
    recorded = mean_field(2)
    answer = search(recorded)
    assert answer.transitions
    assert set(answer.nulls) == {"permuted control", "independent sites"}
    assert not any(each.found for each in answer.nulls.values())
    assert "Do not trust" not in str(answer)
    monkeypatch.setattr(nulls_module, "NULLS", {"the same": lambda recorded, generator: list(recorded)})
    assert "Do not trust" in str(search(recorded))


def test_independent_sites_have_no_valley_where_phases_coexist():
    answer = search(two_phases(3))
    assert answer.transitions
    assert not any(each.found for each in answer.nulls.values())


def test_conditions_that_were_mixed_up_are_noticed():
    mixed = nulls_module.permuted_control(mean_field(1), np.random.default_rng(1))
    answer = search(mixed, nulls=False)
    assert not answer.transitions
    assert answer.study is None
    assert "mixed up" in answer.words


def test_chains_with_a_system_of_their_own_are_noticed():
    def own(each):
        offset = np.random.default_rng(each.length).normal(size=(len(each.conjugate[0]), 1))
        return replace(each, conjugate=[x + np.rint(3.0 * x.std() * offset) for x in each.conjugate])

    answer = search([own(each) for each in mean_field(1)], nulls=False)
    assert not answer.transitions
    assert answer.evidence.memory > 0.9
    assert found(1).evidence.memory < 0.3
    assert "Cannot tell" in answer.words


def test_the_bound_lies_below_the_error():
    ceiling = found(1).ceiling
    assert 0 < ceiling["cramer_rao"] < found(1).transitions[0].error
    assert ceiling["efficiency"] == pytest.approx(ceiling["cramer_rao"] / found(1).transitions[0].error)


def test_summaries_are_plain_numbers():
    summary = found(1).summary()
    # A window of one transition is not divided.
    assert found(1).windows == (found(1),)
    assert "windows" not in summary
    (transition,) = summary["transitions"]
    assert set(transition) >= {
        "axis", "value", "error", "interval_68", "interval_95", "kind", "kind_probabilities", "probability",
        "exponents", "latent_heat", "by_method",
    }  # fmt: skip
    assert sum(transition["kind_probabilities"].values()) == pytest.approx(1)
    assert summary["budget"]["chains"] > 0


def test_refusals():
    with pytest.raises(InputError, match="at least two sizes"):
        search(mean_field(1, lengths=(4,)), nulls=False)
    with pytest.raises(InputError, match="16"):
        search(mean_field(1, chains=8), nulls=False)
    bare = [replace(each, quantities=(), components=[[] for _ in each.components]) for each in mean_field(1)]
    with pytest.raises(InputError, match="order parameter"):
        search(bare, nulls=False)
