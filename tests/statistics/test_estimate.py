import doctest
import math
from importlib import import_module

import pytest

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (2.26812, 0.00143, "2.2681(14)"),
        (-1.43371, 0.0012, "-1.4337(12)"),
        (22.31, 1.4, "22.3(1.4)"),
        (1234.5, 12.3, "1234(12)"),
        (1234.5, 123.0, "1230(120)"),
        (0.5, 0.0996, "0.50(10)"),
        (1.0, 0.996, "1.0(1.0)"),
        (1.0, 9.96, "1(10)"),
        (0.0, 0.001, "0.0000(10)"),
        (0.0001, 0.5, "0.00(50)"),
        (3.2e-9, 1.2e-10, "3.20(12)e-09"),
        (1e12, 1e9, "1.0000(10)e+12"),
        (2.0, 0.0, "2(0)"),
        (2.26918531421302, 0.0, "2.26918531421(0)"),
        (1.5, math.nan, "1.5(nan)"),
        (1.5, math.inf, "1.5(inf)"),
        (math.nan, 0.1, "nan(0.1)"),
        (math.nan, math.nan, "nan(nan)"),
    ],
)
def test_prints_two_digits_of_the_error(value, error, printed):
    assert str(Estimate(value, error)) == printed


def test_lines_up_in_a_table_and_keeps_floats():
    import numpy as np

    estimate = Estimate(np.float64(2.26812), np.float32(0.5))
    assert f"{estimate:>10}" == "  2.27(50)"
    assert type(estimate.value) is float
    assert type(estimate.error) is float


def test_the_examples_in_the_documentation():
    assert doctest.testmod(import_module("spinlens.statistics.estimate")).failed == 0


def test_refuses_a_negative_error():
    with pytest.raises(InputError, match="standard error"):
        Estimate(1.0, -0.1)
