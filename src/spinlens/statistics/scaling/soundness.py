"""Whether recordings can be what they are said to be: thermodynamics, and chains that forget who they are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError

if TYPE_CHECKING:
    from spinlens.statistics.scaling.scan import Recorded

Array = NDArray[np.float64]

MOST_SIGMAS = 6.0
"""By how many standard errors an average may change in the wrong direction."""


class ContradictionError(InputError):
    """Recordings that no system in equilibrium has at the conditions they are said to be from."""


def check_coherence(recorded: Recorded) -> None:
    """Refuse recordings whose conditions were mixed up.

    The sum that a control acts on grows with it on average, d<X>/dK = var(X) >= 0, whatever the model.

    Parameters
    ----------
    recorded : Recorded
        Of one size.

    Raises
    ------
    ContradictionError
        If it falls by more than six standard errors between neighbouring conditions.
    """
    drive = recorded.line.drive(recorded.values)
    means = np.array([part.mean(axis=1) for part in recorded.conjugate])
    centre, error = means.mean(axis=1), means.std(axis=1, ddof=1) / np.sqrt(means.shape[1])
    for one, other in pairwise(range(len(centre))):
        step = (centre[other] - centre[one]) * np.sign(drive[other] - drive[one])
        if step < -MOST_SIGMAS * np.hypot(error[one], error[other]):
            first, second = recorded.values[[one, other]]
            raise ContradictionError(
                recorded.control, f"{first:g} and {second:g} at L = {recorded.length}",
                "cannot be what these recordings are from: the sum that it acts on changes in the wrong direction",
                "See whether the conditions were mixed up",
            )  # fmt: skip


def memory(recorded: Recorded) -> Array:
    """Return the correlation over chains between both halves of the recordings, per condition.

    Chains that sample one distribution, and forget, have none but chance, 1 / sqrt(chains). It is near one where each
    chain has a system of its own, as with quenched disorder, or stays in a phase of its own.

    Parameters
    ----------
    recorded : Recorded
        Of one size.

    Returns
    -------
    ndarray, float64 (C,)
        The largest of the conjugate sum's and of each component's.
    """
    return np.array([
        max(_between_halves(part) for part in _series(x, components))
        for x, components in zip(recorded.conjugate, recorded.components, strict=True)
    ])  # fmt: skip


def _series(conjugate: Array, components: Iterable[Array]) -> Iterable[Array]:
    yield conjugate
    for quantity in components:
        yield from quantity


def _between_halves(series: Array) -> float:
    """Return the correlation over chains of averages over both halves, series (chain, recording)."""
    half = series.shape[1] // 2
    first, second = series[:, :half].mean(axis=1), series[:, half:].mean(axis=1)
    first, second = first - first.mean(), second - second.mean()
    size = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / size) if size > 0 else 0.0
