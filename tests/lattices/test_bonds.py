"""Bonds: listed, counted, summed, all from one geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.exact import count_states, enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising, Pattern, Potts
from tests.lattices.rectangle import bond_sums, list_bonds, torus_bonds
from tests.sampling.boundaries import BOUNDARIES


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (5, 3)])
def test_counts(shape: tuple[int, int], boundary: Any) -> None:
    lattice = Lattice(shape, boundary=boundary)
    bonds = list_bonds(lattice)
    assert len(bonds) == lattice.bonds == sum(lattice.bonds_along)
    assert (bonds.axes.count(0), bonds.axes.count(1)) == lattice.bonds_along
    ends = [end for i, j, _ in bonds.pairs for end in (i, j)] + [site for site, _ in bonds.walls]
    np.testing.assert_array_equal(np.bincount(ends, minlength=lattice.sites).reshape(shape), lattice.coordination)
    assert lattice.walled == bool(bonds.walls)


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize("shape", [(3, 4), (4, 4), (3, 3), (4, 3)])
def test_two_colourable_means_that_no_bond_joins_one_colour(shape: tuple[int, int], boundary: Any) -> None:
    lattice = Lattice(shape, boundary=boundary)
    colour = lattice.staggering.reshape(-1)
    assert lattice.two_colourable == all(colour[i] != colour[j] for i, j, _ in list_bonds(lattice).pairs)


def test_a_lattice_by_hand() -> None:
    spins = np.array([[1, 1, -1], [1, -1, -1]], dtype=np.int8)
    sums = {
        "periodic": (2 * (1 - 1 + 1), -1 - 1), "antiperiodic": (0, 1 - 1 + 1 - 1 + 1 + 1), "free": (1, 0),
        "skewed": (1 + 1 + 1, -2),
    }  # fmt: skip
    for boundary, expected in sums.items():
        assert tuple(int(s) for s in bond_sums(Lattice((2, 3), boundary=boundary), spins)) == expected, boundary


@pytest.mark.parametrize("seams", [(True, False), (False, True), (True, True)])
def test_where_the_seam_lies_does_not_matter(seams: tuple[bool, bool]) -> None:
    shape = (3, 4)
    lattice = Lattice(shape, boundary=tuple("antiperiodic" if seam else "periodic" for seam in seams))
    own = enumerate_states(Ising(), lattice, temperature=2.0)
    # Reversing any spins bends and moves the seam; an energy cannot tell.
    gauge = np.random.default_rng(4).choice([-1, 1], size=12)
    listed = list_bonds(lattice)
    couplings = np.zeros((2, 12))
    for (i, j, sign), axis in zip(listed.pairs, listed.axes, strict=True):
        couplings[axis, i] = sign * gauge[i] * gauge[j]
    moved = enumerate_states(Ising(Pattern(couplings.reshape(2, 3, 4))), Lattice(shape), temperature=2.0)
    for name in ("log_z", "energy", "specific_heat"):
        assert getattr(moved, name) == pytest.approx(getattr(own, name), rel=1e-12)
    assert moved.magnetization_squared != pytest.approx(own.magnetization_squared, rel=1e-3)
    assert torus_bonds(shape, seams=seams) == list_bonds(lattice)


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_symmetries_of_the_exact_averages(boundary: Any) -> None:
    lattice = Lattice((2, 4), boundary=boundary)
    turned = tuple((-rule[0], -rule[1]) if isinstance(rule, tuple) else rule for rule in lattice.rules)
    up = enumerate_states(Ising((1.0, 0.4)), lattice, temperature=1.5, field=0.6)
    down = enumerate_states(Ising((1.0, 0.4)), Lattice((2, 4), boundary=turned), temperature=1.5, field=-0.6)
    assert up.log_z == pytest.approx(down.log_z, rel=1e-13)
    assert up.magnetization == pytest.approx(-down.magnetization, rel=1e-12)
    if not lattice.walled and lattice.two_colourable:
        # Reversing one sublattice turns J into -J and a uniform field into a staggered one.
        other = enumerate_states(Ising((-1.0, -0.4), "staggered"), lattice, temperature=1.5, field=0.6)
        assert other.log_z == pytest.approx(up.log_z, rel=1e-13)
        assert other.staggered_magnetization == pytest.approx(up.magnetization, rel=1e-12)
    hot = enumerate_states(Ising(), lattice, temperature=1e9)
    assert hot.log_z == pytest.approx(np.log(2), rel=1e-8)


def test_rows_of_the_counts_are_all_states() -> None:
    counts = count_states(Potts(3), Lattice((2, 3), boundary=((0, 2), "free")))
    assert counts.count.sum() == 3**6
    assert counts.names == ("bond_sum", "count_0", "count_1")


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (5, 3)])
def test_the_table_of_neighbours_against_a_walk_over_the_sites(shape: tuple[int, int], boundary: Any) -> None:
    lattice = Lattice(shape, boundary=boundary)
    table, listed = lattice.neighbours, list_bonds(lattice)
    signs = 1 - 2 * table.turned.astype(int)
    found = zip(table.first.tolist(), table.second.tolist(), signs.tolist(), table.direction.tolist(), strict=True)
    pairs = [(*pair, axis) for pair, axis in zip(listed.pairs, listed.axes, strict=False)]
    assert sorted(found) == sorted(pairs)
    held = zip(table.wall_site.tolist(), table.wall_value.tolist(), table.wall_direction.tolist(), strict=True)
    walls = [(*wall, axis) for wall, axis in zip(listed.walls, listed.axes[len(listed.pairs) :], strict=True)]
    assert sorted(held) == sorted(walls)


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_sums_by_tables_against_rolled_arrays(boundary: Any) -> None:
    model, lattice = Ising((1.0, 0.5), "staggered"), Lattice((4, 5), boundary=boundary)
    codes = np.random.default_rng(3).integers(0, 2, size=(20, 4, 5))
    spins = (2 * codes - 1).astype(np.int8)
    sums = dict(zip(model.tables(lattice).names, model.tables(lattice).sums(codes), strict=True))
    along_x, along_y = bond_sums(lattice, spins)
    np.testing.assert_array_equal(sums["bond_sum_x"], along_x)
    np.testing.assert_array_equal(sums["bond_sum"], along_x + along_y)
    np.testing.assert_array_equal(sums["spin_sum"], spins.sum(axis=(1, 2)))
    np.testing.assert_array_equal(sums["staggered_sum"], (spins * lattice.staggering).sum(axis=(1, 2)))
