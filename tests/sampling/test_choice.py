"""What ``auto`` chooses where, and how it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.choice import sentences
from spinlens.sampling.engines.bits import layout
from spinlens.sampling.engines.bits.updates import WolffUpdate, updates
from spinlens.sampling.engines.bits.view import square_view
from spinlens.testing.chance import within
from tests.sampling.square import choose, words

LARGE = Lattice((128, 128))
STAGGERED = Ising(-1.0, "staggered")


@pytest.mark.parametrize(
    ("model", "lattice", "temperature", "field", "expected"),
    [
        (Ising(), LARGE, CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(), LARGE, 2.30, 0.0, "swendsen_wang"),
        (Ising(), LARGE, 2.45, 0.0, "heat_bath"),
        (Ising(), LARGE, 2.10, 0.0, "heat_bath"),
        (Ising(), Lattice((32, 32)), CRITICAL_TEMPERATURE, 0.0, "heat_bath"),
        (Ising(), Lattice((16, 128)), CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(2.0), LARGE, 2 * CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising((1.0, -0.25)), LARGE, 1.2375, 0.0, "swendsen_wang"),
        (Ising((1.0, -0.25)), LARGE, CRITICAL_TEMPERATURE, 0.0, "heat_bath"),
        (Ising(-1.0), LARGE, CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(-1.0), Lattice((129, 129)), CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(), Lattice.skewed((128, 128)), CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(), Lattice((128, 128), boundary="antiperiodic"), CRITICAL_TEMPERATURE, 0.0, "swendsen_wang"),
        (Ising(), LARGE, CRITICAL_TEMPERATURE, 0.001, "swendsen_wang"),
        (Ising(), LARGE, CRITICAL_TEMPERATURE, -0.01, "heat_bath"),
        (STAGGERED, LARGE, CRITICAL_TEMPERATURE, 0.001, "swendsen_wang"),
        (STAGGERED, LARGE, CRITICAL_TEMPERATURE, 0.1, "heat_bath"),
        (Ising(-1.0), LARGE, CRITICAL_TEMPERATURE, 0.001, "heat_bath"),
        (Ising(1.0, "staggered"), LARGE, CRITICAL_TEMPERATURE, 0.001, "heat_bath"),
        (Ising((1.0, -1.0)), LARGE, CRITICAL_TEMPERATURE, 0.001, "heat_bath"),
    ],
    ids=str,
)  # fmt: skip
def test_clusters_where_they_pay(model: Any, lattice: Any, temperature: float, field: float, expected: str) -> None:
    assert choose(model, lattice, temperature=temperature, field=field).algorithm == expected


def test_a_plan_keeps_auto_and_resolves_it() -> None:
    plan = Plan(model=Ising(), lattice=LARGE, temperature=(2.0, 2.27, 2.6), field=(0.0, 0.5), algorithm="auto")
    assert plan.to_dict()["algorithm"] == "auto"
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.algorithms == (("heat_bath", "swendsen_wang", "heat_bath"), ("heat_bath",) * 3)
    said = sentences([plan.choices(0), plan.choices(1)], grid=plan.grid)
    assert len(said) == 2
    assert said[0].startswith(
        "heat_bath at 5 of 6 conditions (T in 2 to 2.6, h in 0 to 0.5): correlations reach over less"
    )
    assert said[1].startswith(
        "swendsen_wang at 1 of 6 conditions (T = 2.27, h = 0): correlations reach over 12 sites or more"
    )


def test_the_plan_names_one_algorithm_for_all() -> None:
    plan = Plan(model=Ising(), lattice=LARGE, temperature=(2.0, 2.27), field=(0.0, 0.5), algorithm="wolff")
    assert plan.algorithms == (("wolff", "wolff"),) * 2


def test_wolff_needs_time_to_measure_its_clusters() -> None:
    with pytest.raises(InputError, match="how many clusters make a sweep"):
        Plan(model=Ising(), lattice=LARGE, temperature=(2.0,), algorithm="wolff", equilibration=0)
    with pytest.raises(InputError, match="Did you mean 'wolff'"):
        Plan(model=Ising(), lattice=LARGE, temperature=(2.0,), algorithm="wolf")
    with pytest.raises(InputError, match="Did you mean 'swendsen_wang'"):
        Plan(model=Ising(), lattice=LARGE, temperature=(2.0,), algorithm="swendsen-wang")


def test_a_sweep_of_wolff_is_frozen_and_reaches_every_site_once() -> None:
    lattice, temperature = Lattice((4, 4)), (1.5, 2.3, 6.0)
    plan = Plan(
        model=Ising(),
        lattice=lattice,
        temperature=temperature,
        interval=4,
        equilibration=800,
        algorithm="wolff",
        seed=4,
    )
    ((here, update),) = updates(square_view(plan, 0, 0))
    assert here == slice(0, 3)
    assert isinstance(update, WolffUpdate)
    spins = np.stack([layout.to_colours(words(np.ones((64, 4, 4), dtype=np.int8)))] * 3)
    for _ in range(200):
        update.advance(spins)
    update.freeze()
    frozen = update.clusters.copy()
    for _ in range(20):
        update.advance(spins)
    np.testing.assert_array_equal(update.clusters, frozen)
    assert len(update.sizes) == 200
    # At zero field the mean size of a Wolff cluster is the mean of M^2 / N.
    spin_sum = 2 * np.bitwise_count(np.arange(1 << 16, dtype=np.uint64)).astype(int) - 16
    for column, t in enumerate(temperature):
        exact = float(spin_sum**2 @ state_probabilities(Ising(), lattice, temperature=t, field=0.0)) / 16
        sizes = np.array(update.sizes)[100:, column]
        # Sixteen intervals at a time are as good as independent.
        error = sizes[:96].reshape(6, 16).mean(axis=1).std(ddof=1) / np.sqrt(6)
        # Nine standard errors, as these come from six blocks alone.
        assert within(sizes.mean(), exact, error, sigmas=14, degrees=5)
        assert error < 0.02 * exact
        assert frozen[column] == max(1, round(16 / sizes.mean()))


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff", "auto"])
def test_a_unit_does_not_depend_on_the_others(algorithm: str) -> None:
    plan = {"model": Ising(), "lattice": Lattice((8, 8)), "temperature": (2.0, 2.5), "equilibration": 40, "seed": 2}
    few = Plan(**plan, field=(0.0, 0.1), chains=64, algorithm=algorithm)
    many = Plan(**plan, field=(0.0, 0.1), chains=200, algorithm=algorithm)
    np.testing.assert_array_equal(run_unit(few, Unit(1, 0)).codes, run_unit(many, Unit(1, 0)).codes)
    assert (run_unit(many, Unit(1, 0)).codes != run_unit(many, Unit(1, 1)).codes).any()
    assert (run_unit(many, Unit(0, 0)).codes != run_unit(many, Unit(1, 0)).codes).any()
