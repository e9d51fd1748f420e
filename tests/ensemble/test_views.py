"""Ensembles of every model: energies, staggered magnetization, the lattice gas, and the way to the disk and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import describe, open_ensemble, simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising
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
        "temperature": (1.8, 2.4), "field": (0.0, 0.5), "chains": 70, "draws": 2, "thin": 3, "equilibration": 50,
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
    np.testing.assert_array_equal(ensemble.bond_sum, along_x + along_y)
    np.testing.assert_allclose(ensemble.staggered_magnetization, staggered / 30)
    field = np.array([0.0, 0.5])[:, None, None, None]
    energy = model.energy_total(along_x + along_y, spin_sum, field, bond_sum_x=along_x, staggered_sum=staggered)
    np.testing.assert_allclose(ensemble.energy, energy / 30, atol=1e-12)
    assert np.isfinite(ensemble.observables()["energy"]).all()
    assert model.text in repr(ensemble)


def test_the_lattice_gas_is_a_view() -> None:
    ensemble = simulate(
        Ising(),
        Lattice((4, 6)),
        temperature=2.0,
        field=(-0.5, 0.0),
        chains=4,
        draws=3,
        equilibration=10,
        progress=False,
    )
    occupation = ensemble.occupation(draw=1)
    assert occupation.dtype == np.uint8
    np.testing.assert_array_equal(2 * occupation.values.astype(int) - 1, ensemble.spins(draw=1).values)
    np.testing.assert_allclose(ensemble.density.isel(draw=1), occupation.mean(("x", "y")))
    np.testing.assert_allclose(ensemble.chemical_potential, [-9.0, -8.0])
    free = simulate(
        Ising(), Lattice((4, 4), boundary="free"), temperature=2.0, chains=1, equilibration=1, progress=False
    )
    with pytest.raises(InputError, match="chemical potential"):
        _ = free.chemical_potential


def test_the_staggered_magnetization_needs_no_series() -> None:
    ensemble = simulate(Ising(), Lattice((4, 6)), temperature=2.0, chains=4, draws=2, equilibration=9, progress=False)
    expected = (ensemble.spins().values * ensemble.lattice.staggering).mean(axis=(-1, -2))
    np.testing.assert_allclose(ensemble.staggered_magnetization, expected)
