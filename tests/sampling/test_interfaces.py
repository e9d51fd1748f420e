"""Interfaces are drawn from exactly the ground states, each equally likely."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.interfaces import interfaces
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.testing.chance import plausible
from tests.lattices.rectangle import bond_sums

LATTICES = [
    Lattice((3, 4), boundary="antiperiodic"),
    Lattice((4, 2), boundary="antiperiodic"),
    Lattice.skewed((3, 4)),
    Lattice((4, 3), boundary=("periodic", (-1, 1))),
    Lattice((3, 4), boundary=("antiperiodic", "periodic")),
    Lattice((3, 4), boundary=("periodic", "antiperiodic")),
]


@pytest.mark.parametrize("lattice", LATTICES, ids=lambda lattice: f"{lattice.shape} {lattice.boundary_text}")
def test_every_ground_state_is_equally_likely(lattice: Lattice) -> None:
    states = np.array(list(itertools.product((-1, 1), repeat=lattice.sites)), dtype=np.int8)
    states = states.reshape(-1, *lattice.shape)
    total = sum(bond_sums(lattice, states))
    ground = {state.tobytes(): k for k, state in enumerate(states[total == total.max()])}
    drawn = interfaces(lattice, np.random.default_rng(5), count=200 * len(ground))
    counts = np.bincount([ground[state.tobytes()] for state in drawn], minlength=len(ground))
    assert plausible(chisquare(counts).pvalue)


def test_chains_begin_with_them() -> None:
    lattice = Lattice((6, 8), boundary="antiperiodic")
    cold = Plan(
        model=Ising(), lattice=lattice, temperature=(1e-3, 2e-3), start="interface", equilibration=0, interval=1, seed=4
    )
    draws = run_unit(cold, Unit(0, 0))
    # Two crossing seams break Lx + Ly bonds at least, and at no temperature to speak of no more.
    assert np.all(draws.sums["bond_sum"] == lattice.bonds - 2 * (6 + 8))
    assert len(np.unique(np.abs(draws.sums["spin_sum"]))) > 8


@pytest.mark.parametrize(
    "change",
    [
        {"lattice": Lattice((6, 8))},
        {"lattice": Lattice((6, 8), boundary=("antiperiodic", "free"))},
        {"lattice": Lattice((6, 8), boundary=((1, 1), "periodic"))},
        {"lattice": Lattice((6, 8), boundary=((1, -1), (1, -1)))},
        {"model": Ising(-1.0)},
        {"model": Ising((1.0, 2.0))},
        {"field": (0.0, 0.1)},
    ],
)
def test_what_has_no_known_interface_is_refused(change: dict) -> None:
    plan = {"model": Ising(), "lattice": Lattice.skewed((6, 8)), "temperature": (2.0,), "start": "interface"}
    Plan(**plan)
    with pytest.raises(InputError, match="interface") as caught:
        Plan(**{**plan, **change})
    assert caught.value.what == "start"
