"""The Ising Hamiltonian: what it accepts, its energy, and the lattice gas that it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising, LatticeGas, Pattern

SQUARE = Lattice((4, 4))


def test_equal_couplings_are_one() -> None:
    assert Ising((1, 1)) == Ising(1.0)
    assert Ising((1, 0.5)).couplings(SQUARE).tolist() == [1.0, 0.5]
    assert Ising([1, 0.5]) == Ising((1.0, 0.5))  # type: ignore[arg-type]
    assert Ising((1, 0.5), "staggered").text == "Ising, J = (1, 0.5), staggered field"


@pytest.mark.parametrize(
    "coupling", [0, float("nan"), (1, 0), (1, float("inf")), (1, 2, 3, 4), "strong", (1,), None, True, b"ab", 10**400]
)
def test_bad_couplings_are_refused(coupling: Any) -> None:
    with pytest.raises(InputError, match="coupling"):
        Ising(coupling)


def test_couplings_that_do_not_fit_the_lattice() -> None:
    with pytest.raises(InputError, match="one for each direction"):
        Ising((1.0, 0.5)).terms(Lattice((4, 4, 4)))
    with pytest.raises(InputError, match="does not tile"):
        _ = Ising(Pattern(np.ones((2, 3, 2)))).tables(SQUARE).bond_classes
    with pytest.raises(InputError, match="must have 2 cells"):
        Ising(Pattern(np.ones((3, 2, 2)))).terms(SQUARE)


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(InputError, match="Did you mean 'staggered'"):
        Ising(1.0, "stagered")


def test_the_energy_asks_for_what_it_depends_on() -> None:
    with pytest.raises(InputError, match="bond_sum_x"):
        Ising((1, 2)).energy_total(SQUARE, {"bond_sum": 4, "spin_sum": 2}, field=0.5)
    with pytest.raises(InputError, match="staggered_sum"):
        Ising(1.0, "staggered").energy_total(SQUARE, {"bond_sum": 4, "spin_sum": 2}, field=0.5)
    sums = {"bond_sum": 4, "spin_sum": 2, "bond_sum_x": 3, "staggered_sum": -2}
    assert Ising((1, 2), "staggered").energy_total(SQUARE, sums, field=0.5) == -3 - 2 + 1
    with pytest.raises(InputError, match="Did you mean 'field'"):
        Ising().energy_total(SQUARE, sums, fild=0.5)


def test_a_unit_cell_of_bonds_by_hand() -> None:
    cell = np.array([[[1.0, 0.4], [0.7, 1.0]], [[1.0, 1.0], [0.3, 0.9]]])
    model, lattice = Ising(Pattern(cell)), Lattice((4, 6))
    spins = 2 * np.random.default_rng(2).integers(0, 2, size=(7, 4, 6)) - 1
    x, y = (np.tile(part, (2, 3)) for part in cell)
    energy = -(x * spins * np.roll(spins, -1, 1) + y * spins * np.roll(spins, -1, 2)).sum((1, 2))
    sums = dict(zip(model.tables(lattice).names, model.tables(lattice).sums((spins > 0).astype(int)), strict=True))
    np.testing.assert_allclose(model.energy_total(lattice, sums), energy)


def test_a_field_of_its_own_at_every_site() -> None:
    random = np.random.default_rng(5)
    field = random.normal(size=(3, 4))
    model, lattice = Ising(1.0, field), Lattice((3, 4))
    spins = 2 * random.integers(0, 2, size=(7, 3, 4)) - 1
    sums = dict(zip(model.tables(lattice).names, model.tables(lattice).sums((spins > 0).astype(int)), strict=True))
    bonds = (spins * (np.roll(spins, -1, 1) + np.roll(spins, -1, 2))).sum((1, 2))
    energy = -bonds - 0.3 * (field * spins).sum((1, 2))
    np.testing.assert_allclose(model.energy_total(lattice, sums, field=0.3), energy, atol=1e-7)


def test_order_parameters_follow_the_couplings() -> None:
    def first(model: Ising, lattice: Lattice = SQUARE) -> str:
        return model.order_parameters(lattice)[0].name

    assert first(Ising()) == "magnetization"
    assert first(Ising(-1.0)) == "staggered_magnetization"
    assert first(Ising((1.0, -0.5))) == "striped_magnetization"
    assert first(Ising(-1.0), Lattice((6, 6), kind="triangular")) == "sublattice_magnetization"


@pytest.mark.parametrize("lattice", [SQUARE, Lattice((4, 3), kind="triangular"), Lattice((2, 4), kind="honeycomb")])
@pytest.mark.parametrize("attraction", [4.0, -1.2])
def test_the_lattice_gas_is_the_same_hamiltonian(lattice: Lattice, attraction: float) -> None:
    gas, mu = LatticeGas(attraction), 0.3
    view = gas.ising_view(lattice, chemical_potential=mu)
    assert view is not None
    model, field = view
    codes = np.random.default_rng(1).integers(0, 2, size=(50, *lattice.shape))
    own, other = gas.tables(lattice).sums(codes), model.tables(lattice).sums(codes)
    energy = -gas.strengths(lattice, chemical_potential=mu) @ own
    constant = -attraction / 4 * lattice.bonds - mu / 2 * lattice.sites
    np.testing.assert_allclose(energy, -model.strengths(lattice, field=field) @ other + constant, atol=1e-12)


@pytest.mark.parametrize("boundary", ["free", "antiperiodic", "skewed"])
def test_no_ising_view_with_many_fields(boundary: str) -> None:
    assert LatticeGas().ising_view(Lattice((4, 4), boundary=boundary)) is None
