"""Sweeps of single sites or clusters in between: the physics behind ``algorithm="auto"`` for spins and colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spinlens.exact import critical_temperature
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.choice import Choice
from spinlens.sampling.engines.bits.rows.geometry import STEPS
from spinlens.sampling.engines.planes.forms import Form

SPINS = "seeded_clusters + 3 heat_bath"
"""Near the transition it yields several times as much as single spins, and far from it hardly less."""

HOT = 0.9
"""In units of the coupling and the number of neighbours, the transition of mean fields: no lattice orders above it."""

WEAK = 0.012
"""In units of the coupling: in stronger fields correlations are too short for clusters to pay."""

FEW = 3
"""Colours up to which proposing one costs less than weighing all, for what it moves."""

LONG = 12
"""The smallest side for clusters of colours."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where clusters of colours pay.

    Attributes
    ----------
    low, high : float
        Temperatures, in units of the transition's.
    algorithm : str
        The mixture.
    """

    low: float
    high: float
    algorithm: str


WINDOWS = {
    3: Window(0.94, 1.07, "seeded_clusters + 7 metropolis"), 4: Window(0.98, 1.03, "seeded_clusters + 3 heat_bath")
}  # fmt: skip
"""By the number of colours; five or more change by a jump, across which clusters do not lead."""

_HEAT_BATH = "heat_bath"
_METROPOLIS = "metropolis"


def choose(
    form: Form, model: Model, lattice: Lattice, *, temperature: float, clusters: bool, grouped: bool
) -> Choice:  # fmt: skip
    """Return the update that suits a condition, and why.

    Parameters
    ----------
    form, model, lattice
        What is sampled.
    temperature : float
        T.
    clusters, grouped : bool
        Whether clusters, and the heat bath of colours, can be used.
    """
    if form.spins:
        return _for_spins(form, lattice, temperature, clusters=clusters)
    few = form.states <= FEW or not grouped
    local = _METROPOLIS if few else _HEAT_BATH
    why = "weighing all colours moves more of them than proposing one"
    if few:
        why = "proposing another colour costs less than weighing all"
        if not grouped:
            why = "weighing all colours takes four neighbours at most, that attract, and no field"
    window, critical = WINDOWS.get(form.states), _critical(model, lattice.kind)
    if not clusters or critical is None or window is None or min(lattice.shape) < LONG:
        return Choice(local, why)
    if window.low <= temperature / critical <= window.high and (grouped or _HEAT_BATH not in window.algorithm):
        return Choice(window.algorithm, "near the transition domains of one colour outlive sweeps of single sites")
    return Choice(local, why)


def _for_spins(form: Form, lattice: Lattice, temperature: float, *, clusters: bool) -> Choice:
    down, up = form.site_weights[:, 0], form.site_weights[:, 2]
    size = abs(form.coupling)
    if not clusters or (form.coupling < 0 and lattice.kind == "triangular"):
        return Choice(_HEAT_BATH, "clusters of bonds do not follow the correlations here")
    if np.abs(up - down).max() / 2 > WEAK * size and not lattice.walled:
        return Choice(_HEAT_BATH, "the field keeps correlations short, and sweeps of single spins cost less")
    if temperature > HOT * size * len(STEPS[lattice.kind]):
        return Choice(_HEAT_BATH, "it is hotter than any transition of such spins, and single spins cost less")
    return Choice(SPINS, "spins of one sign that reach far turn together, and between them spins change their size")


@lru_cache(maxsize=32)
def _critical(model: Model, kind: str) -> float | None:
    return None if kind in ("chain", "cubic") else critical_temperature(model, Lattice((4, 4), kind=kind))
