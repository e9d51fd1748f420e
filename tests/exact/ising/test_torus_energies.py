"""The distribution of energies on a torus agrees with enumeration and with Kaufman's averages."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import count_states, torus_energies
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE

TEMPERATURES = np.array([0.02, 0.6, 1.5, CRITICAL_TEMPERATURE, 3.0, 40.0])


@pytest.mark.parametrize("coupling", [1.0, -0.7])
@pytest.mark.parametrize("shape", [(4, 4), (2, 6), (4, 2)])
def test_against_all_states(shape: tuple[int, int], coupling: float) -> None:
    states = count_states(Ising(), Lattice(shape))
    energies = -coupling * states.rows[:, 0]
    found = torus_energies(shape, TEMPERATURES, coupling=coupling)
    for t, row in zip(TEMPERATURES, found.probability, strict=True):
        weight = states.count * np.exp(-(energies - energies.min()) / t)
        wanted = [weight[np.isclose(energies, level)].sum() / weight.sum() for level in found.energy]
        np.testing.assert_allclose(row, wanted, atol=1e-12)
        assert sum(wanted) == pytest.approx(1, abs=1e-12)


def test_odd_sides() -> None:
    states = count_states(Ising(), Lattice((3, 5)))
    bond_sum = states.rows[:, 0]
    found = torus_energies((3, 5), [2.0])
    weight = states.count * np.exp(bond_sum / 2.0)
    wanted = [weight[-bond_sum == level].sum() / weight.sum() for level in found.energy]
    np.testing.assert_allclose(found.probability[0], wanted, atol=1e-12)


def test_averages_and_widths_of_a_large_lattice() -> None:
    found = torus_energies((64, 48), TEMPERATURES)
    sites = 64 * 48
    exact = kaufman_torus((64, 48), TEMPERATURES)
    mean = found.probability @ found.energy
    np.testing.assert_allclose(mean / sites, exact.energy, atol=1e-10)
    spread = (found.probability * (found.energy - mean[:, None]) ** 2).sum(axis=1)
    np.testing.assert_allclose(spread / sites / TEMPERATURES**2, exact.specific_heat, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.log_z, sites * exact.log_z)
    assert np.all(found.probability >= 0)
    assert np.all(np.diff(found.energy) > 0)


def test_refuses_bad_input_and_frustrated_rings() -> None:
    with pytest.raises(InputError, match="frustrated"):
        torus_energies((3, 4), [1.0], coupling=-1.0)
    with pytest.raises(InputError, match="must be > 0"):
        torus_energies((4, 4), [0.0])
    with pytest.raises(InputError, match=r"shape \(1, 2\)"):
        torus_energies((4, 4), [[1.0, 2.0]])
    with pytest.raises(InputError, match="one finite number"):
        torus_energies((4, 4), [2.0], coupling=(1.0, 2.0))  # type: ignore[arg-type]
