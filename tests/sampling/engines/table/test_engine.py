"""Whole units of work by the table engine."""

import math

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Potts
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.engines.table.engine import TableEngine
from spinlens.sampling.engines.table.rules import weights_of
from spinlens.sampling.engines.table.sums import term_places
from spinlens.sampling.engines.table.walkers import Setting, TableWalkers
from spinlens.testing.chance import within
from tests.sampling.engines.table.systems import disordered, probabilities, random_pairwise, stream_of


def _draws(**changes):
    plan = Plan(**{
        "model": Potts(3), "lattice": Lattice((2, 3)), "temperature": (0.9, 1.3, 2.0), "equilibration": 80,
        "draws": 200, "seed": 4, "engine": "table", "recordings": changes.get("draws", 200), **changes,
    })  # fmt: skip
    return plan, run_unit(plan, units(plan)[0])


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis", "swendsen_wang", "wolff"])
@pytest.mark.parametrize("start", ["dispersed", "heated"])
@pytest.mark.parametrize(
    ("model", "controls"),
    [(Potts(3), {"field": 0.2}), (Clock(4), {}), (BlumeCapel(), {"crystal_field": 0.4})],
    ids=["potts", "clock", "spin_1"],
)
def test_energies_at_all_temperatures(model, controls, algorithm, start):
    plan, unit = _draws(
        model=model, controls=controls, algorithm=algorithm, start=start, exchange=start != "heated", equilibration=400
    )
    weights = weights_of(model, plan.lattice, controls)
    for t, temperature in enumerate(plan.temperature):
        states, p = probabilities(weights, temperature)
        sums = dict(zip(model.tables(plan.lattice).names, model.tables(plan.lattice).sums(states), strict=True))
        exact = p @ model.energy_total(plan.lattice, sums, **controls)
        found = model.energy_total(plan.lattice, {k: v[t] for k, v in unit.sums.items()}, **controls).mean(axis=1)
        assert within(found.mean(), exact, found.std(ddof=1) / 8, sigmas=5.0)


def test_recorded_sums_are_those_of_the_codes():
    plan, unit = _draws(model=BlumeCapel(), lattice=Lattice((3, 5)), draws=3)
    codes = plan.model.space.unpack(unit.codes, 5)
    sums = plan.model.tables(plan.lattice).sums(codes)
    for name, series in zip(plan.model.tables(plan.lattice).names, sums, strict=True):
        assert np.array_equal(unit.sums[name], series)


def test_a_unit_gives_the_same_bytes_again():
    first, second = (_draws(algorithm="wolff", draws=5)[1] for _ in range(2))
    assert np.array_equal(first.codes, second.codes)


def test_what_is_refused():
    engine, lattice = TableEngine(), Lattice((4, 4))
    assert engine.refuses(Potts(3), lattice, "wolff") is None
    assert engine.refuses(random_pairwise(3), lattice, "heat_bath") is None
    assert "exchange of codes" in str(engine.refuses(random_pairwise(3), lattice, "swendsen_wang"))
    with pytest.raises(InputError, match="reverses"):
        Plan(model=Ising(), lattice=lattice, temperature=1e6, algorithm="metropolis", engine="table")


@pytest.mark.parametrize("states", [300, 4096])
@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
def test_many_states(states, algorithm):
    """Codes of 16 bits; a ferromagnet of two sites whose energy is known in closed form."""
    temperature = 1 / math.log(states)
    weights = disordered(2, 2, 1)
    weights = type(weights)(
        np.array([0]), np.array([1]), np.array([0]), np.eye(states)[None], np.zeros(2, dtype=np.int64),
        np.zeros((1, states)),
    )  # fmt: skip
    setting = Setting(
        weights, np.array([1 / temperature]), (algorithm,), 4, ("equal",), np.ones(1),
        term_places(weights.first, weights.second, weights.which, np.eye(states, dtype=np.int64)[None, None],
                    weights.kind, np.zeros((1, 1, states), dtype=np.int64)),
        np.empty((0, states), dtype=np.int64), np.arange(states)[None],
    )  # fmt: skip
    walkers, here = TableWalkers(setting, stream_of(1, 1, 4, 64), np.zeros((1, 64, 2), dtype=np.int64)), slice(0, 1)
    assert walkers.board.dtype == np.uint16
    total, rounds = np.zeros(64), 60 if states == 4096 else 200
    for step in range(rounds):
        walkers.sweep(here)
        walkers.measure(here)
        if step >= rounds // 6:
            total += walkers.recorded("equal")[0]
    mean = total / (rounds - rounds // 6)
    assert len(np.unique(walkers.codes(here))) > 10
    if (states, algorithm) == (4096, "metropolis"):
        # Too few sweeps: equal codes are proposed once in 4,095 times.
        return
    # Equal codes weigh e^(1/T) = q, unequal ones 1: p = q^2 / (q^2 + q (q - 1)).
    assert within(mean.mean(), states / (2 * states - 1), mean.std(ddof=1) / 8)
