"""Extrapolation of numbers whose limit is known: by hand, and the error bars over many repeats."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.statistics.scaling import Correction, extrapolate
from spinlens.testing.chance import count, tail

LENGTHS = np.array([8.0, 12.0, 16.0, 24.0, 32.0])


def test_a_known_exponent_is_a_weighted_straight_line():
    generator = np.random.default_rng(1)
    errors = np.array([0.01, 0.02, 0.015, 0.01, 0.03])
    values = 2.0 + 3.0 * LENGTHS**-1.5 + errors * generator.normal(size=5)
    found = extrapolate(LENGTHS, values, errors, forms=[(Correction(1.5),)])
    line, covariance = np.polyfit(LENGTHS**-1.5, values, 1, w=1 / errors, cov="unscaled")
    whole = next(fit for fit in found.fits if fit.smallest == 8)
    assert whole.value.value == pytest.approx(line[1], rel=1e-9)
    assert whole.value.error == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-9)
    assert whole.parameters == pytest.approx({"a_1": line[0], "e_1": 1.5})
    assert whole.chi_squared == pytest.approx((((np.polyval(line, LENGTHS**-1.5) - values) / errors) ** 2).sum())
    assert whole.degrees == 3
    assert [fit.smallest for fit in sorted(found.fits, key=lambda fit: fit.smallest)] == [8, 12, 16, 24]


def test_weights_are_those_of_the_criterion():
    values, errors = np.array([1.3, 1.1, 1.02, 1.0, 0.99]), np.full(5, 0.05)
    found = extrapolate(LENGTHS, values, errors, forms=[(), (Correction(1.0),)])
    assert len(found.fits) == 9
    criterion = []
    for fit in found.fits:
        parameters = 1 if fit.form == "v" else 2
        cut = int((fit.smallest > LENGTHS).sum())
        assert fit.degrees == 5 - cut - parameters
        criterion.append(fit.chi_squared + 2 * parameters + 2 * cut)
    weights = np.exp(-0.5 * np.array(criterion))
    weights /= weights.sum()
    np.testing.assert_allclose([fit.weight for fit in found.fits], weights, rtol=1e-9)
    parts = np.array([(fit.value.value, fit.value.error) for fit in found.fits])
    assert found.value == pytest.approx(weights @ parts[:, 0])
    assert found.statistical**2 == pytest.approx(weights @ parts[:, 1] ** 2)
    assert found.choices**2 == pytest.approx(weights @ parts[:, 0] ** 2 - found.value**2)
    assert found.error == pytest.approx(np.hypot(found.statistical, found.choices))
    assert found.best.weight == pytest.approx(max(weights))
    assert str(found.best) in found.table()
    assert str(found) == str(found.estimate)


def test_correlated_values_are_weighed_as_such():
    values, covariance = np.array([1.0, 2.0]), np.array([[1.0, 1.5], [1.5, 4.0]])
    found = extrapolate([8, 16], values, covariance, forms=[()])
    whole = next(fit for fit in found.fits if fit.smallest == 8)
    inverse = np.linalg.inv(covariance)
    assert whole.value.value == pytest.approx((inverse @ values).sum() / inverse.sum())
    assert whole.value.error == pytest.approx(inverse.sum() ** -0.5)


def test_an_exponent_with_a_prior_is_found_and_its_doubt_counted():
    values = 2.0 + 3.0 * LENGTHS**-1.5
    sharp = extrapolate(LENGTHS, values, np.full(5, 1e-6), forms=[(Correction(1.0, 1.0),)])
    assert sharp.best.parameters["e_1"] == pytest.approx(1.5, abs=1e-3)
    assert sharp.value == pytest.approx(2.0, abs=1e-3)
    known = extrapolate(LENGTHS, values, np.full(5, 1e-2), forms=[(Correction(1.5),)])
    doubted = extrapolate(LENGTHS, values, np.full(5, 1e-2), forms=[(Correction(1.5, 0.5),)])
    assert doubted.statistical > 1.3 * known.statistical
    # Two data and a prior do for three parameters.
    few = extrapolate([8, 16], [2.2, 2.1], [0.01, 0.01], forms=[(Correction(1.5, 0.5),)])
    assert few.best.degrees == 0


def pulls_of(correlation, *, assumed=None, repeats=150):
    """Return pulls of extrapolations of synthetic pairs, neighbours of which share a size."""
    generator, pulls = np.random.default_rng(7), []
    errors = 0.002 * np.array([1.0, 1.2, 0.8, 1.1, 1.5])
    shared = correlation * (np.eye(5, k=1) + np.eye(5, k=-1)) + np.eye(5)
    covariance = shared * np.outer(errors, errors)
    root = np.linalg.cholesky(covariance)
    for _ in range(repeats):
        exponent = generator.normal(2.2, 0.3)
        values = 4.5 + 5.0 * LENGTHS**-exponent + root @ generator.normal(size=5)
        found = extrapolate(
            LENGTHS, values, covariance if assumed is None else assumed * covariance,
            forms=[(), (Correction(2.2, 0.3),)],
        )  # fmt: skip
        pulls.append((found.value - 4.5) / found.error)
    return np.array(pulls)


@pytest.mark.parametrize("correlation", [0.0, 0.45, -0.45])
def test_intervals_cover(correlation):
    pulls = pulls_of(correlation)
    inside = np.mean(np.abs(pulls) < 1)
    count(2, tail(4.5))
    # 4.5 binomial standard errors are 0.171 and 0.077; doubt over the form makes errors larger, never smaller.
    assert 0.683 - 0.171 < inside < 0.97
    assert np.mean(np.abs(pulls) < 2) > 0.954 - 0.077


def test_errors_that_are_too_small_would_be_noticed():
    assert np.mean(np.abs(pulls_of(0.45, assumed=0.2)) < 1) < 0.683 - 0.171


def test_a_correction_that_is_left_out_would_be_noticed():
    values, errors = 4.5 + 5.0 * LENGTHS**-1.0, np.full(5, 0.002)
    constant = extrapolate(LENGTHS, values, errors, forms=[()])
    assert abs(constant.value - 4.5) > 20 * constant.error
    right = extrapolate(LENGTHS, values, errors, forms=[(), (Correction(1.3, 0.5),)])
    assert abs(right.value - 4.5) < 2 * right.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([8, 16], [1.0], [0.1, 0.1]), "must ascend"),
        (([16, 8], [1.0, 1.0], [0.1, 0.1]), "must ascend"),
        (([8, 16], [1.0, np.nan], [0.1, 0.1]), "must be finite"),
        (([8, 16], [1.0, 1.0], [0.1, 0.0]), "errors > 0"),
    ],
)
def test_refuses_what_is_no_data(arguments, message):
    with pytest.raises(InputError, match=message):
        extrapolate(*arguments, forms=[()])


def test_refuses_too_few_sizes_and_corrections_that_do_not_fall():
    with pytest.raises(InputError, match=r"too few for any form, which need 3 or more"):
        extrapolate([8, 16], [1.0, 1.0], [0.1, 0.1], forms=[(Correction(1.0), Correction(2.0))])
    for wrong in ((-1.0, 0.0), (0.0, 0.0), (1.0, -0.1), (20.0, 0.0)):
        with pytest.raises(InputError, match="must fall with L"):
            Correction(*wrong)
    assert str(Correction(1.5)) == "L^-1.5"
    assert str(Correction(1.5, 0.5)) == "L^-(1.50(50))"
