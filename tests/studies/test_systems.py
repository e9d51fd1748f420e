"""The systems of the table, and how each is sampled."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import critical_temperature
from spinlens.phases.regions import region_of
from spinlens.studies.classify.disturbances import DISTURBANCES
from spinlens.studies.classify.protocols import PUBLISHED_COUNTS, sampling_plan
from spinlens.studies.classify.systems import PUBLISHED, PUBLISHED_NETWORKS, SYSTEMS, find_system


def test_the_systems() -> None:
    assert PUBLISHED == tuple(SYSTEMS)[:4] == ("periodic", "antiferromagnet", "antiperiodic", "skewed")
    assert SYSTEMS["antiferromagnet"].model.coupling == -1.0
    assert SYSTEMS["skewed"].lattice(10).rules == ((1, -1), "periodic")
    assert all(SYSTEMS["antiperiodic"].lattice(10).seams)
    for name, system in SYSTEMS.items():
        assert system.name == name
        assert tuple(system.published) == (PUBLISHED_NETWORKS if name in PUBLISHED else ())
        assert system.unit == 1.0 or name not in PUBLISHED
        assert set(system.disturbances) <= set(DISTURBANCES)
        terms = {term.name for term in system.model.terms(system.lattice(4))} | {"energy", "order"}
        assert set(system.sufficient) | set(system.naive) <= terms
        assert (system.transition is None) == (not system.source)


@pytest.mark.parametrize("name", SYSTEMS)
def test_transitions_are_those_that_are_known(name: str) -> None:
    """By formulas and references of the models, which the table does not read."""
    system = SYSTEMS[name]
    exact = None if system.controls else critical_temperature(system.model, system.lattice(4))
    if system.transition is None:
        assert system.note.startswith("No transition")
    elif exact is not None:
        assert system.transition == pytest.approx(exact, rel=1e-12)
    elif name == "cubic":
        assert system.transition == pytest.approx(1 / 0.221654626, rel=1e-12)
    else:
        known = [each.value for each in system.model.references() if each.control == system.axis]
        assert system.transition in known


@pytest.mark.parametrize("name", [name for name in SYSTEMS if not SYSTEMS[name].published])
def test_reversible_systems_have_the_energy_of_their_reverse(name: str) -> None:
    system, lattice = SYSTEMS[name], SYSTEMS[name].lattice(4)
    model = system.model.at(**system.controls)
    codes = np.random.default_rng(1).integers(0, model.space.states, (5, *lattice.shape))
    energies = [
        model.strengths(lattice, **model.values_of_controls(system.controls)) @ model.tables(lattice).sums(each)
        for each in (codes, model.space.states - 1 - codes)
    ]
    assert system.reversible == (model.space.states == 2 and np.allclose(*energies))


def test_unknown_names_are_guessed() -> None:
    with pytest.raises(InputError, match="Did you mean 'antiperiodic'"):
        find_system("antiperidic")
    with pytest.raises(InputError, match="Did you mean 'clean'"):
        sampling_plan("periodic", "claen")


def test_odd_antiferromagnetic_rings_are_refused() -> None:
    with pytest.raises(InputError, match="even side"):
        SYSTEMS["antiferromagnet"].lattice(9)


@pytest.mark.parametrize("system", PUBLISHED)
def test_clean_plans(system: str) -> None:
    plan = sampling_plan(system, side=12, seed=4)
    assert plan.lattice.shape == (12, 12)
    assert (len(plan.temperature), plan.controls["field"], plan.exchange, plan.seed) == (400, (0.0,), True, 4)
    forced = system in ("antiperiodic", "skewed")
    assert plan.start == ("interface" if forced else "ground")


@pytest.mark.parametrize("system", PUBLISHED)
def test_one_published_chain_has_enough_images_of_each_region(system: str) -> None:
    plan = sampling_plan(system, "published")
    assert (plan.start, plan.algorithm, plan.interval, plan.exchange) == ("heated", "metropolis", 750, False)
    there = np.bincount(region_of(plan.temperature)) * plan.draws
    assert np.all(there >= np.sum(list(PUBLISHED_COUNTS.values()), axis=0))
