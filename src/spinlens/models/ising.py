"""The Ising model: H = -J sum_<ij> s_i s_j - h sum_i s_i with s = +-1 and k_B = 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.lattice import Lattice

CRITICAL_TEMPERATURE = 2.0 / math.log(1.0 + math.sqrt(2.0))
"""Exact critical temperature of the square lattice at zero field, in units of abs(J) (Onsager 1944)."""


@dataclass(frozen=True, slots=True)
class Ising:
    """The Ising Hamiltonian.

    Parameters
    ----------
    coupling : float
        J, in the unit of energy; positive for the ferromagnet, negative for the antiferromagnet.

    Raises
    ------
    InputError
        If the coupling is zero or not finite.
    """

    coupling: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.coupling) or self.coupling == 0:
            raise InputError("coupling", self.coupling, "must be a finite number other than 0")
        object.__setattr__(self, "coupling", float(self.coupling))

    def energy_total(self, bond_sum: Any, spin_sum: Any, field: Any) -> Any:
        """Return the total energy -J (bond sum) - h (spin sum), elementwise, in units of energy."""
        return -self.coupling * bond_sum - field * spin_sum

    def ground_state(self, lattice: Lattice, field: float) -> np.ndarray:
        """Return one configuration of lowest energy, int8 of shape (Lx, Ly).

        At zero field it is one of two; the other is its negative. Assumes four neighbours a site
        and, for the antiferromagnet, even sides.
        """
        ones = np.ones(lattice.shape, dtype=np.int8)
        if self.coupling > 0 or abs(field) > 4 * abs(self.coupling):
            return ones if field >= 0 else -ones
        x, y = np.indices(lattice.shape)
        return (1 - 2 * ((x + y) % 2)).astype(np.int8)
