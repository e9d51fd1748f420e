"""Any model in a unit of energy that nobody is shown, so that whoever analyses it cannot lean on what is known."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.ising import Ising
from spinlens.models.model import Model, Reference
from spinlens.models.order import OrderParameter
from spinlens.models.stiffness import Stiffness
from spinlens.models.terms import Pattern, Term
from spinlens.spaces import Space

WIDEST = 0.3
"""ln of the unit is uniform between minus and plus this."""


@dataclass(frozen=True)
class HiddenUnit(Model):
    """A model whose energies are multiplied by a number that its secret stands for: H = u H'.

    Parameters
    ----------
    model : Model
        H', or its description.
    secret : str
        Text of which u = exp(x) is made, x uniform between -0.3 and 0.3.

    Notes
    -----
    Controls keep the unit of the model itself, so that K = u strengths / T is that of the model at T / u. While it is
    sealed the oracles and references refuse it. Whoever wants to can find the unit, from the secret or from the quanta
    of energy: it is hidden from eyes, not from effort.
    """

    model: Model
    secret: str = field(repr=False)
    name: ClassVar[str] = "hidden_unit"

    def __post_init__(self) -> None:
        from spinlens.models.registry import check_model, model_from_dict

        described = isinstance(self.model, Mapping)
        model = model_from_dict(self.model) if described else check_model(self.model)
        if not isinstance(self.secret, str) or not self.secret:
            raise InputError("secret", type(self.secret).__name__, "must be text of at least one character")
        for name, value in (
            ("model", model),
            ("controls", model.controls),
            ("quenched", model.quenched),
            ("imaginary_time", model.imaginary_time),
        ):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_sealed", True)

    @property
    def sealed(self) -> bool:
        """Whether the unit is hidden."""
        return bool(getattr(self, "_sealed", True))

    def opened(self) -> Self:
        """Return the same model, of which everything may be said."""
        found = copy.copy(self)
        object.__setattr__(found, "_sealed", False)
        return found

    @property
    def unit(self) -> float:
        """u, the unit of energy, in that of the model itself."""
        digest = hashlib.sha256(b"spinlens unit\n" + self.secret.encode()).digest()
        return math.exp(WIDEST * (2.0 * int.from_bytes(digest[:8]) / 2.0**64 - 1.0))

    @property
    def space(self) -> Space:
        """That of the model."""
        return self.model.space

    @property
    def text(self) -> str:
        """The model in a few words."""
        return f"{self.model.text}, in " + ("a hidden unit of energy" if self.sealed else f"a unit of {self.unit:g}")

    def to_dict(self) -> dict[str, Any]:
        """Return name and constants as JSON types."""
        return {"name": self.name, "model": self.model.to_dict(), "secret": self.secret}

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return those of the model."""
        return self.model.terms(lattice)

    def strengths(self, lattice: Lattice, **controls: float) -> NDArray[np.float64]:
        """Return u times those of the model."""
        return self.unit * self.model.strengths(lattice, **controls)

    def at(self, **controls: float) -> Self:
        """Return the model at a point of its controls."""
        found = replace(self, model=self.model.at(**controls))
        return found if self.sealed else found.opened()

    def values_of_controls(self, controls: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every control of the model."""
        return self.model.values_of_controls(controls)

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return those of the model."""
        return self.model.order_parameters(lattice)

    def stiffnesses(self, lattice: Lattice) -> tuple[Stiffness, ...]:
        """Return those of the model; both of their sums have units of energy."""
        return tuple(
            replace(each, unit=self.unit * each.unit, current_unit=self.unit * each.current_unit)
            for each in self.model.stiffnesses(lattice)
        )

    def first_sums(self, lattice: Lattice) -> tuple[str, ...]:
        """Return those of the model."""
        return self.model.first_sums(lattice)

    def references(self) -> tuple[Reference, ...]:
        """Return what is known of the model, in its unit.

        Raises
        ------
        InputError
            While it is sealed.
        """
        refuse_sealed(self)
        return tuple(
            replace(found, value=self.unit * found.value, error=self.unit * found.error)
            for found in self.model.references()
        )

    def ground_states(self, lattice: Lattice, **controls: float) -> NDArray[Any]:
        """Return those of the model."""
        return self.model.ground_states(lattice, **controls)

    def interface_states(self, lattice: Lattice, random: np.random.Generator, *, count: int, **controls: float) -> Any:
        """Draw those of the model."""
        return self.model.interface_states(lattice, random, count=count, **controls)

    def ising_view(self, lattice: Lattice, **controls: float) -> tuple[Ising, float] | None:
        """Return the Ising model that it is under other names, with its field, in the hidden unit."""
        view = self.model.ising_view(lattice, **controls)
        if view is None:
            return None
        ising, strength = view
        j: Any = ising.coupling
        scaled = Pattern(self.unit * j.array) if isinstance(j, Pattern) else (self.unit * np.array(j)).tolist()
        return replace(ising, coupling=tuple(scaled) if isinstance(scaled, list) else scaled), self.unit * strength


def refuse_sealed(model: Model) -> None:
    """Make sure that what is known of a model may be said.

    Raises
    ------
    InputError
        If its unit of energy is hidden.
    """
    if model.sealed:
        do = "Once the analysis is done, spinlens blind open opens it"
        raise InputError("model", model.text, "is sealed: what is known of it is not said", do)
