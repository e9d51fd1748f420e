"""Energies of every boundary against exact values, symmetries, and the limits of temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.exact import count_states, enumerate_states
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import observables
from spinlens.testing.chance import within
from tests.lattices.rectangle import bond_sums
from tests.sampling.boundaries import BOUNDARIES

SECTORS = {
    "PP": "periodic", "AP": ("antiperiodic", "periodic"), "PA": ("periodic", "antiperiodic"), "AA": "antiperiodic"
}  # fmt: skip
TEMPERATURES = (2.0, CRITICAL_TEMPERATURE, 2.8)


def estimate(plan: Plan) -> dict[str, np.ndarray]:
    """Return the observables (temperature,) of a plan with one field."""
    draws = [run_unit(plan, unit) for unit in units(plan)]
    sums = {name: np.concatenate([part.sums[name] for part in draws], axis=1) for name in plan.series}
    found = observables(
        sums, model=plan.model, lattice=plan.lattice, temperature=plan.temperature, **plan.point_controls(0)
    )
    return {str(name): values.values for name, values in found.items()}


def sampled(model: Ising, lattice: Lattice, *, field: float = 0.0, recordings: int = 3000, **options: Any) -> Plan:
    settings = {"temperature": TEMPERATURES, "chains": 128, "interval": 4, "equilibration": 2000, "seed": 21}
    return Plan(model=model, lattice=lattice, field=(field,), recordings=recordings, **{**settings, **options})


@pytest.mark.parametrize("coupling", [1.0, -0.8])
@pytest.mark.parametrize("shape", [(8, 8), (16, 16), (7, 10), (10, 7), (9, 7)], ids=str)
@pytest.mark.parametrize("sector", SECTORS)
def test_energies_in_every_sector(sector: str, shape: tuple[int, int], coupling: float) -> None:
    lattice = Lattice(shape, boundary=SECTORS[sector])
    found = estimate(sampled(Ising(coupling), lattice))
    exact = kaufman_torus(shape, np.array(TEMPERATURES), coupling=coupling, seams=lattice.seams)
    for name in ("energy", "specific_heat"):
        value, error = getattr(exact, name), found[f"{name}_error"]
        assert within(found[name], value, error, degrees=127), (name, (found[name] - value) / error)
    assert np.all(found["energy_error"] < 1e-3 * np.abs(exact.energy))
    assert np.all(found["specific_heat_error"] < 0.02 * exact.specific_heat)


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize(
    ("model", "field"),
    [(Ising(1.0), 0.2), (Ising(-1.0), 1.5), (Ising((1.0, 0.4)), 0.0), (Ising((-1.0, 0.5), "staggered"), 0.4)],
    ids=str,
)
def test_all_observables_of_every_boundary(boundary: Any, model: Ising, field: float) -> None:
    lattice = Lattice((4, 4), boundary=boundary)
    found = estimate(sampled(model, lattice, field=field, recordings=2000))
    exact = [enumerate_states(model, lattice, temperature=t, field=field) for t in TEMPERATURES]
    for name in ("energy", "specific_heat", "magnetization", "absolute_magnetization", "binder_cumulant"):
        value, error = np.array([getattr(e, name) for e in exact]), found[f"{name}_error"]
        if name == "magnetization" and np.all(np.abs(value) < 1e-9):
            continue
        assert within(found[name], value, error, sigmas=5.0, degrees=127), (name, (found[name] - value) / error)


def test_the_seam_lies_nowhere() -> None:
    lattice = Lattice((6, 8), boundary=("antiperiodic", "periodic"))
    plan = sampled(Ising(), lattice, recordings=400, draws=400, interval=8, temperature=(2.3,))
    spins = np.concatenate([unpacked(run_unit(plan, unit).codes[0], 8) for unit in units(plan)])
    # What each bond adds to the energy does not know where the minus sign stands.
    following = np.roll(spins, -1, axis=-2) * np.where(np.arange(6) == 5, -1, 1)[:, None]
    rows = (spins * following).mean(axis=(1, 3))
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    assert within(rows.mean(axis=0), rows.mean(), error)
    assert error.max() < 0.01
    assert np.abs((spins * np.roll(spins, -1, axis=-2)).mean(axis=(0, 1, 3))[5] - rows.mean()) > 20 * error.max()
    # Reversing the first rows moves the minus sign and leaves every energy as it is.
    moved = spins * np.where(np.arange(6) < 3, -1, 1)[:, None]
    along = moved * np.roll(moved, -1, axis=-2) * np.where(np.arange(6) == 2, -1, 1)[:, None]
    np.testing.assert_array_equal(along.sum(axis=(-1, -2)), bond_sums(lattice, spins)[0])


def unpacked(packed: np.ndarray, width: int) -> np.ndarray:
    return 2 * np.unpackbits(packed, axis=-1, count=width, bitorder="little").astype(np.int64) - 1


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_hot_spins_are_independent(boundary: Any) -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((5, 6), boundary=boundary), temperature=(1e9,), chains=64, recordings=4000,
        interval=1, equilibration=1, seed=5,
    )  # fmt: skip
    draws = run_unit(plan, units(plan)[0])
    number = draws.sums["spin_sum"].size
    assert within(draws.sums["spin_sum"].mean(), 0.0, np.sqrt(30 / number), degrees=None)
    assert within(draws.sums["bond_sum"].mean(), 0.0, np.sqrt(plan.lattice.bonds / number), degrees=None)
    assert within(draws.sums["spin_sum"].var() / 30, 1.0, np.sqrt(2 / number), degrees=None)


@pytest.mark.parametrize("coupling", [1.0, -1.0, (0.5, -1.0)], ids=str)
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_cold_chains_start_in_a_ground_state(boundary: Any, coupling: Any) -> None:
    model, lattice = Ising(coupling), Lattice((4, 4), boundary=boundary)
    rows = count_states(model, lattice).rows
    lowest = -(rows @ model.strengths(lattice)).max() / 16
    plan = sampled(model, lattice, temperature=(1e-3,), recordings=2, equilibration=4)
    draws = run_unit(plan, units(plan)[0])
    energy = model.energy_total(plan.lattice, draws.sums) / 16
    np.testing.assert_allclose(energy, lowest, atol=1e-12)
