"""Heated chains of cluster updates, and replicas that cross the border between two algorithms."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.engines.bits import choice
from spinlens.testing.chance import plausible, within
from tests.sampling.square import choose
from tests.sampling.visits import visit_p_values


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff", "auto"])
def test_every_temperature_is_sampled_exactly(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    temperature = (2.0, 2.4, 5.0)
    monkeypatch.setattr(choice, "LONG", 1.5)
    plan = Plan(
        model=Ising(), lattice=Lattice((6, 8)), temperature=temperature, recordings=200, interval=2, equilibration=100,
        algorithm=algorithm, exchange=False, start="heated", seed=5,
    )  # fmt: skip
    if algorithm == "auto":
        assert len(set(plan.algorithms[0])) == 2
    energy = -run_unit(plan, Unit(0, 0)).sums["bond_sum"].mean(axis=2) / 48
    error = energy.std(axis=1, ddof=1) / np.sqrt(64)
    assert within(energy.mean(axis=1), kaufman_torus((6, 8), np.array(temperature)).energy, error)
    assert np.all(error < 0.01)


def test_replicas_cross_the_border_of_two_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    # The joint distribution is that of the first two temperatures, so the border lies between them.
    temperature = (2.0, 5.0)
    monkeypatch.setattr(choice, "LONG", 0.9)
    monkeypatch.setattr(choice, "HOT", 0.0)
    found = [choose(Ising(), Lattice((4, 2)), temperature=t, field=0.0).algorithm for t in temperature]
    assert found == [choice.ALONE, choice.LOCAL]
    p_values = visit_p_values(
        shape=(4, 2), temperature=temperature, field=0.0, algorithm="auto", blocks=6, draws=16, interval=16
    )
    assert len(p_values) == 3
    for p_value in p_values:
        assert plausible(p_value)
