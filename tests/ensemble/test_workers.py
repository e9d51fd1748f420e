"""The files do not depend on who did the work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import LocalCluster
from distributed.scheduler import KilledWorker

from spinlens.ensemble import sample
from spinlens.errors import IncompleteError, InputError
from spinlens.sampling import Plan, Unit, UnitDraws, run_unit, workers
from tests.ensemble.tiny import PLAN, contents


@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_number_of_workers(number: int, tmp_path: Path, expected: dict[str, bytes]) -> None:
    sample(PLAN, out=tmp_path / "again", workers=number, progress=False)
    assert contents(tmp_path / "again") == expected


def test_a_cluster_of_processes(tmp_path: Path, expected: dict[str, bytes]) -> None:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        sample(PLAN, out=tmp_path / "again", scheduler=cluster.scheduler_address, progress=False)
    assert contents(tmp_path / "again") == expected


def test_the_seed_decides(tmp_path: Path, expected: dict[str, bytes]) -> None:
    other = type(PLAN).from_dict({**PLAN.to_dict(), "seed": 2})
    sample(other, out=tmp_path / "other", progress=False)
    found = contents(tmp_path / "other")
    assert found.keys() == expected.keys()
    assert found["spins/c.1.0.0.0.0.0"] != expected["spins/c.1.0.0.0.0.0"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"workers": 0}, "workers"),
        ({"workers": 1.5}, "workers"),
        ({"scheduler": "tcp://127.0.0.1:9"}, "scheduler"),
    ],
)
def test_nobody_to_work_is_refused_before_anything_is_written(
    options: dict, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spinlens.sampling.workers.CONNECT_SECONDS", 0.2)
    with pytest.raises(InputError) as caught:
        sample(PLAN, out=tmp_path / "out", progress=False, **options)
    assert caught.value.what == what
    assert list(tmp_path.iterdir()) == []


def test_lost_workers_are_one_sentence(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(plan: Plan, unit: Unit, topic: str) -> UnitDraws:
        if unit.field == 2:
            raise KilledWorker("unit", SimpleNamespace(address="tcp://nowhere"), 3)
        return run_unit(plan, unit)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "_work", die)
        with pytest.raises(IncompleteError, match="workers were lost") as caught:
            sample(PLAN, out=tmp_path / "out", workers=2, progress=False)
    assert "\n" not in str(caught.value)
    sample(PLAN, out=tmp_path / "out", workers=1, progress=False)
    assert contents(tmp_path / "out") == expected
