"""Energies and specific heats of finite lattices against Kaufman's exact values, fields against enumeration."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact import enumerate_states
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import observables
from spinlens.testing.chance import within

NOTICEABLE = 2e-3
"""Relative mistake that four standard errors must be able to show."""


def estimate(plan: Plan) -> dict[str, np.ndarray]:
    draws = [run_unit(plan, unit) for unit in units(plan)]
    sums = {name: np.concatenate([part.sums[name] for part in draws], axis=1) for name in plan.series}
    found = observables(
        sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature, **plan.point_controls(0)
    )
    return {str(name): values.values for name, values in found.items()}


def assert_agrees(found: dict[str, np.ndarray], exact: dict[str, np.ndarray], *, noticeable: float) -> None:
    for name, value in exact.items():
        error = found[f"{name}_error"]
        assert within(found[name], value, error, degrees=69), (name, found[name], error, value)
        assert np.all(4 * error < noticeable * np.abs(value)), (name, error / value)


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize(("side", "recordings"), [(8, 8000), (16, 4000), (32, 6000)])
def test_energy_on_the_torus(side: int, recordings: int, algorithm: str) -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((side, side)), temperature=(2.0, CRITICAL_TEMPERATURE, 2.5), chains=128,
        recordings=recordings, interval=4, equilibration=4000, algorithm=algorithm, seed=11,
    )  # fmt: skip
    exact = kaufman_torus(plan.lattice.shape, plan.temperature)
    assert_agrees(estimate(plan), {"energy": exact.energy}, noticeable=NOTICEABLE)


def test_specific_heat_on_the_torus() -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((8, 8)), temperature=(2.0, CRITICAL_TEMPERATURE, 2.5), chains=256,
        recordings=20000,
        interval=4, equilibration=1000, seed=12,
    )  # fmt: skip
    exact = kaufman_torus(plan.lattice.shape, plan.temperature)
    assert_agrees(estimate(plan), {"specific_heat": exact.specific_heat}, noticeable=3 * NOTICEABLE)


@pytest.mark.parametrize(("coupling", "field"), [(1.0, 0.1), (1.0, 0.5), (-1.0, 2.0)])
def test_all_observables_in_a_field(coupling: float, field: float) -> None:
    model, lattice = Ising(coupling), Lattice((4, 4))
    plan = Plan(
        model=model, lattice=lattice, temperature=(2.0, CRITICAL_TEMPERATURE), field=(field,), chains=256,
        recordings=8000,
        interval=4, equilibration=1000, seed=13,
    )  # fmt: skip
    exact = [enumerate_states(model, lattice, temperature=t, field=field) for t in plan.temperature]
    names = ("energy", "magnetization", "absolute_magnetization", "specific_heat", "susceptibility")
    found = estimate(plan)
    assert_agrees(
        found,
        {name: np.array([getattr(e, name) for e in exact]) for name in names},
        noticeable=30 * NOTICEABLE,
    )
    assert_agrees(found, {"energy": np.array([e.energy for e in exact])}, noticeable=NOTICEABLE)
    binder = np.array([e.binder_cumulant for e in exact])
    assert within(found["binder_cumulant"], binder, found["binder_cumulant_error"])
    assert np.all(found["binder_cumulant_error"] < 2e-3)


def test_rectangles_and_many_chains() -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((24, 10)), temperature=(2.4,), chains=70, recordings=2000, interval=4,
        equilibration=2000, seed=14,
    )  # fmt: skip
    exact = kaufman_torus(plan.lattice.shape, np.array(plan.temperature))
    assert_agrees(estimate(plan), {"energy": exact.energy}, noticeable=2 * NOTICEABLE)


def test_both_signs_are_visited_when_cold() -> None:
    plan = Plan(
        model=Ising(),
        lattice=Lattice((16, 16)),
        temperature=(1.2, 2.0),
        chains=64,
        recordings=200,
        equilibration=100,
        seed=4,
    )
    (unit,) = units(plan)
    positive = (run_unit(plan, unit).sums["spin_sum"] > 0).mean(axis=(1, 2))
    assert within(positive, 0.5, 0.5 / np.sqrt(64 * 200), degrees=None)
