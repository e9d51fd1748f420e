"""How far an ensemble has come, and how long the rest may take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spinlens.ensemble import open_ensemble, sample, status
from spinlens.ensemble.journal import DESCRIPTION, Entry, Journal
from spinlens.ensemble.locks import lock
from spinlens.ensemble.status import durations
from spinlens.errors import DamagedError, InputError
from spinlens.lattices import Lattice
from spinlens.sampling.convergence import Verdict
from spinlens.sampling.diagnostics import mixing
from spinlens.sampling.engines.bits.engine import COST
from tests.ensemble.tiny import PLAN, contents


def write_journal(folder: Path, entries: list[Entry]) -> None:
    (folder / "log.jsonl").unlink()
    for entry in entries:
        Journal(folder).append(entry)


def test_a_finished_ensemble(finished: Path) -> None:
    now = status(finished)
    assert (now.units, now.done, now.missing) == (6, 6, ())
    assert (now.conditions, now.sampled) == (9, 9)
    assert now.seconds_left == 0
    assert not now.running
    diagnostics = open_ensemble(finished).diagnostics
    assert now.smallest_effective_samples == float(diagnostics["effective_sample_size"].min())
    assert now.total_effective_samples == pytest.approx(float(diagnostics["effective_sample_size"].sum()))
    assert now.flagged == int((diagnostics["verdict"] == Verdict.NOT_EQUILIBRATED).sum())
    assert now.too_short == int((diagnostics["verdict"] == Verdict.TOO_SHORT).sum()) > 0


def test_a_half_finished_one_counts_the_chains_so_far(copy: Path) -> None:
    whole = open_ensemble(copy).series
    known = Journal(copy).read()
    write_journal(copy, [known[name] for name in (DESCRIPTION, "field=1 block=1")])
    before = contents(copy)
    now = status(copy)
    assert (now.done, len(now.missing), now.sampled) == (1, 5, 3)
    sums = {name: whole[name].values[1][:, 64:] for name in ("bond_sum", "spin_sum")}
    judged = mixing(sums, model=PLAN.model, lattice=PLAN.lattice, **PLAN.point_controls(1))
    expected = judged.effective_sample_size
    assert now.smallest_effective_samples == pytest.approx(expected.min())
    assert now.seconds_left == pytest.approx(5 * known["field=1 block=1"].seconds)
    assert contents(copy) == before
    sample(PLAN, out=copy, workers=1, progress=False)
    assert status(copy).done == 6


def test_units_of_clusters_take_longer(tmp_path: Path) -> None:
    # At zero field both temperatures take clusters and a sweep of single spins in turn, in the strong one neither.
    plan = replace(
        PLAN, lattice=Lattice((48, 48)), temperature=(2.25, 2.26), field=(0.0, 0.5), chains=64, algorithm="auto"
    )
    sample(plan, out=tmp_path / "auto", workers=1, progress=False)
    dearer = (COST["seeded_clusters"] + COST["metropolis"]) / 2
    assert plan.kernels.cost(plan, 0) == 2 * dearer
    assert plan.kernels.cost(plan, 1) == 2
    known = Journal(tmp_path / "auto").read()
    description, first, second = (known[name] for name in (DESCRIPTION, "field=0 block=0", "field=1 block=0"))
    write_journal(tmp_path / "auto", [description, first])
    assert status(tmp_path / "auto").seconds_left == pytest.approx(first.seconds / dearer)
    write_journal(tmp_path / "auto", [description, second])
    assert status(tmp_path / "auto").seconds_left == pytest.approx(second.seconds * dearer)


def test_nothing_sampled_is_nothing_known(copy: Path) -> None:
    write_journal(copy, [Journal(copy).read()[DESCRIPTION]])
    now = status(copy)
    assert (now.done, now.sampled, now.seconds) == (0, 0, 0)
    assert now.smallest_effective_samples is None
    assert now.seconds_left is None


def test_the_time_left_is_that_of_the_last_run() -> None:
    names = dict.fromkeys("abcd", 1)
    entries = [
        Entry(unit, {}, seconds)
        for unit, seconds in [(DESCRIPTION, 0.0), ("a", 100.0), ("b", 200.0), ("c", 3.0), ("d", 6.0), ("field", 6.5)]
    ]
    assert durations(entries, names) == (206.5, (6.0, 2))
    assert durations(entries[:3], names) == (200.0, (200.0, 2))
    # A resumed run that has only judged what was there says nothing of the pace.
    assert durations([*entries[:3], Entry("field", {}, 0.5)], names) == (200.5, (200.0, 2))
    assert durations(entries, {"a": 1, "b": 1, "c": 160, "d": 4}) == (206.5, (6.0, 164))
    assert durations([], names) == (0.0, (0.0, 0))


def test_somebody_at_work_is_seen_and_not_disturbed(unfinished: Path) -> None:
    with lock(unfinished):
        assert status(unfinished).running
        with pytest.raises(InputError, match="another process"):
            sample(PLAN, out=unfinished, workers=1, progress=False)
    assert not status(unfinished).running
    assert np.isclose(status(unfinished).seconds_since or 0, 0, atol=60)


def test_damaged_sums_are_no_effective_samples(copy: Path) -> None:
    for chunk in (copy / "effective_sample_size").glob("c.*"):
        chunk.write_bytes(chunk.read_bytes()[::-1])
    with pytest.raises(DamagedError):
        status(copy)
