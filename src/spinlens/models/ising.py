"""The Ising model: H = -sum_<ij> J_ij s_i s_j - h sum_i e_i s_i with s = +-1 and k_B = 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from spinlens.errors import InputError, did_you_mean
from spinlens.lattice import Lattice, bond_sums

CRITICAL_TEMPERATURE = 2.0 / math.log(1.0 + math.sqrt(2.0))
"""Exact critical temperature of the square lattice at zero field, in units of abs(J) (Onsager 1944)."""

FIELD_PATTERNS = ("uniform", "staggered")


@dataclass(frozen=True, slots=True)
class Ising:
    """The Ising Hamiltonian.

    Parameters
    ----------
    coupling : float or pair of float
        J, in the unit of energy; positive for the ferromagnet, negative for the antiferromagnet. A pair is
        (Jx, Jy) for the bonds along x and along y; two equal ones are kept as one number.
    field_pattern : str
        ``"uniform"``: the field h acts on every spin alike, e_i = 1; ``"staggered"``: e_i = (-1)^(x + y).

    Raises
    ------
    InputError
        If a coupling is zero or not finite, or the pattern is unknown.
    """

    coupling: float | tuple[float, float] = 1.0
    field_pattern: str = "uniform"

    def __post_init__(self) -> None:
        pair = tuple(self.coupling) if isinstance(self.coupling, list | tuple | np.ndarray) else (self.coupling,) * 2
        if len(pair) != 2:
            raise InputError("coupling", self.coupling, "must be one number J or two, (Jx, Jy)")
        for strength in pair:
            if not _is_finite(strength) or strength == 0:
                raise InputError("coupling", self.coupling, "must be a finite number other than 0")
        if self.field_pattern not in FIELD_PATTERNS:
            advice = did_you_mean(str(self.field_pattern), FIELD_PATTERNS)
            raise InputError("field_pattern", repr(self.field_pattern), "is unknown", advice)
        x, y = float(pair[0]), float(pair[1])
        object.__setattr__(self, "coupling", x if x == y else (x, y))

    @property
    def couplings(self) -> tuple[float, float]:
        """Jx and Jy."""
        return self.coupling if isinstance(self.coupling, tuple) else (self.coupling, self.coupling)

    @property
    def isotropic(self) -> bool:
        """Whether Jx = Jy."""
        return not isinstance(self.coupling, tuple)

    @property
    def staggered(self) -> bool:
        """Whether the field changes its sign from site to site."""
        return self.field_pattern == "staggered"

    @property
    def standard(self) -> bool:
        """Whether energies follow from bond sum and spin sum alone: Jx = Jy and a uniform field."""
        return self.isotropic and not self.staggered

    @property
    def text(self) -> str:
        """The model in a few words, for example ``Ising, J = (1, 0.5), staggered field``."""
        coupling = f"({self.couplings[0]:g}, {self.couplings[1]:g})" if not self.isotropic else f"{self.coupling:g}"
        return f"Ising, J = {coupling}" + (", staggered field" if self.staggered else "")

    def single_coupling(self, purpose: str) -> float:
        """Return J, or raise InputError naming ``purpose`` where Jx and Jy differ or the field is staggered."""
        if isinstance(self.coupling, tuple):
            raise InputError("coupling", self.coupling, f"{purpose} knows one coupling J, not Jx and Jy")
        if self.staggered:
            raise InputError("field_pattern", repr(self.field_pattern), f"{purpose} knows the uniform field only")
        return self.coupling

    def energy_total(
        self, bond_sum: Any, spin_sum: Any, field: Any, *, bond_sum_x: Any = None, staggered_sum: Any = None
    ) -> Any:
        """Return the total energy, elementwise, in units of energy.

        Parameters
        ----------
        bond_sum, spin_sum : int or array of int
            Sums of s s' over all bonds and of s over all sites.
        field : float or array
            h.
        bond_sum_x : int or array of int, optional
            The part of the bonds along x; needed where Jx and Jy differ.
        staggered_sum : int or array of int, optional
            Sum of (-1)^(x + y) s; needed in a staggered field.

        Raises
        ------
        InputError
            If a sum that the energy depends on is left out.
        """
        aligned = spin_sum
        if self.staggered:
            if staggered_sum is None:
                raise InputError("staggered_sum", None, "the energy in a staggered field depends on it")
            aligned = staggered_sum
        if not isinstance(self.coupling, tuple):
            return -self.coupling * bond_sum - field * aligned
        if bond_sum_x is None:
            raise InputError("bond_sum_x", None, "the energy depends on it where Jx and Jy differ")
        along_x, along_y = self.coupling
        return -along_x * bond_sum_x - along_y * (bond_sum - bond_sum_x) - field * aligned

    def weights(self, field: float) -> tuple[float, float, float, float]:
        """Return the factors (Jx, Jy, h or 0, 0 or h) of the energy.

        The energy is minus their product with the sums of s s' over the bonds along x and along y, of s, and of
        (-1)^(x + y) s.
        """
        return (*self.couplings, *((0.0, field) if self.staggered else (field, 0.0)))

    def ground_state(self, lattice: Lattice, field: float) -> np.ndarray:
        """Return a configuration of low energy, int8 of shape (Lx, Ly).

        It is the lowest of the uniform states, the checkerboards, the stripes along either axis and, between walls,
        two halves: a ground state on every periodic lattice with even sides (one of two at zero field), with free
        edges, and with walls or seams at zero field; elsewhere (frustrated rings, walls against a field) a simple
        state near it.
        """
        x, y = np.indices(lattice.shape)
        ones = np.ones(lattice.shape, dtype=np.int8)
        signs = [(-1) ** (x % 2 * (self.couplings[0] < 0) + y % 2 * (self.couplings[1] < 0)), ones]
        patterns = [sign * s for s in (1, -1) for sign in (*signs, (-1) ** ((x + y) % 2))]
        halves = [np.where(2 * place < side, 1, -1) for place, side in ((x, lattice.shape[0]), (y, lattice.shape[1]))]
        if lattice.walled:
            patterns += [pattern * half for pattern in patterns for half in halves]
        candidates = np.array(patterns, dtype=np.int8)
        along_x, along_y = bond_sums(lattice, candidates)
        spin_sum = candidates.sum(axis=(1, 2), dtype=np.int64)
        staggered_sum = (candidates * lattice.sublattice).sum(axis=(1, 2), dtype=np.int64)
        energy = self.energy_total(
            along_x + along_y, spin_sum, field, bond_sum_x=along_x, staggered_sum=staggered_sum
        )  # fmt: skip
        result: np.ndarray = candidates[int(np.argmin(energy))]
        return result


def _is_finite(value: Any) -> bool:
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
