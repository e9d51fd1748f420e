"""The kernel on lattices of rows against its scalar twin, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from spinlens.sampling.engines.bits.rows import Geometry, geometry, layout, reference, rules, sweep

WALLS = (1, -1)
CASES: dict[str, tuple[Any, Any, str]] = {
    "chain": ((10,), "periodic", "chain"),
    "odd chain": ((7,), "antiperiodic", "chain"),
    "chain of one vector": ((16,), "free", "chain"),
    "long odd chain": ((33,), "periodic", "chain"),
    "walled chain": ((9,), (WALLS,), "chain"),
    "square": ((4, 6), "periodic", "square"),
    "odd torus": ((3, 5), ("antiperiodic", "periodic"), "square"),
    "odd seam": ((3, 17), ("periodic", "antiperiodic"), "square"),
    "skewed": ((4, 5), (WALLS, "free"), "square"),
    "two by two": ((2, 2), "periodic", "square"),
    "honeycomb": ((4, 6), "periodic", "honeycomb"),
    "honeycomb seams": ((2, 18), "antiperiodic", "honeycomb"),
    "honeycomb edges": ((3, 5), ("free", WALLS), "honeycomb"),
    "triangular": ((4, 6), "periodic", "triangular"),
    "odd triangular": ((3, 5), "antiperiodic", "triangular"),
    "two rows": ((2, 3), "periodic", "triangular"),
    "walled triangular": ((3, 4), (WALLS, "antiperiodic"), "triangular"),
    "triangular walls": ((3, 5), (WALLS, (-1, 1)), "triangular"),
    "triangular edges": ((3, 5), ("antiperiodic", "free"), "triangular"),
    "triangular of a vector": ((3, 16), ("free", "periodic"), "triangular"),
    "cubic": ((2, 3, 4), "periodic", "cubic"),
    "odd cubic": ((3, 2, 3), ("antiperiodic", "periodic", "antiperiodic"), "cubic"),
    "cubic edges": ((3, 3, 5), ("free", WALLS, "periodic"), "cubic"),
    "cubic of two vectors": ((2, 2, 18), ("periodic", "free", "antiperiodic"), "cubic"),
    "long odd cubic": ((2, 2, 17), "periodic", "cubic"),
}


def lattice_of(name: str) -> Lattice:
    shape, boundary, kind = CASES[name]
    return Lattice(shape, boundary=boundary, kind=kind)


def run_both(
    lattice: Lattice, couplings: Any, fields: Any, *, algorithm: str, sweeps: int, temperature: float = 2.3,
) -> tuple[np.ndarray, np.ndarray, int]:  # fmt: skip
    """Sweep with kernel and twin from one start; also count the words that needed the slow path."""
    random = np.random.default_rng(5)
    used = layout.used_columns(lattice.shape[-1])
    state = np.zeros((4, layout.columns(lattice.shape[-1])), dtype=np.uint64)
    state[:, :used] = random.integers(0, 2**64, size=(4, used), dtype=np.uint64)
    codes = random.integers(0, 2, size=(64, *lattice.shape))
    place: Geometry = geometry(lattice, couplings, fields)
    words = layout.to_words(lattice, codes)
    # Whatever stands in the columns that are not there must not matter.
    there = np.zeros(words.size, dtype=bool)
    there[layout.places_of_sites(lattice)] = True
    words[~there.reshape(words.shape)] = np.uint64(0x1234_5678_9ABC_DEF0)
    words = words[None].copy()
    sweep(words, state[None].copy(), place, rules(place, np.array([temperature]), algorithm), sweeps)

    drawn = [0]

    class Counting(Xoshiro256PlusPlus):
        def __call__(self) -> int:
            drawn[0] += 1
            return super().__call__()

    spins = (2 * codes - 1).astype(np.int8).reshape(64, -1)
    streams: list[Xoshiro256PlusPlus] = [Counting(state[:, column]) for column in range(used)]
    strengths = np.broadcast_to(couplings, len(lattice.neighbours.first))
    bonds = reference.bonds_of_sites(lattice, strengths)
    held = np.broadcast_to(np.asarray(fields, dtype=float).reshape(-1), lattice.sites).copy()
    wall = strengths[np.argmax(np.abs(strengths))]
    for site, value in zip(lattice.neighbours.wall_site, lattice.neighbours.wall_value, strict=True):
        held[site] += wall * value
    for _ in range(sweeps):
        reference.sweep(
            spins, streams, lattice, bonds, held, temperature, metropolis=algorithm == "metropolis",
            relative_to=reference_of(lattice, strengths, held), fast_bits=FAST_BITS,
        )  # fmt: skip
    fast = layout.to_codes(lattice, words)[0].reshape(64, -1)
    return fast, (spins > 0).astype(np.uint8), drawn[0] - sweeps * lattice.sites * FAST_BITS


def reference_of(lattice: Lattice, couplings: np.ndarray, fields: np.ndarray) -> str:
    """Return what spins are drawn relative to: where there is no field, and half as many classes do."""
    alike = len(np.unique(np.abs(couplings[couplings != 0]))) == 1
    if fields.any() or (alike and (not lattice.torus or not couplings.all())):
        return "up"
    return "most" if alike else "next" if lattice.kind == "square" else "up"


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("name", CASES)
def test_kernel_and_twin_agree_bit_for_bit(name: str, algorithm: str) -> None:
    lattice = lattice_of(name)
    random = np.random.default_rng(2)
    bonds = len(lattice.neighbours.first)
    signs = random.choice([-0.7, 0.0, 0.7], size=bonds)
    cases: list[tuple[Any, Any]] = [
        (1.0, 0.0), (np.sign(signs - 0.1), 0.0), (-0.6, 0.2),
        (1.0, 0.3 * lattice.staggering), (signs, 0.1), (1.0, random.normal(size=lattice.sites))
    ]  # fmt: skip
    if lattice.kind in ("square", "honeycomb"):
        many = random.normal(size=bonds)
        cases += [(many, 0.0), (many, random.normal(size=lattice.sites))]
    for couplings, fields in cases:
        fast, slow, _ = run_both(lattice, couplings, fields, algorithm=algorithm, sweeps=2)
        np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
@pytest.mark.parametrize("name", ["odd triangular", "cubic", "honeycomb", "odd chain"])
@pytest.mark.parametrize("field", [0.0, 0.1])
def test_the_slow_path_agrees_too(name: str, field: float, algorithm: str) -> None:
    lattice = lattice_of(name)
    fast, slow, extra = run_both(lattice, 1.0, field, algorithm=algorithm, sweeps=90)
    assert extra > 0, "no word was undecided after the fast bits, so the slow path was not tested"
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("name", CASES)
def test_layout_round_trips(name: str) -> None:
    lattice = lattice_of(name)
    codes = np.random.default_rng(0).integers(0, 2, size=(2, 50, *lattice.shape))
    words = layout.to_words(lattice, codes)
    np.testing.assert_array_equal(layout.to_codes(lattice, words, 50), codes)
    packed = np.unpackbits(layout.pack(lattice, words, 50), axis=-1, count=lattice.shape[-1], bitorder="little")
    np.testing.assert_array_equal(packed, codes)
