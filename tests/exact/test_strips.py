"""Strips and bars of every model against all states, closed forms and golden values; critical points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import (
    critical_temperature,
    enumerate_states,
    finite_strip,
    kaufman,
    onsager,
    potts_transition,
    transfer_matrix,
)
from spinlens.exact.ising import ising_finite_strip, ising_strip
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, LatticeGas, Model, Pairwise, Pattern, Potts

RANDOM = np.random.default_rng(8)
TABLE = RANDOM.normal(size=(3, 3))
MINE = Pairwise(values=(0, 1, 2), bond=TABLE + TABLE.T, site={"mu": [0.0, 0.4, -1.0]})
CELL = Ising(Pattern([[[1.0, 0.4], [0.7, 1.0]], [[1.0, 1.0], [0.3, 0.9]]]))
SYSTEMS: list[tuple[Model, Lattice, dict[str, float]]] = [
    (MINE, Lattice((3, 3)), {"mu": 0.3}),
    (MINE, Lattice((4, 2), kind="honeycomb"), {"mu": -0.3}),
    (MINE, Lattice((3, 3), kind="triangular", boundary=("free", "periodic")), {}),
    (MINE, Lattice((2, 2, 2), boundary=((0, 2), "free", "periodic")), {"mu": 0.3}),
    (MINE, Lattice((7,), boundary=(2, 0)), {"mu": 0.3}),
    (BlumeCapel(1.0, 0.4), Lattice((3, 3), boundary="antiperiodic"), {"crystal_field": 0.5, "field": 0.2}),
    (BlumeCapel(-1.0), Lattice((2, 4)), {"crystal_field": 0.5, "field": 0.2}),
    (Potts(4, -0.7), Lattice((2, 4), boundary=("free", (0, 3))), {"field": 0.3}),
    (Clock(6), Lattice((2, 3), boundary="antiperiodic"), {"field": 0.3}),
    (CELL, Lattice((4, 2)), {"field": 0.3}),
    (Ising(1.0, RANDOM.normal(size=(3, 4))), Lattice((3, 4)), {"field": 0.5}),
    (Ising((1.0, -0.5, 0.3)), Lattice((2, 3, 2)), {"field": 0.1}),
    (LatticeGas(2.0), Lattice((3, 3), boundary="free"), {"chemical_potential": -1.0}),
]


@pytest.mark.parametrize(("model", "lattice", "controls"), SYSTEMS, ids=lambda part: str(getattr(part, "text", "")))
def test_a_strip_against_all_states(model: Model, lattice: Lattice, controls: dict[str, float]) -> None:
    states = enumerate_states(model, lattice, temperature=1.3, **controls)
    strip = finite_strip(model, lattice, temperature=1.3, **controls)
    for name in strip:
        assert strip[name] == pytest.approx(states[name], rel=1e-9, abs=1e-11), name
    for name in strip.averages:
        assert strip.averages[name] == pytest.approx(states.averages[name], rel=1e-9, abs=1e-9), name
        assert strip.variances[name] == pytest.approx(states.variances[name], rel=1e-7, abs=1e-9), name


GOLDEN: list[tuple[Model, Lattice, float, dict[str, float], tuple[float, float, float]]] = [
    (Ising(), Lattice((3, 3, 3)), 1 / 0.221654626, {}, (21.6761933669, -1.4344440115, 0.7854309223)),
    (Ising(), Lattice((4, 4), kind="triangular"), 4 / np.log(3), {}, (14.710241472, -2.253968254, 0.797130072)),
    (BlumeCapel(), Lattice((4, 4)), 1.69356, {}, (21.7318460672, -1.2987604879, 1.3543867)),
    (
        BlumeCapel(), Lattice((4, 4)), 0.608578, {"crystal_field": 1.965815},
        (2.8707720444, 0.1367668719, 0.9703743),
    ),
    (Potts(3), Lattice((4, 4)), 1 / np.log(1 + np.sqrt(3)), {}, (34.1726081378, -1.7100622755, 1.5118812)),
    (Potts(4), Lattice((4, 4)), 1 / np.log(3), {}, (37.4989317872, -1.6808688884, 2.1779777)),
    (Potts(3), Lattice((3, 3)), 1 / np.log(1 + np.sqrt(3)), {}, (19.6889397318, -1.7421222147, 1.1620003)),
]  # fmt: skip


@pytest.mark.parametrize(("model", "lattice", "temperature", "controls", "expected"), GOLDEN)
def test_golden_tori(model: Model, lattice: Lattice, temperature: float, controls: Any, expected: Any) -> None:
    found = finite_strip(model, lattice, temperature=temperature, **controls)
    log_z, energy, heat = expected
    assert found.log_z * lattice.sites == pytest.approx(log_z, abs=2e-9)
    assert found.energy == pytest.approx(energy, abs=2e-9)
    assert found.specific_heat == pytest.approx(heat, abs=2e-7)


def test_the_ring_of_colours_is_a_sum_of_two_powers() -> None:
    for q, k in ((3, 1.2), (7, 0.4)):
        found = finite_strip(Potts(q), Lattice((9,)), temperature=1 / k)
        expected = np.log((np.exp(k) + q - 1) ** 9 + (q - 1) * (np.exp(k) - 1) ** 9)
        assert found.log_z * 9 == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("field", [0.0, 0.3])
def test_infinite_strips_against_those_of_rows_of_spins(field: float) -> None:
    model = Ising((1.0, 0.6))
    found = transfer_matrix(model, Lattice((2, 6)), temperature=2.0, field=field)
    rows = ising_strip(model, 6, temperature=2.0, field=field)
    for name in ("free_energy", "energy", "specific_heat", "magnetization", "susceptibility"):
        assert found[name] == pytest.approx(getattr(rows, name), rel=1e-9, abs=1e-12), name
    long = finite_strip(model, Lattice((200, 4)), temperature=2.0, field=0.3)
    infinite = transfer_matrix(model, Lattice((2, 4)), temperature=2.0, field=0.3)
    for name in ("free_energy", "energy", "specific_heat", "magnetization", "susceptibility"):
        assert long[name] == pytest.approx(infinite[name], rel=1e-9), name
    other = ising_finite_strip(model, Lattice((200, 4)), temperature=2.0, field=0.3)
    assert long.energy == pytest.approx(other.energy, rel=1e-11)


def test_wide_strips_approach_the_infinite_lattice() -> None:
    hot = {"honeycomb": (1.518651435, -0.7673725), "triangular": (4 / np.log(3), -1.0872065)}
    for kind, (critical, energy) in hot.items():
        found = [
            transfer_matrix(Ising(), Lattice((2, width), kind=kind), temperature=1.3 * critical).energy - energy
            for width in (4, 8)
        ]
        assert abs(found[1]) < 0.3 * abs(found[0])
        assert abs(found[1]) < 0.03


def test_the_spin_chain_of_three_states_is_a_matrix() -> None:
    t, d, h = 0.8, 0.4, 0.2
    s = np.array([-1, 0, 1])
    energy = -np.outer(s, s) + (d * (s[:, None] ** 2 + s**2) - h * (s[:, None] + s)) / 2
    largest = np.linalg.eigvalsh(np.exp(-energy / t)).max()
    found = transfer_matrix(BlumeCapel(), Lattice((2,)), temperature=t, crystal_field=d, field=h)
    assert found.free_energy == pytest.approx(-t * np.log(largest), rel=1e-12)


def test_closed_forms_with_the_one_signature() -> None:
    lattice = Lattice((4, 4), boundary=("antiperiodic", "periodic"))
    states = enumerate_states(Ising(-0.7), lattice, temperature=1.9)
    exact = kaufman(Ising(-0.7), lattice, temperature=1.9)
    for name in ("log_z", "free_energy", "energy", "specific_heat"):
        assert float(exact[name]) == pytest.approx(states[name], rel=1e-11), name
    gas = kaufman(LatticeGas(), Lattice((4, 4)), temperature=2.0, chemical_potential=-8.0)
    counted = enumerate_states(LatticeGas(), Lattice((4, 4)), temperature=2.0, chemical_potential=-8.0)
    for name in ("log_z", "energy", "specific_heat"):
        assert float(gas[name]) == pytest.approx(counted[name], rel=1e-11), name
    assert float(onsager(Ising(), temperature=1.0).magnetization) == pytest.approx(0.999275, abs=1e-6)
    for wrong in (Potts(3), Ising((1.0, 0.5))):
        with pytest.raises(InputError, match="knows"):
            kaufman(wrong, Lattice((4, 4)), temperature=1.0)
    with pytest.raises(InputError, match="zero field"):
        kaufman(Ising(), Lattice((4, 4)), temperature=1.0, field=0.1)


@pytest.mark.parametrize(
    ("model", "kind", "expected"),
    [
        (Ising(), "square", 2 / np.log(1 + np.sqrt(2))),
        (Ising(-2.0), "square", 4 / np.log(1 + np.sqrt(2))),
        (Ising(), "triangular", 4 / np.log(3)),
        (Ising(-1.0), "triangular", None),
        (Ising(-1.0), "honeycomb", 2 / np.log(2 + np.sqrt(3))),
        (Potts(5), "square", 1 / np.log(1 + np.sqrt(5))),
        (Potts(2), "triangular", 2 / np.log(3)),
        (Potts(2), "honeycomb", 1 / np.log(2 + np.sqrt(3))),
        (Clock(4), "square", 1.134592657),
        (Clock(3), "square", 1.4924592917),
        (LatticeGas(4.0), "square", 2 / np.log(1 + np.sqrt(2))),
        (BlumeCapel(), "square", None),
        (Clock(6), "square", None),
    ],
)  # fmt: skip
def test_critical_temperatures(model: Model, kind: str, expected: float | None) -> None:
    found = critical_temperature(model, Lattice((4, 4), kind=kind))
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_critical_temperatures_of_unit_cells() -> None:
    square = Lattice((4, 4))
    two = critical_temperature(Ising((1.0, 0.3)), square)
    assert np.sinh(2 / two) * np.sinh(0.6 / two) == pytest.approx(1.0, rel=1e-9)
    three = critical_temperature(Ising((1.0, 0.5, 0.2)), Lattice((4, 4), kind="triangular"))
    a, b, c = (np.sinh(2 * j / three) for j in (1.0, 0.5, 0.2))
    assert a * b + b * c + c * a == pytest.approx(1.0, rel=1e-9)
    cell = critical_temperature(CELL, square)
    tiled = Ising(Pattern(np.tile(CELL.coupling.array, (1, 2, 1))))
    assert critical_temperature(tiled, square) == pytest.approx(cell, rel=1e-10)
    # A checkerboard of signs is the ferromagnet seen through a flip of every other row.
    signs = Ising(Pattern([[[1.0, -1.0]], [[1.0, 1.0]]]))
    assert critical_temperature(signs, square) is None
    assert critical_temperature(Ising((1.0, -1.0)), square) == pytest.approx(2 / np.log(1 + np.sqrt(2)))
    # Without one direction of bonds the triangular lattice is the square one.
    missing = Ising(Pattern(np.array([1.0, 1.0, 0.0]).reshape(3, 1, 1)))
    assert critical_temperature(missing, Lattice((4, 4), kind="triangular")) == pytest.approx(2.269185314213)
    assert critical_temperature(Ising(), Lattice((4, 4, 4))) is None


@pytest.mark.parametrize(
    ("q", "latent", "length", "order"),
    [(5, 0.05291876, 2512.25, 0.492141), (8, 0.48635808, 23.8782, 0.799837), (10, 0.69604943, 10.559519, 0.857107),
     (20, 1.19415526, 2.695502, 0.941176)],
)  # fmt: skip
def test_the_first_order_transition_of_colours(q: int, latent: float, length: float, order: float) -> None:
    found = potts_transition(Potts(q))
    assert found.latent_heat == pytest.approx(latent, rel=1e-6)
    assert found.correlation_length == pytest.approx(length, rel=2e-6)
    assert found.order_parameter == pytest.approx(order, abs=1e-6)
    assert potts_transition(Potts(4)).latent_heat == 0.0


@pytest.mark.parametrize("temperature", [1e-3, 1e-10, 1e-100])
def test_near_zero_temperature(temperature: float) -> None:
    found = finite_strip(Ising(), Lattice((4, 4)), temperature=temperature)
    assert found.energy == pytest.approx(-2.0)
    assert enumerate_states(Potts(3), Lattice((2, 3)), temperature=temperature).energy == pytest.approx(-2.0)
    with pytest.raises(InputError, match="temperature"):
        finite_strip(Ising(), Lattice((4, 4)), temperature=1e-320)


def test_what_is_too_wide_is_refused() -> None:
    with pytest.raises(InputError, match="too wide"):
        finite_strip(Potts(5), Lattice((8, 8)), temperature=1.0)
    with pytest.raises(InputError, match="Did you mean 'crystal_field'"):
        finite_strip(BlumeCapel(), Lattice((3, 3)), temperature=1.0, crystal_feild=1.0)
