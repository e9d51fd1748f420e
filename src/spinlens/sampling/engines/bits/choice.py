"""Sweeps of single spins or clusters in between: the physics behind ``algorithm="auto"`` for two states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spinlens.errors import InputError
from spinlens.exact import critical_temperature
from spinlens.exact.ising import correlation_length, strip_correlation_length
from spinlens.lattices import Lattice
from spinlens.models import Ising, Model
from spinlens.models.two_states import bonds_and_fields
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.bits.bonds import row_bonds

LOCAL = "15 metropolis + heat_bath"
"""Metropolis forgets faster than heat bath, and one sweep of that in sixteen makes it reach every state."""

ORDERED, DISORDERED = "seeded_clusters + metropolis", "seeded_clusters + 3 metropolis"
"""Below the transition clusters do most of the work, above it small ones are left to single spins."""

CUBIC = "seeded_clusters + 7 metropolis"
"""In three dimensions clusters cost more, and single spins forget faster."""

SMALL, ALONE = 1024, "seeded_clusters"
"""Sites up to which clusters need no single spins between them where they reach across the lattice."""

ACROSS = 0.4
"""Part of the side from which on they reach across."""

MANY = 15.0
"""Correlation lengths in a side from which on a few clusters are too small a part of the lattice."""

HOT = 1.75
"""In units of a flip's largest cost over the temperature: below it Metropolis makes most moves, and forgets slower."""

LONG = 3.5
"""Sites over which correlations must reach for clusters to yield more effective samples a second."""

SHARE = 0.25
"""Part of the side that bounds the reach."""

FIELD_REACH = 0.33
"""In units of (h / J)^(-8/15): at the critical point both break even in a field of about 0.012 J."""

ORDER = 2.0
"""Ratio of the correlation lengths above and below the transition of the square lattice."""

ELONGATED = 2
"""From this ratio of the sides on a lattice is a strip: its narrow side decides how far correlations reach."""

RARE = 300.0
"""Where correlations of a strip reach over so many of its long sides, one draw in a million has a reversed stretch."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the rule needs to know of lattices with so many sides.

    Attributes
    ----------
    amplitude, exponent : float
        Of the correlation length near the transition, in sites.
    longer : float
        Factor of `LONG`.
    ordered, disordered : str
        The mixtures below and above the transition.
    """

    amplitude: float
    exponent: float
    longer: float = 1.0
    ordered: str = ORDERED
    disordered: str = DISORDERED


DIMENSIONS = {
    1: Dimension(math.nan, math.nan), 2: Dimension(0.55, 1.0), 3: Dimension(0.5, 0.63, 3.0, CUBIC, CUBIC),
}  # fmt: skip
"""By the number of sides; the length of chains is exact."""

_FEW = "correlations reach over less than {:g} sites, and sweeps of single spins cost far less than of clusters"
_RARE = "walls across the narrow lattice are too rare to matter, but for them " + _FEW
_COMPETING = Choice(
    LOCAL, "the field competes with the couplings, so that clusters of bonds do not follow the correlations"
)
_REVERSING = "at so high a temperature Metropolis makes most moves and keeps reversing the configuration"
_QUENCHED = Choice(
    LOCAL, "quenched disorder pins and frustrates the spins, so that clusters of bonds do not follow the correlations"
)
_UNKNOWN = Choice(LOCAL, "how far correlations reach is not known for these couplings and fields")
_WIDE = Choice(LOCAL, "the lattice is so much wider than correlations reach that a few clusters are a small part of it")
ROUNDING = 1e-13
"""The critical temperature is the root of an equation; whoever asks for it to the last digit is not above it."""

_SLOW = "correlations reach over {:g} sites or more, where single-spin updates slow down critically"
_WALLS = (
    "correlations along the narrow lattice reach over {:g} sites or more, where single-spin updates hardly make or "
    "move the walls between reversed stretches"
)


