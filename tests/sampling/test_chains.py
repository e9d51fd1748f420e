"""Chains are independent, exchange is counted, plans refuse what cannot be done."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model, Potts
from spinlens.sampling import Plan, Unit, chains, run_unit, units
from spinlens.testing.chance import largest, uncounted

SMALL = {"model": Ising(), "lattice": Lattice((8, 8)), "temperature": (2.0, 2.5, 3.0), "equilibration": 50}


def largest_correlation(energies: np.ndarray) -> float:
    """Return the largest correlation between two chains, in units of its standard error for independent ones.

    Parameters
    ----------
    energies : array, shape (chain, recording)
        Series whose recordings are far enough apart to be independent.
    """
    correlation = np.corrcoef(energies)
    return float(np.abs(np.triu(correlation, 1)).max() * np.sqrt(energies.shape[1]))


def uncorrelated(energies: np.ndarray) -> bool:
    """Return whether no two chains (chain, recording) depend on each other."""
    pairs = len(energies) * (len(energies) - 1) // 2
    return largest(largest_correlation(energies), number=pairs, sigmas=5.5)


def test_chains_are_independent() -> None:
    plan = Plan(
        **{**SMALL, "temperature": (3.0, 3.3)}, field=(0.2,), chains=130, recordings=4000, interval=20, seed=9
    )  # fmt: skip
    energies = np.concatenate([run_unit(plan, unit).sums["bond_sum"] for unit in units(plan)], axis=1)
    for at_one_temperature in energies:
        assert uncorrelated(at_one_temperature)
    assert uncorrelated(np.concatenate([energies[0, :65], energies[1, 65:]]))


def test_fields_and_seeds_share_no_chance() -> None:
    options = {**SMALL, "temperature": (3.0,), "chains": 64, "recordings": 2000, "interval": 20}
    here = Plan(**options, field=(0.2, 0.25), seed=9)
    others = [run_unit(here, Unit(field, 0)).sums["bond_sum"][0] for field in range(2)]
    others.append(run_unit(Plan(**options, field=(0.2,), seed=10), Unit(0, 0)).sums["bond_sum"][0])
    assert uncorrelated(np.concatenate(others))
    again = run_unit(Plan(**options, field=(0.2,), seed=9), Unit(0, 0)).sums["bond_sum"][0]
    with uncounted():
        assert not uncorrelated(np.concatenate([others[0], again])), "one stream used twice must be seen"


def test_a_unit_does_not_depend_on_the_others() -> None:
    few = Plan(**SMALL, field=(0.0, 0.1), chains=64, seed=2)
    many = Plan(**SMALL, field=(0.0, 0.1), chains=200, seed=2)
    np.testing.assert_array_equal(run_unit(few, Unit(1, 0)).codes, run_unit(many, Unit(1, 0)).codes)
    assert (run_unit(many, Unit(1, 0)).codes != run_unit(many, Unit(1, 1)).codes).any()
    assert (run_unit(many, Unit(0, 0)).codes != run_unit(many, Unit(1, 0)).codes).any()


def test_the_sums_are_those_of_the_kept_spins() -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((24, 10)), temperature=(2.0, 3.0), field=(0.0, 0.3), chains=70, draws=3,
        recordings=6,
        equilibration=30, start="dispersed", seed=3,
    )  # fmt: skip
    for unit in units(plan):
        draws = run_unit(plan, unit)
        spins = 2 * np.unpackbits(draws.codes, axis=-1, count=10, bitorder="little").astype(int) - 1
        np.testing.assert_array_equal(spins.sum((-1, -2)), draws.sums["spin_sum"][:, :, 1::2])
        bonds = spins * np.roll(spins, 1, axis=-1) + spins * np.roll(spins, 1, axis=-2)
        np.testing.assert_array_equal(bonds.sum((-1, -2)), draws.sums["bond_sum"][:, :, 1::2])


def test_exchange_is_counted() -> None:
    plan = Plan(**SMALL, recordings=500, interval=2, seed=6)
    draws = run_unit(plan, Unit(0, 0))
    acceptance = draws.exchange_accepted / draws.exchange_offered
    assert np.all((acceptance > 0.1) & (acceptance < 0.9))
    assert draws.round_trips.sum() > 100
    without = run_unit(Plan(**SMALL, exchange=False, seed=6), Unit(0, 0))
    assert without.exchange_offered == 0
    assert without.round_trips.sum() == 0


def test_a_single_temperature_makes_no_round_trips() -> None:
    plan = Plan(**{**SMALL, "temperature": (2.0,)}, seed=6)
    assert run_unit(plan, Unit(0, 0)).round_trips.sum() == 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"temperature": (2.0, -0.1)}, "temperature[1]"),
        ({"temperature": (0.0,)}, "temperature[0]"),
        ({"temperature": (float("nan"),)}, "temperature[0]"),
        ({"temperature": (2.0, 2.0)}, "temperature[1]"),
        ({"temperature": (3.0, 2.0)}, "temperature[1]"),
        ({"temperature": ()}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"field": (float("inf"),)}, "field[0]"),
        ({"field": ()}, "field"),
        ({"chains": 0}, "chains"),
        ({"draws": 0}, "draws"),
        ({"draws": 1.5}, "draws"),
        ({"recordings": 0}, "recordings"),
        ({"recordings": 3, "draws": 2}, "recordings"),
        ({"interval": 0}, "interval"),
        ({"equilibration": -1}, "equilibration"),
        ({"algorithm": "metropolys"}, "algorithm"),
        ({"start": "warm"}, "start"),
        ({"exchange": "yes"}, "exchange"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.0}, "seed"),
        ({"seed": True}, "seed"),
    ],
)
def test_bad_plans_are_refused_by_name(change: dict, what: str) -> None:
    with pytest.raises(InputError) as caught:
        Plan(**{**SMALL, **change})
    assert caught.value.what == what
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize(("shape", "field"), [((2, 8), 0.0), ((8, 3), 2.0), ((2, 2), -4.0), ((31,), 0.0), ((8,), 2.0)])
def test_metropolis_is_refused_where_certain_flips_trap_it(shape: tuple[int, ...], field: float) -> None:
    plan = {**SMALL, "lattice": Lattice(shape), "field": (field,)}
    with pytest.raises(InputError, match="cannot reach every state"):
        Plan(**plan, algorithm="metropolis")
    Plan(**plan)
    Plan(**{**plan, "field": (field + 0.3,)}, algorithm="metropolis")


def test_a_mistyped_algorithm_is_guessed() -> None:
    with pytest.raises(InputError, match="Did you mean 'metropolis'"):
        Plan(**SMALL, algorithm="metropolys")


def test_plans_survive_json() -> None:
    import json

    plan = Plan(**SMALL, field=(-0.1, 0.0), draws=3, seed=5)
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize("model", [Ising(), Potts(3)])
def test_near_zero_temperatures(model: Model) -> None:
    cold = Plan(model=model, lattice=Lattice((4, 4)), temperature=(1e-150,), equilibration=8, draws=4, seed=1)
    assert (run_unit(cold, units(cold)[0]).sums["bond_sum"] == 32).all()
    with pytest.raises(InputError, match="must be at least 1e-150"):
        Plan(model=model, lattice=Lattice((4, 4)), temperature=(1e-320,))


@pytest.mark.parametrize("lattice", [Lattice((32, 32)), Lattice((16, 8, 8)), Lattice((24, 24), kind="triangular")])
@pytest.mark.parametrize("algorithm", ["auto", "metropolis + wolff", "heat_bath"])
def test_threads_of_one_unit_change_no_byte(lattice: Lattice, algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chains, "WORTH_THREADS", 0.0)
    model = Potts(3) if lattice.kind == "cubic" else Ising()
    if lattice.kind == "triangular" and "wolff" in algorithm:
        algorithm = "metropolis + seeded_clusters"
    plan = Plan(
        model=model, lattice=lattice, temperature=np.linspace(1.5, 5, 11), chains=64, recordings=3, interval=3,
        equilibration=9, algorithm=algorithm, seed=4,
    )  # fmt: skip
    one, three = run_unit(plan, Unit(0, 0)), run_unit(plan, Unit(0, 0), threads=3)
    np.testing.assert_array_equal(one.codes, three.codes)
    for name, series in one.sums.items():
        np.testing.assert_array_equal(series, three.sums[name])
    np.testing.assert_array_equal(one.exchange_accepted, three.exchange_accepted)
