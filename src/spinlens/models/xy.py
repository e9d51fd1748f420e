"""The XY model: H = -J sum cos(a - a') - h sum cos(a), angles anywhere on the circle to 4,096 parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from spinlens.lattices import Lattice
from spinlens.models.clock import MOST_ANGLES, Clock
from spinlens.models.model import Model, Reference


@dataclass(frozen=True)
class XY(Clock):
    """Angles of the circle: H = -J sum_<ij> cos(a_i - a_j) - h sum_i cos(a_i), a in steps of 2 pi / 4096.

    Parameters
    ----------
    coupling : float
        J, in units of energy; not zero.

    Notes
    -----
    The steps change nothing that could be measured. Given its neighbours a site has the weight exp(r cos(a - b)), r at
    most R = (z abs(J) + abs(h)) / T for z neighbours. By Poisson's formula its sum over q equal steps is q / 2 pi times
    its integral, times 1 + d, abs(d) <= 2 (I_q(R) + I_2q(R) + ...) / I_0(R), which is about 2 exp(-q^2 / 2R) for R far
    above 1. Replacing the integrals by sums one site after another, ln Z / N changes by no more than that: less than
    1e-15 for q = 4096 while R < 2.3e5, at z = 4 and h = 0 for T > 2e-5 J. Cosines are rounded to multiples of 2^-30,
    so that the energy of a bond is off by at most 5e-10 J.
    """

    states: int = field(default=MOST_ANGLES, init=False)
    name: ClassVar[str] = "xy"
    controls: ClassVar[Mapping[str, float]] = {"field": 0.0}

    def first_sums(self, lattice: Lattice) -> tuple[str, ...]:
        """Return the names of all sums."""
        return Model.first_sums(self, lattice)

    def references(self) -> tuple[Reference, ...]:
        """Return the transition of Berezinskii, Kosterlitz and Thouless, for J = 1 on the square lattice."""
        return (
            Reference(
                "transition temperature", 0.8929, "square, J = 1", "Hasenbusch 2005, Komura and Okabe 2012", error=1e-4
            ),
        )  # fmt: skip
