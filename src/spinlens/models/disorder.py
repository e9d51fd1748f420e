"""Quenched disorder: models whose terms are drawn once for each sample, from its number and a seed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.model import Model, checked_number
from spinlens.models.order import OrderParameter, component
from spinlens.seeds import Purpose, check_seed, generator
from spinlens.spaces import Binary

SPINS = np.array([-1, 1])
MOST_SAMPLES = 2**31


@dataclass(frozen=True)
class Disordered(Model):
    """Spins +-1 with random numbers at bonds or sites that do not move: one set of them for each sample.

    The control ``sample``, a whole number from 0 on, says which set the terms are made of. It depends on the seed, the
    number and the sides of the lattice alone: neither on how many samples are asked for nor on other controls. So an
    ensemble stores its samples by their numbers, and any of them can be drawn again.

    Parameters
    ----------
    coupling : float
        J > 0, in units of energy.
    seed : int
        Of the samples; the chains' seed is another one.
    """

    coupling: float = field(default=1.0, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    sample: int = field(default=0, init=False, repr=False)
    quenched: ClassVar[str | None] = "sample"
    controls: ClassVar[Mapping[str, float]] = {"field": 0.0, "sample": 0}

    def __post_init__(self) -> None:
        value = checked_number("coupling", self.coupling)
        if value <= 0:
            raise InputError("coupling", value, "must be > 0")
        object.__setattr__(self, "coupling", value)
        object.__setattr__(self, "seed", check_seed(self.seed))

    def values_of_controls(self, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every control; of a model that `at` returned the sample is its own by default."""
        return super().values_of_controls({"sample": self.sample, **controls})

    def at(self, **controls: float) -> Self:
        """Return the model whose terms are those of the sample at a point.

        Raises
        ------
        InputError
            If the sample is no whole number >= 0.
        """
        number = self.values_of_controls(controls)["sample"]
        if not 0 <= number < MOST_SAMPLES or number != int(number):
            raise InputError("sample", number, f"must be a whole number from 0 to {MOST_SAMPLES - 1}")
        found = copy.copy(self)
        object.__setattr__(found, "sample", int(number))
        return found

    @property
    def space(self) -> Binary:
        """Spins down and up."""
        return Binary()

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the magnetization; what freezes at random is seen by `spinlens.statistics.overlaps`."""
        del lattice
        return (component("magnetization", "spin_sum"),)

    def uniforms(self, lattice: Lattice, *front: int) -> NDArray[np.float64]:
        """Return the sample's random numbers, uniform between 0 and 1, float64 (*front, *shape).

        They are made of the generator's words, which no version of NumPy changes, rather than by its distributions.
        """
        stream = generator(self.seed, Purpose.DISORDER, self.sample, *lattice.shape).bit_generator
        shape = (*front, *lattice.shape)
        words: Any = stream.random_raw(int(np.prod(shape)))
        # The largest would round to 1.
        numbers = np.minimum(((words >> np.uint64(11)) + 0.5) * 2.0**-53, 1.0 - 2.0**-53)
        return np.asarray(numbers, dtype=np.float64).reshape(shape)
