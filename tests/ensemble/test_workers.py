"""The files do not depend on who did the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask
import pytest
from distributed import LocalCluster
from distributed.scheduler import KilledWorker

from spinlens import cluster, workers
from spinlens.ensemble import sample, sample_all
from spinlens.ensemble.writer import Writer
from spinlens.errors import IncompleteError, InputError
from spinlens.progress import silent
from spinlens.provenance import versions
from spinlens.sampling import Plan, Unit, UnitDraws
from tests.ensemble.tiny import PLAN, contents


@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_number_of_workers(number: int, tmp_path: Path, expected: dict[str, bytes]) -> None:
    sample(PLAN, out=tmp_path / "again", workers=number, progress=False)
    assert contents(tmp_path / "again") == expected


@pytest.mark.parametrize("number", [1, 2])
def test_several_plans_side_by_side(number: int, tmp_path: Path, expected: dict[str, bytes]) -> None:
    longer = type(PLAN).from_dict({**PLAN.to_dict(), "seed": 2, "equilibration": 2 * PLAN.equilibration})
    sample(longer, out=tmp_path / "alone", workers=1, progress=False)
    done: list[Path] = []
    commit = Writer.commit
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "commit", lambda self, *unit: (done.append(self.path), commit(self, *unit)))
        plans = {tmp_path / "one": PLAN, tmp_path / "two": longer}
        one, two = sample_all(plans, workers=number, progress=False)
    assert contents(tmp_path / "one") == expected
    assert contents(tmp_path / "two") == contents(tmp_path / "alone")
    assert (one.plan, two.plan) == (PLAN, longer)
    # The longest come first.
    assert done[0] == tmp_path / "two"
    assert done[-1] == tmp_path / "one"


def test_a_cluster_of_processes(tmp_path: Path, expected: dict[str, bytes]) -> None:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as local:
        sample(PLAN, out=tmp_path / "again", scheduler=local.scheduler_address, progress=False)
    assert contents(tmp_path / "again") == expected


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, dict[str, bytes]]:
    """Return a plan whose units take long enough to be interrupted, and its files."""
    plan = Plan.from_dict({**PLAN.to_dict(), "controls": {"field": [-0.2, 0.0, 0.2, 0.3]}, "equilibration": 40_000})
    out = tmp_path_factory.mktemp("longer") / "out"
    sample(plan, out=out, workers=1, progress=False)
    return plan, contents(out)


@contextmanager
def worker_processes(scheduler: str, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start workers that nobody restarts."""
    command = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-nanny",
               "--no-dashboard", "--memory-limit", "0"]  # fmt: skip
    processes = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def kill_at_first_commit(patch: pytest.MonkeyPatch, pids: Callable[[], list[int]]) -> list[int]:
    """Kill processes when the first unit is stored; return the list that will name them."""
    killed: list[int] = []
    commit = Writer.commit

    def commit_and_kill(self: Writer, unit: Unit, draws: UnitDraws) -> None:
        commit(self, unit, draws)
        if not killed:
            killed.extend(pids())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    patch.setattr(Writer, "commit", commit_and_kill)
    return killed


# What the death of a worker leaves open in this process is Dask's own.
dying = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
CLUSTER: dict[str, Any] = {"processes": True, "dashboard_address": "127.0.0.1:0", "silence_logs": 50}


