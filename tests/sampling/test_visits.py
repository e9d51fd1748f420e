"""Every state of a tiny lattice is visited as often as the Boltzmann distribution says."""

from __future__ import annotations

from typing import Any

import pytest

from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan
from spinlens.testing.chance import FALSE_ALARM, plausible
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.visits import fit, independent_states, visit_p_values

CASES = {
    "zero field": {"field": 0.0},
    "in a field": {"field": 0.3},
    "against the field": {"field": -0.7, "shape": (4, 2)},
    "antiferromagnet": {"coupling": -1.0, "field": 0.5},
    "antiferromagnet, zero field": {"coupling": -1.0, "field": 0.0},
    "smallest lattice": {"shape": (2, 2), "field": 0.2},
    "cold": {"temperature": (1.9,), "field": 0.1, "equilibration": 3000},
    "hot": {"temperature": (20.0,), "field": 1.0},
    "metropolis in a field": {"algorithm": "metropolis", "field": 0.3},
    "metropolis antiferromagnet": {"algorithm": "metropolis", "coupling": -1.0, "field": 0.4},
    "exchange": {"temperature": (2.0, 2.6, 4.0), "field": 0.1},
    "exchange at zero field": {"temperature": (2.0, 2.6), "field": 0.0},
    "metropolis exchange": {"temperature": (2.0, 2.6), "field": 0.2, "algorithm": "metropolis"},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_all_states_are_visited_at_their_rates(case: dict) -> None:
    for p_value in visit_p_values(**case):
        assert plausible(p_value)


FIELDS = {"no field": (0.0, "uniform"), "field": (0.3, "uniform"), "staggered field": (-0.5, "staggered")}
QUICK = {"blocks": 32, "draws": 10, "interval": 64}
"""Twenty thousand states of a case in a tenth of a second: 64 sweeps part the draws of a chain, ten times what tiny
lattices remember."""


@pytest.mark.parametrize("coupling", COUPLINGS.values(), ids=COUPLINGS.keys())
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_every_boundary_sign_and_field(boundary: Any, coupling: Any) -> None:
    # Metropolis without a field flips spins of zero local field for sure, in every sweep: it is reducible there.
    for name, (field, pattern) in FIELDS.items():
        for shape in ((2, 4), (3, 3)):
            for algorithm in ("heat_bath", "metropolis") if field else ("heat_bath",):
                (p_value,) = visit_p_values(
                    shape=shape, boundary=boundary, coupling=coupling, field=field, field_pattern=pattern,
                    algorithm=algorithm, **QUICK,
                )  # fmt: skip
                assert plausible(p_value), (name, shape, algorithm)


@pytest.mark.parametrize("case", [
    {"shape": (3, 3)}, {"shape": (3, 3), "boundary": "skewed", "field": 0.1},
    {"coupling": (1.0, 0.3), "boundary": "free"},
    {"field": 0.5, "field_pattern": "staggered", "boundary": "antiperiodic"}, {"field": 0.0, "boundary": "skewed"},
], ids=str)  # fmt: skip
def test_exchange_knows_every_energy(case: dict) -> None:
    for p_value in visit_p_values(temperature=(2.0, 2.6), blocks=160, **case):
        assert plausible(p_value)


def test_a_slightly_wrong_temperature_is_noticed() -> None:
    model, lattice = Ising(), Lattice((2, 4))
    plan = Plan(
        model=model, lattice=lattice, temperature=(2.5,), field=(0.3,), chains=64 * 320, recordings=1, interval=1,
        equilibration=64, start="random", seed=1,
    )  # fmt: skip
    states = independent_states(plan)[0]
    assert plausible(fit(states, state_probabilities(model, lattice, temperature=2.5, field=0.3)))
    assert fit(states, state_probabilities(model, lattice, temperature=2.6, field=0.3)) < FALSE_ALARM
