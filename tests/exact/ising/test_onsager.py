import numpy as np
import pytest
from scipy.integrate import quad

from spinlens.errors import InputError
from spinlens.exact import critical_temperature
from spinlens.exact.ising.kaufman import kaufman_torus
from spinlens.exact.ising.onsager import onsager_lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE


def free_energy_integral(temperature):
    """Onsager's double integral with one integration done: ln Z / N."""
    k = 1.0 / temperature

    def integrand(angle):
        a = np.cosh(2 * k) ** 2
        b = np.sinh(2 * k)
        c = a - b * np.cos(angle)
        return np.log((c + np.sqrt(max(c**2 - b**2, 0.0))) / 2.0)

    return np.log(2.0) + quad(integrand, 0.0, np.pi, epsabs=1e-13)[0] / (2.0 * np.pi)


@pytest.mark.parametrize("temperature", [1.2, 1.9, 2.6, 5.0])
def test_energy_is_the_derivative_of_the_free_energy_integral(temperature):
    step = 1e-3
    logs = [free_energy_integral(1.0 / (1.0 / temperature + i * step)) for i in (-2, -1, 1, 2)]
    slope = (logs[0] - 8 * logs[1] + 8 * logs[2] - logs[3]) / (12 * step)
    assert onsager_lattice(temperature).energy == pytest.approx(-slope, abs=1e-8)


@pytest.mark.parametrize("temperature", [1.2, 1.9, 2.6, 5.0])
def test_specific_heat_is_the_derivative_of_the_energy(temperature):
    step = 1e-3
    energy = onsager_lattice(temperature + step * np.array([-2, -1, 1, 2])).energy
    slope = (energy[0] - 8 * energy[1] + 8 * energy[2] - energy[3]) / (12 * step)
    assert onsager_lattice(temperature).specific_heat == pytest.approx(slope, rel=1e-8)


def test_a_large_torus_approaches_it():
    temperature = np.array([0.9, 1.5, 2.0, 2.6, 4.0])
    torus, plane = kaufman_torus((256, 256), temperature), onsager_lattice(temperature)
    np.testing.assert_allclose(torus.energy, plane.energy, atol=1e-11)
    np.testing.assert_allclose(torus.specific_heat, plane.specific_heat, atol=1e-8)


def test_values_at_the_critical_point_and_in_the_limits():
    critical = onsager_lattice(CRITICAL_TEMPERATURE)
    assert critical.energy == pytest.approx(-np.sqrt(2.0), abs=1e-14)
    assert critical.specific_heat == np.inf
    assert critical.magnetization == 0.0
    cold, hot = onsager_lattice(0.01), onsager_lattice(1e6)
    assert (cold.energy, cold.magnetization) == (-2.0, 1.0)
    assert cold.specific_heat == pytest.approx(0.0, abs=1e-12)
    assert hot.energy == pytest.approx(-2e-6, abs=1e-10)


def test_magnetization_is_yangs():
    assert onsager_lattice(2.0).magnetization == pytest.approx((1 - np.sinh(1.0) ** -4) ** 0.125, rel=1e-14)
    assert np.all(onsager_lattice([2.27, 3.0]).magnetization == 0)


def test_scales_with_the_coupling_and_ignores_its_sign():
    one, three = onsager_lattice(2.0), onsager_lattice(6.0, coupling=-3.0)
    assert three.energy == pytest.approx(3 * one.energy)
    assert three.specific_heat == pytest.approx(one.specific_heat)
    assert critical_temperature(Ising(-3.0)) == pytest.approx(3 * CRITICAL_TEMPERATURE)


@pytest.mark.parametrize("temperature", [0.0, -1.0, np.nan, np.inf, [1.0, -2.0], "warm"])
def test_refuses_what_is_no_temperature(temperature):
    with pytest.raises(InputError, match="temperature"):
        onsager_lattice(temperature)
