"""Boundaries: their normal form, their text, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.lattices import Lattice, parse_boundary
from spinlens.models import Ising, Potts
from spinlens.sampling import Plan
from tests.sampling.boundaries import BOUNDARIES


@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_text_and_plan_bring_a_boundary_back(boundary: Any) -> None:
    lattice = Lattice((4, 6), boundary=boundary)
    assert Lattice((4, 6), boundary=parse_boundary(lattice.boundary_text)) == lattice
    plan = Plan(model=Ising((1.0, -0.5), "staggered"), lattice=lattice, temperature=(2.0,))
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_one_word_where_it_says_everything() -> None:
    assert Lattice((4, 4)).boundary == "periodic"
    assert Lattice((4, 4), boundary=("free", "free")).boundary == "free"
    assert Lattice((4, 4), boundary=["periodic", "periodic"]) == Lattice((4, 4))  # type: ignore[arg-type]
    assert Lattice.skewed((4, 6)).boundary == ((1, -1), "periodic")
    assert Lattice.skewed((4, 6)) == Lattice((4, 6), boundary="skewed")
    assert Lattice((4, 4), boundary=((np.int64(1), np.int8(-1)), "free")).boundary == ((1, -1), "free")


def test_stored_plans_of_the_periodic_ferromagnet_look_as_ever() -> None:
    plan = Plan(model=Ising(), lattice=Lattice((4, 6)), temperature=(2.0,)).to_dict()
    assert plan["model"] == {"name": "ising", "coupling": 1.0}
    assert plan["lattice"] == {"shape": [4, 6], "kind": "square", "boundary": "periodic"}
    old = {**plan, "lattice": {"shape": [4, 6], "boundary": "periodic"}, "field": [0.0]}
    del old["controls"], old["engine"]
    assert Plan.from_dict(old).to_dict() == plan


@pytest.mark.parametrize(
    ("text", "boundary"),
    [("skewed", ((1, -1), "periodic")), ("+-,periodic", ((1, -1), "periodic")), ("free, ++", ("free", (1, 1))),
     ("antiperiodic", "antiperiodic"), ("free,free", "free"), ("-+,--", ((-1, 1), (-1, -1))),
     ("twisted=5", "twisted=5"), ("twisted=012,free", ("twisted=12", "free"))],
)  # fmt: skip
def test_texts(text: str, boundary: Any) -> None:
    assert parse_boundary(text) == boundary


@pytest.mark.parametrize(
    "boundary",
    ["perodic", "", "open", "twisted=", "twisted=0", "twisted=-1", ("twisted=x", "free"),
     ("periodic", "opn"), (1, -1), ((1, None), "free"), ((1, True), "free"), ("free",), None, 3,
     ("free", "free", "free"), ((1, -1, 1), "free"), ((0.5, 1), "free"), ("skewed", "free")],
    ids=repr,
)  # fmt: skip
def test_nothing_unknown_is_ever_periodic(boundary: Any) -> None:
    with pytest.raises(InputError, match="boundary"):
        Lattice((4, 4), boundary=boundary)


@pytest.mark.parametrize("text", ["perodic", "+,periodic", "periodic,", "a,b,c", "+0,free", "+-,skewed"])
def test_unknown_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="boundary"):
        parse_boundary(text)


def test_a_side_is_a_whole_number() -> None:
    for shape in ((4, float("inf")), (4, float("nan")), (4.5, 4), (1, 4), (), (4, 4, 4, 4), b"44", (10**30, 8), None):
        with pytest.raises(InputError, match="shape"):
            Lattice(shape)  # type: ignore[arg-type]


def test_walls_hold_values_of_the_space() -> None:
    assert parse_boundary("0|2,free") == ((0, 2), "free")
    walled = Lattice((4, 4), boundary=((0, 2), "free"))
    assert walled.boundary_text == "0|2,free"
    Plan(model=Potts(3), lattice=walled, temperature=(1.0,))
    with pytest.raises(InputError, match="none of the values"):
        Plan(model=Ising(), lattice=walled, temperature=(1.0,))
    with pytest.raises(InputError, match="means nothing for colours"):
        Plan(model=Potts(3), lattice=Lattice((4, 4), boundary="antiperiodic"), temperature=(1.0,))


def test_a_mistyped_word_is_guessed() -> None:
    with pytest.raises(InputError, match="Did you mean 'antiperiodic'"):
        Lattice((4, 4), boundary="antiperidic")
