"""Thresholds by pairs of doubles are those of decimal arithmetic, to the last of 64 bits."""

from __future__ import annotations

from decimal import localcontext

import numpy as np
import pytest

from spinlens.sampling.engines.bits import exponentials
from spinlens.sampling.engines.bits.exponentials import many_thresholds
from spinlens.sampling.engines.bits.probabilities import COARSE, _leave_probability, _thresholds, _up_probability

random = np.random.default_rng(1)
GAPS = np.unique(np.concatenate([
    4 * random.normal(size=2000), 1e-3 * random.normal(size=200), 100 * random.normal(size=200),
    1e-9 * random.normal(size=50), [0.0, 8.0, -8.0, 44.3, -44.4, 1e-300, 1e300, -1e300],
]))  # fmt: skip
RULES = {"up": (_up_probability, False), "leave": (_leave_probability, True)}


def decimals(rule: str, temperature: float, digits: int) -> np.ndarray:
    with localcontext(prec=digits):
        return np.array([RULES[rule][0](float(gap), temperature) for gap in GAPS], dtype=np.uint64)


@pytest.mark.parametrize("temperature", [1e-150, 0.01, 1.0, 2.269185314213022, 17.3, 1e100])
@pytest.mark.parametrize("rule", RULES)
def test_they_are_those_of_many_digits(rule: str, temperature: float) -> None:
    expected = decimals(rule, temperature, COARSE)
    found, sure = np.zeros(GAPS.size, dtype=np.uint64), np.zeros(GAPS.size, dtype=np.bool_)
    many_thresholds(GAPS, temperature, RULES[rule][1], found, sure)
    assert np.array_equal(found[sure], expected[sure])
    assert np.count_nonzero(sure) > GAPS.size - 4 or temperature == 1e100
    assert np.array_equal(_thresholds(RULES[rule][0], GAPS, temperature), expected)


def test_more_digits_change_nothing() -> None:
    for rule, (probability, _) in RULES.items():
        assert np.array_equal(decimals(rule, 1.7, 80), _thresholds(probability, GAPS, 1.7))


@pytest.mark.parametrize(("name", "wrong"), [("TERMS", 4), ("_LN2", (0.6931471805599453, 0.0)), ("HALVINGS", 2)])
def test_fewer_bits_are_noticed(name: str, wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled functions keep the numbers that they were compiled with, so their sources run here."""
    monkeypatch.setattr(exponentials, name, wrong)
    for function in ("_exponential", "_minus", "_exact_sum", "_halves", "_exact_product", "_times", "_sum", "_product",
                     "_divided"):  # fmt: skip
        monkeypatch.setattr(exponentials, function, getattr(exponentials, function).py_func)
    found, sure = np.zeros(GAPS.size, dtype=np.uint64), np.zeros(GAPS.size, dtype=np.bool_)
    with np.errstate(over="ignore"):
        many_thresholds.py_func(GAPS, 1.0, True, found, sure)
    assert not np.array_equal(found[sure], decimals("leave", 1.0, COARSE)[sure])


def test_the_sources_are_right_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError):
        test_fewer_bits_are_noticed("TERMS", exponentials.TERMS, monkeypatch)
