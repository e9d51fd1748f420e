"""Heat bath or Swendsen-Wang on the square lattice: the physics behind ``algorithm="auto"``."""

from __future__ import annotations

import numpy as np

from spinlens.exact.ising import correlation_length, strip_correlation_length
from spinlens.lattices import Lattice
from spinlens.sampling.choice import Choice

RULE = 2
"""Number of the rule of `choose`; it changes whenever a plan may resolve otherwise, and ensembles store it."""

LONG = 12.0
"""Sites over which correlations must reach for Swendsen-Wang to yield more effective samples a second."""

SHARE = 0.25
"""Part of the side that bounds the reach: at the critical point both algorithms break even at a side of about 48."""

FIELD_REACH = 0.54
"""In units of (h / J)^(-8/15): at the critical point both break even in a field of about 0.003 J."""

ELONGATED = 2
"""From this ratio of the sides on a lattice is a strip: its narrow side decides how far correlations reach."""

RARE = 300.0
"""Where correlations of a strip reach over so many of its long sides, one draw in a million has a reversed stretch."""


_NEAR = Choice(
    "swendsen_wang",
    f"correlations reach over {LONG:g} sites or more, where single-spin updates slow down critically",
)
_FAR = Choice(
    "heat_bath",
    f"correlations reach over less than {LONG:g} sites, and sweeps of single spins cost far less than of clusters",
)
_REVERSING = Choice(
    "swendsen_wang",
    f"correlations along the narrow lattice reach over {LONG:g} sites or more, where single-spin updates hardly make "
    "or move the walls between reversed stretches",
)
_FROZEN = Choice(
    "heat_bath",
    "walls across the narrow lattice are too rare to matter, but for them correlations reach over less than "
    f"{LONG:g} sites, and sweeps of single spins cost far less than of clusters",
)
_COMPETING = Choice(
    "heat_bath", "the field competes with the couplings, so that clusters of bonds do not follow the correlations"
)


def choose(
    couplings: tuple[float, float], lattice: Lattice, *, temperature: float, field: float, staggered: bool
) -> Choice:
    """Choose between heat bath and Swendsen-Wang for one condition.

    Parameters
    ----------
    couplings : tuple of float
        Jx and Jy.
    lattice : Lattice
        Shape and boundary.
    temperature : float
        T > 0 (k_B = 1).
    field : float
        h.
    staggered : bool
        Whether the field changes its sign from site to site.

    Notes
    -----
    The heat bath's autocorrelation time grows like a power 2.17 of the distance over which spins know of each other,
    that of Swendsen-Wang hardly at all; but a heat-bath sweep costs about a fiftieth, so it is better where that
    distance is short. The distance is the least of the exact correlation length of the infinite lattice, a share of the
    side, and the scale of an ordering field. The constants are where both gave as many effective samples a second for
    the slower one of energy and order parameter, on one core; ``benchmarks/clusters.py`` measures the advantage beyond.

    On a strip, a lattice of one side at least twice the other, it is along the long side the exact correlation length
    of an infinitely long periodic strip: never more than the bulk's above the critical temperature, about 4 / pi times
    the narrow side at it for equal couplings, and below it growing exponentially with the narrow side, because walls
    across it reverse whole stretches. Where it exceeds `RARE` long sides, hardly a draw has them and the bulk's counts;
    between held walls nothing is reversed, and the length is the lesser of the bulk's and the strip's. A free or
    antiperiodic narrow side changes the length by a factor of about two, which the rule leaves out.

    Where the field competes with the couplings (a uniform one with an antiferromagnet), the ghost ties clusters that
    should move: exact, but slower than the heat bath.

    Seams, and odd rings of an antiferromagnet, which a sublattice flip turns into seams, frustrate one line of bonds
    and no plaquette: the clusters remain those of the ferromagnet.
    """
    if field != 0 and not _ordering(couplings, staggered=staggered):
        return _COMPETING
    lengths = [float(length) for length in correlation_length(temperature, couplings=couplings)]
    near, far = _NEAR, _FAR
    if max(lattice.shape) >= ELONGATED * min(lattice.shape):
        long = int(np.argmax(lattice.shape))
        strip = _along_strip(couplings, lattice, long, temperature=temperature, bulk=lengths[long])
        if strip > RARE * lattice.shape[long]:
            far = _FROZEN
        else:
            near = _REVERSING if strip > lengths[long] else _NEAR
            lengths[long] = strip
    reach = max(min(length, SHARE * side) for length, side in zip(lengths, lattice.shape, strict=True))
    if field != 0:
        strength = np.sqrt(abs(couplings[0] * couplings[1]))
        reach = min(reach, FIELD_REACH * (abs(field) / strength) ** (-8 / 15))
    return near if reach >= LONG else far


def _along_strip(
    couplings: tuple[float, float], lattice: Lattice, long: int, *, temperature: float, bulk: float
) -> float:
    """Return how far correlations reach along the long side, in sites."""
    along, across = couplings[long], couplings[1 - long]
    found = strip_correlation_length(lattice.shape[1 - long], temperature, along=along, across=across)
    # Between held walls nothing is reversed.
    return min(found, bulk) if lattice.walled else found


def _ordering(couplings: tuple[float, float], *, staggered: bool) -> bool:
    """Return whether the field favours the ground states of the couplings."""
    return all((coupling < 0) == staggered for coupling in couplings)
