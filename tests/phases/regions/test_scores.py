"""Scores are scikit-learn's, their errors are those of repeated test sets, comparisons are paired."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from spinlens.errors import InputError
from spinlens.phases.regions import class_f1, compare, confusion_matrix, macro_f1, sampling_error, score

RATES = np.array([[0.9, 0.1, 0, 0], [0.1, 0.8, 0.1, 0], [0, 0.2, 0.7, 0.1], [0, 0, 0.05, 0.95]])
"""Probability of each answer, by true region."""

COUNTS = (150, 50, 70, 130)


def answers(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return (random.random(len(labels))[:, None] > RATES[labels].cumsum(axis=1)).sum(axis=1)


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat(np.arange(4), COUNTS)


def test_scores_are_those_of_scikit_learn(labels: np.ndarray) -> None:
    predicted = answers(labels, np.random.default_rng(1))
    found = score(labels, predicted)
    assert found.macro_f1.value == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    np.testing.assert_allclose(found.f1, metrics.f1_score(labels, predicted, average=None))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    np.testing.assert_array_equal(found.confusion, metrics.confusion_matrix(labels, predicted))
    assert found.confusion[0, 1] > 0 == found.confusion[0, 3]


def test_by_hand() -> None:
    confusion = confusion_matrix([0, 0, 0, 1, 1, 3], [0, 0, 1, 1, 0, 3])
    np.testing.assert_allclose(class_f1(confusion), [2 / 3, 1 / 2, np.nan, 1])
    assert macro_f1(confusion) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_the_error_is_that_of_repeated_test_sets(labels: np.ndarray) -> None:
    random = np.random.default_rng(2)
    scores = [metrics.f1_score(labels, answers(labels, random), average="macro") for _ in range(400)]
    error = sampling_error(RATES, COUNTS)
    # The spread of 400 scores is known to 3.5 %, that of 2000 resamples to 1.6 %.
    assert error == pytest.approx(np.std(scores), rel=0.16)
    one = score(labels, answers(labels, random)).macro_f1.error
    assert one == pytest.approx(error, rel=0.5)
    assert sampling_error(RATES, tuple(100 * n for n in COUNTS)) == pytest.approx(error / 10, rel=0.1)


def test_perfect_predictions_have_no_error(labels: np.ndarray) -> None:
    found = score(labels, labels).macro_f1
    assert (found.value, found.error) == (1, 0)


def test_real_differences_are_found_and_others_are_not(labels: np.ndarray) -> None:
    random = np.random.default_rng(3)
    one, other = answers(labels, random), answers(labels, random)
    equal = compare(labels, one, other)
    assert equal.p_value > 0.01
    assert equal.interval[0] < 0 < equal.interval[1]
    better = np.where(random.random(len(labels)) < 0.5, labels, one)
    real = compare(labels, better, one)
    assert real.p_value < 1e-3
    assert real.difference.value > 0
    assert real.interval[0] > 0
    assert compare(labels, one, better).difference.value == pytest.approx(-real.difference.value)


def test_pairing_makes_the_error_smaller(labels: np.ndarray) -> None:
    random = np.random.default_rng(4)
    one = answers(labels, random)
    nearly = one.copy()
    nearly[::40] = labels[::40]
    found = compare(labels, nearly, one).difference.error
    alone = score(labels, one).macro_f1.error
    assert found < 0.5 * alone
    assert compare(labels, one, one).difference.error == 0
    assert compare(labels, one, one).p_value == 1


def test_the_paired_error_is_that_of_repeated_test_sets(labels: np.ndarray) -> None:
    random = np.random.default_rng(5)

    def pair() -> tuple[np.ndarray, np.ndarray]:
        one = answers(labels, random)
        return np.where(random.random(len(labels)) < 0.1, labels, one), one

    pairs = [pair() for _ in range(300)]
    spread = np.std([np.subtract(*(macro_f1(confusion_matrix(labels, p)) for p in both)) for both in pairs])
    errors = [compare(labels, *both, resamples=300).difference.error for both in pairs[:20]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.25)


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_false_alarms_over_trials_are_as_rare_as_they_say(labels: np.ndarray, spread: float) -> None:
    """Two classifiers of equal worth, whose trainings do not differ, or do: one study in twenty says one is better."""
    random, count, studies = np.random.default_rng(7), 3, 400
    truth, trials = np.tile(labels, count), np.repeat(np.arange(count), len(labels))

    def answered() -> np.ndarray:
        shares = random.uniform(0, spread, count) if spread else np.zeros(count)
        return np.concatenate([
            np.where(random.random(len(labels)) < share, labels, answers(labels, random)) for share in shares
        ])  # fmt: skip

    found = [compare(truth, answered(), answered(), trials=trials) for _ in range(studies)]
    alarms = sum(one.p_value < 0.05 for one in found)
    assert sum(not one.interval[0] <= 0 <= one.interval[1] for one in found) == alarms
    # 4 standard errors of a share of 5 % of 400.
    assert abs(alarms / studies - 0.05) < 4 * np.sqrt(0.05 * 0.95 / studies)


def test_the_difference_over_trials_is_the_mean_of_theirs(labels: np.ndarray) -> None:
    random = np.random.default_rng(9)
    sets = [(answers(labels, random), np.where(random.random(len(labels)) < 0.3, labels, answers(labels, random)))
            for _ in range(4)]  # fmt: skip
    each = [np.subtract(*(macro_f1(confusion_matrix(labels, one)) for one in both)) for both in sets]
    first, second = (np.concatenate([both[k] for both in sets]) for k in (0, 1))
    found = compare(np.tile(labels, 4), first, second, trials=np.repeat(np.arange(4), len(labels)))
    assert found.difference.value == pytest.approx(np.mean(each))
    assert found.difference.error == pytest.approx(np.std(each, ddof=1) / 2)
    # Student's distribution with three degrees of freedom in closed form.
    t = abs(np.mean(each)) / (np.std(each, ddof=1) / 2)
    share = np.arctan(t / np.sqrt(3)) + t / np.sqrt(3) / (1 + t * t / 3)
    assert found.p_value == pytest.approx(1 - 2 / np.pi * share)


def test_one_training_is_no_training_resampled(labels: np.ndarray) -> None:
    random = np.random.default_rng(8)
    both = answers(labels, random), answers(labels, random)
    assert compare(labels, *both) == compare(labels, *both, trials=np.full(len(labels), 5))
    with pytest.raises(InputError, match=r"trials\.shape"):
        compare(labels, *both, trials=[0])


def test_the_same_seed_gives_the_same_error(labels: np.ndarray) -> None:
    predicted = answers(labels, np.random.default_rng(6))
    assert score(labels, predicted, seed=1) is not None
    errors = [score(labels, predicted, seed=seed).macro_f1.error for seed in (1, 1, 2)]
    assert errors[0] == errors[1] != errors[2]


@pytest.mark.parametrize(
    ("labels", "predicted", "what"),
    [
        ([0, 1], [0], "labels.shape, predicted.shape"),
        (np.zeros(0, dtype=int), np.zeros(0, dtype=int), "labels.shape, predicted.shape"),
        ([0, 4], [0, 0], "labels[1]"),
        ([0, 1], [-1, 0], "predicted[0]"),
        ([0.0, 1.0], [0, 1], "labels"),
    ],
)
def test_what_is_no_prediction_is_refused(labels: object, predicted: object, what: str) -> None:
    with pytest.raises(InputError) as caught:
        score(labels, predicted)
    assert caught.value.what == what


def test_an_error_needs_resamples(labels: np.ndarray) -> None:
    with pytest.raises(InputError, match="at least 2"):
        score(labels, labels, resamples=1)
