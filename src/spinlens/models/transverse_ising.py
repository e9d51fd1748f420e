"""The Ising model in a transverse field: H = -J sum sz sz - Gamma sum sx - h sum sz."""

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
from spinlens.models.terms import TICKS, Bonds, Kinks, Sites, Term
from spinlens.models.trotter import Trotter, trotter
from spinlens.spaces import Binary

_SPINS = np.array([-1, 1])


@dataclass(frozen=True)
class TransverseIsing(Model):
    """The quantum Ising model H = -J sum_<ij> sz_i sz_j - Gamma sum_i sx_i - h sum_i sz_i, Pauli matrices, k_B = 1.

    Parameters
    ----------
    coupling : float
        J, in units of energy; positive for the ferromagnet, negative for the antiferromagnet.

    Raises
    ------
    InputError
        If the coupling is zero or not finite.

    Notes
    -----
    The partition function is an integral over worldlines s_i(u), u from 0 to 1 round the circle of imaginary time,
    with n kinks in all, in the measure of their times:

        Z = sum_n int d^n u (Gamma / T)^n exp((J int sum_<ij> s_i s_j du + h int sum_i s_i du) / T).

    So ln p = K . S with the integrals of bonds and spins and the number of kinks as sums, and ln(Gamma / T) as the K of
    the kinks. The energy is -dK / d(1/T) . S; Gamma <sx> = T <n> / N. What is stored of a configuration are the spins
    at u = 0, distributed as measurements of all sz. Its sums are those of the whole worldlines: the magnetization is
    the average over imaginary time, which makes N (<m^2> - <m>^2) / T Kubo's susceptibility.

    Times are whole numbers of 2^-32. That is the decomposition of Trotter with as many slices, whose errors are of
    second order in 2^-32 times (abs(J) + Gamma) / T.

    References
    ----------
    H. Rieger and N. Kawashima, Eur. Phys. J. B 9, 233 (1999), doi:10.1007/s100510050761.
    """

    coupling: float = 1.0
    name: ClassVar[str] = "transverse_ising"
    controls: ClassVar[Mapping[str, float]] = {"transverse_field": 1.0, "field": 0.0}
    imaginary_time: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "coupling", checked_number("coupling", self.coupling))
        if self.coupling == 0:
            raise InputError("coupling", self.coupling, "must be a finite number other than 0")

    @property
    def space(self) -> Binary:
        """Spins down and up."""
        return Binary()

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_integral`` and ``spin_integral``, of antiferromagnets ``staggered_integral``, and ``kinks``."""
        spins, unit = TICKS * _SPINS, 1.0 / TICKS
        terms: list[Term] = [Bonds("bond_integral", np.outer(spins, _SPINS), unit=unit)]
        terms.append(Sites("spin_integral", spins, unit=unit))
        if self.coupling < 0:
            terms.append(Sites("staggered_integral", spins, lattice.staggering.astype(np.int64), unit))
        return (*terms, Kinks("kinks", 0 * _SPINS))

    def strengths(  # type: ignore[override]
        self, lattice: Lattice, *, transverse_field: float = 1.0, field: float = 0.0
    ) -> NDArray[np.float64]:
        """Return J and h in the units of their sums, and Gamma.

        Raises
        ------
        InputError
            If Gamma is negative. Nothing is sampled at zero, see `check_events`.
        """
        if not transverse_field >= 0:
            why = "must be > 0: its sign changes nothing, and without it this is Ising()"
            raise InputError("transverse_field", transverse_field, why)
        named = {"bond_integral": self.coupling / TICKS, "spin_integral": field / TICKS, "kinks": transverse_field}
        return np.array([named.get(term.name, 0.0) for term in self.terms(lattice)])

    def order_parameters(self, lattice: Lattice) -> tuple[OrderParameter, ...]:
        """Return the magnetization, averaged over imaginary time; of antiferromagnets first the staggered one."""
        del lattice
        uniform = component("magnetization", "spin_integral", 1.0 / TICKS)
        staggered = component("staggered_magnetization", "staggered_integral", 1.0 / TICKS)
        return (uniform,) if self.coupling > 0 else (staggered, uniform)

    def trotter(  # type: ignore[override]
        self, slices: int, lattice: Lattice, *, temperature: float, transverse_field: float = 1.0, field: float = 0.0
    ) -> Trotter:
        """Return the Ising model one dimension up that this one becomes in so many slices of imaginary time.

        See `spinlens.models.trotter`.
        """
        self.check_events(lattice, transverse_field=transverse_field, field=field)
        return trotter(
            slices, lattice, coupling=self.coupling, transverse_field=transverse_field, field=field,
            temperature=temperature,
        )  # fmt: skip

    def references(self) -> tuple[Reference, ...]:
        """Return critical transverse fields at zero temperature, for J = 1."""
        # Chains and square lattices without odd rings are antiferromagnets in a mirror.
        here = abs(self.coupling) == 1.0
        known = {"chain": (1.0, "Pfeuty 1970", 0.0), "square": (3.04433, "Huang et al. 2020", 6e-6)}
        return tuple(
            Reference(
                "critical transverse field", value, f"{kind}, T = 0, J = 1", source, error, kind if here else "",
                control="transverse_field",
            )
            for kind, (value, source, error) in known.items()
        )  # fmt: skip
