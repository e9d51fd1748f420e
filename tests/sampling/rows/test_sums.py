"""Sums counted from words against the tables of the terms, which look every bond up."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import Bonds, Ising, LatticeGas, Sites
from spinlens.models.tables import term_tables
from spinlens.sampling.engines.bits.rows import layout, measure, tally
from spinlens.spaces import Binary
from tests.sampling.rows.test_kernel import CASES, lattice_of

SPINS = np.array([-1, 1])
PRODUCTS = np.outer(SPINS, SPINS)


@pytest.mark.parametrize("name", CASES)
def test_sums_equal_those_of_the_tables(name: str) -> None:
    lattice = lattice_of(name)
    random = np.random.default_rng(4)
    weights = random.integers(-1000, 1000, size=lattice.shape)
    strengths = random.integers(-9, 9, size=(lattice.directions, *lattice.shape))
    terms = [
        *(Bonds(f"along_{d}", PRODUCTS, direction=d) for d in range(lattice.directions)),
        Bonds("bond_sum", PRODUCTS), Sites("spin_sum", SPINS),
        Sites("staggered_sum", SPINS, lattice.staggering.astype(np.int64)), Sites("weighed", SPINS, weights),
        Bonds("weighed_bonds", PRODUCTS, pattern=strengths), Bonds("uneven", np.array([[2, 5], [5, -1]])),
    ]  # fmt: skip
    tables = term_tables(Binary(), lattice, terms)
    codes = random.integers(0, 2, size=(2, 64, *lattice.shape))
    words = layout.to_words(lattice, codes)
    # Whatever stands in the columns that are not there must not count.
    there = np.zeros(words[0].size, dtype=bool)
    there[layout.places_of_sites(lattice)] = True
    words.reshape(2, -1)[:, ~there] = np.uint64(0xF0F0_1234_5678_9ABC)
    np.testing.assert_array_equal(measure(words, tally(tables)), tables.sums(codes))


def test_sums_of_models() -> None:
    for model, lattice in (
        (Ising(coupling=(1.0, -0.5, 0.3), field_pattern="staggered"), Lattice((4, 6, 18))),
        (LatticeGas(), Lattice((6, 6), kind="triangular")),
    ):
        tables = model.tables(lattice)
        codes = np.random.default_rng(1).integers(0, 2, size=(1, 64, *lattice.shape))
        words = layout.to_words(lattice, codes)
        np.testing.assert_array_equal(measure(words, tally(tables)), tables.sums(codes))
