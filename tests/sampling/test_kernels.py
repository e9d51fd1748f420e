"""The bit-sliced kernel against its scalar twin, bit for bit, and its counters against plain sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling.engines.bits import bitsliced, counters, layout
from spinlens.sampling.engines.bits.geometry import geometry, missing_neighbours
from spinlens.sampling.engines.bits.probabilities import Rules
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from spinlens.sampling.engines.bits.reference import sweep as scalar_sweep
from tests.lattices.rectangle import bond_sums, list_bonds
from tests.sampling.boundaries import BOUNDARIES, COUPLINGS
from tests.sampling.square import rules
from tests.sampling.square import words as words_of


def random_spins(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return (np.random.default_rng(seed).integers(0, 2, size=(64, *shape)) * 2 - 1).astype(np.int8)


def run_both(
    lattice: Lattice, model: Ising, *, algorithm: str, sweeps: int, seed: int = 5
) -> tuple[np.ndarray, np.ndarray, int]:
    """Sweep with kernel and twin from one start; also count the words that needed the slow path."""
    random = np.random.default_rng(seed)
    place = geometry(lattice, staggered_field=model.staggered)
    rule = rules(model, place, np.array([2.3]), 0.3, algorithm)
    used = layout.used_columns(lattice.shape[1])
    state = np.zeros((4, layout.columns(lattice.shape[1])), dtype=np.uint64)
    state[:, :used] = random.integers(0, 2**64, size=(4, used), dtype=np.uint64)
    spins = random_spins(seed, lattice.shape)

    words = layout.to_colours(words_of(spins))[None]
    # Whatever stands in the columns that are not there must not matter.
    words[..., used:] = np.uint64(0x1234_5678_9ABC_DEF0)
    bitsliced.sweep(
        words, state[None].copy(), rule.planes, rule.thresholds, rule.favoured, rule.metropolis, place.patterns,
        place.kinds, place.edges, place.width, sweeps,
    )  # fmt: skip
    lanes = np.arange(64, dtype=np.uint64)[:, None, None]
    fast = 2 * (((layout.to_sites(words, lattice.shape[1])[0] >> lanes) & np.uint64(1)).astype(np.int8)) - 1

    drawn = [0]

    class Counting(Xoshiro256PlusPlus):
        def __call__(self) -> int:
            drawn[0] += 1
            return super().__call__()

    streams: list[Xoshiro256PlusPlus] = [Counting(state[:, column]) for column in range(used)]
    thresholds, favoured = by_site(lattice, model, rule)
    for _ in range(sweeps):
        scalar_sweep(
            spins, streams, lattice, thresholds, favoured, metropolis=rule.metropolis, fast_bits=bitsliced.FAST_BITS
        )
    return fast, spins, drawn[0] - sweeps * lattice.sites * bitsliced.FAST_BITS


def by_site(lattice: Lattice, model: Ising, rule: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Return thresholds and favoured states of each site (Lx, Ly, 3, 3), looked up without the kernel's layout."""
    place = geometry(lattice, staggered_field=model.staggered)
    missing_x, missing_y = missing_neighbours(lattice)
    sign = lattice.staggering if model.staggered else np.ones(lattice.shape, dtype=int)
    values = [tuple(value) for value in place.kind_values.tolist()]
    kind = np.empty(lattice.shape, dtype=int)
    for site in np.ndindex(lattice.shape):
        kind[site] = values.index((missing_x[site], missing_y[site], sign[site]))
    return rule.thresholds[0, kind], rule.favoured[0, kind]


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_kernel_and_twin_agree_bit_for_bit(boundary: Any, algorithm: str) -> None:
    # Even and odd sides, one vector of columns and two; all models on one of them.
    models = [Ising(coupling, pattern) for coupling in COUPLINGS.values() for pattern in ("uniform", "staggered")]
    cases = [((4, 6), model) for model in models] + [((3, 5), models[2]), ((3, 4), models[0]), ((4, 3), models[3])]
    for shape, model in cases:
        fast, slow, _ = run_both(Lattice(shape, boundary=boundary), model, algorithm=algorithm, sweeps=2)
        np.testing.assert_array_equal(fast, slow, err_msg=f"{shape} {model}")
    for shape, model in (((2, 2), models[0]), ((2, 18), models[1]), ((3, 17), models[5]), ((2, 19), models[0])):
        fast, slow, _ = run_both(Lattice(shape, boundary=boundary), model, algorithm=algorithm, sweeps=2)
        np.testing.assert_array_equal(fast, slow, err_msg=f"{shape} {model}")


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize(
    ("shape", "boundary", "coupling"),
    [((4, 4), "periodic", 1.0), ((3, 3), "antiperiodic", 1.0), ((3, 4), "free", (1, 2))],
)
def test_the_slow_path_agrees_too(shape: Any, boundary: str, coupling: Any, algorithm: str) -> None:
    lattice = Lattice(shape, boundary=boundary)
    fast, slow, extra = run_both(lattice, Ising(coupling), algorithm=algorithm, sweeps=250)
    assert extra > 0, "no word was undecided after the fast bits, so the slow path was not tested"
    np.testing.assert_array_equal(fast, slow)


