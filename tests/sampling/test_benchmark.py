"""The rows of ``spinlens bench``: what was asked for, with energies that can be trusted."""

from __future__ import annotations

import json
import math

import pytest

from spinlens.errors import InputError
from spinlens.models import Ising
from spinlens.sampling.benchmark import KernelRow, kernel_rows, standard_score
from spinlens.statistics import Estimate
from spinlens.testing.chance import within


@pytest.fixture(scope="module")
def rows() -> list[KernelRow]:
    return kernel_rows(Ising(), (4, 16), fields=(0.0, 0.2), threads=(1, 2), updates=3e7, seed=3)


def test_every_combination_has_its_row(rows: list[KernelRow]) -> None:
    names = {(row.side, row.algorithm, row.field, row.threads) for row in rows}
    assert len(names) == len(rows) == 2 * 2 * 2 * 2
    assert {row.chains for row in rows if row.threads == 2} == {128}
    for row in rows:
        assert row.updates_per_ns > 0
        assert 1.5e7 < row.sweeps * row.side**2 * 64 < 4e7


def test_energies_are_exact_within_their_errors(rows: list[KernelRow]) -> None:
    for row in rows:
        assert row.energy_error > 0
        if row.side == 16 and row.field != 0:
            assert row.energy_exact is None
            assert row.z is None
        else:
            assert row.energy_exact is not None
            assert row.z is not None
            assert within(row.z, 0.0, 1.0, sigmas=5.0)
            assert row.z == pytest.approx((row.energy - row.energy_exact) / row.energy_error)
            assert row.energy_error < 0.01 * abs(row.energy_exact)


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff"])
def test_clusters_have_rows_too(algorithm: str) -> None:
    for row in kernel_rows(Ising(), (4,), algorithms=(algorithm,), fields=(0.0, 0.2), updates=2e6, seed=4):
        assert row.algorithm == algorithm
        assert row.z is not None
        assert within(row.z, 0.0, 1.0, sigmas=5.0)


def test_rows_are_json(rows: list[KernelRow]) -> None:
    values = json.loads(json.dumps([row.to_dict() for row in rows], allow_nan=False))
    assert KernelRow(**values[0]) == rows[0]


def test_a_score_needs_an_error_and_an_exact_value() -> None:
    assert standard_score(Estimate(1.2, 0.1), 1.0) == pytest.approx(2.0)
    assert standard_score(Estimate(1.2, 0.1), None) is None
    assert standard_score(Estimate(1.2, 0.0), 1.0) is None
    assert standard_score(Estimate(1.2, math.nan), 1.0) is None


def test_bad_input_is_refused_by_name() -> None:
    for options in ({"sides": (1,)}, {"algorithms": ("wolf",)}, {"temperature": -1.0}, {"seed": -1}):
        with pytest.raises(InputError):
            kernel_rows(Ising(), **options)
    with pytest.raises(InputError, match="threads"):
        kernel_rows(Ising(), threads=(0,))
    with pytest.raises(InputError, match="updates"):
        kernel_rows(Ising(), updates=float("nan"))
