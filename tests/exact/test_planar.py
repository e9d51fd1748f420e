"""Critical temperatures of planar cells: closed forms, and the determinant of Kac and Ward for cells that have none."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import critical_temperature, planar_critical_temperature
from spinlens.exact.critical import planar_cell
from spinlens.exact.planar import sector_sums
from spinlens.lattices import Lattice
from spinlens.lattices.neighbours import STEPS
from spinlens.models import Ising, Pattern


def kac_ward(model: Ising, lattice: Lattice, temperature: float) -> float:
    """Return det(1 - M): M[e, f] = tanh(J_e / T) exp(i (turn from e to f) / 2) for steps f that follow e, none back."""
    first, second, _, coupling = planar_cell(model, lattice)
    shape = tuple(max(2, side) for side in model.couplings(lattice).shape[1:])
    direction = Lattice(shape, kind=lattice.kind).neighbours.direction
    step = np.array(STEPS[lattice.kind])[direction]
    angle = np.arctan2(step[:, 1], step[:, 0])
    start, end = np.concatenate([first, second]), np.concatenate([second, first])
    angle = np.concatenate([angle, angle + np.pi])
    weight = np.tile(np.tanh(coupling / temperature), 2)
    back = np.roll(np.arange(len(start)), len(first))
    turn = (angle[None, :] - angle[:, None] + np.pi) % (2 * np.pi) - np.pi
    follows = (end[:, None] == start[None, :]) & (np.arange(len(start))[None, :] != back[:, None])
    matrix = np.where(follows, weight[:, None] * np.exp(0.5j * turn), 0.0)
    return float(np.linalg.det(np.eye(len(start)) - matrix).real)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("square", (2, 2)), ("square", (2, 3)), ("square", (3, 4)), ("triangular", (2, 4)), ("honeycomb", (4, 4))],
)
def test_sums_over_even_subgraphs_are_a_determinant(kind: str, cell: tuple[int, int]) -> None:
    lattice, random = Lattice((12, 12), kind=kind), np.random.default_rng(sum(cell))
    model = Ising(Pattern(np.exp(random.uniform(-1, 1, (lattice.directions, *cell)))))
    first, second, winding, coupling = planar_cell(model, lattice)
    ends = np.stack([first, second], axis=1)
    for temperature in (0.7, 1.9, 4.0):
        z = sector_sums(ends, winding, np.tanh(coupling / temperature))
        assert (z[0, 0] - z[0, 1] - z[1, 0] - z[1, 1]) ** 2 == pytest.approx(
            kac_ward(model, lattice, temperature), rel=1e-8, abs=1e-12
        )
    critical = critical_temperature(model, lattice)
    assert critical is not None
    # The determinant is a square, so that it touches zero there.
    below, at, above = (kac_ward(model, lattice, factor * critical) for factor in (0.9, 1.0, 1.1))
    assert at < 1e-9 * min(below, above)


def test_a_honeycomb_lattice_whose_bonds_differ_by_direction() -> None:
    found = critical_temperature(Ising((1.0, 0.6, 0.3)), Lattice((4, 4), kind="honeycomb"))
    assert found is not None
    # The duals of its bonds are those of a triangular lattice.
    a, b, c = (1 / np.sinh(2 * j / found) for j in (1.0, 0.6, 0.3))
    assert a * b + b * c + c * a == pytest.approx(1.0, rel=1e-10)


def test_the_kagome_lattice_is_a_triangular_one_without_every_fourth_site() -> None:
    cell = np.ones((3, 2, 2))
    # No bond starts from site (0, 0) of the cell, and none ends there.
    cell[:, 0, 0] = cell[0, 1, 0] = cell[1, 0, 1] = cell[2, 1, 1] = 0.0
    found = critical_temperature(Ising(Pattern(cell)), Lattice((4, 4), kind="triangular"))
    assert found == pytest.approx(4 / np.log(3 + 2 * np.sqrt(3)), rel=1e-10)
    assert found == pytest.approx(2.143319, abs=1e-6)


def test_bonds_are_a_list_with_windings() -> None:
    square = planar_critical_temperature([0, 0], [0, 0], [(1, 0), (0, 1)], [1.0, 0.3])
    assert square is not None
    assert np.sinh(2 / square) * np.sinh(0.6 / square) == pytest.approx(1.0, rel=1e-12)
    turned = planar_critical_temperature([0, 0], [0, 0], [(0, -1), (1, 0)], [0.3, 1.0])
    assert turned == pytest.approx(square, rel=1e-12)
    # A bond that hangs from a site changes nothing, and chains side by side never order.
    decorated = planar_critical_temperature([0, 0, 0], [0, 0, 1], [(1, 0), (0, 1), (0, 0)], [1.0, 0.3, 2.0])
    assert decorated == pytest.approx(square, rel=1e-12)
    assert planar_critical_temperature([0, 0], [0, 0], [(1, 0), (0, 1)], [1.0, 0.0]) is None


def test_large_cells_are_summed_over_or_refused() -> None:
    random = np.random.default_rng(5)
    long = Ising(Pattern(np.exp(random.uniform(-1, 1, (2, 4, 12)))))
    turned = Ising(Pattern(np.moveaxis(long.couplings(Lattice((4, 12)))[::-1], 1, 2)))
    lattice = Lattice((12, 12))
    assert critical_temperature(long, lattice) == pytest.approx(critical_temperature(turned, lattice), rel=1e-10)
    with pytest.raises(InputError, match="Take a smaller cell"):
        critical_temperature(Ising(Pattern(np.exp(random.uniform(-1, 1, (2, 16, 16))))), Lattice((16, 16)))
    for coupling, why in (([-1.0, 1.0], "ferromagnets"), ([1.0], "one coupling for each bond")):
        with pytest.raises(InputError, match=why):
            planar_critical_temperature([0, 0], [0, 0], [(1, 0), (0, 1)], coupling)
