"""Windows that hold two transitions, at places that are known exactly, and windows that only look as if they did."""

from __future__ import annotations

import sys
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from tests.phases.transitions.exactly import beside_a_schottky_peak, beside_each_other
from tests.statistics.scaling.kosterlitz import clock, clock_ends, study_of

from spinlens.phases.transitions import Findings, evidence, search, together, verdict
from spinlens.phases.transitions.candidates import candidates
from spinlens.phases.transitions.places import CONTINUOUS, places, unbinding
from spinlens.statistics.scaling import FiniteSize, bins, locking
from spinlens.statistics.scaling.phase_ends import UNBINDING
from spinlens.statistics.scaling.views import led_by, within
from spinlens.testing.chance import count, tail

search_module = sys.modules["spinlens.phases.transitions.search"]
FUGACITY, ANGLES, SIZES = 0.05, 6, (16, 24, 32, 48)


SECOND = 1.6


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Ask one method, the quickest, and let energies share bins."""
    monkeypatch.setattr(bins, "MOST_BINS", 512)
    monkeypatch.setattr(search_module, "continuous", lambda _: {"cumulant crossings": CONTINUOUS["cumulant crossings"]})


@cache
def two():
    return beside_each_other(1)


def test_two_transitions_apart_are_both_found():
    found = search(two(), nulls=False)
    for transition, exact in zip(found.transitions, (1.0, SECOND), strict=True):
        count(1, tail(5))
        assert abs(transition.value - exact) < 5 * transition.error < 0.2
        assert transition.kind == "continuous"
    # Together no surer than the surest.
    assert found.none_probability == min(1 - each.probability for each in found.transitions)
    assert [part.transitions for part in found.windows] == [(each,) for each in found.transitions]
    assert [len(each["transitions"]) for each in found.summary()["windows"]] == [1, 1]


def test_a_transition_that_the_first_order_parameter_does_not_see_is_found():
    (transition,) = search([within(each, 1.3, np.inf) for each in two()], nulls=False).transitions
    count(1, tail(5))
    assert abs(transition.value - SECOND) < 5 * transition.error < 0.2


def test_a_peak_of_single_sites_is_no_second_transition():
    (transition,) = search(beside_a_schottky_peak(1), nulls=False).transitions
    count(1, tail(5))
    assert abs(transition.value - 1.0) < 5 * transition.error < 0.2


def test_two_transitions_at_one_place_are_one():
    recorded = beside_each_other(1, second=1.0, high=1.3)
    (one,) = candidates(recorded, FiniteSize.from_recorded(recorded))
    assert (one.order, one.place) == (0, pytest.approx(1.0, abs=0.05))
    other = [led_by(each, 1) for each in recorded]
    assert candidates(other, FiniteSize.from_recorded(other))[0].near(one)


@pytest.fixture(scope="module")
def ends():
    return dict(zip((locking(ANGLES), UNBINDING), clock_ends(ANGLES, FUGACITY), strict=True))


def test_both_ends_of_a_critical_phase_are_found(ends):
    low, high = ends.values()
    study = study_of(clock(SIZES, 0.87 * low, 1.12 * high, ANGLES, fugacity=FUGACITY, error=3e-4))
    recorded = [SimpleNamespace(circle=ANGLES, quantities=())]
    assert {each.end for each in candidates(recorded, study)} == set(ends)
    # Whoever does not know how many angles there are looks for the upper one alone.
    assert [each.end for each in candidates([SimpleNamespace(circle=4096, quantities=())], study)] == [UNBINDING]
    middle = 0.5 * (low + high)
    for (end, exact), window in zip(ends.items(), ((0.87 * low, middle), (middle, 1.12 * high)), strict=True):
        part = study_of(clock(SIZES, *window, ANGLES, fugacity=FUGACITY, error=3e-4))
        assert [each.end for each in candidates(recorded, part)] == [end]
        judged = verdict(evidence(part, end=end), dimensions=2)
        assert (judged.found, judged.kind) == (True, "bkt")
        (place,) = places(part, {"growth": unbinding(end)["growth of the susceptibility"]})
        estimate = place.estimate
        assert estimate is not None
        count(1, tail(5))
        assert abs(estimate.value - exact) < 5 * estimate.error < 0.05 * exact
        # The numbers of the other end do not fit.
        (other,) = set(ends) - {end}
        assert not verdict(evidence(part, end=other), dimensions=2).found


def test_answers_of_parts_make_one():
    parts = [Findings((), none, words, None, unsound=("L = 8 at 1",)) for none, words in ((0.3, "A."), (0.9, "B."))]
    whole = together([together(parts), Findings((), 0.6, "C.", None)])
    assert (whole.none_probability, len(whole.windows), whole.unsound) == (0.3, 3, ("L = 8 at 1",))
    assert whole.words == "A. B. C."
    assert together(parts[:1]) is parts[0]
