"""Which update suits a condition: the physics behind ``algorithm="auto"``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spinlens.exact import correlation_length
from spinlens.exact.strip import strip_correlation_length
from spinlens.lattice import Lattice
from spinlens.models import Ising

LOCAL = ("heat_bath", "metropolis")
CLUSTERS = ("swendsen_wang", "wolff")
ALGORITHMS = (*LOCAL, *CLUSTERS, "auto")

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


@dataclass(frozen=True, slots=True)
class Choice:
    """An algorithm and why it was taken.

    Attributes
    ----------
    algorithm : str
        The update.
    reason : str
        Half a sentence of physics.
    """

    algorithm: str
    reason: str


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
    if field != 0 and not _ordering(model):
        return _COMPETING
    lengths = [float(length) for length in correlation_length(temperature, couplings=model.couplings)]
    near, far = _NEAR, _FAR
    if max(lattice.shape) >= ELONGATED * min(lattice.shape):
        long = int(np.argmax(lattice.shape))
        strip = _along_strip(model, lattice, long, temperature=temperature, bulk=lengths[long])
        if strip > RARE * lattice.shape[long]:
            far = _FROZEN
        else:
            near = _REVERSING if strip > lengths[long] else _NEAR
            lengths[long] = strip
    reach = max(min(length, SHARE * side) for length, side in zip(lengths, lattice.shape, strict=True))
    if field != 0:
        strength = np.sqrt(abs(model.couplings[0] * model.couplings[1]))
        reach = min(reach, FIELD_REACH * (abs(field) / strength) ** (-8 / 15))
    return near if reach >= LONG else far


def _along_strip(model: Ising, lattice: Lattice, long: int, *, temperature: float, bulk: float) -> float:
    """Return how far correlations reach along the long side, in sites."""
    along, across = model.couplings[long], model.couplings[1 - long]
    found = strip_correlation_length(lattice.shape[1 - long], temperature, along=along, across=across)
    # Between held walls nothing is reversed.
    return min(found, bulk) if lattice.walled else found


def _ordering(model: Ising) -> bool:
    """Return whether the field favours the ground states of the couplings."""
    return all((coupling < 0) == model.staggered for coupling in model.couplings)


def sentences(
    choices: Sequence[Sequence[Choice]], *, temperature: Sequence[float], field: Sequence[float]
) -> list[str]:
    """Say for each distinct choice where it was made and why, one sentence each, the most frequent first.

    Parameters
    ----------
    choices : sequence of sequence of Choice
        [field][temperature].
    temperature, field : sequence of float
        The grid.
    """
    places: dict[Choice, list[tuple[float, float]]] = {}
    for h, row in zip(field, choices, strict=True):
        for t, choice in zip(temperature, row, strict=True):
            places.setdefault(choice, []).append((t, h))
    total = len(temperature) * len(field)
    return [
        f"{choice.algorithm} at {len(where)} of {total} conditions "
        f"({_range('T', [t for t, _ in where])}, {_range('h', [h for _, h in where])}): {choice.reason}."
        for choice, where in sorted(places.items(), key=lambda item: -len(item[1]))
    ]


def _range(name: str, values: list[float]) -> str:
    low, high = min(values), max(values)
    return f"{name} = {low:g}" if low == high else f"{name} in {low:g} to {high:g}"
