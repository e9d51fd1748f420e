"""The exact posterior is calibrated, what is sharper or flatter is not."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.phases.regions import calibration, clean_splits, posterior
from spinlens.phases.regions.energies import energy_distribution
from spinlens.testing.chance import within


def sharpened(probability: np.ndarray, power: float) -> np.ndarray:
    raised = probability**power
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def predictions(ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and exact posterior of 3,000 images with equal shares of the regions."""
    sizes = {"train": (1, 1, 1, 1), "validation": (1, 1, 1, 1), "test": (15, 15, 5, 15)}
    test = clean_splits(ensemble, seed=4, trial=0, sizes=sizes, large_test=2000).large_test
    belief = posterior(energy_distribution(ensemble), counts=test.counts)
    return test.labels, belief.predict_proba(test.energy)


def test_the_exact_posterior_is_calibrated(predictions: tuple[np.ndarray, np.ndarray]) -> None:
    labels, exact = predictions
    found = calibration(labels, exact, exact=exact)
    assert found.expected_error < 0.03
    assert (found.divergence, found.distance) == (0, 0)
    assert found.images.sum() == len(labels)
    filled = found.images > 100
    error = np.sqrt(0.25 / found.images[filled])
    assert within(found.accuracy[filled], found.confidence[filled], error, degrees=None)


@pytest.mark.parametrize("power", [0.5, 3.0])
def test_other_probabilities_are_worse(predictions: tuple[np.ndarray, np.ndarray], power: float) -> None:
    labels, exact = predictions
    best = calibration(labels, exact, exact=exact)
    other = calibration(labels, sharpened(exact, power), exact=exact)
    assert other.expected_error > 2 * best.expected_error
    assert other.log_loss > best.log_loss
    assert 0 < other.distance < 1
    # The avoidable part of the log loss is the divergence, up to the scatter of the images.
    assert other.log_loss - best.log_loss == pytest.approx(other.divergence, rel=0.5)


def test_by_hand() -> None:
    probability = [[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0]]
    found = calibration([0, 1], probability, exact=[[1, 0, 0, 0], [0.5, 0.5, 0, 0]])
    assert found.expected_error == pytest.approx((0.1 + 0.6) / 2)
    # Fifteen bins of width 1/15: 0.6 lies at the lower edge of the tenth, 0.9 in the fourteenth.
    assert np.flatnonzero(found.images).tolist() == [9, 13]
    assert (found.confidence[13], found.accuracy[13]) == (0.9, 1)
    assert found.log_loss == pytest.approx(-(np.log(0.9) + np.log(0.4)) / 2)
    assert found.distance == pytest.approx((0.1 + 0.1) / 2)
    wanted = (-np.log(0.9) + 0.5 * np.log(0.5 / 0.6) + 0.5 * np.log(0.5 / 0.4)) / 2
    assert found.divergence == pytest.approx(wanted)
    assert np.isnan(calibration([0, 1], probability).divergence)


@pytest.mark.parametrize("wrong", [[[0.5, 0.5, 0.5, 0]], [[1.5, -0.5, 0, 0]], [[1, 0, 0]], [[np.nan, 1, 0, 0]]])
def test_what_is_no_probability_is_refused(wrong: list) -> None:
    with pytest.raises(InputError) as caught:
        calibration([0], wrong)
    assert caught.value.what.startswith("probability")
