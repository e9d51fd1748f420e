"""The cluster kernels against their scalar twins, bit for bit, and the pieces that they are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.engines.bits import bits, cluster_reference, swendsen_wang, wolff
from spinlens.sampling.engines.bits.activation import Activation
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.square import activation, outside_field, words
from tests.sampling.test_kernels import random_spins

TEMPERATURE = 2.3
KERNELS = {"swendsen_wang": swendsen_wang.update, "wolff": wolff.update}


def of_site(rule: Activation) -> list[int]:
    return [int(rule.ghost_thresholds[0, kind]) for kind in rule.kinds.reshape(-1)]


def run_both(
    lattice: Lattice, model: Ising, *, algorithm: str, field: float, chains: int = 64, count: int = 3, seed: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Update with kernel and twin from one start and one stream; return spins (64, sites)."""
    state = np.random.default_rng(seed).integers(0, 2**64, size=(4, 1), dtype=np.uint64)
    spins = random_spins(seed, lattice.shape)
    rule = activation(model, lattice, np.array([TEMPERATURE]), field)
    sites = words(spins)
    reached = KERNELS[algorithm](
        sites, state.copy(), rule.links_x, rule.links_y, rule.thresholds[0], rule.held, rule.kinds,
        rule.ghost_thresholds[0], chains, count,
    )  # fmt: skip
    lanes = np.arange(64, dtype=np.uint64)[:, None, None]
    fast = 2 * ((sites >> lanes) & np.uint64(1)).astype(np.int8).reshape(64, -1) - 1

    stream, slow = Xoshiro256PlusPlus(state[:, 0]), spins.reshape(64, -1)
    graph = cluster_reference.graph(model, lattice, field)
    thresholds, ghost = [int(value) for value in rule.thresholds[0]], of_site(rule)
    if algorithm == "swendsen_wang":
        for _ in range(count):
            cluster_reference.swendsen_wang(slow[:chains], stream, graph, thresholds, ghost)
    else:
        size = 0
        for chain in range(chains):
            size += cluster_reference.wolff_clusters(slow[chain], stream, graph, thresholds, ghost, count)
        assert reached == size
    return fast, slow


@pytest.mark.parametrize("algorithm", KERNELS)
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_kernel_and_twin_agree_bit_for_bit(boundary: Any, algorithm: str) -> None:
    models = [Ising(coupling, pattern) for coupling in COUPLINGS.values() for pattern in ("uniform", "staggered")]
    for number, model in enumerate(models):
        for shape, field in (((2, 2), 0.3), ((3, 4), 0.0), ((4, 3), -0.4)):
            fast, slow = run_both(
                Lattice(shape, boundary=boundary), model, algorithm=algorithm, field=field, seed=number
            )
            np.testing.assert_array_equal(fast, slow, err_msg=f"{shape} {model} {field}")


@pytest.mark.parametrize("algorithm", KERNELS)
@pytest.mark.parametrize("boundary", ["periodic", "antiperiodic", "skewed"])
@pytest.mark.parametrize("shape", [(2, 63), (3, 64), (2, 65), (3, 130)], ids=str)
def test_rows_longer_than_a_word_agree_too(shape: tuple[int, int], boundary: Any, algorithm: str) -> None:
    # Strong bonds along y: runs reach across words and round the ring.
    for coupling, field in (((0.3, 3.0), 0.0), ((-0.5, -2.0), 0.1)):
        lattice = Lattice(shape, boundary=boundary)
        fast, slow = run_both(lattice, Ising(coupling), algorithm=algorithm, field=field, chains=5, count=6)
        np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("algorithm", KERNELS)
def test_unused_lanes_stay(algorithm: str) -> None:
    fast, slow = run_both(Lattice((4, 5)), Ising(), algorithm=algorithm, field=0.2, chains=37)
    np.testing.assert_array_equal(fast, slow)
    np.testing.assert_array_equal(fast[37:], random_spins(5, (4, 5)).reshape(64, -1)[37:])
    assert (fast[:37] != random_spins(5, (4, 5)).reshape(64, -1)[:37]).any()


def moved(algorithm: str, spins: np.ndarray, lattice: Lattice, model: Ising, field: float) -> np.ndarray:
    """Return spins (64, Lx, Ly) after some updates with one and the same stream."""
    state = np.random.default_rng(6).integers(0, 2**64, size=(4, 1), dtype=np.uint64)
    rule = activation(model, lattice, np.array([TEMPERATURE]), field)
    sites = words(spins)
    KERNELS[algorithm](
        sites, state, rule.links_x, rule.links_y, rule.thresholds[0], rule.held, rule.kinds, rule.ghost_thresholds[0],
        64, 5,
    )  # fmt: skip
    lanes = np.arange(64, dtype=np.uint64)[:, None, None]
    return 2 * ((sites >> lanes) & np.uint64(1)).astype(np.int8) - 1


