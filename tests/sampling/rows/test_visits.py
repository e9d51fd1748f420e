"""Planted mistakes in the kernels of rows must be noticed; the right ones keep the contract of engines."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.rows import Geometry, Rules, geometry, layout, rules, sweep
from spinlens.testing.chance import plausible, uncounted
from tests.sampling.visits import fit

CHAINS = 64
Change = Callable[[Geometry, Rules], tuple[Geometry, Rules]]


def run(
    lattice: Lattice, temperature: float, algorithm: str, *, fields: Any = 0.0, couplings: Any = 1.0, blocks: int = 1,
    equilibration: int = 64, change: Change | None = None,
) -> tuple[np.ndarray, np.ndarray, Callable[[int], None]]:  # fmt: skip
    """Return words and streams of so many blocks of 64 chains after equilibration, and a function that sweeps on."""
    place = geometry(lattice, couplings, fields)
    rule = rules(place, np.array([temperature]), algorithm)
    if change:
        place, rule = change(place, rule)
    # Every block is a condition of its own.
    rule = Rules(*(np.repeat(array, blocks, axis=0) for array in (rule.thresholds, rule.favoured, rule.planes)),
                 metropolis=rule.metropolis)  # fmt: skip
    random = np.random.default_rng(8)
    used = layout.used_columns(lattice.shape[-1])
    streams = np.zeros((blocks, 4, layout.columns(lattice.shape[-1])), dtype=np.uint64)
    streams[..., :used] = random.integers(0, 2**64, size=(blocks, 4, used), dtype=np.uint64)
    words = layout.to_words(lattice, random.integers(0, 2, size=(blocks, CHAINS, *lattice.shape)))

    def on(count: int) -> None:
        sweep(words, streams, place, rule, count)

    on(equilibration)
    return words, streams, on


def visits(
    shape: Any, kind: str, algorithm: str, *, boundary: Any = "periodic", temperature: float = 3.0, fields: Any = 0.0,
    couplings: Any = 1.0, blocks: int = 300, change: Change | None = None,
) -> float:  # fmt: skip
    """Return the p-value of independent final states against their exact probabilities."""
    lattice = Lattice(shape, boundary=boundary, kind=kind)
    words, _, _ = run(
        lattice, temperature, algorithm, fields=fields, couplings=couplings, blocks=blocks, change=change
    )  # fmt: skip
    codes = layout.to_codes(lattice, words).reshape(-1, lattice.sites)
    places = 1 << np.arange(lattice.sites)
    spins = 2.0 * (np.arange(1 << lattice.sites)[:, None] // places % 2) - 1
    table = lattice.neighbours
    strengths = np.broadcast_to(couplings, len(table.first)) * np.where(table.turned, -1, 1)
    exponent = spins @ np.broadcast_to(np.asarray(fields, dtype=float).reshape(-1), lattice.sites)
    for first, second, strength in zip(table.first, table.second, strengths, strict=True):
        exponent += strength * spins[:, first] * spins[:, second]
    for site, value in zip(table.wall_site, table.wall_value, strict=True):
        exponent += value * spins[:, site]
    weights = np.exp((exponent - exponent.max()) / temperature)
    return fit(codes @ places, weights / weights.sum())


def a_neighbour_dropped(place: Geometry, rule: Rules) -> tuple[Geometry, Rules]:
    others = place.others.copy()
    others[:, 0] = others[:, 1]
    return dataclasses.replace(place, others=others), rule


def a_threshold_off(place: Geometry, rule: Rules) -> tuple[Geometry, Rules]:
    colder = rules(place, np.array([3.0 / 1.03]), "heat_bath")
    return place, colder


def a_wrong_seam(place: Geometry, rule: Rules) -> tuple[Geometry, Rules]:
    ties = place.ties.copy()
    ties[:, -1, 0] = 0
    return dataclasses.replace(place, ties=ties), rule


@pytest.mark.parametrize(
    ("change", "case"),
    [
        (a_neighbour_dropped, {"shape": (3, 3), "kind": "triangular", "boundary": "free"}),
        (a_threshold_off, {"shape": (3, 3), "kind": "triangular", "blocks": 900}),
        (a_wrong_seam, {"shape": (3, 3), "kind": "triangular", "boundary": ("periodic", "antiperiodic")}),
    ],
)
def test_planted_mistakes_are_noticed(change: Change, case: dict[str, Any]) -> None:
    with uncounted():
        assert not plausible(visits(algorithm="heat_bath", change=change, **case))
