"""The Ashkin-Teller model: two Ising models, coupled by their products. A model of one's own is one such file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens import Lattice, Model
from spinlens.models import Bonds, OrderParameter, Reference, Sites, component, register
from spinlens.spaces import Colours

# A colour 0 to 3 is a pair of spins (s, t): the table of what each stands for.
S = np.array([1, 1, -1, -1])
T = np.array([1, -1, 1, -1])


@register
@dataclass(frozen=True)
class AshkinTeller(Model):
    """H = -J sum (s s' + t t') - J4 sum s t s' t' - h sum (s + t); J4 is the control ``four_spin``.

    Parameters
    ----------
    coupling : float
        J, in units of energy.
    """

    coupling: float = 1.0
    name: ClassVar[str] = "ashkin_teller"
    controls: ClassVar[Mapping[str, float]] = {"four_spin": 0.0, "field": 0.0}

    @property
    def space(self) -> Colours:
        return Colours(4)

    def terms(self, lattice: Lattice) -> tuple[Bonds | Sites, ...]:
        return (
            Bonds("bond_sum", np.outer(S, S) + np.outer(T, T)),
            Bonds("product_sum", np.outer(S * T, S * T)),
            Sites("spin_sum", S + T),
            Sites("polarization_sum", S * T),
        )

    def strengths(self, lattice: Lattice, *, four_spin: float = 0.0, field: float = 0.0) -> NDArray[np.float64]:
        return np.array([self.coupling, four_spin, field, 0.0])

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        return component("magnetization", "spin_sum", unit=0.5), component("polarization", "polarization_sum")

    def references(self) -> tuple[Reference, ...]:
        decoupled = 2.0 / np.log(1.0 + np.sqrt(2.0))
        potts = 4.0 / np.log(3.0)
        return (
            Reference("critical temperature", decoupled, "square, J = 1, J4 = 0", "two Ising models; Onsager 1944"),
            Reference("critical temperature", potts, "square, J = J4 = 1", "Potts model of four colours; Potts 1952"),
        )


if __name__ == "__main__":
    import spinlens

    ensemble = spinlens.simulate(AshkinTeller(), (16, 16), temperature=[3.0, 3.6, 4.2], four_spin=[1.0], seed=1)
    print(ensemble.observables()["absolute_polarization"].to_series())
