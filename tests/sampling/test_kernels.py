"""The bit-sliced kernel against its scalar twin, bit for bit, and its counters against plain sums."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.sampling.kernels import bitsliced, counters, layout
from spinlens.sampling.kernels.reference import Xoshiro256PlusPlus
from spinlens.sampling.kernels.reference import sweep as scalar_sweep


def random_spins(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return (np.random.default_rng(seed).integers(0, 2, size=(64, *shape)) * 2 - 1).astype(np.int8)


def planes_of(thresholds: np.ndarray) -> np.ndarray:
    places = np.arange(63, 63 - bitsliced.FAST_BITS, -1, dtype=np.uint64)
    bits = (thresholds[None, :] >> places[:, None]) & np.uint64(1)
    return np.where(bits == 1, ~np.uint64(0), np.uint64(0))


def run_both(shape: tuple[int, int], *, metropolis: bool, sweeps: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Sweep with kernel and twin from one start; also count the words that needed the slow path."""
    random = np.random.default_rng(seed)
    thresholds = np.sort(random.integers(0, 2**64, size=5, dtype=np.uint64))
    favoured = np.array([0, 0, 0, 1, 1], dtype=bool)
    half = shape[1] // 2
    state = np.zeros((4, layout.columns(shape[1])), dtype=np.uint64)
    state[:, :half] = random.integers(0, 2**64, size=(4, half), dtype=np.uint64)
    spins = random_spins(seed, shape)

    words = layout.to_colours(layout.from_spins(spins))[None]
    bitsliced.sweep(
        words, state[None].copy(), planes_of(thresholds)[None], thresholds[None],
        np.where(favoured, ~np.uint64(0), np.uint64(0))[None], metropolis, half, sweeps,
    )  # fmt: skip
    lanes = np.arange(64, dtype=np.uint64)[:, None, None]
    fast = 2 * (((layout.to_sites(words, shape[1])[0] >> lanes) & np.uint64(1)).astype(np.int8)) - 1

    drawn = [0]

    class Counting(Xoshiro256PlusPlus):
        def __call__(self) -> int:
            drawn[0] += 1
            return super().__call__()

    streams: list[Xoshiro256PlusPlus] = [Counting(state[:, column]) for column in range(half)]
    for _ in range(sweeps):
        scalar_sweep(
            spins, streams, [int(t) for t in thresholds], [bool(f) for f in favoured], metropolis=metropolis,
            fast_bits=bitsliced.FAST_BITS,
        )  # fmt: skip
    return fast, spins, drawn[0] - sweeps * shape[0] * shape[1] * bitsliced.FAST_BITS


@pytest.mark.parametrize("metropolis", [False, True], ids=["heat bath", "metropolis"])
@pytest.mark.parametrize("shape", [(2, 2), (4, 6), (6, 4), (2, 18)])
def test_kernel_and_twin_agree_bit_for_bit(shape: tuple[int, int], metropolis: bool) -> None:
    fast, slow, _ = run_both(shape, metropolis=metropolis, sweeps=12, seed=sum(shape))
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("metropolis", [False, True], ids=["heat bath", "metropolis"])
def test_the_slow_path_agrees_too(metropolis: bool) -> None:
    fast, slow, extra = run_both((4, 4), metropolis=metropolis, sweeps=120, seed=5)
    assert extra > 0, "no word was undecided after the fast bits, so the slow path was not tested"
    np.testing.assert_array_equal(fast, slow)


def test_generator_matches_the_published_sequence() -> None:
    # First outputs of xoshiro256++ from the state (1, 2, 3, 4), as its authors' code prints them.
    stream = Xoshiro256PlusPlus(np.array([1, 2, 3, 4]))
    assert [stream() for _ in range(4)] == [41943041, 58720359, 3588806011781223, 3591011842654386]


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (6, 4), (4, 18), (32, 32), (10, 24)])
def test_counters_equal_plain_sums(shape: tuple[int, int]) -> None:
    spins = random_spins(3, shape)
    words = layout.to_colours(layout.from_spins(spins))[None]
    # Whatever stands in the unused columns must not count.
    words[..., shape[1] // 2 :] = np.uint64(0xF0F0_1234_5678_9ABC)
    bond_sum, spin_sum = np.zeros((2, 1, 64), dtype=np.int64)
    counters.measure(words, shape[1] // 2, bond_sum, spin_sum)
    long = spins.astype(np.int64)
    bonds = long * np.roll(long, 1, axis=1) + long * np.roll(long, 1, axis=2)
    np.testing.assert_array_equal(bond_sum[0], bonds.sum(axis=(1, 2)))
    np.testing.assert_array_equal(spin_sum[0], long.sum(axis=(1, 2)))


def test_layout_round_trips() -> None:
    sites = np.random.default_rng(0).integers(0, 2**64, size=(3, 6, 10), dtype=np.uint64)
    np.testing.assert_array_equal(layout.to_sites(layout.to_colours(sites), 10), sites)


@pytest.mark.parametrize("width", [6, 8, 10])
def test_packed_chains_unpack_to_the_spins(width: int) -> None:
    spins = random_spins(8, (4, width))
    packed = np.empty((1, 50, 4, -(-width // 8)), dtype=np.uint8)
    layout.pack_chains(layout.from_spins(spins)[None], packed)
    up = np.unpackbits(packed[0], axis=-1, count=width, bitorder="little")
    np.testing.assert_array_equal(2 * up.astype(np.int8) - 1, spins[:50])
