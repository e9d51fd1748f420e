"""The Blume-Capel model: H = -J sum s s' - K sum s^2 s'^2 + Delta sum s^2 - h sum s with s = -1, 0, 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models.model import Model, Reference, checked_number
from spinlens.models.order import OrderParameter, component
from spinlens.models.terms import Bonds, Sites, Term
from spinlens.spaces import Discrete

_SPINS = np.array([-1, 0, 1])


@dataclass(frozen=True)
class BlumeCapel(Model):
    """Spin 1 with a crystal field: H = -J sum_<ij> s_i s_j - K sum_<ij> s_i^2 s_j^2 + Delta sum s_i^2 - h sum s_i.

    Parameters
    ----------
    coupling : float
        J, in units of energy; not zero.
    biquadratic : float
        K, the coupling of the squares (Blume, Emery and Griffiths).

    Notes
    -----
    The control ``crystal_field`` is Delta: large values favour s = 0. ALPS' and mcsolver's single-ion anisotropy D has
    the same sign as Delta here; papers that write +D sum (1 - s^2) mean -Delta.
    """

    coupling: float = 1.0
    biquadratic: float = 0.0
    name: ClassVar[str] = "blume_capel"
    controls: ClassVar[Mapping[str, float]] = {"crystal_field": 0.0, "field": 0.0}

    def __post_init__(self) -> None:
        for name in ("coupling", "biquadratic"):
            object.__setattr__(self, name, checked_number(name, getattr(self, name)))
        if self.coupling == 0:
            raise InputError("coupling", self.coupling, "must be a finite number other than 0")

    @property
    def space(self) -> Discrete:
        """-1, 0, 1."""
        return Discrete((-1, 0, 1))

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum``, ``spin_sum``, ``square_sum``; if they count ``biquadratic_sum``, ``staggered_sum``."""
        squares = _SPINS**2
        terms: list[Term] = [
            Bonds("bond_sum", np.outer(_SPINS, _SPINS)), Sites("spin_sum", _SPINS), Sites("square_sum", squares)
        ]  # fmt: skip
        if self.biquadratic:
            terms.append(Bonds("biquadratic_sum", np.outer(squares, squares)))
        if self.coupling < 0:
            terms.append(Sites("staggered_sum", _SPINS, lattice.staggering.astype(np.int64)))
        return tuple(terms)

    def strengths(self, lattice: Lattice, *, crystal_field: float = 0.0, field: float = 0.0) -> NDArray[np.float64]:  # type: ignore[override]
        """Return (J, h, -Delta), then K and 0 where there are such sums."""
        rest = [self.biquadratic] * bool(self.biquadratic) + [0.0] * (self.coupling < 0)
        del lattice
        return np.array([self.coupling, field, -crystal_field, *rest])

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the magnetization (dipole) and the share of sites with s != 0 (quadrupole)."""
        del lattice
        uniform = component("magnetization", "spin_sum"), component("quadrupole", "square_sum")
        return (component("staggered_magnetization", "staggered_sum"), *uniform) if self.coupling < 0 else uniform

    def references(self) -> tuple[Reference, ...]:
        """Return critical temperatures and the tricritical point of the square lattice for J = 1."""
        strips = "transfer matrices of strips to width 9"
        kind = "square" if (self.coupling, self.biquadratic) == (1.0, 0.0) else ""
        critical = {-1.0: 1.87680, 0.0: 1.69356, 1.0: 1.39729, 1.75: 0.9559}
        return (
            *(
                Reference(
                    "critical temperature", value, f"square, Delta = {delta:g}", strips,
                    1e-4 if delta == 1.75 else 1e-5, kind, {"crystal_field": delta},
                )
                for delta, value in critical.items()
            ),
            Reference(
                "tricritical temperature", 0.60858, "square, Delta = 1.96581", strips, 1e-5, kind,
                {"crystal_field": 1.96581},
            ),
        )  # fmt: skip
