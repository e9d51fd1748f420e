"""Scores of a classifier, each with its error: F1, differences between classifiers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics

from spinlens.errors import InputError
from spinlens.phases.regions.labels import REGIONS, Counts
from spinlens.seeds import Purpose, check_seed, generator
from spinlens.statistics import Estimate

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RESAMPLES = 2000
"""Bootstrap resamples: an error to 2 %, a share of 5 % to 0.5 %."""

_CLASSES = list(range(len(REGIONS)))


@dataclass(frozen=True, eq=False)
class Scores:
    """How a classifier did on a test set.

    Attributes
    ----------
    macro_f1 : Estimate
        Mean F1 of the regions that occur, with the standard error of a test set of this size.
    f1 : ndarray, shape (4,), float64
        F1 of each region; NaN where it does not occur.
    accuracy : float
        Share of right answers.
    confusion : ndarray, shape (4, 4), int64
        Images by true (row) and predicted (column) region.
    """

    macro_f1: Estimate
    f1: Floats
    accuracy: float
    confusion: Integers


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference between two classifiers on the same test images.

    Attributes
    ----------
    difference : Estimate
        Macro F1 of the first minus that of the second, with its standard error.
    interval : tuple of float
        Its 95 % interval.
    p_value : float
        Of no difference: of one trial twice the share of resamples in which the sign is the other one (ties count
        half), at most 1; of several that of the paired t-test over trials.
    """

    difference: Estimate
    interval: tuple[float, float]
    p_value: float


def score(labels: Any, predicted: Any, *, seed: int = 0, resamples: int = RESAMPLES) -> Scores:
    """Score predictions.

    Parameters
    ----------
    labels, predicted : array of int, shape (n,)
        True and predicted regions, 0 to 3.
    seed : int
        Names the bootstrap's random stream.
    resamples : int
        Bootstrap resamples.

    Raises
    ------
    InputError
        If the shapes differ, there are no images, or a value is no region.
    """
    confusion = confusion_matrix(labels, predicted)
    f1 = class_f1(confusion)
    accuracy = float(np.trace(confusion) / confusion.sum())
    error = sampling_error(confusion, confusion.sum(axis=1), seed=seed, resamples=resamples)
    return Scores(Estimate(float(macro_f1(confusion)), error), f1, accuracy, confusion)


def confusion_matrix(labels: Any, predicted: Any) -> Integers:
    """Return the images by true (row) and predicted (column) region, int64 (4, 4); errors as `score`."""
    truth, answer = _regions("labels", labels), _regions("predicted", predicted)
    if truth.shape != answer.shape or not truth.size:
        shapes = (truth.shape, answer.shape)
        raise InputError("labels.shape, predicted.shape", shapes, "both must be (n,) with at least one image")
    return np.asarray(metrics.confusion_matrix(truth, answer, labels=_CLASSES), dtype=np.int64)


def class_f1(confusion: Any) -> Floats:
    """Return 2 TP / (2 TP + FP + FN) of each region, shape (..., 4); NaN where a region has no image.

    Parameters
    ----------
    confusion : array, shape (..., 4, 4)
        Counts or shares by true and predicted region.
    """
    table = np.asarray(confusion, dtype=np.float64)
    truth, answered = table.sum(axis=-1), table.sum(axis=-2)
    hits = np.diagonal(table, axis1=-2, axis2=-1)
    scores: Floats = np.divide(2 * hits, truth + answered, out=np.full_like(truth, np.nan), where=truth > 0)
    return scores


def macro_f1(confusion: Any) -> Floats:
    """Return the mean F1 of the regions that occur, shape (...)."""
    return np.asarray(np.nanmean(class_f1(confusion), axis=-1))


def sampling_error(
    confusion: Any, counts: Counts | Integers, *, seed: int = 0, resamples: int = RESAMPLES
) -> float:  # fmt: skip
    """Return the standard error of the macro F1 on a test set of certain size.

    Parameters
    ----------
    confusion : array, shape (4, 4)
        Counts or shares by true and predicted region: how the classifier errs.
    counts : tuple of int
        Images of each region in the test set.
    seed, resamples : int
        Of the bootstrap; within each region answers are drawn with replacement.
    """
    table = np.asarray(confusion, dtype=np.float64)
    tables = _resampled(table, np.asarray(counts), _stream(seed, resamples), resamples)
    return float(np.std(macro_f1(tables), ddof=1))


