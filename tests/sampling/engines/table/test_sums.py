"""Sums of terms, swaps and relabelling against NumPy."""

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, Potts
from spinlens.sampling.engines.table import lanes
from spinlens.sampling.engines.table.sums import measure, term_places
from tests.sampling.engines.table.systems import random_pairwise, stream_of

MODELS = {
    "ising": (Ising(), Lattice((5, 4))),
    "walls": (Ising((1.0, -0.5)), Lattice((4, 5), ((1, -1), "periodic"))),
    "spin_1": (BlumeCapel(-1.0, biquadratic=0.5), Lattice((20, 20))),
    "potts": (Potts(4), Lattice((3, 4, 2))),
    "many_colours": (Potts(20), Lattice((4, 3), kind="triangular")),
    "clock": (Clock(6), Lattice((4, 4), ("antiperiodic", "free"))),
    "many_states": (random_pairwise(300), Lattice((4, 3))),
    "pairwise": (random_pairwise(3), Lattice((3, 4))),
}


@pytest.mark.parametrize("name", MODELS)
def test_sums(name):
    model, lattice = MODELS[name]
    tables, table = model.tables(lattice), lattice.neighbours
    (bond_tables, bond), (site_tables, site) = tables.bond_classes, tables.site_classes
    places = term_places(table.first, table.second, bond, bond_tables, site, site_tables)
    random = np.random.default_rng(0)
    codes = random.integers(0, model.space.states, size=(2, lattice.sites, 64)).astype(model.space.code_type)
    sums = np.full((len(tables.names), 2, 64), 7, dtype=np.int64)
    measure(codes, places, sums)
    assert np.array_equal(sums, tables.sums(codes.transpose(0, 2, 1)))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_swaps(kind):
    codes = np.random.default_rng(1).integers(0, 200, size=(5, 7, 64)).astype(kind)
    masks = stream_of(2, 5)
    expected = codes.copy()
    for t in (1, 3):
        for lane in range(64):
            if int(masks[t]) >> lane & 1:
                expected[[t, t + 1], :, lane] = expected[[t + 1, t], :, lane]
    lanes.swap(codes, 1, masks)
    assert np.array_equal(codes, expected)


def test_relabelling():
    codes = np.random.default_rng(1).integers(0, 3, size=(2, 7, 64)).astype(np.uint8)
    before, group = codes.copy(), np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    moved = np.empty((2, 64), dtype=np.int64)
    lanes.relabel(codes, group, stream_of(3, 4, 1), moved)
    assert set(moved.ravel().tolist()) == {0, 1, 2}
    for t in range(2):
        for lane in range(64):
            assert np.array_equal(codes[t, :, lane], group[moved[t, lane]][before[t, :, lane]])
