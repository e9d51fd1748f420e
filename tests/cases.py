"""The registry of cases: a new model, lattice or boundary is one line here, and every contract is tried on it."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from spinlens.lattices import Lattice
from spinlens.models import (
    BlumeCapel,
    Clock,
    Ising,
    LatticeGas,
    Pairwise,
    Pattern,
    Potts,
    RandomBondIsing,
    RandomFieldIsing,
    TransverseIsing,
)
from spinlens.testing import Case, Golden


def example(name: str) -> ModuleType:
    """Return a module of ``docs/examples``."""
    path = Path(__file__).parents[1] / "docs" / "examples" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


CELL = Pattern([[[1.0, 0.4], [0.7, 1.0]], [[1.0, 1.0], [0.3, 0.9]]])
FOUR = Lattice((4, 4))
STRIPS = "transfer matrices and enumeration of another program"
TORI = {
    "spin-1": Golden(FOUR, 1.69356, {"energy": -1.2987604879, "absolute_magnetization": 0.7627601471}, STRIPS),
    "potts 3": Golden(FOUR, 1 / math.log(1 + math.sqrt(3)), {"energy": -1.7100622755}, STRIPS),
    "potts 4": Golden(FOUR, 1 / math.log(3), {"energy": -1.6808688884}, STRIPS),
    "cubic": Golden(
        Lattice((3, 3, 3)), 1 / 0.221654626, {"energy": -1.4344440115, "absolute_magnetization": 0.5908261}, STRIPS,
        digits=1e-7,
    ),
    "triangular": Golden(
        Lattice((4, 4), kind="triangular"), 4 / math.log(3),
        {"energy": -2.253968254, "absolute_magnetization": 0.836549819}, STRIPS,
    ),
    "clock 3": Golden(FOUR, 1.5 / math.log(1 + math.sqrt(3)), {"energy": 1 - 1.5 * 1.7100622755}, "Potts, q = 3"),
}  # fmt: skip
TORUS = Lattice((2, 4))

CASES = [
    Case(Ising(), TORUS, 2.5, {"field": 0.3}),
    Case(Ising(-1.0), Lattice((3, 3)), 2.5, frustrated=True),
    Case(Ising((1.0, 0.5), "staggered"), Lattice((2, 4), "antiperiodic"), 2.0, {"field": 0.4}, frustrated=True),
    Case(Ising(CELL), Lattice((2, 4)), 2.0, {"field": 0.1}),
    Case(Ising(1.0, np.linspace(-1, 1, 8).reshape(2, 4)), TORUS, 2.0, {"field": 0.5}, frustrated=True),
    Case(Ising(), Lattice((3, 3), boundary=((1, -1), "free")), 2.0, frustrated=True),
    Case(Ising(), Lattice((7,)), 1.5, {"field": 0.2}),
    Case(Ising(), Lattice((2, 2, 2)), 6.0, {"field": 0.4}, TORI["cubic"]),
    Case(Ising(), Lattice((3, 3), kind="triangular"), 5.0, golden=TORI["triangular"]),
    Case(Ising(-1.0), Lattice((3, 3), kind="triangular"), 2.0),
    Case(Ising(), Lattice((2, 4), "antiperiodic", "honeycomb"), 1.7, {"field": 0.2}, frustrated=True),
    Case(Ising(), Lattice((3, 3), ("periodic", "antiperiodic"), "triangular"), 3.0, frustrated=True),
    Case(Ising(1.0, np.linspace(-1, 1, 8).reshape(2, 4)), Lattice((2, 4), kind="honeycomb"), 1.7, {"field": 1.0},
         frustrated=True),
    Case(Ising(), Lattice((3, 3), ((1, -1), "free"), "triangular"), 3.0, frustrated=True),
    Case(Ising(Pattern(np.linspace(-1, 1.3, 16).reshape(2, 2, 4))), TORUS, 3.0, frustrated=True),
    Case(Ising(Pattern(np.where(np.arange(18) % 5, 1.0, -1.0).reshape(2, 3, 3))), Lattice((3, 3)), 3.0,
         frustrated=True),
    Case(RandomFieldIsing(seed=1), Lattice((3, 3)), 3.0, {"disorder": 1.5, "field": 0.2, "sample": 3}, arbitrary=True),
    Case(RandomFieldIsing("bimodal"), Lattice((2, 4)), 2.5, {"disorder": 0.8, "sample": 1}, arbitrary=True),
    Case(RandomFieldIsing("bimodal"), Lattice((3, 3), "free", "triangular"), 4.0, {"field": 0.3, "sample": 2},
         arbitrary=True),
    Case(RandomFieldIsing("bimodal", coupling=0.7), Lattice((2, 2, 2)), 4.0, {"disorder": 2.0}, arbitrary=True),
    Case(RandomBondIsing(negative=0.4), Lattice((3, 3)), 2.5, {"sample": 2}, frustrated=True),
    Case(RandomBondIsing(negative=0.3, seed=2), Lattice((2, 2, 2)), 5.0, {"field": 0.4, "sample": 7}, frustrated=True),
    Case(RandomBondIsing(negative=0.5), Lattice((7,)), 1.7, {"field": 0.3, "sample": 1}, frustrated=True),
    Case(LatticeGas(4.0), Lattice((3, 3), "free"), 3.0, {"chemical_potential": -6.0}),
    Case(LatticeGas(-1.2), Lattice((2, 4), kind="honeycomb"), 1.2, {"chemical_potential": 0.5}),
    Case(LatticeGas(-2.0), Lattice((2, 4)), 1.2, {"chemical_potential": 3.5}),
    Case(BlumeCapel(), Lattice((2, 2)), 1.7, {"crystal_field": 0.3, "field": 0.2}, TORI["spin-1"]),
    Case(BlumeCapel(-1.0, biquadratic=0.5), Lattice((2, 3), ("antiperiodic", "free")), 1.7, {"crystal_field": 0.4}),
    Case(Potts(3), Lattice((2, 3)), 1.4, golden=TORI["potts 3"]),
    Case(Potts(4), Lattice((2, 2)), 1.2, {"field": 0.4}, TORI["potts 4"]),
    Case(Potts(3, coupling=-1.0), Lattice((3,)), 0.8, {"field": 0.2}, frustrated=True),
    Case(Potts(3), Lattice((2, 3), ((0, 2), "periodic"), "triangular"), 1.8),
    Case(Potts(16), Lattice((3,)), 0.6),
    Case(Clock(3), Lattice((2, 3)), 1.9, golden=TORI["clock 3"]),
    Case(Clock(6), Lattice((3,), "antiperiodic"), 0.9, frustrated=True),
    Case(Clock(5), Lattice((2, 2), ("twisted=2", "periodic")), 1.5, {"field": 0.3}, frustrated=True),
    Case(Clock(8, -1.0), Lattice((2, 2), ((0, 0), "antiperiodic"), "triangular"), 1.6, {"field": 0.2}, frustrated=True),
    Case(TransverseIsing(), Lattice((4,)), 0.8, {"transverse_field": 1.3, "field": 0.2}),
    Case(TransverseIsing(-0.7), Lattice((2, 3), ("free", "periodic"), "triangular"), 0.9, frustrated=True),
    Case(Pairwise((0, 1, 2), 1 - np.eye(3), site={"chemical_potential": [0, 1, 1]}), Lattice((2, 3)), 1.5,
         {"chemical_potential": 0.2}),
    Case(Pairwise((0, 2.5, 3, 7), [[0, 1, -0.3, 0.2], [1, 0.4, 0, 0], [-0.3, 0, 0, 1.1], [0.2, 0, 1.1, 0]]),
         Lattice((2, 2), kind="triangular"), 2.0, arbitrary=True),
    Case(example("ashkin_teller").AshkinTeller(), Lattice((2, 2)), 4.0, {"four_spin": 0.5, "field": 0.2}),
]  # fmt: skip
