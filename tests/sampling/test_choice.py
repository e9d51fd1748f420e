"""What ``auto`` chooses where, and how it says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising, LatticeGas, Potts
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.choice import sentences
from spinlens.sampling.engines.bits import layout
from spinlens.sampling.engines.bits.choice import ALONE, CUBIC, DISORDERED, LOCAL, LONG, ORDERED
from spinlens.sampling.engines.bits.engine import BitsEngine
from spinlens.sampling.engines.bits.updates import WolffUpdate, state_of, updates_at
from spinlens.sampling.engines.bits.view import square_view
from spinlens.sampling.plan import EQUILIBRATION, SHORT_EQUILIBRATION
from spinlens.testing.chance import within
from tests.sampling.square import choose, words

LARGE = Lattice((128, 128))
STAGGERED = Ising(-1.0, "staggered")


@pytest.mark.parametrize(
    ("model", "lattice", "temperature", "field", "expected"),
    [
        (Ising(), LARGE, CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(), LARGE, 2.30, 0.0, DISORDERED),
        (Ising(), LARGE, 2.60, 0.0, LOCAL),
        (Ising(), Lattice((512, 512)), 2.45, 0.0, LOCAL),
        (Ising(), LARGE, 2.10, 0.0, ORDERED),
        (Ising(), LARGE, 1.80, 0.0, LOCAL),
        (Ising(), Lattice((32, 32)), CRITICAL_TEMPERATURE, 0.0, ALONE),
        (Ising(), Lattice((32, 32)), 2.5, 0.0, DISORDERED),
        (Ising(), Lattice((8, 8)), CRITICAL_TEMPERATURE, 0.0, LOCAL),
        (Ising(), Lattice((16, 128)), CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(2.0), LARGE, 2 * CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising((1.0, -0.25)), LARGE, 1.2375, 0.0, ORDERED),
        (Ising((1.0, -0.25)), LARGE, CRITICAL_TEMPERATURE, 0.0, LOCAL),
        (Ising(-1.0), LARGE, CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(-1.0), Lattice((129, 129)), CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(), Lattice.skewed((128, 128)), CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(), Lattice((128, 128), boundary="antiperiodic"), CRITICAL_TEMPERATURE, 0.0, ORDERED),
        (Ising(), LARGE, CRITICAL_TEMPERATURE, 0.001, DISORDERED),
        (Ising(), LARGE, 0.9 * CRITICAL_TEMPERATURE, 0.001, LOCAL),
        (Ising(), LARGE, CRITICAL_TEMPERATURE, -0.03, LOCAL),
        (STAGGERED, LARGE, CRITICAL_TEMPERATURE, 0.001, DISORDERED),
        (STAGGERED, LARGE, CRITICAL_TEMPERATURE, 0.03, LOCAL),
        (Ising(-1.0), LARGE, CRITICAL_TEMPERATURE, 0.001, LOCAL),
        (Ising(1.0, "staggered"), LARGE, CRITICAL_TEMPERATURE, 0.001, LOCAL),
        (Ising((1.0, -1.0)), LARGE, CRITICAL_TEMPERATURE, 0.001, LOCAL),
        (Ising(), Lattice((64, 64), kind="triangular"), 3.6, 0.0, ORDERED),
        (Ising(), Lattice((64, 64), kind="triangular"), 3.0, 0.0, LOCAL),
        (Ising(-1.0), Lattice((64, 64), kind="triangular"), 3.6, 0.0, LOCAL),
        (Ising(-1.0), Lattice((64, 64), kind="honeycomb"), 1.53, 0.0, DISORDERED),
        (Ising(0.5), Lattice((48, 48, 48)), 2.255, 0.0, CUBIC),
        (Ising(), Lattice((24, 24, 24)), 4.51, 0.0, LOCAL),
        (Ising(), Lattice((300,)), 0.5, 0.0, DISORDERED),
        (Ising(), Lattice((300,)), 2.0, 0.0, LOCAL),
        (Ising(), Lattice((300,)), 5.0, 0.0, "heat_bath"),
        (Ising(), LARGE, 9.0, 0.0, "heat_bath"),
        (Ising(1.0, np.linspace(-1, 1, 8).reshape(2, 4)), LARGE, CRITICAL_TEMPERATURE, 0.1, LOCAL),
        (LatticeGas(4.0), LARGE, CRITICAL_TEMPERATURE, -8.0, ORDERED),
    ],
    ids=str,
)  # fmt: skip
def test_clusters_where_they_pay(model: Any, lattice: Any, temperature: float, field: float, expected: str) -> None:
    controls = {next(iter(model.controls)): field}
    assert BitsEngine().choose(model, lattice, temperature=temperature, controls=controls).algorithm == expected


def test_no_temperature_is_too_low_or_too_high_for_a_choice() -> None:
    for lattice in (Lattice((64,)), Lattice((8, 64)), Lattice((64, 64), kind="triangular"), Lattice((8, 8, 8))):
        for temperature in (1e-300, 1e-3, 1e3, 1e300):
            assert choose(Ising(), lattice, temperature=temperature, field=0.0).reason


def test_a_plan_keeps_auto_and_resolves_it() -> None:
    plan = Plan(model=Ising(), lattice=LARGE, temperature=(1.5, 2.27, 2.8), field=(0.0, 0.5))
    assert plan.to_dict()["algorithm"] == "auto"
    assert Plan.from_dict(plan.to_dict()) == plan
    assert plan.algorithms == ((LOCAL, DISORDERED, LOCAL), (LOCAL,) * 3)
    said = sentences([plan.choices(0), plan.choices(1)], grid=plan.grid)
    assert len(said) == 2
    assert said[0].startswith(
        f"{LOCAL} at 5 of 6 conditions (T in 1.5 to 2.8, h in 0 to 0.5): correlations reach over less"
    )
    assert said[1].startswith(
        f"{DISORDERED} at 1 of 6 conditions (T = 2.27, h = 0): correlations reach over {LONG:g} sites or more"
    )


def test_equilibration_is_short_where_the_physics_is_known() -> None:
    plan = {"lattice": Lattice((16, 16)), "temperature": (2.0, 2.27)}
    assert Plan(model=Ising(), **plan).equilibration == SHORT_EQUILIBRATION
    assert Plan(model=Ising(), **plan, algorithm="heat_bath").equilibration == EQUILIBRATION
    assert Plan(model=Ising(-1.0), **plan, field=(0.0, 0.5)).equilibration == EQUILIBRATION
    assert Plan(model=Potts(3), **plan).equilibration == EQUILIBRATION
    # From other states domains must grow together first, and interfaces move slowly.
    assert Plan(model=Ising(), **plan, start="random").equilibration == EQUILIBRATION
    assert Plan(model=Ising(), **(plan | {"lattice": Lattice.skewed((16, 16))})).equilibration == EQUILIBRATION
    assert Plan(model=Ising(-1.0), **(plan | {"lattice": Lattice((15, 16))})).equilibration == EQUILIBRATION
    assert Plan(model=Ising(-1.0), **plan).equilibration == SHORT_EQUILIBRATION
    given = Plan(model=Ising(), **plan, equilibration=7)
    assert given.equilibration == 7
    assert Plan.from_dict(given.to_dict()).equilibration == 7


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
    view = square_view(plan, 0, 0)
    update = updates_at(view, slice(0, 3), "wolff", state_of(view, "wolff"))["wolff"]
    assert isinstance(update, WolffUpdate)
    spins = np.stack([layout.to_colours(words(np.ones((64, 4, 4), dtype=np.int8)))] * 3)
    for _ in range(200):
        update.advance(spins, plan.interval)
    update.freeze()
    frozen = update.clusters.copy()
    for _ in range(20):
        update.advance(spins, plan.interval)
    np.testing.assert_array_equal(update.clusters, frozen)
    assert update.times.tolist() == [200] * 3
    # At zero field the mean size of a Wolff cluster is the mean of M^2 / N.
    spin_sum = 2 * np.bitwise_count(np.arange(1 << 16, dtype=np.uint64)).astype(int) - 16
    for column, t in enumerate(temperature):
        exact = float(spin_sum**2 @ state_probabilities(Ising(), lattice, temperature=t, field=0.0)) / 16
        sizes = update.sizes[100:, column]
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