def choose(model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
    """Choose between sweeps of single spins, hot or not, and clusters in between for one condition; see `_cold`."""
    found = _cold(model, lattice, temperature=temperature, controls=controls)
    strengths = tuple(model.strengths(lattice, **controls).tolist())
    if found.algorithm == LOCAL and temperature * HOT > _largest_cost(model.at(**controls), lattice, strengths):
        return Choice("heat_bath", _REVERSING, known=found.known)
    return found


@lru_cache(maxsize=64)
def _largest_cost(model: Model, lattice: Lattice, strengths: tuple[float, ...]) -> float:
    """Return the largest energy that the flip of one spin may cost."""
    couplings, fields = bonds_and_fields(model, lattice, np.array(strengths))
    table, total = lattice.neighbours, np.abs(fields)
    np.add.at(total, table.first, np.abs(couplings))
    np.add.at(total, table.second, np.abs(couplings))
    return 2 * float(total.max())


def _cold(model: Model, lattice: Lattice, *, temperature: float, controls: Mapping[str, float]) -> Choice:
    """Choose between single spins and clusters, at temperatures at which Metropolis forgets faster than heat bath.

    Parameters
    ----------
    model : Model
        Of two states.
    lattice : Lattice
        Kind, shape and boundary.
    temperature : float
        T > 0 (k_B = 1).
    controls : mapping of str to float
        The others, for example the field.

    Notes
    -----
    The autocorrelation time of single spins grows like a power 2.17 of the distance over which spins know of each
    other, with clusters it hardly grows at all; but a step of clusters costs as much as several sweeps. The distance is
    the least of the correlation length of the infinite lattice, a share of the side, and the scale of an ordering
    field. It is exact for two couplings on the square lattice and for chains; else it follows from the critical
    temperature, where that is known. ``benchmarks/choice.py`` measures the constants, and what is lost by them.

    On a strip, a square lattice of one side at least twice the other, it is along the long side the exact correlation
    length of an infinitely long periodic strip: never more than the bulk's above the critical temperature, about 4 / pi
    times the narrow side at it for equal couplings, and below it growing exponentially with the narrow side, because
    walls across it reverse whole stretches. Where it exceeds `RARE` long sides, hardly a draw has them and the bulk's
    counts; between held walls nothing is reversed, and the length is the lesser of the bulk's and the strip's. A free
    or antiperiodic narrow side changes the length by a factor of about two, which the rule leaves out.

    Where the field competes with the couplings (a uniform one with an antiferromagnet), the ghost ties clusters that
    should move: exact, but slower than single spins.

    Seams, and odd rings of an antiferromagnet, which a sublattice flip turns into seams, frustrate one line of bonds
    and no plaquette: the clusters remain those of the ferromagnet.
    """
    view = model.ising_view(lattice, **controls)
    if view is None or not isinstance(view[0].field_pattern, str):
        return _QUENCHED if model.quenched else _UNKNOWN
    ising, field = view
    if row_bonds(ising, lattice, tuple(ising.strengths(lattice, field=field).tolist())) is None:
        return _UNKNOWN
    couplings = ising.couplings(lattice)
    if field != 0 and not bool(((couplings < 0) == ising.staggered).all()):
        return _COMPETING
    critical = _critical(ising, lattice.kind)
    if critical is None:
        return _UNKNOWN
    # In a field the order below the transition has no signs to forget.
    below, far, why = temperature <= critical * (1 + ROUNDING) and field == 0, _FEW, _SLOW
    known, dimension = not _interfaces(lattice, couplings), DIMENSIONS[lattice.axes]
    long = LONG * dimension.longer
    if lattice.kind == "square" and couplings.ndim == 1:
        lengths, far, why = _on_a_square((float(couplings[0]), float(couplings[1])), lattice, temperature, below=below)
    elif lattice.kind == "chain":
        lengths = (_along_a_chain(abs(float(couplings.flat[0])) / temperature),)
    else:
        distance = abs(1 - critical / temperature)
        length = dimension.amplitude * distance**-dimension.exponent if distance > 0 else math.inf
        lengths = (length,) * lattice.axes
    if field != 0:
        strength = math.exp(np.log(np.abs(couplings)).mean())
        lengths = tuple(min(length, FIELD_REACH * (abs(field) / strength) ** (-8 / 15)) for length in lengths)
    places = list(zip(lengths, lattice.shape, strict=True))
    if max(min(length, SHARE * side) for length, side in places) < long:
        return Choice(LOCAL, far.format(long), known=known)
    if temperature > critical and all(side > MANY * length for length, side in places):
        return _WIDE
    across = any(length >= ACROSS * side for length, side in places)
    clusters = dimension.ordered if below else dimension.disordered
    if lattice.sites <= SMALL and field == 0 and (below or across):
        clusters = ALONE
    return Choice(clusters, why.format(long), known=known)


@lru_cache(maxsize=64)
def _critical(model: Ising, kind: str) -> float | None:
    """Return the critical temperature, 0 on chains, or None where it is not known."""
    if kind == "chain":
        return 0.0 if model.couplings(Lattice((4,))).size == 1 else None
    shape = (4, 4, 4) if kind == "cubic" else (4, 4)
    if kind != "cubic":
        try:
            return critical_temperature(model, Lattice(shape, kind=kind))
        except InputError:
            return None
    sizes = np.unique(np.abs(model.couplings(Lattice(shape, kind=kind))))
    known = next(item.value for item in Ising().references() if item.where.startswith("cubic"))
    return float(known * sizes[0]) if len(sizes) == 1 else None


def _interfaces(lattice: Lattice, couplings: np.ndarray) -> bool:
    """Return whether seams, walls or odd rings of an antiferromagnet force interfaces, which move slowly."""
    odd = any(ring and side % 2 for ring, side in zip(lattice.rings, lattice.shape, strict=True))
    return lattice.walled or any(lattice.seams) or (odd and bool((couplings < 0).any()))


def _along_a_chain(strength: float) -> float:
    """Return the correlation length -1 / ln tanh K of a chain."""
    weight = math.exp(-2 * strength)
    if weight in (0.0, 1.0):
        return 0.0 if weight else math.inf
    return 1 / (2 * math.atanh(weight))


def _on_a_square(
    couplings: tuple[float, float], lattice: Lattice, temperature: float, *, below: bool
) -> tuple[tuple[float, ...], str, str]:
    """Return how far correlations reach along both sides, and why to take single spins or clusters."""
    lengths = [
        float(length) * (ORDER if below else 1.0) for length in correlation_length(temperature, couplings=couplings)
    ]
    far, why = _FEW, _SLOW
    if max(lattice.shape) >= ELONGATED * min(lattice.shape):
        long = int(np.argmax(lattice.shape))
        strip = _along_strip(couplings, lattice, long, temperature=temperature, bulk=lengths[long])
        if strip > RARE * lattice.shape[long]:
            far = _RARE
        else:
            why = _WALLS if strip > lengths[long] else _SLOW
            lengths[long] = strip
    return tuple(lengths), far, why


def _along_strip(
    couplings: tuple[float, float], lattice: Lattice, long: int, *, temperature: float, bulk: float
) -> float:
    """Return how far correlations reach along the long side, in sites."""
    along, across = couplings[long], couplings[1 - long]
    found = strip_correlation_length(lattice.shape[1 - long], temperature, along=along, across=across)
    # Between held walls nothing is reversed.
    return min(found, bulk) if lattice.walled else found
