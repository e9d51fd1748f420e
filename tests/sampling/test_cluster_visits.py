"""All states of tiny lattices are visited at their rates by cluster updates: every boundary, sign and field."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import comb

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.engines.bits import choice, cluster_reference
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from spinlens.testing.chance import plausible, uncounted, within
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.square import choose
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
    monkeypatch.setattr(choice, "HOT", 0.0)
    chosen = [choose(Ising(), Lattice((4, 2)), temperature=t, field=0.0).algorithm for t in (2.0, 2.6, 5.0)]
    assert chosen == [choice.ALONE, choice.ALONE, choice.LOCAL]
    for p_value in visit_p_values(shape=(4, 2), temperature=(2.0, 2.6, 5.0), field=0.0, algorithm="auto", **QUICK):
        assert plausible(p_value)


HOT = 1e9
"""A temperature at which every cluster is a single site and flips."""


@pytest.mark.parametrize("field", [0.0, 0.5])
@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
def test_infinite_temperature(algorithm: str, field: float) -> None:
    for p_value in visit_p_values(shape=(4, 2), temperature=(HOT,), field=field, algorithm=algorithm, **QUICK):
        assert plausible(p_value)
    sites = np.arange(17)
    exact = float(comb(16, sites) @ np.abs(2 * sites - 16)) / 2**16 / 16
    assert exact == pytest.approx(0.19638, abs=1e-5)
    plan = Plan(
        model=Ising(), lattice=Lattice((4, 4)), temperature=(HOT,), field=(field,), recordings=64, algorithm=algorithm,
        equilibration=64, seed=11,
    )  # fmt: skip
    found = np.abs(run_unit(plan, Unit(0, 0)).sums["spin_sum"][0]).mean(axis=1) / 16
    assert within(found.mean(), exact, found.std(ddof=1) / 8)


@pytest.mark.parametrize("coin", [True, False])
def test_a_fixed_number_of_single_sites_would_conserve_the_parity(coin: bool) -> None:
    model, thresholds, ghost = cluster_reference.graph(Ising(), Lattice((4, 4)), 0.0), [0, 0], [0] * 16
    stream = Xoshiro256PlusPlus(np.array([1, 2, 3, 4], dtype=np.uint64))
    spins = np.ones((400, 16), dtype=np.int8)
    for chain in spins:
        if coin:
            cluster_reference.wolff_clusters(chain, stream, model, thresholds, ghost, 64)
            continue
        for _ in range(64):
            first = cluster_reference.random_site(stream, 16)
            cluster_reference.wolff(chain, first, lambda below: stream() < below, model, thresholds, ghost)
    odd = np.mean(np.sum(spins > 0, axis=1) % 2)
    if coin:
        assert within(odd, 0.5, 0.5 / 20, degrees=None)
    else:
        assert odd == 0
        with uncounted():
            assert not within(odd, 0.5, 0.5 / 20, degrees=None)
