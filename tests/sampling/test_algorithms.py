"""Mixtures: how they are written, and in which order their updates come."""

from __future__ import annotations

from itertools import chain, cycle, islice
from typing import Any

import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan
from spinlens.sampling.algorithms import Turn, check_algorithm, stretches, updates_in_turn, updates_of


@pytest.mark.parametrize(
    ("given", "kept", "turn"),
    [
        ("heat_bath", "heat_bath", [("heat_bath", 1)]),
        ("  3 heat_bath", "heat_bath", [("heat_bath", 1)]),
        ("swendsen_wang+15metropolis", "swendsen_wang + 15 metropolis", [("swendsen_wang", 1), ("metropolis", 15)]),
        ("1 wolff + 2 heat_bath", "wolff + 2 heat_bath", [("wolff", 1), ("heat_bath", 2)]),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_mixture(given: str, kept: str, turn: list[tuple[str, int]]) -> None:
    assert check_algorithm(given) == kept
    assert list(updates_in_turn(kept)) == turn
    plan = Plan(model=Ising(), lattice=Lattice((4, 4)), temperature=2.0, algorithm=given)
    assert plan.algorithm == kept
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.algorithms == ((kept,),)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "is unknown"), ("heat bath", "Did you mean 'heat_bath'"), ("2 auto", "Did you mean 'auto'"),
        (3, "is unknown"), (None, "is unknown"), ("wolff + ", "is unknown"), ("wolff + auto", "is unknown"),
        ("wolff 2", "Did you mean 'wolff'"), ("0 wolff + metropolis", "1 to 4096 sweeps"),
        ("wolff + 5000 metropolis", "1 to 4096 sweeps"),
    ],
)  # fmt: skip
def test_what_is_no_algorithm(given: Any, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        check_algorithm(given)
    assert caught.value.what == "algorithm"


@pytest.mark.parametrize("takes", [[1] * 20, [3] * 7, [20], [7, 1, 12]])
def test_updates_follow_one_another_however_many_are_asked_for_at_once(takes: list[int]) -> None:
    turn = Turn("wolff + 3 metropolis + 2 heat_bath")
    found = [name for sweeps in takes for name, count in turn.take(sweeps) for _ in range(count)]
    right = cycle(chain(["wolff"], ["metropolis"] * 3, ["heat_bath"] * 2))
    assert found == list(islice(right, sum(takes)))


def test_stretches_end_where_the_algorithm_or_the_piece_does() -> None:
    words = ["a", "a", "b", "b", "b", "a"]
    whole = [(slice(0, 2), "a"), (slice(2, 5), "b"), (slice(5, 6), "a")]
    assert stretches(words, [slice(0, 6)]) == whole
    cut = [(slice(0, 2), "a"), (slice(2, 3), "b"), (slice(3, 5), "b"), (slice(5, 6), "a")]
    assert stretches(words, [slice(0, 3), slice(3, 6)]) == cut
    assert updates_of("auto", "wolff + 3 metropolis", "heat_bath") == {"wolff", "metropolis", "heat_bath"}


def test_a_mixture_is_refused_for_what_is_in_it() -> None:
    plan = {"model": Ising(), "temperature": 2.0}
    with pytest.raises(InputError, match="how many clusters make a sweep"):
        Plan(**plan, lattice=Lattice((4, 4)), algorithm="heat_bath + wolff", equilibration=0)
    with pytest.raises(InputError, match="one chain after the other"):
        Plan(**plan, lattice=Lattice((4, 4)), algorithm="heat_bath + seeded_clusters", engine="table")
    # Metropolis alone is trapped on chains; a sweep of heat bath now and then frees it.
    for alone in ("metropolis", "2 metropolis + metropolis"):
        with pytest.raises(InputError, match="cannot reach every state"):
            Plan(**plan, lattice=Lattice((6,)), algorithm=alone)
    assert Plan(**plan, lattice=Lattice((6,)), algorithm="3 metropolis + heat_bath").engine == "bits"