@dying
def test_a_killed_worker_process_is_replaced(
    longer: tuple[Plan, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, expected = longer
    with LocalCluster(n_workers=2, threads_per_worker=1, **CLUSTER) as local:
        killed = kill_at_first_commit(monkeypatch, lambda: [local.workers[0].pid])
        sample(plan, out=tmp_path / "out", scheduler=local.scheduler_address, progress=False)
    assert len(killed) == 1
    assert contents(tmp_path / "out") == expected


@dying
def test_one_of_two_worker_processes_is_killed_for_good_and_then_the_other(
    longer: tuple[Plan, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, expected = longer
    with (
        LocalCluster(n_workers=0, **CLUSTER) as local,
        worker_processes(local.scheduler_address, 2) as processes,
    ):
        local.wait_for_workers(2)
        with monkeypatch.context() as patch:
            killed = kill_at_first_commit(patch, lambda: [processes[0].pid])
            sample(plan, out=tmp_path / "one", scheduler=local.scheduler_address, progress=False)
        assert killed == [processes[0].pid]
        assert processes[0].wait() == -signal.SIGKILL
        assert processes[1].poll() is None
        with monkeypatch.context() as patch:
            kill_at_first_commit(patch, lambda: [processes[1].pid])
            patch.setattr(workers, "LOST_SECONDS", 0.5)
            with pytest.raises(IncompleteError, match="The Dask workers were lost"):
                sample(plan, out=tmp_path / "none", scheduler=local.scheduler_address, progress=False)
    assert contents(tmp_path / "one") == expected
    sample(plan, out=tmp_path / "none", workers=1, progress=False)
    assert contents(tmp_path / "none") == expected


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
    # What Dask reads of DASK_SPINLENS__CONNECT_SECONDS.
    monkeypatch.setitem(dask.config.config, "spinlens", {"connect_seconds": 0.2})
    with pytest.raises(InputError, match=r"whole number|within 0\.2 s") as caught:
        sample(PLAN, out=tmp_path / "out", progress=False, **options)
    assert caught.value.what == what
    assert list(tmp_path.iterdir()) == []


def test_workers_of_other_versions_are_refused(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    here: dict[str, Any] = {"processes": False, "dashboard_address": "127.0.0.1:0", "protocol": "tcp"}
    with monkeypatch.context() as patch, LocalCluster(n_workers=1, threads_per_worker=1, **here) as local:
        file = tmp_path / "scheduler.json"
        file.write_text(json.dumps(local.scheduler.identity()))
        patch.setattr(cluster, "versions", lambda: {**versions(), "numba": "0.1"})
        with pytest.raises(InputError, match=r"^scheduler = .*: its worker .* has numba .* \(here 0\.1\)"):
            sample(PLAN, out=tmp_path / "out", scheduler=str(file), progress=False)
        assert not (tmp_path / "out").exists()
        patch.undo()
        sample(PLAN, out=tmp_path / "out", scheduler=str(file), progress=False)
    assert contents(tmp_path / "out") == expected


def test_lost_workers_are_one_sentence(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(work: Callable[..., UnitDraws], task: tuple[Path, Unit], *_: object) -> UnitDraws:
        if task[1].point == 2:
            raise KilledWorker("unit", SimpleNamespace(address="tcp://nowhere"), 3)
        return work(task, silent)

    here: dict[str, Any] = {"processes": False, "dashboard_address": "127.0.0.1:0", "protocol": "tcp"}
    with monkeypatch.context() as patch, LocalCluster(n_workers=1, threads_per_worker=1, **here) as local:
        patch.setattr(workers, "_work", die)
        with pytest.raises(IncompleteError, match="workers were lost") as caught:
            sample(PLAN, out=tmp_path / "out", scheduler=local.scheduler_address, progress=False)
    assert "\n" not in str(caught.value)
    sample(PLAN, out=tmp_path / "out", workers=1, progress=False)
    assert contents(tmp_path / "out") == expected


def test_threads_of_this_process_need_no_dask(tmp_path: Path) -> None:
    code = (
        "import sys, spinlens as sl; sl.simulate(sl.Ising(), (4, 4), temperature=2.0, field=[0.0, 0.1, 0.2], "
        "workers=2, equilibration=8, progress=False); sys.exit('distributed' in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_an_interruption_stops_all_threads(longer: tuple[Plan, dict[str, bytes]], tmp_path: Path) -> None:
    plan, expected = longer
    seen: list[float] = []

    def work(task: int, report: Callable[[float], None]) -> int:
        for step in range(10_000):
            report(step / 10_000)
            time.sleep(0.001)
        seen.append(task)
        return task

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        for _ in workers.finished(work, [1, 2, 3], workers=2, report=_interrupt):
            pass
    assert seen == []
    assert time.monotonic() - begun < 9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "commit", _then_interrupt(Writer.commit))
        with pytest.raises(IncompleteError, match="Interrupted with 1 of"):
            sample(plan, out=tmp_path / "out", workers=2, progress=False)
    sample(plan, out=tmp_path / "out", workers=2, progress=False)
    assert contents(tmp_path / "out") == expected


def _interrupt(task: int, fraction: float) -> None:
    if task == 2 and fraction > 0:
        raise KeyboardInterrupt


def _then_interrupt(commit: Callable[..., None]) -> Callable[..., None]:
    def committed(self: Writer, *unit: Any) -> None:
        commit(self, *unit)
        raise KeyboardInterrupt

    return committed


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu.max": "what"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_container_counts(files: dict[str, str], cores: float | None, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert workers._quota(tmp_path) == cores
