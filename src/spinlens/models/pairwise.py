"""A model of one's own: any energies of neighbours and of sites, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.model import Model
from spinlens.models.order import OrderParameter
from spinlens.models.terms import Bonds, Pattern, Sites, Term, whole
from spinlens.spaces import Discrete

_RESERVED = ("temperature", "chain", "draw", "recording", "x", "y", "z", "bond", "value")
_AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Pairwise(Model):
    """Energies of pairs and of sites as tables: H = sum_<ij> bond[s_i, s_j] - sum_k c_k sum_i site_k[s_i].

    Parameters
    ----------
    values : sequence of float
        What can stand on a site, ascending; q of them.
    bond : array, shape (q, q) or (directions, q, q)
        The energy of two neighbours, symmetric, in units of energy; one for all bonds or one a direction.
    site : mapping of str to array of shape (q,), optional
        For each control c_k by its name what it multiplies on a site, as a chemical potential or a field does.

    Raises
    ------
    InputError
        If a table has another shape or is not symmetric, or a name cannot be a control.

    Examples
    --------
    >>> mine = Pairwise(values=(0, 1, 2), bond=1 - np.eye(3), site={"chemical_potential": [0, 1, 1]})
    >>> dict(mine.controls)
    {'chemical_potential': 0.0}
    """

    values: Any
    bond: Any
    site: Any = field(default=())
    name: ClassVar[str] = "pairwise"

    def __post_init__(self) -> None:
        q = self._with_space(self.values)
        bond = self.bond if isinstance(self.bond, Pattern) else Pattern(self.bond)
        if bond.array.ndim not in (2, 3) or bond.array.shape[-2:] != (q, q):
            why = f"must be ({q}, {q}), one row and column for each value, or one such table a direction"
            raise InputError("bond.shape", bond.array.shape, why)
        if not np.allclose(bond.array, bond.array.swapaxes(-1, -2), rtol=0, atol=0):
            raise InputError("bond", "a table", "must be symmetric: neighbours have no order")
        object.__setattr__(self, "bond", bond)
        site = self.site.items() if isinstance(self.site, Mapping) else self.site
        object.__setattr__(self, "site", tuple((name, _checked_site(name, table, q)) for name, table in site))

    def _with_space(self, values: Any) -> int:
        space = Discrete(tuple(values) if isinstance(values, list | tuple | np.ndarray) else values)
        object.__setattr__(self, "values", space.numbers)
        return space.states

    @property
    def space(self) -> Discrete:
        """The values."""
        return Discrete(self.values)

    @property
    def controls(self) -> Mapping[str, float]:  # type: ignore[override]
        """The names of the site tables, each 0 where nothing is said."""
        return dict.fromkeys((name for name, _ in self.site), 0.0)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum`` (or one a direction), one sum for each control, and ``value_sum``."""
        tables = self.bond.array
        if tables.ndim == 3 and len(tables) != lattice.directions:
            why = f"must have one table for each of the {lattice.directions} directions of a {lattice.kind} lattice"
            raise InputError("bond.shape", tables.shape, why)
        numbers, unit = whole(tables)
        bonds: list[Term] = [Bonds("bond_sum", numbers, unit=unit)] if tables.ndim == 2 else [
            Bonds(f"bond_sum_{_AXES[d]}", table, direction=d, unit=unit) for d, table in enumerate(numbers)
        ]  # fmt: skip
        named = [*self.site, ("value", np.array(self.values, dtype=np.float64))]
        return *bonds, *(Sites(f"{name}_sum", *_whole_site(table)) for name, table in named)

    def strengths(self, lattice: Lattice, **controls: float) -> NDArray[np.float64]:
        """Return minus the unit of the bonds, the controls in the units of their sums, and 0."""
        values = {**self.controls, **controls}
        terms = self.terms(lattice)
        named = {f"{name}_sum": value for name, value in values.items()}
        return np.array([
            -term.unit if isinstance(term, Bonds) else named.get(term.name, 0.0) * term.unit for term in terms
        ])  # fmt: skip

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the mean value of a site; subclass with what suits the model."""
        unit = self.terms(lattice)[-1].unit
        return (OrderParameter("mean_value", ("value_sum",), np.array([[unit]]), np.zeros(1)),)

    def to_dict(self) -> dict[str, Any]:
        """Return name and tables as JSON types."""
        site = {name: np.asarray(table).tolist() for name, table in self.site}
        return {"name": self.name, "values": list(self.values), "bond": self.bond.to_list(), "site": site}

    @property
    def text(self) -> str:
        """The model in a few words."""
        return f"pairwise, {len(self.values)} values, controls {', '.join(self.controls) or 'none'}"


def _whole_site(table: Any) -> tuple[NDArray[np.int64], None, float]:
    numbers, unit = whole(table)
    return numbers, None, unit


def _checked_site(name: Any, table: Any, states: int) -> tuple[float, ...]:
    if not isinstance(name, str) or not name.isidentifier() or name in _RESERVED:
        raise InputError("site", repr(name), "cannot be the name of a control", "Take a word such as 'field'")
    array = Pattern(table).array
    if array.shape != (states,):
        raise InputError(f"site[{name!r}].shape", array.shape, f"must be ({states},), one number for each value")
    return tuple(array.tolist())
