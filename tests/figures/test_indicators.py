"""Indicators below their ceiling."""

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.figures import draw_indicators
from spinlens.statistics import Indicator


def indicator(control="temperature", scale=1.0):
    at = np.arange(1.0, 6.0)
    samples = scale * np.stack([at, *(at + 0.001 * (k - 7.5) for k in range(16))])[None]
    return Indicator("one", control, at, samples)


def test_a_line_a_band_and_the_ceiling():
    one = indicator()
    ax = draw_indicators({"energy": one, "network": indicator(scale=0.25)}, ceiling=(one.at, 4 * one.at), root=True)
    ceiling, first, second = ax.get_lines()
    np.testing.assert_allclose(ceiling.get_ydata(), 2 * np.sqrt(one.at))
    np.testing.assert_allclose(first.get_ydata(), np.sqrt(one.curve))
    np.testing.assert_allclose(second.get_ydata(), 0.5 * np.sqrt(one.curve))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ceiling", "energy", "network"]
    assert ax.get_xlabel() == "temperature"
    low = ax.collections[0].get_paths()[0].vertices[:, 1].min()
    assert low < np.sqrt(one.curve[0])


def test_controls_must_be_one():
    with pytest.raises(InputError, match="must be of one control"):
        draw_indicators({"a": indicator(), "b": indicator("field")})
