"""Ensembles of cluster updates: the same bytes for any number of workers and after any interruption; what they say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spinlens.ensemble import describe, open_ensemble, repair, sample, status, verify
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits import choice
from spinlens.sampling.engines.bits.engine import BitsEngine
from tests.ensemble.tiny import PLAN, contents

MIXED = replace(PLAN, lattice=Lattice((48, 50)), temperature=(1.5, 2.25, 2.26, 3.0), field=(0.0, 0.5), algorithm="auto")


@pytest.mark.parametrize("algorithm", ["swendsen_wang", "wolff", "wolff + 3 metropolis", "auto"])
def test_workers_and_interruptions_change_no_byte(algorithm: str, tmp_path: Path) -> None:
    plan = MIXED if algorithm == "auto" else replace(PLAN, algorithm=algorithm)
    sample(plan, out=tmp_path / "whole", workers=1, progress=False)
    expected = contents(tmp_path / "whole")
    sample(plan, out=tmp_path / "shared", workers=3, progress=False)
    assert contents(tmp_path / "shared") == expected
    stopped = Path(shutil.copytree(tmp_path / "whole", tmp_path / "stopped"))
    journal = stopped / "log.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
    for chunk in stopped.glob("spins/c.1*"):
        chunk.unlink()
    assert not open_ensemble(stopped).complete
    sample(plan, out=stopped, workers=2, progress=False)
    assert contents(stopped) == expected
    next(stopped.glob("spins/c.1*")).write_bytes(b"rust")
    assert len(repair(stopped, progress=False).damages) == 1
    assert contents(stopped) == expected


def test_auto_says_what_it_took(tmp_path: Path) -> None:
    ensemble = sample(MIXED, out=tmp_path / "auto", progress=False)
    assert ensemble.algorithm.dims == ("field", "temperature")
    assert ensemble.algorithm.sel(field=0.0).values.tolist() == [choice.LOCAL, *[choice.ORDERED] * 2, choice.LOCAL]
    assert np.all(ensemble.algorithm.sel(field=0.5) == choice.LOCAL)
    description = describe(tmp_path / "auto")
    assert description["algorithm"] == "auto"
    assert description["algorithm_reasons"] == ensemble.algorithm_reasons
    assert len(ensemble.algorithm_reasons) == 2
    assert open_ensemble(tmp_path / "auto").plan.algorithm == "auto"
    # What was asked for by name needs no reasons.
    named = sample(replace(PLAN, algorithm="wolff"), progress=False)
    assert np.all(named.algorithm == "wolff")
    assert named.algorithm_reasons == []


def test_another_rule_reads_an_ensemble_and_does_not_continue_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sample(MIXED, out=tmp_path / "auto", workers=1, progress=False)
    algorithm, reasons, spins = whole.algorithm.values, whole.algorithm_reasons, whole.packed()
    stored = json.loads((tmp_path / "auto" / "zarr.json").read_text())["attributes"]
    assert stored["choice_rule"] == BitsEngine.rule
    before = contents(tmp_path / "auto")
    torn = Path(shutil.copytree(tmp_path / "auto", tmp_path / "torn"))
    rust = next((torn / "spins").glob("c.1*"))
    rust.write_bytes(b"rust")
    unfinished = Path(shutil.copytree(tmp_path / "auto", tmp_path / "unfinished"))
    journal = unfinished / "log.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))

    rule = BitsEngine.rule
    monkeypatch.setattr(BitsEngine, "rule", rule + 1)
    monkeypatch.setattr(choice, "LONG", 0.0)
    assert [list(row) for row in replace(MIXED).algorithms] != stored["algorithms"], (
        "the other rule must choose otherwise"
    )
    found = open_ensemble(tmp_path / "auto")
    np.testing.assert_array_equal(found.algorithm.values, algorithm)
    assert found.algorithm_reasons == reasons
    np.testing.assert_array_equal(found.packed(), spins)
    assert status(tmp_path / "auto").seconds_left == 0
    assert verify(tmp_path / "auto").intact
    assert len(verify(torn).damages) == 1
    # Where nothing is left to sample, nothing is refused.
    sample(MIXED, out=tmp_path / "auto", workers=1, progress=False)
    assert repair(tmp_path / "auto", progress=False).units == ()
    assert contents(tmp_path / "auto") == before
    refusal = f"chose its algorithms by rule {rule}, this spinlens samples by rule {rule + 1}"
    with pytest.raises(InputError, match=refusal):
        sample(MIXED, out=unfinished, workers=1, progress=False)
    with pytest.raises(InputError, match=refusal):
        repair(torn, progress=False)
    assert rust.read_bytes() == b"rust"
