"""Can the transition and the crossover be read off such a grid? Asked before an hour of sampling, not after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spinlens.errors import InputError
from spinlens.phases.resampling import check_resampling
from spinlens.phases.transition import zero_field_index
from spinlens.statistics.smoothing import check_points


def check_analysis(field: ArrayLike, temperature: ArrayLike, chains: int, *, resamples: int) -> None:
    """Check a grid for `find_crossover` before there are maps.

    Parameters
    ----------
    field, temperature : array_like of float
        The grid's axes.
    chains : int
        Chains of each condition.
    resamples : int
        Bootstrap resamples.

    Raises
    ------
    InputError
        If there are too few temperatures, chains or resamples, no zero field, or no other field.
    """
    fields = np.asarray(field, dtype=np.float64)
    check_points(np.asarray(temperature, dtype=np.float64))
    zero_field_index(fields)
    if len(fields) < 2:
        raise InputError(
            "fields", len(fields), "a crossover line needs more than one",
            "Add fields on both sides of 0; for the critical temperature alone use find_transition",
        )  # fmt: skip
    check_resampling(chains, resamples)
