"""The full transition matrix of a sweep on 3 x 3 leaves the Boltzmann distribution as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.engines.bits import reference
from spinlens.sampling.engines.bits.geometry import geometry
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.square import rules
from tests.sampling.test_kernels import by_site

TEMPERATURE = 1.9


def sweep_matrix(model: Ising, lattice: Lattice, *, field: float, algorithm: str) -> np.ndarray:
    """Return the transition matrix (from, to) of one sweep, from the twin's order, neighbours and thresholds.

    Bit ``x * Ly + y`` of a state's index is 1 where the spin at (x, y) is up.
    """
    states = np.arange(1 << lattice.sites)
    bits = (states[:, None] >> np.arange(lattice.sites)) & 1
    spins = (2 * bits - 1).astype(np.int8).reshape(-1, *lattice.shape)
    place = geometry(lattice, staggered_field=model.staggered)
    thresholds, favoured = by_site(lattice, model, rules(model, place, np.array([TEMPERATURE]), field, algorithm))
    matrix = np.eye(len(states))
    for x, y in reference.order(lattice):
        down = states[bits[:, x * lattice.shape[1] + y] == 0]
        up = down | 1 << (x * lattice.shape[1] + y)
        counts = reference.up_neighbours(spins[down], lattice, (x, y))
        one = thresholds[x, y][counts].astype(float) / 2.0**64
        if algorithm == "heat_bath":
            from_up = from_down = one
        else:
            favours_up = favoured[x, y][counts]
            from_up, from_down = np.where(favours_up, 1 - one, 0.0), np.where(favours_up, 1.0, one)
        was_up, was_down = matrix[:, up], matrix[:, down]
        matrix[:, up] = was_up * from_up + was_down * from_down
        matrix[:, down] = was_up * (1 - from_up) + was_down * (1 - from_down)
    return matrix


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("coupling", COUPLINGS.values(), ids=COUPLINGS.keys())
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_a_sweep_leaves_the_distribution_invariant(boundary: Any, coupling: Any, algorithm: str) -> None:
    lattice = Lattice((3, 3), boundary=boundary)
    for pattern, field in (("uniform", 0.0), ("uniform", 0.37), ("staggered", -0.6)):
        model = Ising(coupling, pattern)
        matrix = sweep_matrix(model, lattice, field=field, algorithm=algorithm)
        exact = state_probabilities(model, lattice, temperature=TEMPERATURE, field=field)
        np.testing.assert_allclose(matrix.sum(axis=1), 1.0, rtol=1e-12)
        np.testing.assert_allclose(exact @ matrix, exact, rtol=0, atol=1e-12)
        other = state_probabilities(model, lattice, temperature=TEMPERATURE, field=field + 0.01)
        assert np.abs(other @ matrix - other).max() > 1e-6, "the check must see a field that is off by 0.01"


def test_heat_bath_forgets_every_state() -> None:
    matrix = np.linalg.matrix_power(
        sweep_matrix(Ising(), Lattice((3, 3), boundary="skewed"), field=0.1, algorithm="heat_bath"), 400
    )
    exact = state_probabilities(Ising(), Lattice((3, 3), boundary="skewed"), temperature=TEMPERATURE, field=0.1)
    np.testing.assert_allclose(matrix, np.broadcast_to(exact, matrix.shape), atol=1e-9)
