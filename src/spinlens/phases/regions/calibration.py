"""Whether a classifier's probabilities mean what they say, and how near they are to the exact posterior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.regions.labels import REGIONS

Floats = NDArray[np.float64]

BINS = 15
"""Bins of equal width that confidences are sorted into."""

SMALLEST = 1e-12
"""Probabilities are taken as at least this in logarithms."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Of n images, averages.

    Attributes
    ----------
    expected_error : float
        The expected calibration error: mean distance of confidence and accuracy over bins of confidence.
    confidence, accuracy : ndarray, shape (15,), float64
        Of each bin; NaN where it is empty.
    images : ndarray, shape (15,), int64
        In each bin.
    log_loss : float
        - ln p(true region), in nats.
    divergence : float
        Kullback-Leibler divergence of the prediction from the exact posterior, in nats: the log loss that is avoidable.
        NaN without a posterior.
    distance : float
        Total variation distance to the exact posterior, 0 to 1; NaN without a posterior.
    """

    expected_error: float
    confidence: Floats
    accuracy: Floats
    images: NDArray[np.int64]
    log_loss: float
    divergence: float = float("nan")
    distance: float = float("nan")


def calibration(labels: Any, probability: Any, *, exact: Any = None) -> Calibration:
    """Judge predicted probabilities.

    Parameters
    ----------
    labels : array of int, shape (n,)
        True regions.
    probability : array, shape (n, 4)
        Predicted probabilities; rows sum to one.
    exact : array, shape (n, 4), optional
        p(region | energy) of the same images, see `posterior`.

    Raises
    ------
    InputError
        If shapes do not fit or rows do not sum to one.

    References
    ----------
    C. Guo et al., Proc. Mach. Learn. Res. 70, 1321 (2017), https://proceedings.mlr.press/v70/guo17a.html.
    """
    truth = np.asarray(labels, dtype=np.int64)
    given = _probabilities("probability", probability, len(truth))
    top = given.max(axis=1)
    right = given.argmax(axis=1) == truth
    place = np.minimum((top * BINS).astype(np.int64), BINS - 1)
    images = np.bincount(place, minlength=BINS).astype(np.int64)
    confidence, accuracy = (
        _average(np.bincount(place, values, BINS).astype(np.float64), images)
        for values in (top, right.astype(np.float64))
    )
    error = float(np.nansum(images * np.abs(confidence - accuracy)) / len(truth))
    logarithms = np.log(np.maximum(given, SMALLEST))
    loss = float(-logarithms[np.arange(len(truth)), truth].mean())
    if exact is None:
        return Calibration(error, confidence, accuracy, images, loss)
    best = _probabilities("exact", exact, len(truth))
    divergence = (best * (np.log(np.maximum(best, SMALLEST)) - logarithms)).sum(axis=1).mean()
    distance = np.abs(best - given).sum(axis=1).mean() / 2
    return Calibration(error, confidence, accuracy, images, loss, float(divergence), float(distance))


def _average(sums: Floats, images: NDArray[np.int64]) -> Floats:
    average: Floats = np.divide(sums, images, out=np.full(BINS, np.nan), where=images > 0)
    return average


def _probabilities(name: str, values: Any, images: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (images, len(REGIONS)) or not images:
        raise InputError(f"{name}.shape", array.shape, f"must be ({images}, {len(REGIONS)}), at least one image")
    wrong = np.flatnonzero(~((array >= 0).all(axis=1) & (np.abs(array.sum(axis=1) - 1) < 1e-3)))
    if len(wrong):
        place = int(wrong[0])
        raise InputError(f"{name}[{place}]", array[place], "probabilities must be >= 0 and sum to one")
    return array
