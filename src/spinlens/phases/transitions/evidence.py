"""What recordings of several sizes say for and against a transition within a window of the control."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from spinlens.errors import InputError
from spinlens.phases.transitions.usable import (
    CUMULANT,
    GROWING,
    PEAKED,
    crossing_pairs,
    heat_of,
    recorded_scans,
    split_sizes,
)  # fmt: skip
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling import FiniteSize, PhaseEnd, Stretch
from spinlens.statistics.scaling.resamples import Resamples

FORGETFUL = 0.25
"""Share of the conditions whose chains must forget: at a transition those of the disordered side do."""

DECIDING = 3
"""Sizes, the largest ones, of which one must show two phases."""

DEEPER = 3.0
"""Standard errors."""

PLANE = 2
"""The dimension in which what can be twisted slowly has a critical phase rather than order, by vortices that are bound:
on a line nothing is bound, and in space there is order."""

REMEMBERED = 0.4
"""Correlation over chains above which chains do not sample one distribution; 64 chains see 0.125 by chance."""

MOST_RATE, MARGIN = 0.4, 0.1
"""1/nu of a side, that of larger growth where vortices unbind, below which it is a critical phase: zero but for a fifth
of small sizes, and more than a half of every critical point that is known."""


@dataclass(frozen=True)
class Evidence:
    """Numbers from which verdicts are made, all of the largest sizes.

    Attributes
    ----------
    crossing_pairs : int
        How many successive pairs of sizes, from the largest down, have cumulants that cross.
    pairs : int
        How many there are.
    growth : Estimate or None
        The power of L with which the connected susceptibility grows where the largest pair crosses: 2 - eta at a
        critical point, d where phases coexist, less and less where the correlation length is finite.
    inverse_nu : Estimate or None
        From the slopes there.
    heat_growth : Estimate or None
        The power of L with which the peak of the specific heat, or of the response to another control, grows between
        the two largest: alpha / nu, or d.
    valleys : tuple of int
        The sizes whose energies have two peaks where the specific heat is largest.
    deepening : float
        By how many standard errors the valley of the largest of them is deeper than that of the smallest: the
        barrier between two phases grows with L^(d - 1), between two peaks of one phase it does not. Zero where
        none of the three largest sizes has one; at the largest, chains may never leave the phase that they are in.
    memory : float
        Correlation over chains between both halves of the recordings where they forget most readily.
    reason : str
        Why nothing crosses, and which way to look.
    stretch : Stretch or None
        Whether there is a critical phase in the plane, and where it ends; None where nothing can be twisted slowly.
    untold : str
        Why that cannot be told where something can.
    """

    crossing_pairs: int
    pairs: int
    growth: Estimate | None
    inverse_nu: Estimate | None
    heat_growth: Estimate | None
    valleys: tuple[int, ...]
    deepening: float
    memory: float
    reason: str = ""
    stretch: Stretch | None = None
    untold: str = ""

    @property
    def coexist(self) -> bool:
        """Whether two phases take turns at the largest sizes, the more rarely the larger they are."""
        return self.deepening > DEEPER

    @property
    def forgets(self) -> bool:
        """Whether chains sample one distribution."""
        return self.memory < REMEMBERED

    @property
    def critical(self) -> bool:
        """Whether the verdict rests on a critical phase."""
        return not self.coexist and self.forgets and critical_phase(self.stretch) > 0.5

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers by name, for JSON."""
        return asdict(self)


def evidence(study: FiniteSize, *, end: PhaseEnd | None = None) -> Evidence:
    """Gather what recordings say; nothing here knows a model, but for whether its states can be twisted slowly.

    Parameters
    ----------
    study : FiniteSize
        Several sizes.
    end : PhaseEnd, optional
        The end of a critical phase that may be here; none where nothing can be twisted slowly.
    """
    memory = max((float(np.quantile(scan.memory, FORGETFUL)) for scan in recorded_scans(study)), default=0.0)
    heat = _heat_growth(study)
    valleys, deepening = _valleys(study)
    total = len(study.sizes) - 1
    stretch, untold = _stretch(study, end) if end and study.dimensions == PLANE else (None, "")
    try:
        pairs = crossing_pairs(study)
    except InputError as error:
        return Evidence(0, total, None, None, heat, valleys, deepening, memory, str(error), stretch, untold)
    last = study.of_sizes(study.sizes[-2:])
    growth = last.quotients(PEAKED, at=CUMULANT)[0].exponent
    inverse_nu = last.crossings(CUMULANT)[0].inverse_nu
    return Evidence(len(pairs), total, growth, inverse_nu, heat, valleys, deepening, memory, "", stretch, untold)


def _stretch(study: FiniteSize, end: PhaseEnd) -> tuple[Stretch | None, str]:
    try:
        return study.stretch(GROWING, end=end), ""
    except InputError as error:
        return None, str(error)


def _heat_growth(study: FiniteSize) -> Estimate | None:
    try:
        return study.of_sizes(study.sizes[-2:]).peaks(heat_of(study)).exponents.estimates[0]
    except InputError:
        return None


def _valleys(study: FiniteSize) -> tuple[tuple[int, ...], float]:
    sizes = split_sizes(study)
    if len(sizes) < 2 or sizes[-1] < study.sizes[-DECIDING:][0]:
        return sizes, 0.0
    barriers = study.of_sizes([sizes[0], sizes[-1]]).coexistence().barriers
    apart = Resamples(barriers.layout, barriers.samples[1:] - barriers.samples[:1])
    return sizes, float(np.nan_to_num(apart.samples[0, 0] / max(float(apart.errors[0]), 1e-300)))


def critical_phase(stretch: Stretch | None) -> float:
    """Return the probability that one side of a transition is critical: the ordered one where vortices unbind."""
    if stretch is None or stretch.phase is None:
        return 0.0
    return float(norm.cdf((MOST_RATE - stretch.phase.value) / np.hypot(MARGIN, stretch.phase.error)))
