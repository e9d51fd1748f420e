"""Energies and specific heats up to L = 64 against Kaufman in all four sectors, and what symmetry demands."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact.ising import ising_finite_strip, kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.testing.chance import within
from tests.sampling.test_boundaries import SECTORS, estimate, sampled

SIZES = {
    8: ((1.2, CRITICAL_TEMPERATURE, 50.0), 2000),
    32: ((2.1, CRITICAL_TEMPERATURE, 2.8), 3000),
    64: ((2.1, 3.0), 1200),
}
"""For each side the temperatures and the recordings of each of 128 chains; the largest stays off criticality, and low
enough for its seams to matter."""


@pytest.mark.parametrize("side", SIZES)
@pytest.mark.parametrize("sector", SECTORS)
def test_kaufman_in_every_sector_and_size(sector: str, side: int) -> None:
    temperatures, recordings = SIZES[side]
    lattice = Lattice((side, side), boundary=SECTORS[sector])
    found = estimate(
        sampled(Ising(), lattice, recordings=recordings, temperature=temperatures, equilibration=6000, seed=31)
    )
    exact = kaufman_torus(lattice.shape, np.array(temperatures), seams=lattice.seams)
    for name, noticeable in (("energy", 1e-3), ("specific_heat", 0.03)):
        value, error = getattr(exact, name), found[f"{name}_error"]
        assert within(found[name], value, error, degrees=127), (name, (found[name] - value) / error)
        if side > 8:
            assert np.all(error < noticeable * np.abs(value)), (name, error / value)


@pytest.mark.parametrize(
    ("model", "boundary", "field"),
    [
        (Ising(), "skewed", 0.2),
        (Ising((1.0, 0.6)), ((1, 1), "periodic"), -0.3),
        (Ising(-1.0, "staggered"), "free", 0.4),
    ],
    ids=str,
)
def test_lattices_too_large_to_enumerate(model: Ising, boundary: object, field: float) -> None:
    lattice = Lattice((20, 12), boundary=boundary)
    temperatures = (1.8, 2.4)
    found = estimate(sampled(model, lattice, field=field, recordings=1500, temperature=temperatures, seed=33))
    exact = [ising_finite_strip(model, lattice, temperature=t, field=field) for t in temperatures]
    for name in ("energy", "specific_heat") + (() if model.staggered else ("magnetization", "susceptibility")):
        value, error = np.array([getattr(strip, name) for strip in exact]), found[f"{name}_error"]
        assert within(found[name], value, error, degrees=127), (name, (found[name] - value) / error)


def test_reversing_the_field_reverses_the_magnetization() -> None:
    lattice = Lattice((12, 10), boundary=("periodic", "free"))
    up = estimate(sampled(Ising(), lattice, field=0.15, recordings=1000, seed=34))
    down = estimate(sampled(Ising(), lattice, field=-0.15, recordings=1000, seed=35))
    for name, sign in (("energy", 1), ("magnetization", -1), ("specific_heat", 1), ("binder_cumulant", 1)):
        error = np.hypot(up[f"{name}_error"], down[f"{name}_error"])
        assert within(up[name], sign * down[name], error, degrees=127), name
    assert np.all(up["magnetization"] > 10 * up["magnetization_error"])


def test_reversing_the_coupling_reverses_one_sublattice() -> None:
    lattice = Lattice((12, 10), boundary=("antiperiodic", "free"))
    one = estimate(sampled(Ising(1.0), lattice, field=0.2, recordings=1000, seed=36))
    other = estimate(sampled(Ising(-1.0, "staggered"), lattice, field=0.2, recordings=1000, seed=37))
    for name in ("energy", "specific_heat"):
        error = np.hypot(one[f"{name}_error"], other[f"{name}_error"])
        assert within(one[name], other[name], error, degrees=127), name
    uniform = estimate(sampled(Ising(-1.0), lattice, field=0.2, recordings=1000, seed=37))
    assert np.all(np.abs(uniform["energy"] - one["energy"]) > 10 * one["energy_error"])


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
def test_cold_spins_flip_one_at_a_time(algorithm: str) -> None:
    # exp(-8 / T) of the spins are flipped, and nothing else, to the next order exp(-12 / T).
    lattice, temperature = Lattice((32, 32)), 0.9
    plan = sampled(
        Ising(), lattice, recordings=2000, temperature=(temperature,), equilibration=200, algorithm=algorithm, seed=38
    )
    found = estimate(plan)
    lowest, next_order = 8 * np.exp(-8 / temperature), 12 * 2 * np.exp(-12 / temperature)
    exact = kaufman_torus(lattice.shape, temperature).energy
    assert exact + 2 == pytest.approx(lowest + next_order, rel=0.02)
    assert within(found["energy"], exact, found["energy_error"], degrees=127)
    assert found["energy_error"][0] < 0.02 * lowest
