"""From recordings of several sizes to what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spinlens.errors import InputError
from spinlens.phases.transitions.candidates import Candidate, candidates, divided
from spinlens.phases.transitions.evidence import evidence
from spinlens.phases.transitions.findings import Findings, PhaseTransition, together
from spinlens.phases.transitions.nulls import null_verdicts
from spinlens.phases.transitions.places import FIRST_ORDER, Method, Place, averaged, continuous, places, unbinding
from spinlens.phases.transitions.usable import crossing_pairs, split_sizes, turning_sizes
from spinlens.phases.transitions.verdict import NOT_TO_TELL, Verdict, verdict
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.scaling import FiniteSize, PhaseEnd, phase_ends
from spinlens.statistics.scaling.scan import Recorded
from spinlens.statistics.scaling.soundness import ContradictionError

NEGLIGIBLE = 0.05
"""Kinds that are less probable than this add nothing to the place."""


def search(recorded: Sequence[Recorded], *, seed: int = 0, nulls: bool = True) -> Findings:
    """Find the transitions that recordings of several sizes show, or say that they show none.

    Parameters
    ----------
    recorded : sequence of Recorded
        Of at least two sizes, over the same range of one control; the first quantity is the order parameter, further
        order parameters may show transitions of their own.
    seed : int
        Of the nulls.
    nulls : bool
        Whether the same search is tried on data without a transition.

    Returns
    -------
    Findings
        The window is divided where two or more parts of it each show a transition by themselves, and only there.

    Raises
    ------
    InputError
        If there are fewer than two sizes, fewer than 16 chains, or no order parameter.
    """
    try:
        study = FiniteSize.from_recorded(recorded)
    except ContradictionError as error:
        without = null_verdicts(recorded, seed=seed, end=None) if nulls else {}
        return Findings((), 1.0 - NOT_TO_TELL, f"Cannot tell: {error}", None, without)
    if study.scans[0].order_parameter is None:
        raise InputError("order parameter", None, "is needed to see a transition", "Record one")
    default = Candidate(0, next(iter(phase_ends(recorded[0].circle)), None))
    found = candidates(recorded, study)
    if len(found) > 1 or found[0].order:
        found = _shown(recorded, found) or [default]
    if [each.order for each in found] == [0]:
        return _search_one(study, recorded, found[0].end, seed, nulls)
    return together([
        _search_one(FiniteSize.from_recorded(part), part, each.end, seed, nulls)
        for part, each in zip(divided(recorded, found), found, strict=True)
    ])  # fmt: skip


def _shown(recorded: Sequence[Recorded], found: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that show a transition by themselves, each in its part of the window."""
    while True:
        parts = divided(recorded, found)
        kept = [each for each, part in zip(found, parts, strict=True) if _shows(part, each)]
        if len(kept) in (0, len(found)):
            return kept
        found = kept


def _shows(recorded: Sequence[Recorded], candidate: Candidate) -> bool:
    try:
        study = FiniteSize.from_recorded(recorded)
        return verdict(evidence(study, end=candidate.end), dimensions=study.dimensions).found
    except InputError:
        return False


def _search_one(
    study: FiniteSize, recorded: Sequence[Recorded], end: PhaseEnd | None, seed: int, nulls: bool
) -> Findings:
    without = null_verdicts(recorded, seed=seed, end=end) if nulls else {}
    seen = evidence(study, end=end)
    judged = verdict(seen, dimensions=study.dimensions)
    if not judged.found:
        return Findings((), 1.0 - judged.probability, judged.words, seen, without, study=study)
    found = _transition(study, judged, end)
    if found is None:
        words = "Cannot tell: sizes differ as at a transition, but no method extrapolates to a place within the window."
        return Findings((), 0.5, words, seen, without, study=study)
    ceiling = _ceiling(study, found)
    return Findings((found,), 1.0 - judged.probability, judged.words, seen, without, ceiling, study=study)


def _transition(study: FiniteSize, judged: Verdict, end: PhaseEnd | None) -> PhaseTransition | None:
    """Return the transition, placed by the methods of each kind in proportion to the kind's probability."""
    kinds = judged.kind_probabilities
    turning = study.of_sizes(turning_sizes(study))
    methods: Mapping[str, tuple[FiniteSize, Mapping[str, Method]]] = {
        "continuous": (study, continuous(study)), "first_order": (turning, FIRST_ORDER),
        "bkt": (study, unbinding(end) if end else {}),
    }  # fmt: skip
    total = sum(kinds[name] for name in methods)
    asked: list[Place] = []
    means, weights = [], []
    for name, (sizes, own) in methods.items():
        share = kinds[name] / total
        if share < NEGLIGIBLE:
            continue
        each = places(sizes, own)
        asked += each
        means.append(averaged(each))
        weights.append(share)
    kept = [(mean, weight) for mean, weight in zip(means, weights, strict=True) if mean.estimate]
    if not kept:
        return None
    place = averaged([mean for mean, _ in kept], [weight for _, weight in kept])
    assert place.estimate is not None
    sharp, logarithmic = (kinds[name] / total >= 0.5 for name in ("first_order", "bkt"))
    return PhaseTransition(
        study.scans[0].control, place.estimate.value, place.estimate.error, judged.kind, kinds, judged.probability,
        dict.fromkeys(EXPONENTS) if sharp or logarithmic else _exponents(study), tuple(asked), place.statistical,
        place.choices, latent_heat=_latent_heat(turning) if sharp else None,
    )  # fmt: skip


def _latent_heat(study: FiniteSize) -> Estimate | None:
    """Return the distance of the energies of two phases, from the peaks of the specific heat of sizes that show both.

    Peaks have corrections in powers of 1 / L^d alone; what is recorded between the phases, which a cut at the valley
    counts to one of them, falls more slowly.
    """
    try:
        return study.of_sizes(split_sizes(study)).latent_heat().estimate
    except InputError:
        return None


EXPONENTS = ("nu", "beta_over_nu", "gamma_over_nu")


def _exponents(study: FiniteSize) -> dict[str, Estimate | None]:
    try:
        found = study.exponents(pairs=crossing_pairs(study))
    except InputError:
        return dict.fromkeys(EXPONENTS)
    ratios = (found.beta_over_nu, found.gamma_over_nu)
    return dict(zip(EXPONENTS, [found.nu, *(r.estimate if r else None for r in ratios)], strict=True))


def _ceiling(study: FiniteSize, found: PhaseTransition) -> dict[str, float]:
    """Return the Cramer-Rao error of a temperature that the energies of the largest size tell, and its share.

    The mean energy is an efficient estimator of its own temperature, so the bound is its error over its slope,
    d<e>/dT = C, autocorrelations included.
    """
    scan = study.scans[-1]
    if scan.control != "temperature":
        return {}
    here = study.of_sizes(study.sizes[-2:]).observables([found.value]).isel(size=-1)
    bound = float(here["energy_error"].item() / here["specific_heat"].item())
    return {"cramer_rao": bound, "efficiency": bound / found.error if np.isfinite(found.error) else np.nan}
