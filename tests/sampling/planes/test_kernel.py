"""The kernel on planes against its scalar twin, bit for bit, and its sums against the tables of the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Model, Pairwise, Potts
from spinlens.sampling import Plan
from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.reference import Xoshiro256PlusPlus
from spinlens.sampling.engines.bits.rows.layout import columns, places_of_sites, used_columns
from spinlens.sampling.engines.planes import layout
from spinlens.sampling.engines.planes.forms import Form, form_of
from spinlens.sampling.engines.planes.geometry import place_of
from spinlens.sampling.engines.planes.kernel import sweep
from spinlens.sampling.engines.planes.reference import Twin
from spinlens.sampling.engines.planes.rules import kinds_of, rules
from spinlens.sampling.engines.planes.sums import measure, tally

OCCUPATION = Pairwise((0, 1, 2), 1 - np.eye(3), site={"chemical_potential": [0, 1, 1]})

CASES: dict[str, tuple[Model, Lattice, float, dict[str, float]]] = {
    "spins": (BlumeCapel(), Lattice((4, 6)), 1.7, {"crystal_field": 0.3}),
    "spins in a field": (BlumeCapel(), Lattice((3, 17)), 1.7, {"crystal_field": -0.5, "field": 0.2}),
    "spins on a long odd chain": (BlumeCapel(-1.0), Lattice((33,), "antiperiodic"), 0.8, {"field": -0.1}),
    "spins between walls": (BlumeCapel(), Lattice((4, 5), ("antiperiodic", (1, 0))), 1.2, {}),
    "triangular spins": (BlumeCapel(), Lattice((3, 5), "antiperiodic", "triangular"), 2.5, {}),
    "cubic spins": (BlumeCapel(), Lattice((2, 3, 4)), 2.5, {"field": 0.1}),
    "odd cubic spins": (BlumeCapel(), Lattice((2, 2, 17), ("free", "periodic", "periodic")), 2.5, {}),
    "honeycomb spins": (BlumeCapel(), Lattice((2, 18), ("antiperiodic", "free"), "honeycomb"), 1.0, {"field": 0.3}),
    "3 colours": (Potts(3), Lattice((4, 6)), 1.0, {}),
    "3 colours on a chain": (Potts(3), Lattice((9,)), 0.5, {"field": 0.4}),
    "3 colours that repel": (Potts(3, -1.0), Lattice((3, 5)), 0.7, {"field": -0.4}),
    "3 angles": (Clock(3), Lattice((2, 3)), 1.9, {}),
    "occupation": (OCCUPATION, Lattice((3, 4)), 1.5, {"chemical_potential": 0.2}),
    "4 colours with edges": (Potts(4), Lattice((4, 5), ("periodic", "free")), 0.9, {}),
    "5 colours between walls": (Potts(5), Lattice((4, 5), ((0, 3), "free")), 0.9, {"field": 0.3}),
    "5 colours on a free chain": (Potts(5), Lattice((17,), "free"), 0.6, {}),
    "6 colours on an odd torus": (Potts(6), Lattice((3, 5)), 0.8, {}),
    "7 triangular colours": (Potts(7), Lattice((3, 4), ((0, 2), "periodic"), "triangular"), 1.2, {}),
    "10 cubic colours": (Potts(10), Lattice((3, 2, 5)), 1.3, {}),
    "16 honeycomb colours": (Potts(16), Lattice((2, 18), kind="honeycomb"), 0.5, {}),
}


def form(model: Model, lattice: Lattice, controls: dict[str, float]) -> Form:
    found = form_of(model, lattice, model.strengths(lattice, **model.values_of_controls(controls)))
    assert isinstance(found, Form), found
    return found


def random_words(lattice: Lattice, codes: np.ndarray, planes: int) -> np.ndarray:
    """Return words of codes, with anything in the columns that are not there: it must not matter."""
    words = layout.to_words(lattice, codes, planes)
    there = np.zeros(words[0].size, dtype=bool)
    there[places_of_sites(lattice)] = True
    words[:, ~there.reshape(words[0].shape)] = np.uint64(0x1234_5678_9ABC_DEF0)
    return words[None].copy()


GROUPED = (
    "3 colours", "3 angles", "4 colours with edges", "5 colours on a free chain", "16 honeycomb colours",
    "6 colours on an odd torus",
)  # fmt: skip
"""Cases of colours that heat bath takes."""

# Each shape of a case is code of its own to Numba, and takes seconds: few of them are swept in both ways.
UPDATES = [(name, "heat_bath" if "spin" in name or name in GROUPED else "metropolis") for name in CASES]
UPDATES += [("3 colours", "metropolis"), ("16 honeycomb colours", "metropolis")]


def run_both(name: str, algorithm: str, sweeps: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Sweep with kernel and twin from one start; also count the words that needed the slow path."""
    model, lattice, temperature, controls = CASES[name]
    seen = form(model, lattice, controls)
    random, used = np.random.default_rng(5), used_columns(lattice.shape[-1])
    state = np.zeros((4, columns(lattice.shape[-1])), dtype=np.uint64)
    state[:, :used] = random.integers(0, 2**64, size=(4, used), dtype=np.uint64)
    codes = random.integers(0, seen.states, size=(64, *lattice.shape))
    place, kinds = place_of(lattice, kinds_of(seen, lattice))
    words = random_words(lattice, codes, seen.planes)
    drawn, streams_after = [0], state[None].copy()
    rule = rules(seen, len(place.slots), np.array([temperature]), kinds, algorithm)
    sweep(words, streams_after, rule, place, sweeps)

    class Counting(Xoshiro256PlusPlus):
        def __call__(self) -> int:
            drawn[0] += 1
            return super().__call__()

    streams: list[Xoshiro256PlusPlus] = [Counting(state[:, column]) for column in range(used)]
    twin, slow = Twin(lattice, seen, temperature, FAST_BITS, algorithm), codes.reshape(64, -1).copy()
    twin.sweep(slow, streams)
    each = drawn[0]
    for _ in range(sweeps - 1):
        twin.sweep(slow, streams)
    assert [stream.state for stream in streams] == streams_after[0, :, :used].T.tolist()
    return layout.to_codes(lattice, words)[0].reshape(64, -1), slow, drawn[0] - each * sweeps


