"""The one type of result that every oracle has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import did_you_mean

Numbers = NDArray[np.float64] | np.float64 | float


@dataclass(frozen=True, eq=False)
class StateDistribution:
    """The joint distribution of all sums.

    Attributes
    ----------
    rows : mapping of str to ndarray, int64 (U,)
        The sums, one number for each row that occurs.
    probability : ndarray, float64 (U,)
        Sums to one.
    """

    rows: Mapping[str, NDArray[np.int64]]
    probability: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Thermodynamics(Mapping[str, Any]):
    """Exact averages at one condition, or arrays of them over temperatures; also a mapping of names to numbers.

    Names are those of `spinlens.statistics.observables`, per site, as far as an oracle knows them, also as attributes:
    ``energy``, ``specific_heat``, ``magnetization``, ``absolute_magnetization``, ``susceptibility``,
    ``susceptibility_absolute``, ``binder_cumulant`` and those of further order parameters; ``log_z`` ln Z / N and
    ``free_energy`` -T ln Z / N. What an oracle does not know is not there.

    Attributes
    ----------
    values_by_name : mapping of str to number
        These.
    averages : mapping of str to number
        <S> / N of the model's sums.
    variances : mapping of str to number
        (<S^2> - <S>^2) / N of the model's sums.
    distribution : StateDistribution, optional
        Of an enumeration: all that there is to know.
    """

    values_by_name: Mapping[str, Any]
    averages: Mapping[str, Any] = field(default_factory=dict)
    variances: Mapping[str, Any] = field(default_factory=dict)
    distribution: StateDistribution | None = None

    def __getitem__(self, name: str) -> Any:
        """Return a number by its name."""
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.values_by_name)

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return len(self.values_by_name)

    def __repr__(self) -> str:
        """Show each number on a line of its own, long arrays in brief."""
        lines = (
            f"  {name:<26} {np.array2string(np.asarray(value), precision=10, threshold=6, edgeitems=2)}"
            for name, value in self.items()
        )
        return "\n".join(["Thermodynamics", *lines])

    def __getattr__(self, name: str) -> Any:
        """Return a number by its name."""
        if name.startswith("_") or name == "values_by_name":
            raise AttributeError(name)
        if name in self.values_by_name:
            return self.values_by_name[name]
        raise AttributeError(f"{name!r} is not known here. {did_you_mean(name, self.values_by_name)}")
