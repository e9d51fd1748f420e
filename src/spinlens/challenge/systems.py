"""What the problems of a challenge are drawn from: systems with a transition that is known, and systems with none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from spinlens.exact import critical_temperature
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, Model, Pattern, Potts, RandomBondIsing, RandomFieldIsing

CONTINUOUS, FIRST_ORDER = "continuous", "first_order"
KINDS = (CONTINUOUS, FIRST_ORDER)
"""Kinds of transitions that problems have."""

PLANE, THREES, CUBES, LENGTHS = (8, 12, 16, 24, 32), (6, 12, 18, 24, 30), (6, 8, 10, 12, 16), (16, 24, 32, 48, 64)
"""Sizes of square lattices, of those whose sides are multiples of three, of cubes, and lengths of strips."""

CELLS = (("square", (2, 2)), ("square", (2, 4)), ("square", (3, 3)), ("honeycomb", (2, 2)), ("square", (4, 2)),
         ("square", (3, 2)))  # fmt: skip
"""Lattices and unit cells of random couplings."""

COLOURS = (3, 10, 4, 8, 6)
CRYSTAL_FIELDS = (-1, 0, 1)
WIDTH = 4
"""Sites across a strip."""


@dataclass(frozen=True)
class System:
    """A model on lattices of several sizes, and what is known of its transition.

    Attributes
    ----------
    family : str
        What the scores are broken down by.
    model : Model
        In its own unit of energy.
    temperature : float
        Of the transition; where there is none, where somebody might believe in one.
    kind : str, optional
        One of `KINDS`; None where there is no transition.
    error : float
        Uncertainty of the temperature; 0 where it is exact.
    lattice : str
        Kind of the lattices.
    sizes : tuple of int
        L of each.
    axes : int
        Sides of length L.
    width : int, optional
        One more side, the same at all sizes.
    controls : mapping of str to float
        Of the model.
    quenched : bool
        Whether chains are spread over samples of quenched disorder.
    permuted : bool
        Whether temperatures are permuted among the conditions, which leaves no transition.
    """

    family: str
    model: Model
    temperature: float
    kind: str | None = None
    error: float = 0.0
    lattice: str = "square"
    sizes: tuple[int, ...] = PLANE
    axes: int = 2
    width: int | None = None
    controls: Mapping[str, float] = field(default_factory=dict)
    quenched: bool = False
    permuted: bool = False

    def lattice_of(self, length: int) -> Lattice:
        """Return the lattice of a size."""
        across = () if self.width is None else (self.width,)
        return Lattice((length,) * self.axes + across, kind=self.lattice)


Draw = Callable[[np.random.Generator, int], System]
"""Draws a system of a family; the number runs through its variants, so that they have equal shares."""


def _between(random: np.random.Generator, low: float, high: float) -> float:
    return low + (high - low) * float(random.random())


def _log_between(random: np.random.Generator, low: float, high: float, *shape: int) -> np.ndarray:
    return np.exp(math.log(low) + math.log(high / low) * random.random(shape))


def _exact(model: Model, lattice: str) -> float:
    found = critical_temperature(model, Lattice((12, 12), kind=lattice))
    assert found is not None
    return found


def _planar_cell(random: np.random.Generator, turn: int) -> System:
    lattice, cell = CELLS[turn % len(CELLS)]
    directions = Lattice((12, 12), kind=lattice).directions
    model = Ising(Pattern(_log_between(random, 0.4, 1.6, directions, *cell)))
    sizes = THREES if 3 in cell else PLANE
    return System("planar_cell", model, _exact(model, lattice), CONTINUOUS, lattice=lattice, sizes=sizes)


def _anisotropic_triangular(random: np.random.Generator, turn: int) -> System:
    del turn
    model = Ising(tuple(_log_between(random, 0.4, 1.6, 3).tolist()))
    return System("anisotropic_triangular", model, _exact(model, "triangular"), CONTINUOUS, lattice="triangular")


def _potts(random: np.random.Generator, turn: int) -> System:
    del random
    model = Potts(COLOURS[turn % len(COLOURS)])
    return System("potts", model, _exact(model, "square"), FIRST_ORDER if model.states > 4 else CONTINUOUS)


def _known(family: str, model: Model, where: str) -> System:
    """Return a system whose critical temperature is among the model's references."""
    found = next(r for r in model.references() if (r.quantity, r.where) == ("critical temperature", where))
    return System(family, model, found.value, CONTINUOUS, found.error)


def _blume_capel(random: np.random.Generator, turn: int) -> System:
    del random
    delta = CRYSTAL_FIELDS[turn % len(CRYSTAL_FIELDS)]
    found = _known("blume_capel", BlumeCapel(), f"square, Delta = {delta}")
    return replace(found, controls={"crystal_field": float(delta)})


def _cubic(random: np.random.Generator, turn: int) -> System:
    del random, turn
    return replace(_known("cubic", Ising(), "cubic, J = 1"), lattice="cubic", sizes=CUBES, axes=3)


def _in_a_field(random: np.random.Generator, turn: int) -> System:
    del turn
    strength = float(_log_between(random, 0.05, 0.2))
    return System("in_a_field", Ising(), 1.05 * _exact(Ising(), "square"), controls={"field": strength})


def _strip(random: np.random.Generator, turn: int) -> System:
    del turn
    # The specific heat of strips peaks near the transition of the plane.
    return System("strip", Ising(), _between(random, 2.1, 2.5), sizes=LENGTHS, axes=1, width=WIDTH)


def _triangular_antiferromagnet(random: np.random.Generator, turn: int) -> System:
    del turn
    # Broad maximum of the specific heat; order in the ground states only.
    tempting = _between(random, 0.7, 1.1)
    return System("triangular_antiferromagnet", Ising(-1.0), tempting, lattice="triangular", sizes=THREES)


def _random_bonds(random: np.random.Generator, turn: int) -> System:
    del turn
    model = RandomBondIsing(0.5, seed=_seed(random))
    return System("random_bonds", model, _between(random, 0.9, 1.4), quenched=True)


def _random_fields(random: np.random.Generator, turn: int) -> System:
    del turn
    disorder, model = _between(random, 1.2, 1.8), RandomFieldIsing(seed=_seed(random))
    tempting = _between(random, 1.3, 2.0)
    return System("random_fields", model, tempting, controls={"disorder": disorder}, quenched=True)


def _permuted(random: np.random.Generator, turn: int) -> System:
    family = list(FAMILIES.values())[turn % len(FAMILIES)]
    return replace(family(random, turn // len(FAMILIES)), family="permuted", kind=None, error=0.0, permuted=True)


def _seed(random: np.random.Generator) -> int:
    return int(random.random() * 2**53)


FAMILIES: Mapping[str, Draw] = {
    "planar_cell": _planar_cell, "anisotropic_triangular": _anisotropic_triangular, "potts": _potts,
    "blume_capel": _blume_capel, "cubic": _cubic,
}  # fmt: skip
"""Systems with one transition."""

NULLS: Mapping[str, Draw] = {
    "in_a_field": _in_a_field, "strip": _strip, "triangular_antiferromagnet": _triangular_antiferromagnet,
    "random_bonds": _random_bonds, "random_fields": _random_fields, "permuted": _permuted,
}  # fmt: skip
"""Systems without a transition at any temperature above zero."""
