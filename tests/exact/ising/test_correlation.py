"""The correlation length against gaps of transfer matrices of narrow tori."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact import correlation_length
from spinlens.models.ising import CRITICAL_TEMPERATURE


def gaps(width: int, temperature: float, couplings: tuple[float, float]) -> np.ndarray:
    """Return ln(largest / n-th eigenvalue) of the matrix that adds a row across x, with rings of ``width`` along y."""
    spins = 2 * ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1) - 1
    along = couplings[1] / temperature * (spins * np.roll(spins, 1, axis=1)).sum(axis=1)
    matrix = np.exp(couplings[0] / temperature * (spins @ spins.T) + (along[:, None] + along[None]) / 2)
    values = np.sort(np.linalg.eigvalsh(matrix))[::-1]
    return np.asarray(np.log(values[0] / values[:6]))


@pytest.mark.parametrize(("temperature", "couplings"), [(4.0, (1.0, 1.0)), (3.0, (1.0, 0.4)), (3.0, (0.4, 1.0))])
def test_hot(temperature: float, couplings: tuple[float, float]) -> None:
    found = correlation_length(temperature, couplings=couplings)
    np.testing.assert_allclose(1 / gaps(9, temperature, couplings)[1], found[0], rtol=3e-3)
    np.testing.assert_allclose(1 / gaps(9, temperature, couplings[::-1])[1], found[1], rtol=3e-3)


@pytest.mark.parametrize("couplings", [(1.0, 1.0), (0.7, 1.2)], ids=str)
def test_cold(couplings: tuple[float, float]) -> None:
    # Below the critical temperature the first gap closes, and the next states are pairs of walls that move against
    # each other: their gap grows from the wanted one by a term in 1 / width^2, which two widths eliminate.
    widths = np.array([7.0, 9.0])
    pairs = np.array([gaps(int(width), 1.5, couplings)[2] for width in widths])
    limit = np.polynomial.polynomial.polyfit(widths**-2.0, pairs, 1)[0]
    np.testing.assert_allclose(1 / limit, correlation_length(1.5, couplings=couplings)[0], rtol=0.03)


def test_signs_do_not_matter_and_it_diverges_at_the_critical_point() -> None:
    for value in correlation_length(np.array([2.0, 2.6]), couplings=(1.0, -0.8)):
        assert value.shape == (2,)
    np.testing.assert_array_equal(
        correlation_length(2.5, couplings=(-1.0, 0.7)), correlation_length(2.5, couplings=(1.0, 0.7))
    )
    near = CRITICAL_TEMPERATURE * (1 + np.array([-1e-6, 1e-6]))
    assert np.all(np.array(correlation_length(near)) > 1e5)
    with pytest.raises(InputError):
        correlation_length(-1.0)


@pytest.mark.parametrize("couplings", [(1.0, 0.0), (1.0, 2.0, 3.0), (1.0,), 1.0, "ab", (1.0, "a"), np.ones((2, 2))])
def test_refuses_what_are_no_two_couplings(couplings: Any) -> None:
    with pytest.raises(InputError, match="couplings") as caught:
        correlation_length(1.0, couplings=couplings)
    assert "\n" not in str(caught.value)
