"""The four systems, and how each is sampled."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.phases.regions import PUBLISHED_COUNTS, region_of
from spinlens.studies.classify.protocols import sampling_plan
from spinlens.studies.classify.systems import PUBLISHED_NETWORKS, SYSTEMS, find_system


def test_the_systems() -> None:
    assert list(SYSTEMS) == ["periodic", "antiferromagnet", "antiperiodic", "skewed"]
    assert SYSTEMS["antiferromagnet"].model.coupling == -1.0
    assert SYSTEMS["skewed"].lattice(10).rules == ((1, -1), "periodic")
    assert all(SYSTEMS["antiperiodic"].lattice(10).seams)
    for name, system in SYSTEMS.items():
        assert system.name == name
        assert tuple(system.published) == PUBLISHED_NETWORKS


def test_unknown_names_are_guessed() -> None:
    with pytest.raises(InputError, match="Did you mean 'antiperiodic'"):
        find_system("antiperidic")
    with pytest.raises(InputError, match="Did you mean 'clean'"):
        sampling_plan("periodic", "claen")


def test_odd_antiferromagnetic_rings_are_refused() -> None:
    with pytest.raises(InputError, match="even side"):
        SYSTEMS["antiferromagnet"].lattice(9)


@pytest.mark.parametrize("system", SYSTEMS)
def test_clean_plans(system: str) -> None:
    plan = sampling_plan(system, side=12, seed=4)
    assert plan.lattice.shape == (12, 12)
    assert (len(plan.temperature), plan.controls["field"], plan.exchange, plan.seed) == (400, (0.0,), True, 4)
    forced = system in ("antiperiodic", "skewed")
    assert plan.start == ("interface" if forced else "ground")


@pytest.mark.parametrize("system", SYSTEMS)
def test_one_published_chain_has_enough_images_of_each_region(system: str) -> None:
    plan = sampling_plan(system, "published")
    assert (plan.start, plan.algorithm, plan.interval, plan.exchange) == ("heated", "metropolis", 750, False)
    there = np.bincount(region_of(plan.temperature)) * plan.draws
    assert np.all(there >= np.sum(list(PUBLISHED_COUNTS.values()), axis=0))
