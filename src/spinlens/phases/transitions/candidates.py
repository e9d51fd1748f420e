"""Where in a window transitions may be, each with the part of the window that is its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spinlens.errors import InputError
from spinlens.phases.transitions.evidence import PLANE, critical_phase
from spinlens.phases.transitions.usable import CUMULANT, GROWING
from spinlens.statistics.fluctuations import Quantity
from spinlens.statistics.scaling import FiniteSize, PhaseEnd, phase_ends
from spinlens.statistics.scaling.scan import Recorded
from spinlens.statistics.scaling.views import led_by, within

RANGE = 2.0 / 3.0
"""What a cumulant changes by from disorder to order; over its slope, how far a transition is rounded."""

STEP = 1e-3
"""Share of the range of the control over which a slope is taken."""


@dataclass(frozen=True)
class Candidate:
    """Something that may be a transition.

    Attributes
    ----------
    order : int
        Which of the quantities that were recorded is its order parameter.
    end : PhaseEnd or None
        The end of a critical phase that it may be.
    place : float
        Where it is, about; no number where nothing is seen.
    width : float
        How far it is rounded at the largest size.
    """

    order: int
    end: PhaseEnd | None
    place: float = np.nan
    width: float = 0.0

    def near(self, other: Candidate) -> bool:
        """Whether both are one, as far as the largest size tells."""
        return abs(self.place - other.place) < 0.5 * (self.width + other.width)


def candidates(recorded: Sequence[Recorded], study: FiniteSize) -> list[Candidate]:
    """Return what may be a transition, in the order of the order parameters: one at least, perhaps of no known place.

    The ends of a critical phase are where the susceptibility grows with their powers of L, the phase beside them being
    critical. Everything else is where the cumulants of an order parameter cross at the two largest sizes. What two
    order parameters show at one place is one.
    """
    ends = phase_ends(recorded[0].circle if study.dimensions == PLANE else 0)
    found = [each for end in ends if (each := _end(study, end))]
    last = study.of_sizes(study.sizes[-2:])
    for which, quantity in enumerate(recorded[0].quantities):
        if not isinstance(quantity, Quantity) or (which == 0 and found):
            continue
        crossed = _crossing(last, which, f"{quantity.prefix}{CUMULANT}", ends[0] if ends and which == 0 else None)
        if crossed is not None and not any(crossed.near(each) for each in found):
            found.append(crossed)
    return found or [Candidate(0, ends[0] if ends else None)]


def divided(recorded: Sequence[Recorded], found: Sequence[Candidate]) -> list[list[Recorded]]:
    """Return of each candidate what was recorded nearer to it than to any other, its order parameter first."""
    places = sorted(each.place for each in found)
    edges = [-np.inf, *(0.5 * (first + second) for first, second in pairwise(places)), np.inf]
    parts = []
    for each in found:
        k = places.index(each.place) if len(found) > 1 else 0
        parts.append([within(led_by(size, each.order), edges[k], edges[k + 1]) for size in recorded])
    return parts


def _end(study: FiniteSize, end: PhaseEnd) -> Candidate | None:
    try:
        stretch = study.stretch(GROWING, end=end)
    except InputError:
        return None
    if stretch.place is None or critical_phase(stretch) < 0.5:
        return None
    return Candidate(0, end, stretch.place.value)


def _crossing(study: FiniteSize, which: int, name: str, end: PhaseEnd | None) -> Candidate | None:
    try:
        place = study.crossings(name)[0].place.value
        step = STEP * (study.scans[-1].high - study.scans[-1].low)
        sides = study.scans[-1].curves(np.array([place - step, place + step]))[name][:, 0]
    except InputError:
        return None
    return Candidate(which, end, place, RANGE / max(abs(sides[1] - sides[0]) / (2.0 * step), 1e-300))