@pytest.mark.parametrize(("name", "algorithm"), UPDATES)
def test_kernel_and_twin_agree_bit_for_bit(name: str, algorithm: str) -> None:
    fast, slow, _ = run_both(name, algorithm, 2)
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("spins", "heat_bath"), ("spins in a field", "heat_bath"), ("3 colours", "metropolis"),
        ("5 colours between walls", "metropolis"), ("4 colours with edges", "heat_bath"),
        ("6 colours on an odd torus", "heat_bath"),
    ],
)  # fmt: skip
def test_the_slow_path_agrees_too(name: str, algorithm: str) -> None:
    fast, slow, extra = run_both(name, algorithm, 25)
    assert extra != 0, "no word was undecided after the fast bits, so the slow path was not tested"
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("name", CASES)
def test_sums_are_those_of_the_tables(name: str) -> None:
    model, lattice, _, controls = CASES[name]
    seen, tables = form(model, lattice, controls), model.tables(lattice)
    codes = np.random.default_rng(1).integers(0, seen.states, size=(64, *lattice.shape))
    place, _ = place_of(lattice, seen.site)
    found = measure(random_words(lattice, codes, seen.planes), tally(tables, seen, place), place)
    np.testing.assert_array_equal(found[:, 0], tables.sums(codes))


@pytest.mark.parametrize(
    ("model", "lattice", "why"),
    [
        (BlumeCapel(biquadratic=0.5), Lattice((4, 4)), "products alone"),
        (Pairwise((0, 1, 2), [[0, 1, 0], [1, 0, 0], [0, 0, 0]]), Lattice((4, 4)), "equal or not"),
        (Potts(20), Lattice((4, 4)), "3 to 16"),
        (Clock(4), Lattice((4, 4)), "equal or not"),
    ],
)
def test_other_models_are_refused_with_a_reason(model: Model, lattice: Lattice, why: str) -> None:
    found: Any = form_of(model, lattice, model.strengths(lattice, **model.controls))
    assert why in found


@pytest.mark.parametrize(
    ("model", "settings", "engine"),
    [
        (Potts(3), {"algorithm": "heat_bath"}, "planes"),
        (Potts(3), {"algorithm": "heat_bath", "field": (0.0, 0.1)}, "table"),
        (Potts(3), {"field": (0.0, 0.1)}, "planes"),
        (Potts(6), {"lattice": Lattice((3, 3, 3)), "algorithm": "3 metropolis + heat_bath"}, "table"),
        (BlumeCapel(), {"algorithm": "swendsen_wang"}, "table"),
        (BlumeCapel(biquadratic=0.5), {}, "table"),
    ],
)
def test_the_engine_is_one_that_knows_the_plan(model: Model, settings: dict[str, Any], engine: str) -> None:
    plan = Plan(**{"model": model, "lattice": Lattice((4, 4)), "temperature": (1.0,), **settings})
    assert plan.engine == engine
    assert Plan.from_dict(plan.to_dict()) == plan


def test_near_the_transition_clusters_move_between_sweeps() -> None:
    def chosen(model: Model, temperature: float, side: int = 32, **controls: float) -> str:
        controls_ = {name: (value,) for name, value in controls.items()}
        plan = Plan(
            model=model, lattice=Lattice((side, side)), temperature=(temperature,), controls=controls_
        )  # fmt: skip
        return plan.choices(0)[0].algorithm

    assert chosen(BlumeCapel(), 1.69) == "seeded_clusters + 3 heat_bath"
    assert chosen(BlumeCapel(), 1.69, field=0.1) == chosen(BlumeCapel(), 4.0) == "heat_bath"
    assert chosen(Potts(3), 0.99) == "seeded_clusters + 7 metropolis"
    assert chosen(Potts(3), 1.5) == chosen(Potts(3), 0.99, 8) == "metropolis"
    assert chosen(Potts(10), 0.7) == "heat_bath"
