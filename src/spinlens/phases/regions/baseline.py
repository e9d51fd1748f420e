"""The baseline: logistic regression on what physics names, such as the energy, which a network has to find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from spinlens.errors import InputError, did_you_mean
from spinlens.phases.regions.labelled import Labelled
from spinlens.phases.regions.scores import Scores, score
from spinlens.phases.regions.splits import Splits, fewer_labels

LABELS = (10, 30, 100, 300, 600)
"""Sizes of the training sets of the label-efficiency study."""

INVERSE_PENALTY = 1e5
"""Scikit-learn's C. Neighbouring regions lie within a few per cent of a standard deviation of the energy, so the
weights must be allowed to grow."""


SEEN = ("energy", "order")
"""What logistic regression sees where nothing is said."""


def features(images: Labelled, names: Sequence[str] = SEEN) -> NDArray[np.float64]:
    """Return what logistic regression sees of images, float64 (n, names).

    Parameters
    ----------
    images : Labelled
        Of any model.
    names : sequence of str
        ``energy`` per site, ``order``, the absolute order parameter, or a recorded sum, per site.

    Raises
    ------
    InputError
        If a sum was not recorded.
    """
    known = {"energy": images.energy, "order": np.abs(images.magnetization), **images.terms}
    for name in names:
        if name not in known:
            raise InputError("terms", repr(name), "was not recorded", did_you_mean(name, known))
    return np.stack([known[name] for name in names], axis=1)


def logistic_regression(
    train: Labelled, names: Sequence[str] = SEEN, *, inverse_penalty: float = INVERSE_PENALTY
) -> Pipeline:
    """Fit multinomial logistic regression to `features`, each scaled to variance one.

    Parameters
    ----------
    train : Labelled
        Training images; nothing else is looked at.
    names : sequence of str
        What of them, see `features`.
    inverse_penalty : float
        C of scikit-learn: large values penalise the weights little.

    Returns
    -------
    sklearn.pipeline.Pipeline
        With ``predict(features(images, names))`` and ``predict_proba``.
    """
    model = LogisticRegression(C=inverse_penalty, max_iter=20_000, tol=1e-5)
    pipeline: Any = make_pipeline(StandardScaler(), model)
    return pipeline.fit(features(train, names), train.labels)


def baseline_scores(
    splits: Splits, names: Sequence[str] = SEEN, *, labels: tuple[int, ...] = LABELS, seed: int = 0
) -> dict[int, Scores]:
    """Score the baseline on the large test set for several numbers of training images.

    Parameters
    ----------
    splits : Splits
        The sets of one trial.
    names : sequence of str
        What is seen of images, see `features`.
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
            model = logistic_regression(fewer_labels(splits.train, count), names)
            found[count] = score(test.labels, model.predict(features(test, names)), seed=seed)
    return found
