"""Statistical checks that count themselves, so that a suite's false-alarm rate is a sum and not a guess.

Every check says with which probability a right sampler would fail it if the seed were another. The probabilities add
up, test module by test module, to a bound on the rate of the whole suite (Boole's inequality: it holds whatever the
correlations). ``tests/conftest.py`` prints the sum, compares it with ``docs/results/chances.json``, and writes that
file with ``--record-chances``; docs/proof.md shows it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import stats

FALSE_ALARM = 1e-5
"""Probability with which a right sampler fails a test of goodness of fit."""

DEGREES = 63
"""Degrees of freedom of the error of 64 independent chains, the fewest where nothing else is said."""

LEDGER: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
"""For each test module the number of checks and the sum of their probabilities."""

_silent = [False]


def count(number: int, probability: float) -> None:
    """Put so many checks, each failing a right sampler with this probability, on the account of the running test."""
    module = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[0]
    if module and not _silent[0]:
        LEDGER[module][0] += int(number)
        LEDGER[module][1] += number * probability


@contextmanager
def uncounted() -> Iterator[None]:
    """Count nothing: for samplers that are wrong on purpose."""
    _silent[0] = True
    try:
        yield
    finally:
        _silent[0] = False


def tail(sigmas: float, *, degrees: int | None = None) -> float:
    """Return the probability of a deviation larger than so many standard errors, either way."""
    distribution = stats.norm() if degrees is None else stats.t(degrees)
    return float(2 * distribution.sf(sigmas))


def within(found: Any, exact: Any, error: Any, *, sigmas: float = 5.0, degrees: int | None = DEGREES) -> bool:
    """Return whether every estimate lies within so many standard errors of its exact value.

    ``degrees`` are those of the estimated errors; None where the errors are known.
    """
    deviation = np.abs(np.asarray(found) - np.asarray(exact))
    count(deviation.size, tail(sigmas, degrees=degrees))
    return bool(np.all(deviation < sigmas * np.asarray(error)))


def plausible(p_value: float, *, level: float = FALSE_ALARM) -> bool:
    """Return whether a p-value is not below the level."""
    count(1, level)
    return p_value > level


def largest(deviate: float, *, number: int, sigmas: float) -> bool:
    """Return whether the largest of so many normal deviates stays within so many standard errors."""
    count(number, tail(sigmas))
    return deviate < sigmas
