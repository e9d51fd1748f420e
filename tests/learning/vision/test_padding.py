"""What a network sees beyond the edges is what the bonds say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.lattices.rectangle import bond_sums

from spinlens.lattices import Lattice
from spinlens.learning.vision.padding import bond_density, pad

BOUNDARIES = ["periodic", "antiperiodic", "free", "skewed", ((1, 1), (-1, 1)), ("antiperiodic", (1, -1))]


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=str)
@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (2, 4)])
def test_bonds_of_all_sites_sum_to_the_bond_sum(boundary, shape):
    lattice = Lattice(shape, boundary)
    spins = np.random.default_rng(0).choice([-1, 1], (50, *shape)).astype(np.int8)
    density = bond_density(torch.from_numpy(spins).double(), lattice.rules)
    assert density.shape == spins.shape
    np.testing.assert_array_equal(density.sum((1, 2)), sum(bond_sums(lattice, spins)))


def test_a_ring_of_neighbours():
    spins = torch.tensor([[1.0, -1.0], [1.0, 1.0]])
    skewed = pad(spins, ((1, -1), "periodic"))
    assert skewed.tolist() == [[1, 1, 1, 1], [-1, 1, -1, 1], [1, 1, 1, 1], [-1, -1, -1, -1]]
    assert pad(spins, ("free", "antiperiodic"))[0].tolist() == [0, 0, 0, 0]
    assert pad(spins, ("free", "antiperiodic"))[1].tolist() == [1, 1, -1, -1]
