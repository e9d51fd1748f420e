"""Answers to a challenge beside what its opened secret says, family by family and in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spinlens.challenge.answers import Answer, read_answer
from spinlens.challenge.baseline import baseline
from spinlens.challenge.folder import Challenge
from spinlens.challenge.recipes import Recipe
from spinlens.challenge.scores import binomial_band, covered, interval_score
from spinlens.errors import InputError

LEVELS = {"68": 0.68, "95": 0.95}
SAYS_NONE = 0.5
"""From this probability of no transition on, an empty answer says that there is none."""


@dataclass(frozen=True)
class Judged:
    """A problem's truth and what was said of it; an answer that is missing says nothing, at even odds."""

    recipe: Recipe
    answer: Answer | None

    @property
    def there(self) -> bool:
        """Whether there is a transition."""
        return self.recipe.temperature is not None

    @property
    def claimed(self) -> bool:
        """Whether one is claimed."""
        return self.answer is not None and self.answer.claimed is not None

    @property
    def none_probability(self) -> float:
        """That there is none, as it was said."""
        return 0.5 if self.answer is None else self.answer.none_probability

    @property
    def brier(self) -> float:
        """Squared distance of the probability of a transition from the truth."""
        return (1.0 - self.none_probability - self.there) ** 2

    def interval_score(self, level: str) -> float:
        """Return the interval score over the temperature; without a claim, that of the whole window."""
        truth = self.recipe.temperature or np.nan
        low, high = self.recipe.window
        if self.answer is not None and self.answer.claimed is not None:
            low, high = getattr(self.answer.claimed, f"interval_{level}")
        return interval_score(low, high, LEVELS[level], truth=truth, error=self.recipe.error) / truth

    def covered(self, level: str) -> float:
        """Return whether the claimed interval has the temperature inside."""
        assert self.answer is not None
        assert self.answer.claimed is not None
        low, high = getattr(self.answer.claimed, f"interval_{level}")
        return covered(low, high, truth=self.recipe.temperature or np.nan, error=self.recipe.error)

    @property
    def relative_error(self) -> float:
        """Distance of the claimed temperature over the temperature."""
        assert self.answer is not None
        assert self.answer.claimed is not None
        truth = self.recipe.temperature or np.nan
        return abs(self.answer.claimed.value - truth) / truth

    @property
    def kind_right(self) -> bool:
        """Whether the claimed kind is the true one."""
        assert self.answer is not None
        assert self.answer.claimed is not None
        return self.answer.claimed.kind == self.recipe.system.kind


def summary(rows: Sequence[Judged]) -> dict[str, Any]:
    """Return the scores of some problems as JSON types; None where there is nothing that they could be of."""
    real, nulls = [row for row in rows if row.there], [row for row in rows if not row.there]
    located = [row for row in real if row.claimed]
    silent = [row for row in rows if not row.claimed]
    alarms = sum(row.claimed for row in nulls)
    found: dict[str, Any] = {
        "problems": len(real), "nulls": len(nulls), "answered": sum(row.answer is not None for row in rows),
        "answered_sealed": sum(row.answer is not None and row.answer.sealed for row in rows),
        "located": len(located), "missed": len(real) - len(located),
        "missed_as_none": sum(row.there and row.none_probability >= SAYS_NONE for row in silent),
        "false_alarms": alarms, "false_alarm_band": _band(alarms, len(nulls)),
        "brier": _mean([row.brier for row in rows]),
        "median_relative_error": _median([row.relative_error for row in located]),
        "kinds_right": _mean([float(row.kind_right) for row in located]),
        "seconds": sum(row.answer.seconds for row in rows if row.answer is not None),
    }  # fmt: skip
    for level in LEVELS:
        inside = [row.covered(level) for row in located]
        found |= {
            f"coverage_{level}": _mean(inside), f"coverage_{level}_band": _band(sum(inside), len(inside)),
            f"interval_score_{level}": _mean([row.interval_score(level) for row in real]),
        }  # fmt: skip
    return found


def score(challenge: Challenge, answers: Path | str) -> dict[str, Any]:
    """Return the scores of a folder of answers, and of the baseline beside them, as JSON types.

    Parameters
    ----------
    challenge : Challenge
        Finished and opened.
    answers : path-like
        Folder with ``NNN.json``.

    Returns
    -------
    dict
        ``answers`` and ``baseline``, each with ``all`` and ``families``, see `summary`.

    Raises
    ------
    InputError
        If the challenge is unfinished or sealed, there is no answer, or one is to another challenge.
    DamagedError
        If a problem's file is not what it was.
    """
    challenge.check_finished()
    drawn, folder = challenge.recipes(), Path(answers)
    given = {recipe.number: read_answer(folder, recipe.number, challenge) for recipe in drawn}
    if not any(given.values()):
        raise InputError("answers", folder, "holds no answer", "Answers are files such as 001.json")
    methods = sorted({found.method for found in given.values() if found is not None})
    return {
        "challenge": challenge.hash, "method": ", ".join(methods),
        "answers": _by_family(drawn, lambda number: given[number]),
        "baseline": _by_family(drawn, lambda number: _of_the_baseline(challenge, number)),
    }  # fmt: skip


def _by_family(drawn: Sequence[Recipe], answer: Callable[[int], Answer | None]) -> dict[str, Any]:
    rows = [Judged(recipe, answer(recipe.number)) for recipe in drawn]
    families = sorted({row.recipe.system.family for row in rows}, key=lambda name: (name not in _with(rows), name))
    return {
        "all": summary(rows),
        "families": {name: summary([row for row in rows if row.recipe.system.family == name]) for name in families},
    }


def _with(rows: Sequence[Judged]) -> set[str]:
    """Return the families that have a transition."""
    return {row.recipe.system.family for row in rows if row.there}


def _of_the_baseline(challenge: Challenge, number: int) -> Answer:
    said = baseline(challenge.problem(number))
    return Answer.resolve({"challenge": challenge.hash, "problem": number, "method": "baseline", **said})


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None


def _band(successes: float, trials: int) -> list[float] | None:
    return list(binomial_band(successes, trials)) if trials else None
