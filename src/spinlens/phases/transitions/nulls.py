"""The same recordings with what makes a transition taken out: whoever finds one there has found nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.transitions.evidence import evidence
from spinlens.phases.transitions.verdict import NOT_SEEN, Verdict, verdict
from spinlens.seeds import Purpose, seed_sequence
from spinlens.statistics.scaling import FiniteSize, PhaseEnd
from spinlens.statistics.scaling.scan import Recorded

Array = NDArray[np.float64]
Null = Callable[[Sequence[Recorded], np.random.Generator], list[Recorded]]

SIZES = 3
"""The largest ones, which decide."""


def permuted_control(recorded: Sequence[Recorded], generator: np.random.Generator) -> list[Recorded]:
    """Return recordings whose conditions belong to others: nothing is a function of the control any more."""

    def permuted(each: Recorded) -> Recorded:
        order = generator.permutation(len(each.values))
        return replace(
            each, conjugate=[each.conjugate[k] for k in order], rest=[each.rest[k] for k in order],
            components=[each.components[k] for k in order],
        )  # fmt: skip

    return [permuted(each) for each in recorded]


def independent_sites(recorded: Sequence[Recorded], generator: np.random.Generator) -> list[Recorded]:
    """Return what a system without correlations records that has the mean curves of the smallest size at every size.

    The sum that the control acts on is that of N independent parts, normal, with the mean and the variance per site of
    the smallest size, whose curves are the least steep; so it obeys d<X>/dK = var(X) as any system does. The size of
    the order parameter is a function of it, the one that the means draw, with the scatter of N independent sites; its
    direction is that of the recording.
    """
    smallest = recorded[0]
    sites = smallest.sites
    mean = np.array([x.mean() / sites for x in smallest.conjugate])
    deviation = np.array([x.std() / np.sqrt(sites) for x in smallest.conjugate])
    order = np.argsort(mean)
    curves = np.array([
        [float(np.linalg.norm(values, axis=0).mean()) for values in components] for components in smallest.components
    ])[order]  # fmt: skip

    def condition(each: Recorded, k: int) -> tuple[Array, list[Array]]:
        value, components = each.values[k], each.components[k]
        centre, width = (np.interp(value, smallest.values, part) for part in (mean, deviation))
        x = generator.normal(centre, width / np.sqrt(each.sites), each.conjugate[k].shape)
        found = []
        for values, curve in zip(components, curves.T, strict=True):
            size = np.interp(x, mean[order], curve)
            direction = values / np.maximum(np.linalg.norm(values, axis=0), 1e-300)
            # Per site and component: what a unit vector has left when its mean is known.
            scatter = np.sqrt(np.maximum(0.0, 1.0 - size**2) / len(values) / each.sites)
            found.append(size * direction + scatter * generator.standard_normal(values.shape))
        return each.sites * x, found

    made = [[condition(each, k) for k in range(len(each.values))] for each in recorded]
    return [
        replace(each, conjugate=[x for x, _ in rows], components=[components for _, components in rows])
        for each, rows in zip(recorded, made, strict=True)
    ]


NULLS: Mapping[str, Null] = {"permuted control": permuted_control, "independent sites": independent_sites}


def null_verdicts(recorded: Sequence[Recorded], *, seed: int, end: PhaseEnd | None) -> dict[str, Verdict]:
    """Judge every null as if it were real, on the largest sizes.

    Parameters
    ----------
    recorded : sequence of Recorded
        Of all sizes.
    seed : int
        Of permutations and scatter.
    end : PhaseEnd or None
        The end of a critical phase that is looked for.
    """
    ascending = sorted(recorded, key=lambda each: each.length)
    found = {}
    for which, (name, null) in enumerate(NULLS.items()):
        generator = np.random.default_rng(seed_sequence(seed, Purpose.NULLS, which))
        try:
            study = FiniteSize.from_recorded(null(ascending, generator)[-SIZES:])
            found[name] = verdict(evidence(study, end=end), dimensions=study.dimensions)
        except InputError as error:
            found[name] = Verdict(NOT_SEEN, {"undecided": 1.0}, str(error))
    return found