@pytest.mark.parametrize("algorithm", KERNELS)
def test_what_reverses_spins_only_changes_nothing_else(algorithm: str) -> None:
    plus, minus = Ising(), Ising(-1.0)
    periodic, odd = Lattice((4, 6)), Lattice((5, 6))
    top = np.where(np.arange(4) < 2, -1, 1)[:, None] * np.ones((4, 6), dtype=np.int8)
    # Each pair is one system seen with some of its spins reversed: the antiferromagnet on even and on odd rings, the
    # opposite field, the walls of the other sign.
    pairs = [
        (periodic, plus, 0.0, periodic, minus, 0.0, periodic.staggering),
        (periodic, plus, 0.3, periodic, Ising(-1.0, "staggered"), 0.3, periodic.staggering),
        (Lattice((5, 6), boundary=("antiperiodic", "periodic")), plus, 0.0, odd, minus, 0.0, odd.staggering),
        (periodic, plus, 0.3, periodic, plus, -0.3, -np.ones((4, 6))),
        (Lattice((4, 6), boundary=("free", (1, 1))), plus, 0.0, Lattice((4, 6), boundary=("free", (-1, -1))), plus, 0.0,
         -np.ones((4, 6))),
    ]  # fmt: skip
    for first, model, field, second, other, other_field, signs in pairs:
        spins, signs = random_spins(7, first.shape), np.asarray(signs, dtype=np.int8)
        found = moved(algorithm, spins, first, model, field)
        assert (found != spins).any()
        np.testing.assert_array_equal(moved(algorithm, spins * signs, second, other, other_field) * signs, found)
    reversed_rows = moved(algorithm, random_spins(7, (4, 6)) * top.astype(np.int8), periodic, plus, 0.0)
    assert (reversed_rows * top != moved(algorithm, random_spins(7, (4, 6)), periodic, plus, 0.0)).any()


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_what_holds_a_site_from_outside(boundary: Any) -> None:
    for model in (Ising((1.0, -0.4)), Ising(-1.0, "staggered")):
        for shape in ((2, 3), (4, 5)):
            lattice = Lattice(shape, boundary=boundary)
            expected = cluster_reference.graph(model, lattice, 0.3).outside
            np.testing.assert_allclose(outside_field(model, lattice, 0.3).reshape(-1), expected, atol=1e-15)


def test_thresholds_are_exact() -> None:
    rule = activation(Ising((1.0, -0.3)), Lattice((3, 3), boundary="skewed"), np.array([0.05, 2.0, 1e6]), 0.25)
    for row, t in zip(rule.thresholds, (0.05, 2.0, 1e6), strict=True):
        for threshold, coupling in zip(row.tolist(), (1.0, 0.3), strict=True):
            exact = 1 - (-2 * Decimal(coupling) / Decimal(t)).exp()
            assert abs(Decimal(threshold) / 2**64 - exact) < Decimal(2) ** -64 + Decimal(10) ** -27
    free = activation(Ising(), Lattice((3, 3)), np.array([2.0]), 0.0)
    assert free.ghost_thresholds.tolist() == [[0]]


def test_first_bits_of_stretches() -> None:
    random = np.random.default_rng(4)
    for density in (0.05, 0.5, 0.95):
        for _ in range(200):
            word, begins = (random.random(64) < density, random.random(64) < random.random())
            expected, seen = 0, False
            for bit in range(64):
                seen = False if begins[bit] or bit == 0 else seen
                if word[bit] and not seen:
                    expected |= 1 << bit
                    seen = True
            numbers = [np.packbits(values, bitorder="little").view(np.uint64)[0] for values in (word, begins)]
            assert bits.first_in_stretch.py_func(*numbers) == expected


def test_transpose_and_parity() -> None:
    block = np.random.default_rng(5).integers(0, 2**64, size=64, dtype=np.uint64)
    square = (block[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    turned = block.copy()
    bits.transpose(turned)
    np.testing.assert_array_equal((turned[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1), square.T)
    parity = np.cumsum(square[0]) % 2
    found = bits.parity_up_to.py_func(block[0])
    np.testing.assert_array_equal((found >> np.arange(64, dtype=np.uint64)) & np.uint64(1), parity)
