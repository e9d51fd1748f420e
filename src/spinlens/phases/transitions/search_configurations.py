"""From configurations and the values of a control alone to what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.from_configurations import FoundTransition, transition_from_configurations
from spinlens.phases.indicators import PrincipalOrder
from spinlens.phases.local_model import transition_of_local_model
from spinlens.phases.transitions.evidence import evidence
from spinlens.phases.transitions.findings import Findings, PhaseTransition
from spinlens.phases.transitions.places import GROWTH, Place
from spinlens.phases.transitions.search import EXPONENTS
from spinlens.phases.transitions.usable import GROWING
from spinlens.phases.transitions.verdict import NOT_SEEN, NOT_TO_TELL, SURE, Verdict, verdict
from spinlens.seeds import Purpose, seed_sequence
from spinlens.statistics import Configurations
from spinlens.statistics.scaling import FiniteSize, PhaseEnd, phase_ends

UNDECIDED = {"continuous": 0.0, "first_order": 0.0, "bkt": 0.0, "undecided": 1.0}
"""Without energies kinds are not told apart, but for the end of a critical phase."""

MOST_TURNS, SIGMAS = 2, 4.0
"""An order parameter may come and go within a window; steps of fewer standard errors count for nothing."""


def search_configurations(sizes: Sequence[Configurations], *, seed: int = 0) -> Findings:
    """Find the transition that configurations show; energies, couplings and what is known of the model are not read.

    Parameters
    ----------
    sizes : sequence of Configurations
        Of several sizes; or of one, if values depend on those of their neighbours alone.
    seed : int
        Of the nulls.

    Returns
    -------
    Findings
        Its kind is not decided, unless values lie round a circle and a critical phase ends. Nulls: the control
        permuted among conditions, and the values of every configuration shuffled over its sites, which leaves how many
        there are of each, and thus what a magnetization shows.

    Raises
    ------
    InputError
        If configurations are too few, or of different controls.
    """
    if not sizes:
        raise InputError("sizes", 0, "there must be at least one")
    if len(sizes) == 1:
        return _of_one_size(sizes[0])
    ordered = sorted(sizes, key=lambda each: each.length)
    judged, study = _judge(ordered)
    nulls = {"permuted control": _null(ordered, 0, seed), "shuffled sites": _null(ordered, 1, seed)}
    seen = evidence(study, end=_end(ordered)) if study else None
    if not judged.found:
        return Findings((), 1.0 - judged.probability, judged.words, seen, nulls, study=study)
    try:
        if study is not None and judged.kind_probabilities["bkt"] > 0.5:
            transition = _end_of_a_phase(study, judged)
        else:
            transition = _transition(transition_from_configurations(ordered), judged.probability)
    except InputError as error:
        return Findings((), 0.5, f"Cannot tell: {error}", seen, nulls, study=study)
    words = judged.words
    if nulls["shuffled sites"].found:
        words += " How many sites have which value shows it already: it is there with sites shuffled, too."
        nulls.pop("shuffled sites")
    return Findings((transition,), 1.0 - judged.probability, words, seen, nulls, study=study)


def _judge(sizes: Sequence[Configurations]) -> tuple[Verdict, FiniteSize | None]:
    order = PrincipalOrder().fit(sizes[-1])
    numbers = [order.transform(each) for each in sizes]
    turns = max(_turns(each) for each in numbers)
    if turns > MOST_TURNS:
        why = f"the order parameter turns {turns} times along the {sizes[0].control}, so conditions may be mixed up"
        return Verdict(NOT_TO_TELL, UNDECIDED, f"Cannot tell: {why}."), None
    try:
        study = FiniteSize.from_configurations(sizes, [{"order": each} for each in numbers])
        seen = evidence(study, end=_end(sizes))
        return verdict(seen, dimensions=study.dimensions), study
    except InputError as error:
        return Verdict(NOT_SEEN, UNDECIDED, f"No transition is seen: {error}"), None


def _end(sizes: Sequence[Configurations]) -> PhaseEnd | None:
    """Return the end of a critical phase that is looked for: the upper one, if any."""
    return next(iter(phase_ends(sizes[0].space.states if sizes[0].space.circle else 0)), None)


def _turns(order: NDArray[np.float64]) -> int:
    """Return how often the mean size of an order parameter (C, chain, draw[, d]) goes back beyond doubt."""
    size = np.abs(order) if order.ndim == 3 else np.linalg.norm(order, axis=-1)
    chains = size.mean(axis=2)
    mean, error = chains.mean(axis=1), chains.std(axis=1, ddof=1) / np.sqrt(chains.shape[1])
    steps = np.diff(mean)
    sure = steps[np.abs(steps) > SIGMAS * np.hypot(error[1:], error[:-1])]
    return int((np.sign(sure[1:]) != np.sign(sure[:-1])).sum())


def _null(sizes: Sequence[Configurations], which: int, seed: int) -> Verdict:
    generator = np.random.default_rng(seed_sequence(seed, Purpose.NULLS, 16 + which))
    made = []
    for each in sizes:
        codes = each.codes
        if which:
            flat = codes.reshape(*codes.shape[:3], -1)
            codes = generator.permuted(flat, axis=-1).reshape(codes.shape)
        else:
            codes = codes[generator.permutation(len(codes))]
        made.append(replace(each, codes=codes))
    return _judge(made)[0]


def _of_one_size(configurations: Configurations) -> Findings:
    try:
        found = transition_of_local_model(configurations)
    except InputError as error:
        return Findings((), 0.5, f"Cannot tell from one size: {error}", None)
    words = "A transition of the energies of neighbours that the configurations obey, simulated at other sizes."
    return Findings((_transition(found, SURE),), 1.0 - SURE, words, None)


def _end_of_a_phase(study: FiniteSize, judged: Verdict) -> PhaseTransition:
    found = study.unbinding(GROWING)
    bound = judged.kind_probabilities["bkt"]
    place = Place(GROWTH, found.estimate, "", found.statistical, found.choices)
    kinds = {**UNDECIDED, "bkt": bound, "undecided": 1.0 - bound}
    kind = Verdict(judged.probability, kinds, judged.words).kind
    return PhaseTransition(
        study.scans[0].control, found.value, found.error, kind, kinds, judged.probability, dict.fromkeys(EXPONENTS),
        (place,), found.statistical, found.choices,
    )  # fmt: skip


def _transition(found: FoundTransition, probability: float) -> PhaseTransition:
    places = tuple(Place(each.observable, each.limit.estimate) for each in found.findings)
    return PhaseTransition(
        found.control, found.value, found.error, "undecided", UNDECIDED, probability, dict.fromkeys(EXPONENTS), places,
        found.chains, found.choices, found.networks,
    )  # fmt: skip
