"""A heated chain visits the temperatures one after another, each from where the one below ended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spinlens.ensemble import open_ensemble, sample
from spinlens.errors import InputError
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.testing.chance import within
from tests.ensemble.tiny import contents

PLAN = Plan(
    model=Ising(), lattice=Lattice((6, 8)), temperature=(1e-3, 2e-3, 1.5, 3.0), chains=70, draws=2, recordings=6,
    interval=2,
    equilibration=6, exchange=False, start="heated", seed=3,
)  # fmt: skip


def unpacked(spins: np.ndarray, width: int) -> np.ndarray:
    return 2 * np.unpackbits(spins, axis=-1, count=width, bitorder="little").astype(int) - 1


def test_a_temperature_begins_where_the_one_below_ended() -> None:
    # Between walls nothing reverses the spins between recordings, and one sweep changes the magnetization little.
    plan = replace(
        PLAN, lattice=Lattice.skewed((6, 8)), temperature=(2.0, 2.001), chains=64, draws=1, recordings=60, interval=1,
        equilibration=0,
    )  # fmt: skip
    spin_sum = run_unit(plan, Unit(0, 0)).sums["spin_sum"]
    assert np.corrcoef(spin_sum[0, :, -1], spin_sum[1, :, 0])[0, 1] > 0.6
    # From 64 chains a correlation of zero is known to 1/8.
    assert abs(np.corrcoef(spin_sum[0, :, -1], spin_sum[1, :, -1])[0, 1]) < 0.5


def test_at_the_lowest_temperatures_it_stays_in_a_ground_state() -> None:
    draws = run_unit(PLAN, Unit(0, 0))
    assert draws.codes.shape == (4, 64, 2, 6, 1)
    assert np.all(draws.sums["bond_sum"][:2] == 96)
    assert np.all(np.abs(draws.sums["spin_sum"][:2]) == 48)
    spins = unpacked(draws.codes, 8)
    np.testing.assert_array_equal(spins.sum((-1, -2)), draws.sums["spin_sum"][:, :, 2::3])
    assert draws.exchange_offered == 0


def test_every_temperature_is_sampled_exactly() -> None:
    plan = replace(PLAN, temperature=(2.0, 2.4, 3.0), chains=64, draws=1, recordings=400, interval=5, equilibration=200)
    energy = -run_unit(plan, Unit(0, 0)).sums["bond_sum"].mean(axis=2) / 48
    error = energy.std(axis=1, ddof=1) / np.sqrt(64)
    exact = kaufman_torus((6, 8), np.array(plan.temperature)).energy
    assert within(energy.mean(axis=1), exact, error)


def test_blocks_and_colder_temperatures_do_not_depend_on_the_rest() -> None:
    whole = run_unit(PLAN, Unit(0, 0))
    colder = run_unit(replace(PLAN, temperature=PLAN.temperature[:3], chains=64), Unit(0, 0))
    np.testing.assert_array_equal(whole.codes[:3], colder.codes)
    np.testing.assert_array_equal(whole.sums["bond_sum"][:3], colder.sums["bond_sum"])


def test_workers_and_interruptions_change_nothing(tmp_path: Path) -> None:
    sample(PLAN, out=tmp_path / "one", workers=1, progress=False)
    sample(PLAN, out=tmp_path / "two", workers=2, progress=False)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert open_ensemble(tmp_path / "one").plan == PLAN


def test_progress_grows_to_one() -> None:
    seen: list[float] = []
    run_unit(PLAN, Unit(0, 0), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_replicas_cannot_be_swapped() -> None:
    with pytest.raises(InputError, match=r"one after another.*--no-exchange") as caught:
        replace(PLAN, exchange=True)
    assert caught.value.what == "exchange"
