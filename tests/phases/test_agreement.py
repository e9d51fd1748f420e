import numpy as np
import pytest
import xarray as xr

from spinlens.errors import InputError
from spinlens.phases.agreement import asymmetry, compare_lines, correlation, opposite, scaling_exponent
from spinlens.phases.exact_lines import exact_lines

TC = 2.269185314213022


def test_exact_lines_reproduce_the_reference_table():
    # Maxima of chi and C at fixed h, transfer matrix of width 12; the last is below the fitted points.
    table = np.array([[0.8, 4.4100, 3.4179], [0.4, 3.631, 2.9842], [0.2, 3.155, 2.729], [0.1, 2.85, 2.570]])
    exact = exact_lines(-table[:, 0])
    np.testing.assert_allclose(exact.susceptibility, table[:, 1], rtol=1.2e-3)
    np.testing.assert_allclose(exact.specific_heat, table[:, 2], rtol=5e-4)


def test_exact_lines_scale_with_the_coupling():
    one, two = exact_lines([0.0, 0.5]), exact_lines([0.0, 1.0], coupling=2.0)
    np.testing.assert_allclose(two.specific_heat, 2 * one.specific_heat)
    assert one.specific_heat[0] == pytest.approx(TC)


def test_correlation_of_a_sigmoid():
    m = np.linspace(-1, 1, 30).reshape(5, 6)
    maps = xr.Dataset(
        {name: (("field", "temperature"), v) for name, v in (("nu_0", np.tanh(3 * m)), ("magnetization", m))}
    )
    found = correlation(maps)
    assert found.rank == pytest.approx(1)
    assert 0.9 < found.linear < 0.99
    with pytest.raises(InputError, match=r"^conditions = 2: "):
        correlation(maps.isel(field=[0], temperature=[0, 1]))


def test_exponent_with_an_error_that_covers():
    rng = np.random.default_rng(0)
    strength = np.linspace(0.1, 0.8, 12)
    scores = []
    for _ in range(60):
        noisy = TC + strength**0.64 + 0.02 * rng.normal(size=12)
        x = scaling_exponent(strength, noisy, noisy[:, None] + 0.02 * rng.normal(size=(12, 200)))
        scores.append((x.value - 0.64) / x.error)
    assert 0.5 < np.mean(np.abs(scores) < 1) < 0.85


def test_exponent_needs_three_fields():
    strength = np.array([0.2, 0.4, 0.9])
    assert np.isnan(scaling_exponent(strength, TC + strength, np.empty((3, 0))).value)


def test_compare_skips_what_is_missing_and_the_zero_field():
    pairs = xr.Dataset(
        {
            "a": ("strength", [9.0, 1.1, 2.2, np.nan]),
            "a_error": ("strength", [1, 0.1, 0.2, 1]),
            "b": ("strength", [1.0, 1, 2, 3]),
        },
        coords={"strength": [0.0, 1, 2, 3]},
    )
    found = compare_lines(pairs, "a", "b")
    assert (found.fields, found.bias, found.rms, found.reduced_chi_square) == pytest.approx((2, 0.1, 0.1, 1))


def test_asymmetry_of_a_shifted_cone():
    field = np.linspace(-1, 1, 9)
    values = np.abs(field)[:, None] * np.ones((9, 4))
    maps = xr.Dataset({"t": (("field", "temperature"), values)}, coords={"field": field})
    assert asymmetry(maps, "t") == 0
    maps["t"] = maps["t"] + 0.1 * maps["field"]
    assert asymmetry(maps, "t") > 0.05
    assert opposite(field, 0) == 8
    assert opposite(np.array([0.0, 1.0]), 1) is None
