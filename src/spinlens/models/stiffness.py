"""Stiffness: what a slow twist of the angles costs, from sums that are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.lattices.neighbours import STEPS
from spinlens.models.terms import Bonds

AXES = ("x", "y", "z")

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stiffness:
    """The helicity modulus along one axis, (<A> - <B^2> / T) / N for two sums A and B.

    Where angles advance by the same small amount from site to site along the axis, the free energy rises by half the
    modulus times N and the amount squared; A is its second derivative in the Hamiltonian, B the first.

    Attributes
    ----------
    name : str
        ``"helicity_modulus_x"`` and so on.
    stretch, current : str
        The recorded sums: of J cos(a' - a) and of J sin(a' - a) over the bonds that lead on along the axis.
    unit : float
        What 1 in the stretch stands for, in units of energy.
    current_unit : float
        What 1 in the current stands for.

    References
    ----------
    M. E. Fisher, M. N. Barber and D. Jasnow, Phys. Rev. A 8, 1111 (1973), doi:10.1103/PhysRevA.8.1111; S. Teitel and C.
    Jayaprakash, Phys. Rev. B 27, 598 (1983), doi:10.1103/PhysRevB.27.598.
    """

    name: str
    stretch: str
    current: str
    unit: float
    current_unit: float

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the sums that it is made of."""
        return self.stretch, self.current

    def values(self, sums: Mapping[str, Any], sites: int) -> Array:
        """Return A / N and B / sqrt(N) for arrays of sums (...), in units of energy, float64 (..., 2)."""
        stretch, current = (np.asarray(sums[name], dtype=np.float64) for name in self.series)
        return np.stack([stretch * (self.unit / sites), current * (self.current_unit / np.sqrt(sites))], axis=-1)


def twist_terms(
    lattice: Lattice, cosine: tuple[NDArray[np.int64], float], sine: tuple[NDArray[np.int64], float]
) -> tuple[Bonds, ...]:
    """Return ``bond_sum_x`` and ``current_sum_x`` of each axis that closes on itself, where nothing holds an angle.

    Parameters
    ----------
    lattice : Lattice
        The bonds; those that lead on along an axis count, on triangular lattices the diagonal ones along both.
    cosine, sine : pair of ndarray, int64 (q,), and float
        Whole numbers by the step from one angle to the next, and their unit.
    """
    if lattice.walled:
        return ()
    steps = np.array(STEPS[lattice.kind])
    cell = (-1, *(1,) * lattice.axes)
    found = []
    for axis, closed in enumerate(lattice.rings):
        if closed:
            along = steps[:, axis].reshape(cell)
            parts = (("bond", cosine), ("current", sine))
            found += [Bonds(f"{part}_sum_{AXES[axis]}", table, None, along, unit) for part, (table, unit) in parts]
    return tuple(found)


def stiffnesses(terms: Mapping[str, float], coupling: float) -> tuple[Stiffness, ...]:
    """Return the helicity moduli whose sums are among the terms, given their units and J."""
    return tuple(
        Stiffness(
            f"helicity_modulus_{axis}", f"bond_sum_{axis}", f"current_sum_{axis}",
            coupling * terms[f"bond_sum_{axis}"], coupling * terms[f"current_sum_{axis}"],
        )
        for axis in AXES if f"current_sum_{axis}" in terms
    )  # fmt: skip
