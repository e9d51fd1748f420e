"""Quenched samples on the disk: found, named, sampled again, continued, whatever the number of workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spinlens as sl
from spinlens.ensemble import repair, verify
from spinlens.sampling import Plan
from tests.ensemble.tiny import contents

MODELS = [sl.RandomFieldIsing("bimodal", seed=3), sl.RandomBondIsing(negative=0.2, seed=3)]


def plan(model: sl.Model) -> Plan:
    return Plan(
        model=model, lattice=sl.Lattice((4, 4)), temperature=[1.5, 2.5], sample=[0, 2, 5], chains=70, recordings=4,
        equilibration=16, interval=2,
    )  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_it_is_damaged_repaired_and_continued_to_the_same_bytes(model: sl.Model, tmp_path: Path) -> None:
    sl.sample(plan(model), out=tmp_path / "one", workers=1, progress=False)
    sl.sample(plan(model), out=tmp_path / "two", workers=2, progress=False)
    whole = contents(tmp_path / "one")
    assert contents(tmp_path / "two") == whole
    (broken,) = [name for name in whole if name.startswith("spin_sum/c.") and name.endswith(".2.0.0.0")]
    (tmp_path / "two" / broken).write_bytes(b"")
    (damage,) = verify(tmp_path / "two").damages
    assert "sample = 5" in str(damage)
    repair(tmp_path / "two", progress=False)
    assert contents(tmp_path / "two") == whole
    journal = tmp_path / "two" / "log.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:3]))
    sl.sample(plan(model), out=tmp_path / "two", workers=1, progress=False)
    assert contents(tmp_path / "two") == whole


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_is_stored_are_the_sums_of_each_sample(model: sl.Model, tmp_path: Path) -> None:
    ensemble = sl.sample(plan(model), out=tmp_path / "some", progress=False)
    opened = sl.open_ensemble(tmp_path / "some")
    assert opened.model == model
    for place, number in enumerate((0, 2, 5)):
        tables = model.at(sample=number).tables(ensemble.lattice)
        codes = opened.codes(sample=place)
        for name, sums in zip(tables.names, tables.sums(codes.values), strict=True):
            assert np.array_equal(opened.sums[name].isel(sample=place), sums), name
