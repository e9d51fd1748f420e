"""A model on a lattice at a condition, small enough that all of its states can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spinlens.lattices import Lattice
from spinlens.models import Model


@dataclass(frozen=True, slots=True, eq=False)
class Golden:
    """Averages of a larger lattice that are known from elsewhere.

    Attributes
    ----------
    lattice : Lattice
        Where.
    temperature : float
        In units of energy (k_B = 1).
    values : mapping of str to float
        By the names of `spinlens.statistics.observables`, per site.
    source : str
        Who worked them out.
    controls : mapping of str to float
        The model's other controls.
    digits : float
        To which relative precision they are printed.
    """

    lattice: Lattice
    temperature: float
    values: Mapping[str, float]
    source: str
    controls: Mapping[str, float] = field(default_factory=dict)
    digits: float = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """What the contracts are tried on.

    Attributes
    ----------
    model : Model
        The model.
    lattice : Lattice
        Small: all q^N states are listed, some thousand at most.
    temperature : float
        Such that chains forget within some sixteen sweeps.
    controls : mapping of str to float
        The model's other controls.
    golden : Golden, optional
        Known averages of a larger lattice.
    frustrated : bool
        Whether the lowest energy is lower than with one code on each of two or three sublattices.
    arbitrary : bool
        Whether the first order parameter was named without a look at the ground states, where it need not be largest.
    """

    model: Model
    lattice: Lattice = field(default_factory=lambda: Lattice((2, 2)))
    temperature: float = 1.5
    controls: Mapping[str, float] = field(default_factory=dict)
    golden: Golden | None = None
    frustrated: bool = False
    arbitrary: bool = False

    @property
    def there(self) -> Model:
        """The model with the terms that are summed at these controls."""
        return self.model.at(**self.controls)

    def __str__(self) -> str:
        """Name the case in a report of tests."""
        controls = "".join(f", {name} {value:g}" for name, value in self.controls.items())
        return f"{self.model.text} on {self.lattice.text}{controls}"
