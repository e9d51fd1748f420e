"""The baseline: logistic regression on the energy and the order parameter, which a network has to find by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from spinlens.phases.regions.labelled import Labelled
from spinlens.phases.regions.scores import Scores, score
from spinlens.phases.regions.splits import Splits, fewer_labels

LABELS = (10, 30, 100, 300, 600)
"""Sizes of the training sets of the label-efficiency study."""

INVERSE_PENALTY = 1e5
"""Scikit-learn's C. Neighbouring regions lie within a few per cent of a standard deviation of the energy, so the
weights must be allowed to grow."""


def features(images: Labelled) -> NDArray[np.float64]:
    """Return energy per site and absolute order parameter, float64 (n, 2)."""
    return np.stack([images.energy, np.abs(images.magnetization)], axis=1)


def logistic_regression(train: Labelled, *, inverse_penalty: float = INVERSE_PENALTY) -> Pipeline:
    """Fit multinomial logistic regression to `features`, each scaled to variance one.

    Parameters
    ----------
    train : Labelled
        Training images; nothing else is looked at.
    inverse_penalty : float
        C of scikit-learn: large values penalise the weights little.

    Returns
    -------
    sklearn.pipeline.Pipeline
        With ``predict(features(images))`` and ``predict_proba``.
    """
    model = LogisticRegression(C=inverse_penalty, max_iter=20_000, tol=1e-5)
    pipeline: Any = make_pipeline(StandardScaler(), model)
    return pipeline.fit(features(train), train.labels)


def baseline_scores(splits: Splits, *, labels: tuple[int, ...] = LABELS, seed: int = 0) -> dict[int, Scores]:
    """Score the baseline on the large test set for several numbers of training images.

    Parameters
    ----------
    splits : Splits
        The sets of one trial.
    labels : tuple of int
        Numbers of training images; those that the training set does not have are left out.
    seed : int
        Of the bootstrap.

    Raises
    ------
    InputError
        If a region has no image among so few.
    """
    test = splits.large_test
    found = {}
    for count in labels:
        if count <= len(splits.train):
            model = logistic_regression(fewer_labels(splits.train, count))
            found[count] = score(test.labels, model.predict(features(test)), seed=seed)
    return found
