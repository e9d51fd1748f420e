"""The ceiling: the best macro F1 that any classifier of images can reach.

Where nothing but the temperature varies, p(configuration | T) of any model depends on the configuration through its
energy alone, so the energy is sufficient for T, and no network beats the best rule on energies. Higher temperatures
have higher energies in the sense of the monotone likelihood ratio, so the best rule cuts the energies in as many ranges
as there are regions. The cuts that are best for macro F1 are not those of the most probable region; both are reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.phases.regions.energies import EnergyDistribution, energy_distribution, unit_of
from spinlens.phases.regions.labels import Counts
from spinlens.phases.regions.posterior import Posterior, posterior
from spinlens.statistics import Estimate

Floats = NDArray[np.float64]

ROWS = 512
"""First cuts that are compared with all second ones at a time."""


@dataclass(frozen=True, eq=False)
class Ceiling:
    """The largest expected score, on an endlessly large test set with the given proportions of regions.

    Attributes
    ----------
    macro_f1 : Estimate
        Of the best rule, with a jackknife error over groups of chains; 0 where energies are known exactly.
    f1 : tuple of Estimate
        Of the same rule, region by region.
    cuts : ndarray, shape (3,), float64
        Energies per site between the regions, half-way between neighbouring levels; a region with the same cut twice
        is never chosen.
    confusion : ndarray, shape (4, 4), float64
        Shares of all images by true (row) and chosen (column) region; sums to one.
    most_probable : Estimate
        Macro F1 of the rule that chooses the most probable region: the best accuracy, not the best macro F1.
    posterior : Posterior
        p(region | energy).
    """

    macro_f1: Estimate
    f1: tuple[Estimate, ...]
    cuts: Floats
    confusion: Floats
    most_probable: Estimate
    posterior: Posterior

    def predict(self, energy: Floats) -> NDArray[np.int64]:
        """Return the region that the best rule chooses at each energy per site, int64 (n,)."""
        return np.asarray(np.searchsorted(self.cuts, energy, side="left"), dtype=np.int64)


def ceiling(source: Ensemble | EnergyDistribution, *, counts: Counts, unit: float | None = None) -> Ceiling:
    """Find the best macro F1 that any classifier of configurations can expect.

    Parameters
    ----------
    source : Ensemble or EnergyDistribution
        Chains at every temperature of the grid, all other controls as they are, or what is known of their energies.
    counts : tuple of int
        Images of each region, whose proportions count. Within a region temperatures are uniform on the grid. A region
        without images takes no part.
    unit : float, optional
        What the edges are multiples of, see `region_of`; by default abs(J) of an ensemble of the square Ising model,
        or 1 for what is known of energies.

    Returns
    -------
    Ceiling
        With errors.

    Raises
    ------
    InputError
        If a region with images has no temperature, or the energies at neighbouring temperatures do not overlap.

    Notes
    -----
    The F1 of a region depends on the two cuts around it alone, so their sum is maximised exactly, cut by cut (dynamic
    programming over all pairs of levels). A level of energy is never divided between two regions. The error is that of
    the score of these cuts: at a maximum the cuts' own errors do not count to first order.
    """
    if isinstance(source, EnergyDistribution):
        distribution, own = source, 1.0
    else:
        distribution, own = energy_distribution(source), unit or unit_of(source)
    belief = posterior(distribution, counts=counts, unit=unit or own)
    joint = distribution.mixture(belief.shares) * belief.proportions[:, None]
    present = np.flatnonzero(belief.proportions)
    places = _best_cuts(joint[0, present])
    # A region that takes no part lies between two equal cuts.
    upper = np.zeros(len(belief.proportions), dtype=np.int64)
    upper[present] = np.append(places, len(distribution.energy))
    upper = np.maximum.accumulate(upper)
    chosen = np.searchsorted(upper, np.arange(len(distribution.energy)), side="right")
    confusion, f1 = _scores(joint, chosen)
    simple = belief.predict(distribution.energy / distribution.sites)
    estimates = [_estimate(values) for values in f1[:, present].T]
    by_region = dict(zip(present.tolist(), estimates, strict=True))
    nothing = Estimate(float("nan"), float("nan"))
    return Ceiling(
        macro_f1=_estimate(f1[:, present].mean(axis=1)),
        f1=tuple(by_region.get(region, nothing) for region in range(len(upper))),
        cuts=_between(distribution.energy, upper[:-1]) / distribution.sites, confusion=confusion[0],
        most_probable=_estimate(_scores(joint, simple)[1][:, present].mean(axis=1)), posterior=belief,
    )  # fmt: skip


def _best_cuts(joint: Floats) -> NDArray[np.int64]:
    """Return the C - 1 places before which the C ranges of levels end that maximise the sum of their F1.

    Parameters
    ----------
    joint : ndarray, shape (C, K)
        Probability of each class and level together.
    """
    classes, levels = joint.shape
    ends = np.arange(levels + 1)
    inside = np.concatenate([np.zeros((classes, 1)), joint.cumsum(axis=1)], axis=1)
    chosen = inside.sum(axis=0)
    own = inside[:, -1]
    best = 2 * inside[0] / (own[0] + chosen)
    before = np.zeros((classes, levels + 1), dtype=np.int64)
    for c in range(1, classes):
        value = np.full(levels + 1, -np.inf)
        for first in range(0, levels + 1, ROWS):
            here = slice(first, first + ROWS)
            f1 = 2 * (inside[c] - inside[c, here, None]) / (own[c] + chosen - chosen[here, None])
            total = np.where(ends >= ends[here, None], best[here, None] + f1, -np.inf)
            top = total.argmax(axis=0)
            peak = total[top, ends]
            better = peak > value
            value[better], before[c, better] = peak[better], first + top[better]
        best = value
    cuts = np.empty(classes - 1, dtype=np.int64)
    place = levels
    for c in range(classes - 1, 0, -1):
        place = before[c, place]
        cuts[c - 1] = place
    return cuts


def _scores(joint: Floats, chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return confusion matrices (1 + G, C, C) and F1 (1 + G, C) of a rule that chooses a class for each level."""
    classes = joint.shape[1]
    confusion = np.stack([joint[:, :, chosen == c].sum(axis=2) for c in range(classes)], axis=2)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    size = confusion.sum(axis=1) + confusion.sum(axis=2)
    return confusion, np.divide(2 * hits, size, out=np.zeros_like(hits), where=size > 0)


def _estimate(values: Floats) -> Estimate:
    """Return the first value with a jackknife error from the others, 0 where there are none."""
    groups = len(values) - 1
    if not groups:
        return Estimate(values[0], 0.0)
    rest = values[1:]
    return Estimate(values[0], np.sqrt((groups - 1) / groups * ((rest - rest.mean()) ** 2).sum()))


def _between(levels: Floats, places: NDArray[np.int64]) -> Floats:
    """Return the energy half-way before each place; beyond the last level half a level further."""
    padded = np.concatenate([[levels[0] - 1.0], levels, [levels[-1] + 1.0]])
    return np.asarray((padded[places] + padded[places + 1]) / 2)
