"""The clusters of random sites against their scalar twin, bit for bit, on every kind of lattice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.lattices.neighbours import STEPS
from spinlens.models import Ising, Pattern
from spinlens.sampling import Plan
from spinlens.sampling.engines.bits import cluster_reference, seeded_clusters
from spinlens.sampling.engines.bits.bonds import row_bonds
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from tests.sampling.boundaries import BOUNDARIES
from tests.sampling.test_kernels import random_spins

WALLS = (1, -1)
LATTICES = [
    *(Lattice(shape, boundary=boundary) for boundary in BOUNDARIES.values() for shape in ((2, 2), (3, 4), (5, 9))),
    *(Lattice((4, 10), boundary=rule, kind=kind) for kind in ("triangular", "honeycomb")
      for rule in ("periodic", "antiperiodic", "free", (WALLS, "periodic"), ("free", "antiperiodic"))),
    Lattice((3, 8), kind="triangular"), Lattice((2, 2), kind="triangular"), Lattice((5, 7), "periodic", "triangular"),
    Lattice((9,)), Lattice((17,), "antiperiodic"), Lattice((2, 3, 4)),
    Lattice((3, 2, 9), ("free", "antiperiodic", WALLS)),
]  # fmt: skip


def run_both(
    model: Ising, lattice: Lattice, *, field: float, temperature: float, chains: int = 64, count: int = 3, seed: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Update with kernel and twin from one start and one stream; return spins (64, sites)."""
    width = lattice.shape[-1]
    bonds = row_bonds(model, lattice, tuple(model.strengths(lattice, field=field).tolist()))
    assert bonds is not None
    ((thresholds,), (ghost,)) = bonds.thresholds(np.array([temperature]))
    state = np.random.default_rng(seed).integers(0, 2**64, size=(4, width), dtype=np.uint64)
    spins = random_spins(seed, (lattice.sites // width, width)).reshape(64, -1)
    lanes = np.arange(64, dtype=np.uint64)[:, None]
    words = np.bitwise_or.reduce((spins > 0).astype(np.uint64) << lanes, axis=0)
    streams = np.zeros((4, bonds.there.shape[-1]), dtype=np.uint64)
    streams[:, :width] = state
    places = np.random.default_rng(1).permutation(lattice.sites).astype(np.int32)
    shuffled = np.empty_like(words)
    shuffled[places] = words
    seeded_clusters.update(
        shuffled, places, streams, bonds.there, bonds.turned, bonds.source, bonds.target, bonds.shift, thresholds,
        bonds.kinds, bonds.held, ghost, chains, count,
    )  # fmt: skip
    fast = 2 * ((shuffled[places] >> lanes) & np.uint64(1)).astype(np.int8) - 1

    steps = STEPS[lattice.kind]
    slots = sorted(set(steps), key=lambda step: (any(step[:-1]), step))
    directions = [[d for d, other in enumerate(steps) if other == step] for step in slots]
    columns = [Xoshiro256PlusPlus(state[:, y]) for y in range(width)]
    slow, graph = spins.copy(), cluster_reference.graph(model, lattice, field)
    for _ in range(count):
        cluster_reference.seeded_clusters(
            slow[:chains], columns, graph, directions, [int(value) for value in thresholds],
            [int(ghost[kind]) for kind in bonds.kinds.reshape(-1)], leading=seeded_clusters.FAST_BITS,
            seeds=seeded_clusters.MOST_SEEDS,
        )  # fmt: skip
    return fast, slow


@pytest.mark.parametrize("lattice", LATTICES, ids=lambda lattice: lattice.text)
def test_kernel_and_twin_agree_bit_for_bit(lattice: Lattice) -> None:
    for number, (coupling, field, temperature) in enumerate(
        ((1.0, 0.0, 1.3), (1.0, 0.0, 30.0), (1.0, 0.3, 2.3), (-1.0, -0.4, 0.9))
    ):
        fast, slow = run_both(Ising(coupling), lattice, field=field, temperature=temperature, seed=number)
        np.testing.assert_array_equal(fast, slow, err_msg=f"{coupling} {field} {temperature}")


@pytest.mark.parametrize("coupling", [(1.0, 0.3), (-0.5, 2.0)], ids=str)
def test_couplings_that_depend_on_the_direction(coupling: Any) -> None:
    for shape in ((4, 5), (3, 16), (2, 65)):
        fast, slow = run_both(Ising(coupling), Lattice(shape), field=0.0, temperature=1.1, chains=9, count=4)
        np.testing.assert_array_equal(fast, slow)


def test_long_clusters_wind_round_the_lattice() -> None:
    # Cold: clusters reach everywhere along crooked ways, through seams of vectors and of rings.
    for kind, shape in (("square", (40, 40)), ("triangular", (24, 17)), ("cubic", (6, 7, 8))):
        lattice = Lattice(shape, boundary="antiperiodic", kind=kind)
        fast, slow = run_both(Ising(), lattice, field=0.0, temperature=1.9, chains=6, count=2)
        np.testing.assert_array_equal(fast, slow, err_msg=kind)


def test_unused_lanes_stay() -> None:
    fast, slow = run_both(Ising(), Lattice((4, 5)), field=0.2, temperature=2.0, chains=37)
    np.testing.assert_array_equal(fast, slow)
    np.testing.assert_array_equal(fast[37:], random_spins(5, (4, 5)).reshape(64, -1)[37:])
    assert (fast[:37] != random_spins(5, (4, 5)).reshape(64, -1)[:37]).any()


def test_couplings_of_many_sizes_are_refused() -> None:
    cell = Ising(Pattern(np.linspace(0.5, 1.3, 8).reshape(2, 2, 2)))
    with pytest.raises(InputError, match="of one size"):
        Plan(model=cell, lattice=Lattice((4, 4)), temperature=2.0, algorithm="seeded_clusters")
    # Signs may differ from bond to bond.
    signs = Ising(Pattern(np.where(np.arange(18) % 5, 1.0, -1.0).reshape(2, 3, 3)))
    assert Plan(model=signs, lattice=Lattice((3, 3)), temperature=2.0, algorithm="seeded_clusters").engine == "bits"