def test_generator_matches_the_published_sequence() -> None:
    # First outputs of xoshiro256++ from the state (1, 2, 3, 4), as its authors' code prints them.
    stream = Xoshiro256PlusPlus(np.array([1, 2, 3, 4]))
    assert [stream() for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
@pytest.mark.parametrize(
    "shape", [(2, 2), (2, 4), (6, 4), (3, 3), (5, 4), (4, 17), (4, 18), (32, 32), (10, 24), (3, 31)]
)
def test_counters_equal_plain_sums(shape: tuple[int, int], boundary: Any) -> None:
    lattice = Lattice(shape, boundary=boundary)
    spins = random_spins(3, shape)
    words = layout.to_colours(words_of(spins))[None]
    # Whatever stands in the unused columns must not count.
    for x in range(shape[0]):
        for colour in range(2):
            words[0, colour, x, (shape[1] + 1 - (x + colour) % 2) // 2 :] = np.uint64(0xF0F0_1234_5678_9ABC)
    place, sums = geometry(lattice, staggered_field=False), np.zeros((4, 1, 64), dtype=np.int64)
    counters.measure(words, place.edges, place.walled, place.bonds, place.width, sums)
    bonds = list_bonds(lattice)
    flat = spins.reshape(64, -1).astype(np.int64)
    for axis in range(2):
        terms = [sign * flat[:, i] * flat[:, j] for i, j, sign in bonds.pairs] + [
            flat[:, i] * s for i, s in bonds.walls
        ]
        along = [term for term, a in zip(terms, bonds.axes, strict=True) if a == axis]
        np.testing.assert_array_equal(sums[axis, 0], np.sum(along, axis=0))
        np.testing.assert_array_equal(sums[axis, 0], bond_sums(lattice, spins)[axis])
    np.testing.assert_array_equal(sums[2, 0], flat.sum(axis=1))
    np.testing.assert_array_equal(sums[3, 0], (flat * lattice.staggering.reshape(-1)).sum(axis=1))


def test_layout_round_trips() -> None:
    for width in (10, 11, 17):
        sites = np.random.default_rng(0).integers(0, 2**64, size=(3, 6, width), dtype=np.uint64)
        np.testing.assert_array_equal(layout.to_sites(layout.to_colours(sites), width), sites)


@pytest.mark.parametrize("width", [6, 8, 10])
def test_packed_chains_unpack_to_the_spins(width: int) -> None:
    spins = random_spins(8, (4, width))
    packed = np.empty((1, 50, 4, -(-width // 8)), dtype=np.uint8)
    layout.pack_chains(words_of(spins)[None], packed)
    up = np.unpackbits(packed[0], axis=-1, count=width, bitorder="little")
    np.testing.assert_array_equal(2 * up.astype(np.int8) - 1, spins[:50])
