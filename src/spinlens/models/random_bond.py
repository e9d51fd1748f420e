"""The random-bond Ising model: H = -J sum tau_ij s_i s_j - h sum s with quenched tau_ij = +-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.disorder import SPINS, Disordered
from spinlens.models.model import checked_number
from spinlens.models.terms import Bonds, Sites, Term


@dataclass(frozen=True)
class RandomBondIsing(Disordered):
    """Bonds of random sign: H = -J sum_<ij> tau_ij s_i s_j - h sum_i s_i, the +-J spin glass at a half.

    Parameters
    ----------
    negative : float
        Probability that tau_ij is -1, from 0 to 1. The same sample of a larger one has these negative bonds and more.
    coupling : float
        J > 0, in units of energy.
    seed : int
        Of the samples, see `spinlens.models.disorder.Disordered`.

    Notes
    -----
    On Nishimori's line, exp(-2 J / T) = p / (1 - p) for the probability p of negative bonds, the average of the energy
    over all samples is exactly -J tanh(J / T) a bond, at zero field on every lattice without seams and walls [1]_.

    References
    ----------
    .. [1] H. Nishimori, Prog. Theor. Phys. 66, 1169 (1981), doi:10.1143/PTP.66.1169.
    """

    negative: float = 0.5
    name: ClassVar[str] = "random_bond_ising"

    def __post_init__(self) -> None:
        super().__post_init__()
        value = checked_number("negative", self.negative)
        if not 0 <= value <= 1:
            raise InputError("negative", value, "must be a probability, from 0 to 1")
        object.__setattr__(self, "negative", value)

    @property
    def text(self) -> str:
        """The model in a few words."""
        return f"random-bond Ising, {self.negative:g} negative, J = {self.coupling:g}, samples of seed {self.seed}"

    def signs(self, lattice: Lattice) -> NDArray[np.int64]:
        """Return tau of the sample: of the bond that leaves each site in each direction, int64 (directions, *shape)."""
        return np.where(self.uniforms(lattice, lattice.directions) < self.negative, -1, 1)

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum`` sum tau_ij s_i s_j and ``spin_sum``."""
        return Bonds("bond_sum", np.outer(SPINS, SPINS), pattern=self.signs(lattice)), Sites("spin_sum", SPINS)

    def strengths(self, lattice: Lattice, *, field: float = 0.0, sample: float = 0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return (J, h)."""
        del lattice, sample
        return np.array([self.coupling, field])
