"""Logistic regression on energy and order parameter comes near the ceiling, the nearer the more labels it has."""

from __future__ import annotations

import numpy as np

from spinlens.ensemble import Ensemble
from spinlens.phases.regions import baseline_scores, ceiling, clean_splits, features, logistic_regression

SIZES = {"train": (220, 80, 90, 210), "validation": (1, 1, 1, 1), "test": (15, 5, 7, 13)}


def test_it_approaches_the_ceiling(ensemble: Ensemble) -> None:
    best = ceiling(ensemble, counts=SIZES["test"]).macro_f1.value
    splits = clean_splits(ensemble, seed=5, trial=0, sizes=SIZES, large_test=1000)
    found = baseline_scores(splits, labels=(10, 100, 600, 700))
    assert list(found) == [10, 100, 600]
    assert found[10].macro_f1.value < found[600].macro_f1.value
    assert 0.93 * best < found[600].macro_f1.value < best + 4 * found[600].macro_f1.error


def test_it_sees_the_sign_of_the_order_parameter_nowhere(ensemble: Ensemble) -> None:
    images = clean_splits(ensemble, seed=5, trial=0, sizes=SIZES, large_test=40).train
    table = features(images)
    np.testing.assert_array_equal(table[:, 0], images.energy)
    np.testing.assert_array_equal(table[:, 1], np.abs(images.spins.mean(axis=(1, 2))))
    np.testing.assert_allclose(logistic_regression(images).predict_proba(table).sum(axis=1), 1)
