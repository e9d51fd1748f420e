"""The files do not depend on who did the work."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import LocalCluster

from spinlens.ensemble import sample
from spinlens.errors import InputError
from tests.ensemble.tiny import PLAN, contents


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers(workers: int, tmp_path: Path, expected: dict[str, bytes]) -> None:
    sample(PLAN, out=tmp_path / "again", workers=workers, progress=False)
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
