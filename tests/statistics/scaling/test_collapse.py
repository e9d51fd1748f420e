"""Collapse of curves that scale exactly, or but for known corrections, with noise as whole groups of chains make it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.statistics.scaling import Correction
from spinlens.statistics.scaling.collapse import collapse, reciprocal
from spinlens.statistics.scaling.resamples import Layout
from spinlens.testing.chance import count, tail

PLACE, INVERSE_NU = 2.3, 1.2
GROUPS = 32


@dataclass
class Synthetic:
    """A size whose curves are known: a scaling function, and smooth noise that all temperatures share."""

    length: int
    noise: np.ndarray
    correction: float = 0.0
    power: float = 0.0
    groups: int = GROUPS
    low: float = 2.15
    high: float = 2.45

    def curves(self, values):
        t = values - PLACE
        x = t * self.length**INVERSE_NU
        smooth = np.stack([np.ones_like(x), np.tanh(x), np.tanh(x) ** 2, np.tanh(x) ** 3])
        whole = 0.6 - 0.25 * np.tanh(0.35 * x + 0.2 * t * x) - 0.02 * x * np.exp(-(x**2))
        whole = self.length**self.power * (whole + self.correction * self.length**-1.2)
        # Each group's own noise; leaving it out moves the average by minus a share of it.
        each = smooth.T @ self.noise
        average = each.mean(axis=1, keepdims=True)
        without = (average * GROUPS - each) / (GROUPS - 1)
        noisy = np.concatenate([average, without], axis=1)
        return {"cumulant": whole[:, None] + self.length**self.power * noisy}


def synthetic(seed, *, size=0.004, **options):
    generator = np.random.default_rng(seed)
    scale = size * np.array([1.0, 0.6, 0.3, 0.1])[:, None]
    scans = [Synthetic(length, scale * generator.normal(size=(4, GROUPS)), **options) for length in (8, 12, 16, 24, 32)]
    return scans, Layout((GROUPS,) * 5)


def collapsed(seed, *, place=PLACE + 0.004, inverse_nu=1.1, fit_power=False, **options):
    scans, layout = synthetic(seed, **options)
    return collapse(
        scans, layout, "cumulant", place=place, inverse_nu=inverse_nu, fit_power=fit_power,
        correction=Correction(1.2, 0.4),
    )  # fmt: skip


@pytest.mark.parametrize("correction", [0.0, 0.2])
def test_curves_with_little_noise_tell_their_exponents(correction):
    found = collapsed(1, size=4e-4, correction=correction)
    assert found.place.value == pytest.approx(PLACE, abs=5e-4)
    assert found.inverse_nu.value == pytest.approx(INVERSE_NU, abs=0.01)
    assert found.nu == reciprocal(found.inverse_nu.estimate)
    assert found.power is None
    assert str(found).startswith("at 2.3")


def test_the_power_of_the_size_is_found():
    # The scaling function is no polynomial, which shows in a wide window where noise is much smaller than this.
    found = collapsed(2, size=2e-3, power=1.75, fit_power=True)
    assert found.power.value == pytest.approx(1.75, abs=4 * found.power.error)
    assert found.power.error < 0.1
    assert found.place.value == pytest.approx(PLACE, abs=4 * found.place.error)
    assert ", power 1.7" in str(found)


@pytest.mark.parametrize("correction", [0.0, 0.2])
def test_intervals_cover(correction):
    found = [collapsed(seed, correction=correction) for seed in range(24)]
    count(4, tail(4.5))
    for part, known in ((lambda f: f.place, PLACE), (lambda f: f.inverse_nu, INVERSE_NU)):
        pulls = np.array([(part(each).value - known) / part(each).error for each in found])
        # 4.5 binomial standard errors of 24 seeds are 0.43 and 0.19; doubt over the fit makes errors larger.
        assert np.mean(np.abs(pulls) < 1) > 0.683 - 0.43
        assert np.mean(np.abs(pulls) < 2) > 0.954 - 0.19
        # They are not so large that they say nothing: the values scatter by a fifth of them at least.
        assert pulls.std() > 0.2


def test_points_taken_for_independent_would_be_noticed():
    # Five points that move together, taken for five that do not, promise too much of the value where all agree.
    def spread(seed, independent):
        scans, layout = synthetic(seed, size=0.01)
        if independent:
            generator = np.random.default_rng([seed, 1])
            for scan in scans:
                scan.curves = _independent(scan, generator)
        return collapse(scans, layout, "cumulant", place=PLACE, inverse_nu=INVERSE_NU, fit_power=False,
                        correction=Correction(1.2, 0.4))  # fmt: skip

    right, wrong = spread(1, independent=False), spread(1, independent=True)
    assert right.place.statistical > 0
    assert abs(np.log(wrong.inverse_nu.statistical / right.inverse_nu.statistical)) > 0.5


def _independent(scan, generator):
    """Return the curves with the order of the groups drawn anew at every temperature."""
    whole = type(scan).curves

    def curves(values):
        found = whole(scan, values)["cumulant"].copy()
        for row in found:
            row[1:] = row[1:][generator.permutation(GROUPS)]
        return {"cumulant": found}

    return curves


def test_a_start_outside_is_refused():
    with pytest.raises(InputError, match=r"lies outside of 2\.15 to 2\.45"):
        collapsed(1, place=3.0)
