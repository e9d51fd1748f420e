"""Scores against integrals, tails of binomial distributions, and answers that were made up to have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from spinlens.challenge import Schedule, SealedProblem, Secret, answer_all, make, open_challenge, score
from spinlens.challenge.answers import Answer
from spinlens.challenge.scores import binomial_band, covered, interval_score
from spinlens.challenge.table import family_rows, text_table, total_rows
from spinlens.errors import InputError


@pytest.mark.parametrize("level", [0.68, 0.95])
def test_the_interval_score_is_a_mean_over_the_truth(level: float) -> None:
    truth = stats.norm(2.1, 0.3)
    for low, high in ((1.5, 2.0), (2.0, 2.4), (1.0, 3.0), (2.4, 2.6)):

        def penalised(x: float, low: float = low, high: float = high) -> float:
            return interval_score(low, high, level, truth=x) * truth.pdf(x)

        expected, _ = quad(penalised, 0, 5, points=[low, high], limit=200)
        assert interval_score(low, high, level, truth=2.1, error=0.3) == pytest.approx(expected, rel=1e-6)
        assert covered(low, high, truth=2.1, error=0.3) == pytest.approx(truth.cdf(high) - truth.cdf(low))
    assert [covered(1.0, 2.0, truth=t) for t in (0.9, 1.0, 2.0, 2.1)] == [0.0, 1.0, 1.0, 0.0]
    # Whoever knows no more than this expects least by saying its quantiles.
    best = truth.interval(level)
    least = interval_score(*best, level, truth=2.1, error=0.3)
    for shift in (-0.05, 0.05):
        for place in (0, 1):
            moved = [end + shift * (k == place) for k, end in enumerate(best)]
            assert interval_score(*moved, level, truth=2.1, error=0.3) > least


@pytest.mark.parametrize(("successes", "trials"), [(0, 12), (5, 12), (12, 12)])
def test_bands_are_those_of_clopper_and_pearson(successes: int, trials: int) -> None:
    low, high = binomial_band(successes, trials)
    if successes:
        assert stats.binom.sf(successes - 1, trials, low) == pytest.approx(0.025)
    if successes < trials:
        assert stats.binom.cdf(successes, trials, high) == pytest.approx(0.025)
    assert (low == 0.0, high == 1.0) == (successes == 0, successes == trials)


def said(value: float, width: float, *, kind: str = "continuous", none: float = 0.1) -> dict[str, Any]:
    found = {
        "value": value, "error": width / 2, "interval_68": [value - width / 2, value + width / 2],
        "interval_95": [value - width, value + width], "kind": kind, "probability": 1 - none,
    }  # fmt: skip
    return {"transitions": [found], "none_probability": none}


def test_answers_that_were_made_up_have_the_scores_that_they_should(tmp_path: Path) -> None:
    secret = Secret(b"a secret of which answers are made\n")
    schedule = Schedule(sizes=2, temperatures=5, chains=4, recordings=4, equilibration=0, interval=1)
    made = make(tmp_path / "it", secret, problems=5, nulls=2, schedule=schedule, progress=False)
    drawn = {recipe.number: recipe for recipe in made.recipes(secret)}
    real = [number for number, recipe in drawn.items() if recipe.temperature is not None]
    nulls = sorted(set(drawn) - set(real))
    # Right; off by 1.5 half widths of the narrower interval; off by far; none; nothing can be told.
    offsets = dict(zip(real[:3], (0.0, 0.015, 0.2), strict=True))

    def answer(problem: SealedProblem) -> dict[str, Any]:
        recipe = drawn[problem.number]
        if problem.number in offsets:
            truth = recipe.temperature
            claim = said(truth * (1 + offsets[problem.number]), 0.02 * truth, kind=recipe.system.kind)
            # What is claimed with less confidence does not count.
            return {**claim, "transitions": [*said(1.0, 0.1, none=0.95)["transitions"], *claim["transitions"]]}
        if problem.number == nulls[0]:
            return said(1.0, 0.1, none=0.4)
        return {"transitions": [], "none_probability": 0.8 if problem.number in (real[3], nulls[1]) else 0.3}

    answer_all(made, tmp_path / "answers", answer, name="made up", progress=False)
    with pytest.raises(InputError, match="still sealed"):
        score(made, tmp_path / "answers")
    found = score(open_challenge(made.path, secret), tmp_path / "answers")
    every = found["answers"]["all"]
    assert (every["problems"], every["nulls"], every["answered_sealed"], every["false_alarms"]) == (5, 2, 7, 1)
    assert (every["located"], every["missed"], every["missed_as_none"]) == (3, 2, 1)
    assert (every["coverage_68"], every["coverage_95"]) == pytest.approx((1 / 3, 2 / 3), abs=1e-6)
    assert every["coverage_95_band"] == pytest.approx(list(binomial_band(2, 3)), abs=1e-5)
    assert every["median_relative_error"] == pytest.approx(0.015)
    assert every["kinds_right"] == 1.0
    brier = [0.1**2] * 3 + [0.8**2, 0.3**2, 0.6**2, 0.2**2]
    assert every["brier"] == pytest.approx(np.mean(brier))
    widths = [(high - low) / drawn[n].temperature for n in real[3:] for low, high in [drawn[n].window]]
    parts = [0.04, 0.04, 0.04 + 2 / 0.05 * 0.18, *widths]
    assert every["interval_score_95"] == pytest.approx(np.mean(parts), rel=1e-4)
    parts = [0.02, 0.02 + 2 / 0.32 * 0.005, 0.02 + 2 / 0.32 * 0.19, *widths]
    assert every["interval_score_68"] == pytest.approx(np.mean(parts), rel=1e-4)
    assert sum(row["problems"] + row["nulls"] for row in found["answers"]["families"].values()) == 7
    text = text_table(total_rows(found)) + text_table(family_rows(found["answers"]))
    assert "3 of 5" in text
    assert "1 of 2" in text

    (tmp_path / "answers" / "003.json").unlink()
    fewer = score(made, tmp_path / "answers")["answers"]["all"]
    assert (fewer["answered"], fewer["problems"]) == (6, 5)
    path = tmp_path / "answers" / "001.json"
    path.write_text(path.read_text().replace(made.hash, 64 * "0"))
    with pytest.raises(InputError, match="of the challenge 000"):
        score(made, tmp_path / "answers")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda t: t.update(interval_68=[2.0, 1.0]), "the lower and the upper end"),
        (lambda t: t.update(kind="sharp"), "is unknown"),
        (lambda t: t.update(value=float("nan")), "finite"),
        (lambda t: t.pop("interval_95"), "is missing"),
        (lambda t: t.update(probability=1.5), "less than or equal to 1"),
    ],
)
def test_answers_that_say_nothing_are_refused(change: Callable[[dict[str, Any]], Any], why: str) -> None:
    values = {"challenge": "", "problem": 1, **said(1.0, 0.1)}
    assert Answer.resolve(values).claimed is not None
    change(values["transitions"][0])
    with pytest.raises(InputError, match=why):
        Answer.resolve(values)
