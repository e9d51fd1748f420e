"""A system of which only the values on its sites are known, as of imported configurations where nobody says more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.model import Model
from spinlens.models.order import OrderParameter
from spinlens.models.terms import Sites, Term, whole
from spinlens.spaces import Binary, Discrete, Space


@dataclass(frozen=True)
class Unspecified(Model):
    """Values on sites, and an energy that nobody knows: it is not a number anywhere, and nothing can be sampled.

    Parameters
    ----------
    values : sequence of float
        What can stand on a site, ascending.
    varied : sequence of str
        Names of the controls beside the temperature.

    Raises
    ------
    InputError
        If a name cannot be a control, or the values are no numbers in ascending order.
    """

    values: tuple[float, ...]
    varied: tuple[str, ...] = ()
    name: ClassVar[str] = "unspecified"
    specified: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", Discrete(tuple(self.values)).numbers)
        object.__setattr__(self, "varied", tuple(self.varied))
        for name in self.varied:
            if not isinstance(name, str) or not name.isidentifier():
                raise InputError("varied", repr(name), "cannot be the name of a control", "Take a word")

    @property
    def space(self) -> Space:
        """The values."""
        return Binary() if self.values == (-1, 1) else Discrete(self.values)

    @property
    def controls(self) -> Mapping[str, float]:  # type: ignore[override]
        """Their names; 0 where nothing is said, which is never."""
        return dict.fromkeys(self.varied, 0.0)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``value_sum``, the one sum that every system has."""
        del lattice
        numbers, unit = whole(np.array(self.values, dtype=np.float64))
        return (Sites("value_sum", numbers, unit=unit),)

    def strengths(self, lattice: Lattice, **controls: float) -> NDArray[np.float64]:
        """Return what is no number: by how much anything lowers the energy is not known."""
        del controls
        return np.full(len(self.terms(lattice)), np.nan)

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the mean value of a site."""
        (term,) = self.terms(lattice)
        return (OrderParameter("mean_value", ("value_sum",), np.array([[term.unit]]), np.zeros(1)),)

    def to_dict(self) -> dict[str, Any]:
        """Return name and values as JSON types."""
        return {"name": self.name, "values": list(self.values), "varied": list(self.varied)}

    @property
    def text(self) -> str:
        """What is known, in a few words."""
        return f"unspecified energy, {self.space.text}"
