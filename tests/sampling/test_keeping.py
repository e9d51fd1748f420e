"""A unit that is left off and gone on with, anywhere, yields the same bytes as one that was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, Potts
from spinlens.sampling import Plan, Unit, UnitDraws, chains, run_unit
from spinlens.sampling.engines import engine_named

GRID = {"temperature": (1.5, 2.2, 2.4, 4.0), "chains": 70, "draws": 2, "recordings": 6, "interval": 3, "seed": 4}
SHORT = {**GRID, "equilibration": 15}
SQUARE = Lattice((6, 10))

PLANS: dict[str, dict[str, Any]] = {
    "auto": {"model": Ising(), "lattice": SQUARE, "field": 0.1},
    "one temperature": {"model": Ising(), "lattice": SQUARE, "temperature": 2.2},
    "no exchange": {"model": Ising(), "lattice": SQUARE, "exchange": False},
    "metropolis": {"model": Ising((1.0, 0.5)), "lattice": SQUARE, "algorithm": "metropolis"},
    "swendsen_wang": {"model": Ising(), "lattice": SQUARE, "algorithm": "swendsen_wang"},
    "wolff": {"model": Ising(), "lattice": SQUARE, "algorithm": "wolff"},
    "turns": {"model": Ising(), "lattice": SQUARE, "algorithm": "wolff + 3 metropolis + swendsen_wang + heat_bath"},
    "seeded": {"model": Ising(), "lattice": SQUARE, "algorithm": "seeded_clusters + 4 metropolis"},
    "heated": {"model": Ising(), "lattice": SQUARE, "algorithm": "wolff + metropolis", "start": "heated",
               "exchange": False},
    "rows": {"model": Ising(), "lattice": Lattice((6, 6), kind="triangular"), "start": "dispersed"},
    "rows, seeded": {"model": Ising(), "lattice": Lattice((4, 4, 4)), "algorithm": "seeded_clusters + 2 metropolis"},
    "rows, heated": {"model": Ising(), "lattice": Lattice((4, 4, 4)), "start": "heated", "exchange": False},
    "table": {"model": BlumeCapel(), "lattice": SQUARE, "crystal_field": 0.5},
    "table, wolff": {"model": Potts(3), "lattice": SQUARE, "algorithm": "wolff + 2 heat_bath"},
    "table, swendsen_wang": {"model": Potts(3), "lattice": SQUARE, "algorithm": "swendsen_wang"},
    "table, heated": {"model": Potts(3), "lattice": SQUARE, "algorithm": "wolff", "start": "heated", "exchange": False},
}  # fmt: skip


class Left(Exception):
    """The run was left off."""


class Memory:
    """Keeps every state, and leaves off after a given number of intervals; then hands out the last one."""

    def __init__(self, after: int) -> None:
        self.after, self.steps = after, 0
        self.kept: dict[str, np.ndarray] = {}

    def load(self) -> Mapping[str, np.ndarray]:
        return self.kept

    def due(self) -> bool:
        self.steps += 1
        return self.steps == self.after

    def save(self, arrays: Mapping[str, np.ndarray], fraction: float) -> None:
        assert 0 < fraction <= 1
        self.kept = {name: array.copy() for name, array in arrays.items()}
        raise Left


def assert_same(found: UnitDraws, whole: UnitDraws) -> None:
    np.testing.assert_array_equal(found.codes, whole.codes)
    for name, series in whole.sums.items():
        np.testing.assert_array_equal(found.sums[name], series)
    np.testing.assert_array_equal(found.exchange_accepted, whole.exchange_accepted)
    np.testing.assert_array_equal(found.round_trips, whole.round_trips)


@pytest.mark.parametrize("name", PLANS)
def test_left_off_after_any_interval_and_gone_on_with(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small as they are, chains at different temperatures are moved by threads.
    monkeypatch.setattr(chains, "WORTH_THREADS", 0)
    plan, unit = Plan(**{**SHORT, **PLANS[name]}), Unit(0, 1 if name == "auto" else 0)
    whole = run_unit(plan, unit)
    intervals = 5 + 6
    stages = 4 if plan.start == "heated" else 1
    for after in range(1, stages * intervals + 1):
        keeper = Memory(after)
        with pytest.raises(Left):
            run_unit(plan, unit, threads=1 + after % 3, keeper=keeper)
        reports: list[float] = []
        assert_same(run_unit(plan, unit, reports.append, threads=1 + (after + 1) % 2, keeper=keeper), whole)
        assert keeper.steps == stages * intervals
        assert after == stages * intervals or reports[0] > after / (stages * intervals)


def test_an_interrupted_report_keeps_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "SEGMENT", 0)
    plan, unit = Plan(**{**SHORT, **PLANS["auto"]}), Unit(0, 0)
    keeper, said = Memory(10**9), 0

    def report(fraction: float) -> None:
        nonlocal said
        said += 1
        if said == 3:
            raise KeyboardInterrupt

    with pytest.raises(Left):
        run_unit(plan, unit, report, keeper=keeper)
    assert keeper.kept["done"] > 0
    assert_same(run_unit(plan, unit, keeper=keeper), run_unit(plan, unit))


@pytest.mark.parametrize("harm", ["a name less", "a name more", "another shape", "another type"])
def test_what_is_no_state_of_this_unit_is_left_alone(harm: str) -> None:
    plan, unit = Plan(**{**SHORT, **PLANS["auto"]}), Unit(0, 0)
    keeper = Memory(6)
    with pytest.raises(Left):
        run_unit(plan, unit, keeper=keeper)
    kept = keeper.kept
    name = next(name for name in kept if name.startswith("walkers"))
    if harm == "a name less":
        del kept[name]
    elif harm == "a name more":
        kept["other"] = np.zeros(1)
    elif harm == "another shape":
        kept[name] = kept[name][..., :-1]
    else:
        kept[name] = kept[name].astype(np.float64)
    assert_same(run_unit(plan, unit, keeper=keeper), run_unit(plan, unit))
    # All of it anew.
    assert keeper.steps == 6 + 11


@pytest.mark.parametrize("name", PLANS)
def test_states_are_the_arrays_themselves(name: str) -> None:
    """What does not change by itself need not be kept, and copies would not be put in place."""
    plan = Plan(**{**SHORT, **PLANS[name]})
    pieces = [slice(t, t + 1) for t in range(len(plan.temperature))]
    walkers = engine_named(plan.engine).walkers(
        plan, 0, 0, lambda t: chains.start_codes(plan, Unit(0, 0), t), pieces
    )  # fmt: skip
    again = walkers.state()
    for key, array in walkers.state().items():
        assert np.shares_memory(array, again[key]) or array.size == 0
