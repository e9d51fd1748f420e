"""All states of tiny lattices are visited at their rates by cluster updates: every boundary, sign and field."""

from __future__ import annotations

from typing import Any

import pytest

from spinlens.lattice import Lattice
from spinlens.models import Ising
from spinlens.sampling import choice
from tests.chance import plausible
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.test_visits import FIELDS
from tests.sampling.visits import visit_p_values

QUICK = {"blocks": 6, "draws": 16, "interval": 16}
"""Six thousand states of a case; 16 sweeps part the draws of a chain, several times what tiny lattices remember."""


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
@pytest.mark.parametrize("coupling", COUPLINGS.values(), ids=COUPLINGS.keys())
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_every_boundary_sign_and_field(boundary: Any, coupling: Any, algorithm: str) -> None:
    for name, (field, pattern) in FIELDS.items():
        (p_value,) = visit_p_values(
            shape=(3, 3), boundary=boundary, coupling=coupling, field=field, field_pattern=pattern, algorithm=algorithm,
            **QUICK,
        )  # fmt: skip
        assert plausible(p_value), name


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
@pytest.mark.parametrize("case", [
    {"field": 0.0}, {"field": -0.7, "shape": (4, 2)}, {"shape": (2, 2), "field": 0.2}, {"coupling": -1.0, "field": 0.5},
    {"temperature": (20.0,), "field": 1.0}, {"boundary": "skewed", "field": 0.1, "equilibration": 500},
    {"temperature": (2.0, 2.6, 4.0), "field": 0.1}, {"temperature": (2.0, 2.6), "field": 0.0, "boundary": "free"},
], ids=str)  # fmt: skip
def test_other_lattices_and_exchange(case: dict, algorithm: str) -> None:
    for p_value in visit_p_values(**QUICK, **case, algorithm=algorithm):
        assert plausible(p_value)


def test_exchange_between_different_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "LONG", 0.9)
    chosen = [choice.choose(Ising(), Lattice((4, 2)), temperature=t, field=0.0).algorithm for t in (2.0, 2.6, 5.0)]
    assert chosen == ["swendsen_wang", "swendsen_wang", "heat_bath"]
    for p_value in visit_p_values(shape=(4, 2), temperature=(2.0, 2.6, 5.0), field=0.0, algorithm="auto", **QUICK):
        assert plausible(p_value)