def compare(
    labels: Any, first: Any, second: Any, *, trials: Any = None, seed: int = 0, resamples: int = RESAMPLES
) -> Comparison:
    """Compare two sets of predictions for the same images, each image's answers together.

    Parameters
    ----------
    labels, first, second : array of int, shape (n,)
        True regions, and what each classifier predicted.
    trials : array of int, shape (n,), optional
        Which trial, a training of each and a test set, the predictions come from; by default all from one.
    seed, resamples : int
        Of the bootstrap.

    Returns
    -------
    Comparison
        Of one trial, by the paired bootstrap: images of each region are drawn with replacement. Of several, by the
        paired t-test over trials, whose spread holds that of trainings and of test sets.

    Raises
    ------
    InputError
        As `score`; or if ``trials`` has another shape.

    Notes
    -----
    Trials whose test sets come from the same chains are less independent than the t-test takes them to be.

    References
    ----------
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), doi:10.1007/978-1-4899-4541-9.
    """
    truth, ones, others = _regions("labels", labels), _regions("first", first), _regions("second", second)
    _ = confusion_matrix(truth, ones), confusion_matrix(truth, others)
    parts = _parts(trials, len(truth))
    if len(parts) == 1:
        return _bootstrapped(truth, ones, others, seed=seed, resamples=resamples)
    found = [
        float(
            macro_f1(confusion_matrix(truth[part], ones[part])) - macro_f1(confusion_matrix(truth[part], others[part]))
        )
        for part in parts
    ]
    mean, error = float(np.mean(found)), float(stats.sem(found))
    if error == 0:
        return Comparison(Estimate(mean, 0.0), (mean, mean), 1.0 if mean == 0 else 0.0)
    test = stats.ttest_1samp(found, 0.0)
    interval = test.confidence_interval(0.95)
    return Comparison(Estimate(mean, error), (float(interval.low), float(interval.high)), float(test.pvalue))


def _bootstrapped(truth: Integers, ones: Integers, others: Integers, *, seed: int, resamples: int) -> Comparison:
    size = len(REGIONS)
    pairs = np.bincount((truth * size + ones) * size + others, minlength=size**3).reshape(size, size**2)
    random = _stream(seed, resamples)
    drawn = _resampled(pairs.astype(np.float64), pairs.sum(axis=1), random, resamples).reshape(-1, size, size, size)
    differences = macro_f1(drawn.sum(axis=3)) - macro_f1(drawn.sum(axis=2))
    found = float(macro_f1(confusion_matrix(truth, ones)) - macro_f1(confusion_matrix(truth, others)))
    low, high = (float(edge) for edge in np.quantile(differences, (0.025, 0.975)))
    below = float(np.mean(differences < 0) + np.mean(differences == 0) / 2)
    p_value = min(1.0, 2 * min(below, 1 - below))
    return Comparison(Estimate(found, float(differences.std(ddof=1))), (low, high), p_value)


def _parts(trials: Any, images: int) -> list[NDArray[np.bool_]]:
    """Return which images belong to each trial."""
    if trials is None:
        return [np.ones(images, dtype=bool)]
    given = np.asarray(trials)
    if given.shape != (images,):
        raise InputError("trials.shape", given.shape, f"must be ({images},), one for each image")
    return [given == name for name in np.unique(given)]


def _resampled(table: Floats, counts: Integers, random: np.random.Generator, resamples: int) -> Integers:
    """Draw (resamples, row, column): ``counts`` entries in each row, distributed as the rows of ``table``.

    ``counts`` has one number for each row, or one for each row and resample.
    """
    sums = table.sum(axis=1, keepdims=True)
    rows = np.divide(table, sums, out=np.full_like(table, 1 / table.shape[1]), where=sums > 0)
    wanted = np.broadcast_to(counts.T, (resamples, len(table)))
    drawn = [
        random.multinomial(np.where(total > 0, n, 0), row) for n, row, total in zip(wanted.T, rows, sums, strict=True)
    ]
    return np.stack(drawn, axis=1).astype(np.int64)


def _stream(seed: int, resamples: int) -> np.random.Generator:
    if resamples < 2:
        raise InputError("resamples", resamples, "must be at least 2", f"{RESAMPLES} give the error to 2 %")
    return generator(check_seed(seed), Purpose.BOOTSTRAP)


def _regions(name: str, values: Any) -> Integers:
    array = np.asarray(values)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        raise InputError(name, f"{array.dtype} {array.shape}", "must be whole numbers of shape (n,)")
    wrong = np.flatnonzero((array < 0) | (array >= len(REGIONS)))
    if len(wrong):
        place = int(wrong[0])
        raise InputError(f"{name}[{place}]", array[place], f"regions are numbered 0 to {len(REGIONS) - 1}")
    return array.astype(np.int64)
