"""Which update suits a condition: the physics behind ``algorithm="auto"``."""

from __future__ import annotations

from dataclasses import dataclass

from spinlens.exact import correlation_length
from spinlens.lattice import Lattice
from spinlens.models import Ising

LOCAL = ("heat_bath", "metropolis")
CLUSTERS = ("swendsen_wang", "wolff")
ALGORITHMS = (*LOCAL, *CLUSTERS, "auto")

LONG = 12.0
"""Sites over which correlations must reach for cluster updates to pay; measured by ``benchmarks/clusters.py``."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An algorithm and why it was taken.

    Attributes
    ----------
    algorithm : str
        ``"heat_bath"`` or ``"swendsen_wang"``.
    reason : str
        Half a sentence of physics.
    """

    algorithm: str
    reason: str


_NEAR = Choice(
    "swendsen_wang", f"correlations reach over {LONG:g} sites or more, where local updates slow down critically"
)
_FAR = Choice("heat_bath", f"correlations reach over less than {LONG:g} sites, and local updates are far cheaper")
_ALIGNED = Choice("heat_bath", "the field keeps correlations short, and local updates are far cheaper")
_COMPETING = Choice(
    "heat_bath", "the field competes with the couplings, so that clusters of bonds do not follow the correlations"
)


def choose(model: Ising, lattice: Lattice, *, temperature: float, field: float) -> Choice:
    """Choose between heat bath and Swendsen-Wang for one condition.

    Parameters
    ----------
    model : Ising
        The Hamiltonian.
    lattice : Lattice
        Shape and boundary.
    temperature : float
        T > 0 (k_B = 1).
    field : float
        h.

    Notes
    -----
    The heat bath's autocorrelation time grows like the power 2.17 of the smaller of correlation length and side, that
    of Swendsen-Wang hardly at all; but a heat-bath sweep of 64 chains in a word costs some fortieth. In a field the
    correlation length stays finite, unless the field competes with the couplings (a uniform one with an
    antiferromagnet): then the ghost ties clusters that should move, and they help little.

    Seams, and odd rings of an antiferromagnet, which a sublattice flip turns into seams, frustrate one line of bonds
    and no plaquette: the clusters remain those of the ferromagnet.
    """
    if field != 0:
        sign = -1 if model.staggered else 1
        return _ALIGNED if all(sign * coupling > 0 for coupling in model.couplings) else _COMPETING
    lengths = correlation_length(temperature, couplings=model.couplings)
    reach = max(min(float(length), side) for length, side in zip(lengths, lattice.shape, strict=True))
    return _NEAR if reach >= LONG else _FAR
