"""Ensembles of every model: energies, staggered magnetization, the lattice gas, and the way to the disk and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import describe, open_ensemble, simulate
from spinlens.errors import InputError, OverlapWarning
from spinlens.exact import finite_strip
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, LatticeGas
from spinlens.testing.chance import within
from tests.lattices.rectangle import bond_sums

CASES = {
    "antiferromagnet": (Ising(-1.0), "periodic"),
    "two couplings": (Ising((1.0, 0.5)), "skewed"),
    "staggered field": (Ising((1.0, -0.5), "staggered"), ("free", "antiperiodic")),
    "free": (Ising(), "free"),
}


@pytest.mark.parametrize(("model", "boundary"), CASES.values(), ids=CASES.keys())
def test_every_model_is_stored(model: Ising, boundary: Any, tmp_path: Path) -> None:
    lattice = Lattice((5, 6), boundary=boundary)
    options: dict[str, Any] = {
        "temperature": (1.8, 2.4), "field": (0.0, 0.5), "chains": 70, "draws": 2, "recordings": 6, "equilibration": 50,
        "progress": False, "seed": 3,
    }  # fmt: skip
    ensemble = simulate(model, lattice, out=tmp_path / "one.ens", **options)
    memory = simulate(model, lattice, **options)
    np.testing.assert_array_equal(ensemble.packed(), memory.packed())
    assert set(ensemble.series) == set(ensemble.plan.series)
    reopened = open_ensemble(tmp_path / "one.ens")
    assert reopened.plan == ensemble.plan
    assert describe(tmp_path / "one.ens")["boundary"] == lattice.boundary_text

    spins = ensemble.spins().values
    along_x, along_y = bond_sums(lattice, spins)
    spin_sum, staggered = (
        spins.sum(axis=(-1, -2), dtype=int),
        (spins * lattice.staggering).sum(axis=(-1, -2), dtype=int),
    )
    np.testing.assert_array_equal(ensemble.sums["bond_sum"], along_x + along_y)
    field = np.array([0.0, 0.5])[:, None, None, None]
    sums = {"bond_sum": along_x + along_y, "bond_sum_x": along_x, "spin_sum": spin_sum, "staggered_sum": staggered}
    strengths = [model.strengths(lattice, field=h) for h in (0.0, 0.5)]
    names = model.tables(lattice).names
    energy = -sum(
        np.array([row[i] for row in strengths])[:, None, None, None] * sums[name]
        for i, name in enumerate(names) if name in sums
    )  # fmt: skip
    assert field.shape[0] == len(strengths)
    np.testing.assert_allclose(ensemble.energy, energy / 30, atol=1e-12)
    assert np.isfinite(ensemble.observables()["energy"]).all()
    assert model.text in repr(ensemble)


def test_the_lattice_gas_is_a_model_of_its_own() -> None:
    options: dict[str, Any] = {"chains": 4, "draws": 3, "equilibration": 10, "progress": False}
    gas = simulate(LatticeGas(), Lattice((4, 6)), temperature=2.0, chemical_potential=(-9.0, -8.0), **options)
    spins = simulate(Ising(), Lattice((4, 6)), temperature=2.0, field=(-0.5, 0.0), **options)
    # The same chains, seen as particles.
    np.testing.assert_array_equal(gas.packed(), spins.packed())
    np.testing.assert_array_equal(2 * gas.spins().values.astype(int) - 1, spins.spins().values)
    assert gas.grid["chemical_potential"].tolist() == [-9.0, -8.0]
    np.testing.assert_allclose(gas.order_parameter, gas.spins().mean(("x", "y")) - 0.5)


def test_the_order_parameter_follows_the_model() -> None:
    options: dict[str, Any] = {"chains": 64, "recordings": 40, "equilibration": 400, "progress": False}
    cold = simulate(Ising(-1.0), Lattice((6, 6)), temperature=1.0, **options)
    found = cold.observables()
    assert found.attrs["order_parameter"] == cold.order_parameter.name == "staggered_magnetization"
    assert float(found["binder_cumulant"].squeeze()) > 0.6
    assert abs(float(found["magnetization"].squeeze())) < 0.1
    staggered = (cold.spins().values * cold.lattice.staggering).mean(axis=(-1, -2))
    np.testing.assert_allclose(cold.order_parameter, staggered)


def test_by_value_and_by_position() -> None:
    ensemble = simulate(
        Ising(), Lattice((4, 6)), temperature=(1.5, 2.0, 2.5), field=(0.0, 0.5), chains=4, equilibration=9,
        progress=False,
    )  # fmt: skip
    expected = ensemble.spins(temperature=1, field=1)
    np.testing.assert_array_equal(ensemble.sel(temperature=2.0, field=0.5), expected)
    np.testing.assert_array_equal(ensemble.sel(temperature=2.1, field=0.4, method="nearest"), expected)
    with pytest.raises(InputError, match="is not on the grid, where 2 is nearest"):
        ensemble.sel(temperature=2.1)
    with pytest.raises(InputError, match="By value"):
        ensemble.spins(temperature=2.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is none of"):
        ensemble.spins(crystal_field=1)


def test_points_that_do_not_overlap_answer_for_themselves() -> None:
    model, lattice = BlumeCapel(), Lattice((4, 4))
    ensemble = simulate(
        model, lattice, temperature=[1.0, 1.2], crystal_field=[-3.0, 5.0], chains=64, recordings=100, seed=2,
        progress=False,
    )  # fmt: skip
    for near, simulated in ((-2.9, -3.0), (4.8, 5.0)):
        with pytest.warns(OverlapWarning, match=f"crystal_field = {simulated:g}"):
            found = ensemble.reweight(temperature=1.1, crystal_field=near)
        exact = finite_strip(model, lattice, temperature=1.1, crystal_field=near)
        assert within(float(found.energy), exact.energy, float(found.energy_error))
        assert f"crystal_field = {simulated:g}" in found.simulated_at
        assert "log_z" not in found
    with pytest.raises(InputError, match="nothing in common"):
        ensemble.reweight(temperature=1.1, crystal_field=[-2.9, 4.8])
