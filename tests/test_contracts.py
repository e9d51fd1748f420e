"""Every space, lattice, model and engine keeps its contract, on every case of the registry."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising, Potts
from spinlens.sampling.engines import ENGINES
from spinlens.spaces import Angles, Binary, Colours, Discrete
from spinlens.testing import EngineContract, LatticeContract, ModelContract, SpaceContract, trials
from tests.cases import CASES, example

SPACES = [Binary(), Discrete((-1, 0, 1)), Discrete((0, 0.5, 2, 7, 9)), Colours(2), Colours(10), Colours(64), Angles(6),
          Angles(256), Angles(4096)]  # fmt: skip
WALLS = (1, -1)
LATTICES = [
    *dict.fromkeys(case.lattice for case in CASES),
    Lattice((5, 3), boundary=(WALLS, "antiperiodic"), kind="triangular"),
    Lattice((4, 3), boundary=("free", WALLS), kind="triangular"),
    Lattice((4, 4), boundary=("antiperiodic", WALLS), kind="honeycomb"),
    Lattice((3, 5), boundary=(WALLS, "free"), kind="honeycomb"),
    Lattice((3, 2, 4), boundary=("antiperiodic", "free", WALLS)),
]  # fmt: skip


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.text)
class TestSpaces(SpaceContract):
    """Of this package."""


@pytest.mark.parametrize("lattice", LATTICES, ids=lambda lattice: lattice.text)
class TestLattices(LatticeContract):
    """Of this package."""


@pytest.mark.parametrize("case", CASES, ids=str)
class TestModels(ModelContract):
    """Of this package, and the example of the documentation."""


TRIALS = trials(ENGINES, CASES)


@pytest.mark.parametrize("trial", TRIALS, ids=str, scope="class")
class TestEngines(EngineContract):
    """Of this package."""


def test_no_engine_refuses_more_than_it_must() -> None:
    taken = {(trial.engine.name, str(trial.case)) for trial in TRIALS if trial.algorithm == "heat_bath"}
    classical = [case for case in CASES if not case.model.imaginary_time]
    refused = [str(case) for case in classical if ("table", str(case)) not in taken]
    assert not refused
    two = [case for case in classical if case.model.space.states == 2]
    assert [str(case) for case in two if ("bits", str(case)) not in taken] == []


def test_the_example_is_two_ising_models_or_one_potts_model() -> None:
    model, lattice = example("ashkin_teller").AshkinTeller(), Lattice((2, 3))
    two = enumerate_states(model, lattice, temperature=2.0, field=0.3)
    one = enumerate_states(Ising(), lattice, temperature=2.0, field=0.3)
    assert np.isclose(two["energy"], 2 * one["energy"])
    assert np.isclose(two["log_z"], 2 * one["log_z"])
    equal = enumerate_states(model, lattice, temperature=3.0, four_spin=1.0)
    potts = enumerate_states(Potts(4, coupling=4.0), lattice, temperature=3.0)
    assert np.isclose(equal["energy"], potts["energy"] + lattice.bonds / lattice.sites)
