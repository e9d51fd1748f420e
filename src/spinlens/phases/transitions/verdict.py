"""Whether there is a transition inside the window, and of which kind, as probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from spinlens.phases.transitions.evidence import MARGIN, Evidence, critical_phase
from spinlens.statistics.scaling import Stretch

KINDS = ("continuous", "first_order", "bkt", "undecided")

LEAST_GROWTH, GROWTH_ERROR = 1.5, 0.1
"""2 - eta of every critical point that is known in two and three dimensions is larger, by more than its corrections on
small lattices; where the correlation length is finite the power falls to zero."""

SURE, ALONE = 0.98, 0.7
"""Probability of a transition where two or more pairs of sizes cross, or the largest alone."""

NOT_SEEN, NOT_TO_TELL = 0.04, 0.4
"""Where nothing crosses; where chains do not sample one distribution, as with disorder that is not said."""

MARGINAL, SHARPNESS = 1.2, 0.08
"""Power of L with which the specific heat's peak grows: alpha / nu is at most one (four Potts states), d where phases
coexist."""

SPLIT = 0.97
"""Probability of first order where two phases take turns more and more rarely; a valley at one size is no proof."""

LEAST_RATE = 0.15
"""1/nu on the far side of its end above which a critical phase ends: zero of a phase that goes on, about a half where
the correlation length is that of small lattices."""

DECIDED = 0.75
"""A kind is named from this probability on."""


@dataclass(frozen=True)
class Verdict:
    """What is said of a window.

    Attributes
    ----------
    probability : float
        Of a transition inside.
    kind_probabilities : mapping of str to float
        Of each kind, given that there is one; ``undecided`` is what no kind has.
    words : str
        One sentence.
    """

    probability: float
    kind_probabilities: Mapping[str, float]
    words: str

    @property
    def found(self) -> bool:
        """Whether a transition is more probable than none."""
        return self.probability > 0.5

    @property
    def kind(self) -> str:
        """The kind that is probable enough to be named, or ``undecided``."""
        name = max(self.kind_probabilities, key=lambda each: self.kind_probabilities[each])
        return name if self.kind_probabilities[name] >= DECIDED else "undecided"


def verdict(evidence: Evidence, *, dimensions: int) -> Verdict:
    """Judge what recordings say.

    Parameters
    ----------
    evidence : Evidence
        Of several sizes.
    dimensions : int
        d.

    Notes
    -----
    Probabilities are degrees of belief, set by hand on systems whose answers were known; how well they hold is what
    sealed problems measure.
    """
    first, bound = first_order(evidence, dimensions), 0.0 if evidence.coexist else critical_phase(evidence.stretch)
    kinds = {"continuous": (1.0 - bound) * (1.0 - first), "first_order": (1.0 - bound) * first, "bkt": bound}
    doubt = 1.0 - max(kinds.values())
    kinds = {name: (1.0 - doubt) * p for name, p in kinds.items()}
    if evidence.untold:
        # A critical phase that ends looks like a point of small 1/nu.
        kinds["continuous"] = 0.0
    kinds["undecided"] = 1.0 - sum(kinds.values())
    judged = _judged(evidence, kinds, bound, dimensions)
    if not evidence.untold:
        return judged
    return replace(judged, words=f"{judged.words} Whether a critical phase ends is not told: {evidence.untold}")


def _judged(evidence: Evidence, kinds: Mapping[str, float], bound: float, dimensions: int) -> Verdict:
    if not evidence.forgets:
        return Verdict(
            NOT_TO_TELL, kinds, "Cannot tell: chains remember which one they are at every condition, so they do not "
            f"sample one distribution (correlation {evidence.memory:.2f} over chains).",
        )  # fmt: skip
    if evidence.coexist:
        words = f"A transition: from L = {evidence.valleys[0]} to {evidence.valleys[-1]} two phases part more and more."
        return Verdict(SURE, kinds, words)
    if evidence.stretch is not None and bound > 0.5:
        return _ended(evidence.stretch, kinds)
    if evidence.growth is None:
        return Verdict(NOT_SEEN, kinds, f"No transition is seen: {evidence.reason}")
    least = min(LEAST_GROWTH, 0.75 * dimensions)
    error = float(np.hypot(GROWTH_ERROR, evidence.growth.error))
    grows = float(norm.cdf((evidence.growth.value - least) / error))
    probability = (SURE if evidence.crossing_pairs > 1 else ALONE) * grows
    if probability > 0.5:
        return Verdict(probability, kinds, f"A transition: {evidence.crossing_pairs} of {evidence.pairs} pairs of "
                       f"sizes cross, and the susceptibility grows there with L^{evidence.growth}.")  # fmt: skip
    why = (
        f"{evidence.crossing_pairs} of {evidence.pairs} pairs of sizes cross, but the susceptibility grows there with "
        f"L^{evidence.growth} only"
    )
    return Verdict(probability, kinds, f"No transition is found: {why}.")


def _ended(stretch: Stretch, kinds: Mapping[str, float]) -> Verdict:
    """Judge whether a critical phase ends inside the window."""
    most, least = stretch.growth
    if stretch.place is None or stretch.beyond is None:
        return Verdict(
            NOT_SEEN, kinds, f"No transition is seen: all of the window is critical, the susceptibility grows with "
            f"L^{most:.2f} to L^{least:.2f} without a change from size to size.",
        )  # fmt: skip
    error = float(np.hypot(MARGIN, stretch.beyond.error))
    probability = SURE * float(norm.cdf((stretch.beyond.value - LEAST_RATE) / error))
    bound, power = ("down", least) if stretch.end.locked else ("up", most)
    phase = f"where the susceptibility grows with {bound} to L^{power:.2f}, whatever the size"
    if probability > 0.5:
        return Verdict(probability, kinds, f"A transition: a critical phase, {phase}, ends at {stretch.place}, but for "
                       "logarithms.")  # fmt: skip
    return Verdict(probability, kinds, f"No transition is found: a critical phase, {phase}, does not end.")


def first_order(evidence: Evidence, dimensions: int) -> float:
    """Return the probability that phases coexist at the transition."""
    if evidence.coexist:
        return SPLIT
    if evidence.heat_growth is None:
        return 0.5
    # Between the marginal power and d, in units of how far apart they are in two dimensions.
    middle = MARGINAL + 0.25 * (dimensions - 2)
    width = float(np.hypot(SHARPNESS, evidence.heat_growth.error))
    return float(expit((evidence.heat_growth.value - middle) / width))
