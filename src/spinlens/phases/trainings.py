"""Several trainings of one recipe: their mean, and their spread as a part of the error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spinlens.phases.ridge import Ridge

Floats = NDArray[np.float64]

ONE_SIGMA = 0.5 * (1 + 0.6827)


def enough(found: int | NDArray[Any], trainings: int) -> Any:
    """Return whether so many of the trainings found something: half of them, and two where there are several.

    One alone of several would have an error that lacks the spread, and nobody would be told.
    """
    return np.asarray(found) >= max((trainings + 1) // 2, min(trainings, 2))


def spread(values: Floats) -> Any:
    """Return the standard deviation over trainings (first axis), widened as Student's distribution asks for few.

    It is the error of a single training, not of their mean: another recipe of the same kind may lie as far off.
    NaN counts as no training; 0 where fewer than two are left.
    """
    known = np.isfinite(values).sum(axis=0)
    centre = np.where(np.isfinite(values), values, 0.0).sum(axis=0) / np.maximum(known, 1)
    squares = np.where(np.isfinite(values), (values - centre) ** 2, 0.0).sum(axis=0)
    degrees = np.maximum(known - 1, 1)
    return np.where(known > 1, np.sqrt(squares / degrees) * stats.t(degrees).ppf(ONE_SIGMA), 0.0)


def combined(ridges: Sequence[Ridge]) -> Ridge:
    """Return the mean ridge of several trainings, whose error holds their spread.

    A field keeps its ridge where `enough` trainings have one.
    """
    values = np.stack([ridge.temperature for ridge in ridges])
    found = np.isfinite(values)
    lost = ~enough(found.sum(axis=0), len(ridges))
    with np.errstate(invalid="ignore"):
        mean = np.where(found, values, 0.0).sum(axis=0) / np.where(lost, np.nan, found.sum(axis=0))
    own = np.sqrt(np.where(found, np.stack([ridge.error for ridge in ridges]) ** 2, 0.0).sum(axis=0))
    error = np.hypot(own / np.maximum(np.sqrt(found.sum(axis=0)), 1), spread(values))
    # Trainings take turns among the resamples, so that what is fitted to them sees both kinds of spread.
    every = np.stack([ridge.resampled for ridge in ridges])
    turn = np.arange(every.shape[2])
    resampled = every[turn % len(ridges), :, turn].T
    reason = tuple(
        next(ridge.reason[i] for ridge in ridges if ridge.reason[i]) if lost[i] else "" for i in range(len(lost))
    )
    return Ridge(mean, np.where(lost, np.nan, error), np.where(lost[:, None], np.nan, resampled), reason)
