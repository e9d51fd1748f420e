"""The Hamiltonian: what it accepts, its energy, its ground states, and its lattice gas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice, bond_sums, list_bonds
from spinlens.models import Ising, lattice_gas


def test_equal_couplings_are_one() -> None:
    assert Ising((1, 1)) == Ising(1.0)
    assert Ising((1, 0.5)).couplings == (1.0, 0.5)
    assert Ising([1, 0.5]) == Ising((1.0, 0.5))  # type: ignore[arg-type]
    assert not Ising((1, 0.5)).standard
    assert Ising((1, 0.5), "staggered").text == "Ising, J = (1, 0.5), staggered field"


@pytest.mark.parametrize(
    "coupling", [0, float("nan"), (1, 0), (1, float("inf")), (1, 2, 3), "strong", (1,), None, True, b"ab", 10**400]
)
def test_bad_couplings_are_refused(coupling: Any) -> None:
    with pytest.raises(InputError, match="coupling"):
        Ising(coupling)


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'staggered'"):
        Ising(1.0, "stagered")


def test_the_energy_asks_for_what_it_depends_on() -> None:
    with pytest.raises(InputError, match="bond_sum_x"):
        Ising((1, 2)).energy_total(4, 2, 0.5)
    with pytest.raises(InputError, match="staggered_sum"):
        Ising(1.0, "staggered").energy_total(4, 2, 0.5)
    assert Ising((1, 2), "staggered").energy_total(4, 2, 0.5, bond_sum_x=3, staggered_sum=-2) == -3 - 2 + 1


@pytest.mark.parametrize("model", [Ising(), Ising(-0.7), Ising((1.0, -0.4))], ids=str)
@pytest.mark.parametrize("boundary", ["periodic", "skewed", ((1, 1), (-1, 1))], ids=str)
def test_the_lattice_gas_is_the_same_hamiltonian(boundary: Any, model: Ising) -> None:
    lattice, field = Lattice((4, 3), boundary=boundary), 0.3
    gas, bonds = lattice_gas(model, lattice, field), list_bonds(lattice)
    spins = (2 * np.random.default_rng(1).integers(0, 2, size=(50, 4, 3)) - 1).astype(np.int8)
    along_x, along_y = bond_sums(lattice, spins)
    spin_sum = spins.sum(axis=(1, 2), dtype=int)
    energy = model.energy_total(along_x + along_y, spin_sum, field, bond_sum_x=along_x)
    n = (spins.reshape(50, -1).astype(int) + 1) // 2
    occupied = [n[:, i] * n[:, j] for i, j, _ in bonds.pairs] + [n[:, i] * ((held + 1) // 2) for i, held in bonds.walls]
    pairs = [sum(term for term, a in zip(occupied, bonds.axes, strict=True) if a == axis) for axis in range(2)]
    by_gas = gas.constant - gas.attraction[0] * pairs[0] - gas.attraction[1] * pairs[1]
    np.testing.assert_allclose(by_gas - gas.chemical_potential * n.sum(axis=1), energy, atol=1e-12)


def test_constants_of_the_lattice_gas() -> None:
    gas = lattice_gas(Ising(), Lattice((4, 4)), 0.0)
    assert (gas.attraction, gas.chemical_potential, gas.constant) == ((4.0, 4.0), -8.0, -32.0)


@pytest.mark.parametrize(
    ("model", "boundary"), [(Ising(), "free"), (Ising(), "antiperiodic"), (Ising(1.0, "staggered"), "periodic")]
)
def test_no_gas_with_many_chemical_potentials(model: Ising, boundary: str) -> None:
    with pytest.raises(InputError, match="another chemical potential"):
        lattice_gas(model, Lattice((4, 4), boundary=boundary), 0.0)
