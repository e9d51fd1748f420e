"""What ``auto`` chooses on narrow lattices, and the exact correlation length that it follows there."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact import correlation_length
from spinlens.exact.ising.strip import strip_correlation_length
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.sampling.engines.bits.choice import ALONE, DISORDERED, LOCAL, ORDERED
from tests.sampling.square import choose


def gap_length(width: int, temperature: float, along: float, across: float) -> float:
    """Return the correlation length from the eigenvalues of the whole transfer matrix."""
    spins = 2 * ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1) - 1
    inside = across / temperature * np.sum(spins * np.roll(spins, 1, axis=1), axis=1)
    exponent = along / temperature * (spins @ spins.T) + (inside[:, None] + inside) / 2
    values = np.linalg.eigvalsh(np.exp(exponent - exponent.max()))
    return float(1 / np.log(values[-1] / values[-2]))


@pytest.mark.parametrize("width", [2, 3, 4, 7])
@pytest.mark.parametrize("couplings", [(1.0, 1.0), (0.4, 1.0), (1.0, 0.3)])
def test_the_length_is_that_of_the_transfer_matrix(width: int, couplings: tuple[float, float]) -> None:
    for temperature in (1.2, 1.6, 2.1, CRITICAL_TEMPERATURE, 2.6, 5.0):
        expected = gap_length(width, temperature, *couplings)
        found = strip_correlation_length(width, temperature, along=couplings[0], across=couplings[1])
        assert found == pytest.approx(expected, rel=1e-6)


def test_limits_of_the_length() -> None:
    def length(width: int, temperature: float) -> float:
        return strip_correlation_length(width, temperature, along=1.0, across=1.0)

    assert length(400, 2.6) == pytest.approx(correlation_length(2.6)[0], rel=1e-9)
    assert length(400, CRITICAL_TEMPERATURE) == pytest.approx(4 * 400 / np.pi, rel=1e-4)
    tension = 2 / 1.9 - np.log(1 / np.tanh(1 / 1.9))
    assert length(21, 1.9) / length(20, 1.9) == pytest.approx(np.exp(tension), rel=0.03)
    assert length(8, 1e-300) == length(8, 0.01) == np.inf
    assert 0 < length(8, 1e20) < 0.03


@pytest.mark.parametrize(
    ("shape", "temperature", "expected"),
    [
        ((8, 256), 1.9, ORDERED),
        ((256, 8), 1.9, ORDERED),
        ((4, 256), 1.6, ALONE),
        ((4, 128), CRITICAL_TEMPERATURE, ALONE),
        ((2, 64), CRITICAL_TEMPERATURE, LOCAL),
        ((16, 128), CRITICAL_TEMPERATURE, ORDERED),
        ((8, 256), 2.5, DISORDERED),
        ((8, 256), 3.0, LOCAL),
        ((8, 256), 0.8, LOCAL),
        ((2, 8), 1.0, LOCAL),
        ((64, 100), 1.9, LOCAL),
        ((64, 128), 1.5, LOCAL),
    ],
    ids=str,
)
def test_the_narrow_side_decides(shape: tuple[int, int], temperature: float, expected: str) -> None:
    for coupling in (1.0, -1.0):
        found = choose(Ising(coupling), Lattice(shape), temperature=temperature, field=0.0)
        assert found.algorithm == expected


def test_couplings_count_along_and_across() -> None:
    model, turned = Ising((1.0, 0.3)), Ising((0.3, 1.0))
    for temperature in (1.0, 1.2, 1.8):
        for shape in ((8, 256), (256, 8)):
            found = choose(model, Lattice(shape), temperature=temperature, field=0.0)
            assert found == choose(turned, Lattice(shape[::-1]), temperature=temperature, field=0.0)


def test_reasons_are_those_of_strips() -> None:
    def reason(shape: tuple[int, int], temperature: float, boundary: object = "periodic") -> str:
        lattice = Lattice(shape, boundary=boundary)  # type: ignore[arg-type]
        return choose(Ising(), lattice, temperature=temperature, field=0.0).reason

    assert "walls between reversed stretches" in reason((8, 256), 1.9)
    assert "too rare to matter" in reason((8, 256), 0.8)
    assert reason((8, 256), 3.0).startswith("correlations reach over less than 3.5 sites")
    assert reason((256, 256), 1.0).startswith("correlations reach over less than 3.5 sites")
    # Held walls leave nothing to reverse.
    assert reason((8, 256), 1.8, (("free"), (1, 1))).startswith("correlations reach over less than 3.5 sites")
    assert reason((8, 256), 1.8, ((1, 1), "periodic")).startswith("correlations reach over less than 3.5 sites")
