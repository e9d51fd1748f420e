import numpy as np
import pytest
from tests.exact.reference import last_digit, read_rows

from spinlens.errors import InputError
from spinlens.exact.enumeration import enumerate_states
from spinlens.exact.ising.kaufman import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE

SEAMS = {"PP": (False, False), "AP": (True, False), "AA": (True, True)}
ALL_SEAMS = [(False, False), (True, False), (False, True), (True, True)]


def _seamed(seams):
    return tuple("antiperiodic" if seam else "periodic" for seam in seams)


@pytest.mark.parametrize("row", read_rows("kaufman_torus.csv"), ids=lambda row: f"{row['L']}-{row['boundary']}")
def test_golden_values_to_every_printed_digit(row):
    side = int(row["L"])
    exact = kaufman_torus((side, side), [CRITICAL_TEMPERATURE, 2.0, 2.5], seams=SEAMS[row["boundary"]])
    names = [
        ("energy_Tc", "specific_heat_Tc"),
        ("energy_T2.0", "specific_heat_T2.0"),
        ("energy_T2.5", "specific_heat_T2.5"),
    ]
    assert abs(exact.log_z[0] - float(row["log_z_Tc"])) < 0.6 * max(last_digit(row["log_z_Tc"]), 1e-14)
    for i, (energy, heat) in enumerate(names):
        assert abs(exact.energy[i] - float(row[energy])) < 0.6 * max(last_digit(row[energy]), 1e-11)
        assert abs(exact.specific_heat[i] - float(row[heat])) < 0.6 * max(last_digit(row[heat]), 1e-9)


@pytest.mark.parametrize("seams", ALL_SEAMS)
@pytest.mark.parametrize("coupling", [1.0, -0.7])
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (3, 4), (4, 3), (2, 5), (4, 4), (5, 3)])
def test_agrees_with_enumeration_in_every_sector(shape, coupling, seams):
    temperatures = np.array([1.0, 1.5, CRITICAL_TEMPERATURE * abs(coupling), 4.0, 30.0])
    exact = kaufman_torus(shape, temperatures, coupling=coupling, seams=seams)
    for i, temperature in enumerate(temperatures):
        states = enumerate_states(Ising(coupling), Lattice(shape, boundary=_seamed(seams)), temperature=temperature)
        assert exact.log_z[i] == pytest.approx(states.log_z, abs=1e-11)
        assert exact.energy[i] == pytest.approx(states.energy, abs=1e-11)
        assert exact.specific_heat[i] == pytest.approx(states.specific_heat, abs=1e-11)


@pytest.mark.parametrize("seams", ALL_SEAMS)
@pytest.mark.parametrize("shape", [(16, 40), (33, 20)])
def test_both_ways_round_the_torus_agree(shape, seams):
    temperature = np.array([1.8, 2.27, 3.0])
    one = kaufman_torus(shape, temperature, seams=seams)
    other = kaufman_torus(shape[::-1], temperature, seams=seams[::-1])
    # Where both seams cross, four to five digits cancel.
    lost = 1e4 if all(seams) else 1.0
    np.testing.assert_allclose(one.log_z, other.log_z, rtol=1e-13 * lost)
    np.testing.assert_allclose(one.energy, other.energy, rtol=1e-12 * lost)
    np.testing.assert_allclose(one.specific_heat, other.specific_heat, rtol=1e-9 * lost)


@pytest.mark.parametrize("seams", ALL_SEAMS[:3])
def test_derivatives_are_those_of_log_z(seams):
    temperature, step = 2.1, 1e-3
    beta = 1 / temperature + step * np.array([-2, -1, 0, 1, 2])
    exact = kaufman_torus((12, 10), 1 / beta, seams=seams)
    slope = exact.log_z @ np.array([1, -8, 0, 8, -1]) / (12 * step)
    curve = exact.log_z @ np.array([-1, 16, -30, 16, -1]) / (12 * step**2)
    assert exact.energy[2] == pytest.approx(-slope, rel=1e-7)
    assert exact.specific_heat[2] == pytest.approx(curve / temperature**2, rel=1e-6)


def test_a_cold_seam_costs_one_straight_wall():
    exact = kaufman_torus((64, 64), 0.5, seams=(True, False))
    assert exact.energy == pytest.approx(-2 + 2 / 64, abs=1e-3)
    assert 64**2 * exact.log_z * 0.5 == pytest.approx(2 * 64**2 - 2 * 64 + 0.5 * np.log(2 * 64), abs=2.5)


def test_shapes_follow_the_temperature():
    assert np.shape(kaufman_torus((4, 4), 2.0).energy) == ()
    assert kaufman_torus((4, 4), np.full((2, 3), 2.0)).specific_heat.shape == (2, 3)


def test_refuses_where_the_answer_would_be_rounding():
    with pytest.raises(InputError, match="lost in rounding"):
        kaufman_torus((64, 64), 1.0, seams=(True, True))
    with pytest.raises(InputError, match="300"):
        kaufman_torus((4, 4), 1e-3)


@pytest.mark.parametrize(("shape", "coupling"), [((1, 4), 1.0), ((4, 4), 0.0), ((4, 4), np.nan),
                         ((4, 4), (1.0, 2.0)), ((4, 4), "a"), ((4, 4), np.ones(1)), ((4, 4), None)])  # fmt: skip
def test_refuses_bad_input(shape, coupling):
    with pytest.raises(InputError) as caught:
        kaufman_torus(shape, 2.0, coupling=coupling)
    assert "\n" not in str(caught.value)
