"""Cluster updates against Kaufman in every sector, and all algorithms against each other and against enumeration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.exact import enumerate_states
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.sampling.blocks import LANES
from spinlens.sampling.engines.bits import choice
from spinlens.testing.chance import largest, within
from tests.sampling.test_boundaries import SECTORS, TEMPERATURES, estimate, sampled

RECORDINGS = {8: 800, 16: 300, 32: 120}


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
@pytest.mark.parametrize("side", RECORDINGS)
@pytest.mark.parametrize("sector", SECTORS)
def test_energies_in_every_sector(sector: str, side: int, algorithm: str) -> None:
    lattice = Lattice((side, side), boundary=SECTORS[sector])
    recordings, chains = RECORDINGS[side], 128 if algorithm == "swendsen_wang" else 64
    found = estimate(
        sampled(
            Ising(), lattice, algorithm=algorithm, recordings=recordings, chains=chains, interval=2, equilibration=60
        )
    )
    exact = kaufman_torus(lattice.shape, np.array(TEMPERATURES), seams=lattice.seams)
    for name, noticeable in (("energy", 5e-3), ("specific_heat", 0.1)):
        value, error = getattr(exact, name), found[f"{name}_error"]
        assert within(found[name], value, error), (name, (found[name] - value) / error)
        assert np.all(error < noticeable * np.abs(value)), (name, error / value)


@pytest.mark.parametrize(("shape", "coupling"), [((9, 7), -1.0), ((7, 10), 0.8), ((4, 70), (0.6, 1.1))], ids=str)
def test_odd_and_long_lattices(shape: tuple[int, int], coupling: Any) -> None:
    model, lattice = Ising(coupling), Lattice(shape)
    options = {"equilibration": 100, "recordings": 250, "interval": 2}
    swendsen_wang = estimate(sampled(model, lattice, algorithm="swendsen_wang", **options))
    wolff = estimate(sampled(model, lattice, algorithm="wolff", **options))
    if model.isotropic:
        exact = kaufman_torus(shape, np.array(TEMPERATURES), coupling=coupling).energy
        for found in (swendsen_wang, wolff):
            assert within(found["energy"], exact, found["energy_error"])
    for name in ("energy", "absolute_magnetization", "specific_heat"):
        error = np.hypot(swendsen_wang[f"{name}_error"], wolff[f"{name}_error"])
        assert within(swendsen_wang[name], wolff[name], error), name


@pytest.mark.parametrize(
    ("model", "field", "boundary"),
    [
        (Ising(), 0.1, "periodic"), (Ising(), -0.4, "skewed"), (Ising(-1.0), 2.0, "periodic"),
        (Ising(-1.0, "staggered"), 0.3, "antiperiodic"), (Ising((1.0, -0.4)), 0.0, ((1, 1), (1, -1))),
    ],
    ids=str,
)  # fmt: skip
def test_all_algorithms_agree(model: Ising, field: float, boundary: Any) -> None:
    lattice = Lattice((4, 4), boundary=boundary)
    exact = [enumerate_states(model, lattice, temperature=t, field=field) for t in TEMPERATURES]
    names = ("energy", "magnetization", "absolute_magnetization", "specific_heat")
    for algorithm in ("heat_bath", "swendsen_wang", "wolff"):
        found = estimate(
            sampled(model, lattice, field=field, algorithm=algorithm, recordings=600, interval=3, equilibration=300)
        )
        for name in names:
            value, error = np.array([getattr(e, name) for e in exact]), found[f"{name}_error"]
            assert within(found[name], value, error + 1e-12, sigmas=5.0), (algorithm, name)
        assert np.all(found["energy_error"] < 5e-3 * np.abs([e.energy for e in exact])), algorithm


def test_algorithms_agree_where_auto_mixes_them() -> None:
    lattice = Lattice((48, 48))
    plan = sampled(Ising(), lattice, algorithm="auto", recordings=100, interval=8, equilibration=400)
    assert plan.algorithms == ((choice.ORDERED, choice.ORDERED, choice.LOCAL),)
    found = estimate(plan)
    exact = kaufman_torus(lattice.shape, np.array(TEMPERATURES)).energy
    assert within(found["energy"], exact, found["energy_error"])
    assert np.all(found["energy_error"] < 2e-3 * np.abs(exact))


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
@pytest.mark.parametrize("boundary", ["periodic", "skewed", "free"])
def test_limits_of_temperature(boundary: Any, algorithm: str) -> None:
    lattice = Lattice((5, 6), boundary=boundary)
    options = {"model": Ising(), "lattice": lattice, "chains": LANES, "interval": 1, "algorithm": algorithm, "seed": 5}
    hot = run_unit(Plan(**options, temperature=(1e9,), recordings=400, equilibration=2), Unit(0, 0))
    assert within(hot.sums["bond_sum"].mean(), 0, np.sqrt(lattice.bonds / hot.sums["bond_sum"].size), degrees=None)
    assert within(hot.sums["spin_sum"].mean(), 0, np.sqrt(2 * 30 / hot.sums["spin_sum"].size), degrees=None)
    cold = run_unit(Plan(**options, temperature=(1e-3,), recordings=20, equilibration=2), Unit(0, 0))
    assert np.all(cold.sums["bond_sum"] == cold.sums["bond_sum"][0, 0, 0])
    assert np.all(
        run_unit(Plan(**options, temperature=(1e-3,), field=(9.0,), equilibration=2), Unit(0, 0)).sums["spin_sum"] == 30
    )


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
def test_chains_are_independent(algorithm: str) -> None:
    from tests.sampling.test_chains import largest_correlation

    plan = Plan(
        model=Ising(), lattice=Lattice((8, 8)), temperature=(2.6,), field=(0.05,), chains=LANES, recordings=1500,
        interval=6,
        equilibration=60, algorithm=algorithm, exchange=False, seed=9,
    )  # fmt: skip
    draws = run_unit(plan, Unit(0, 0))
    # 2,016 pairs of chains.
    for series in (draws.sums["bond_sum"][0], draws.sums["spin_sum"][0]):
        assert largest(largest_correlation(series), number=2016, sigmas=5.5)
