"""The random-field Ising model: H = -J sum s s' - Delta sum h_i s_i - h sum s with quenched random h_i."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices import Lattice
from spinlens.models.disorder import SPINS, Disordered
from spinlens.models.ising import Ising
from spinlens.models.minimum_cut import lowest_states
from spinlens.models.terms import UNIT, Bonds, Sites, Term

DISTRIBUTIONS = ("gaussian", "bimodal")

STEEPEST = 9.0
"""Standard deviations that no Gaussian field reaches: the most extreme of 2^53 uniform numbers lies at 8.2."""


@dataclass(frozen=True)
class RandomFieldIsing(Disordered):
    """The ferromagnet in random fields: H = -J sum_<ij> s_i s_j - Delta sum_i h_i s_i - h sum_i s_i.

    Parameters
    ----------
    distribution : str
        ``"gaussian"``: h_i with mean 0 and variance 1, rounded to multiples of 2^-30; ``"bimodal"``: +1 or -1 with
        equal probability.
    coupling : float
        J > 0, in units of energy.
    seed : int
        Of the samples, see `spinlens.models.disorder.Disordered`.

    Notes
    -----
    The control ``disorder`` is Delta >= 0, the standard deviation of the random fields in units of energy: the same
    h_i at every strength. ``field`` is h.
    """

    distribution: str = "gaussian"
    name: ClassVar[str] = "random_field_ising"
    controls: ClassVar[Mapping[str, float]] = {"disorder": 1.0, "field": 0.0, "sample": 0}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.distribution not in DISTRIBUTIONS:
            advice = did_you_mean(str(self.distribution), DISTRIBUTIONS)
            raise InputError("distribution", repr(self.distribution), "is unknown", advice)

    def at(self, **controls: float) -> Self:
        """Return the model whose terms are those of the sample at a point.

        Raises
        ------
        InputError
            If the sample is no whole number >= 0, or the disorder is negative.
        """
        strength = self.values_of_controls(controls)["disorder"]
        if not strength >= 0:
            raise InputError("disorder", strength, "must be >= 0: it is the standard deviation of the random fields")
        return super().at(**controls)

    @property
    def text(self) -> str:
        """The model in a few words."""
        return f"random-field Ising, {self.distribution}, J = {self.coupling:g}, samples of seed {self.seed}"

    def random_fields(self, lattice: Lattice) -> NDArray[np.float64]:
        """Return h_i of the sample, float64 ``lattice.shape``; that of another one is ``model.at(sample=3)``'s."""
        pattern, unit = self._pattern(lattice)
        return np.asarray(pattern * unit, dtype=np.float64)

    def _pattern(self, lattice: Lattice) -> tuple[NDArray[np.int64], float]:
        uniform = self.uniforms(lattice)
        if self.distribution == "bimodal":
            return np.where(uniform < 0.5, -1, 1), 1.0
        return np.rint(ndtri(uniform) / UNIT).astype(np.int64), UNIT

    def terms(self, lattice: Lattice) -> tuple[Term, ...]:
        """Return ``bond_sum``, ``random_field_sum`` sum h_i s_i, and ``spin_sum``."""
        pattern, unit = self._pattern(lattice)
        largest = 1 if self.distribution == "bimodal" else int(STEEPEST / UNIT)
        return (
            Bonds("bond_sum", np.outer(SPINS, SPINS)),
            Sites("random_field_sum", SPINS, pattern, unit, largest),
            Sites("spin_sum", SPINS),
        )

    def strengths(  # type: ignore[override]
        self, lattice: Lattice, *, disorder: float = 1.0, field: float = 0.0, sample: float = 0
    ) -> NDArray[np.float64]:
        """Return (J, Delta, h), Delta in the unit of its sum."""
        del lattice, sample
        return np.array([self.coupling, disorder * (1.0 if self.distribution == "bimodal" else UNIT), field])

    def order_excluded(self, lattice: Lattice, **controls: float) -> str:
        """Return the theorem for two dimensions, where any disorder at all is enough."""
        if lattice.axes == 2 and self.values_of_controls(controls)["disorder"]:
            return (
                "In two dimensions random fields of any strength order nothing (Aizenman and Wehr 1989), though small "
                "lattices in weak ones look ordered"
            )
        return super().order_excluded(lattice, **controls)

    def ground_states(self, lattice: Lattice, **controls: float) -> NDArray[Any]:
        """Return the lowest states with fewest and most spins up, by minimum cuts; one where there is only one.

        Across antiperiodic seams bonds are frustrated, and the lowest of some simple states is returned.
        """
        values = self.values_of_controls(controls)
        strengths = tuple(self.strengths(lattice, **values).tolist())
        found = lowest_states(self.at(**values), lattice, strengths)
        return super().ground_states(lattice, **values) if found is None else found

    def ising_view(  # type: ignore[override]
        self, lattice: Lattice, *, disorder: float = 1.0, field: float = 0.0, sample: float = 0
    ) -> tuple[Ising, float] | None:
        """Return the Ising model where there is no disorder."""
        del lattice, sample
        return None if disorder else (Ising(self.coupling), field)
