"""What cannot fit is refused before anything is written, what takes long is said; other people's disks and files."""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import spinlens as sl
from spinlens.cli.main import run
from spinlens.config import parse_assignment, read_toml
from spinlens.ensemble import estimate, locks, open_ensemble, sample, verify
from spinlens.ensemble.journal import DESCRIPTION, Entry, Journal
from spinlens.errors import DamagedError, InputError
from spinlens.machine import free_bytes, memory_bytes, readable_bytes
from tests.ensemble.tiny import PLAN, contents

ISING = {"model": sl.Ising(), "lattice": (4, 4), "temperature": 2.0, "progress": False}


def test_bytes_on_the_disk_are_those_of_the_files(finished: Path) -> None:
    chunks = sum(file.stat().st_size for file in finished.glob("*/c.*") if file.parent.name not in PLAN.grid)
    assert estimate.disk_bytes(PLAN) == chunks


def test_memory_of_a_unit_is_at_least_that_of_its_arrays() -> None:
    draws = sl.sampling.run_unit(PLAN, sl.sampling.Unit(0, 0))
    arrays = draws.codes.nbytes + sum(series.nbytes for series in draws.sums.values())
    words = len(PLAN.temperature) * PLAN.lattice.sites * 8
    assert estimate.unit_bytes(PLAN) == arrays + words


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"draws": 10**12}, "memory = 82 PB at least"),
        ({"recordings": 10**12}, "Lower recordings"),
        ({"chains": 10**12}, "units of work"),
        ({"chains": 2**26, "draws": 2**16}, "memory = "),
    ],
    ids=str,
)
@pytest.mark.parametrize("stored", [True, False])
def test_what_cannot_fit_is_refused(option: dict[str, int], words: str, stored: bool, tmp_path: Path) -> None:
    if words == "memory = " and stored:
        words = "disk = "
    with pytest.raises(InputError, match=words.replace("82 PB", r"[0-9.]+ [TP]B")) as caught:
        sl.simulate(**ISING, **option, out=tmp_path / "out" if stored else None)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_needs_no_room_again(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "free_bytes", lambda path: 0)
    sample(PLAN, out=copy, workers=1, progress=False)
    longer = replace(PLAN, seed=2)
    with pytest.raises(InputError, match="disk = "):
        sample(longer, out=copy.with_name("other"), workers=1, progress=False)


def test_a_long_run_is_announced_and_a_short_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sample(PLAN, out=tmp_path / "short", workers=1)
    assert capsys.readouterr().err == ""
    # As if a site took as long as a lattice; the announced time is that of the clock.
    monkeypatch.setattr(estimate, "SECONDS", 1.0)
    monkeypatch.setattr(estimate, "LONGEST_TRIAL", 1e9)
    clock = iter(range(0, 10**6, 50))
    monkeypatch.setattr(estimate.time, "perf_counter", lambda: float(next(clock)))
    sample(PLAN, out=tmp_path / "long", workers=2)
    said = capsys.readouterr().err
    # A stretch takes 50 seconds; a unit has 5 before and 6 with a recording; of 6 units 2 are done at a time.
    assert "simulate: about 27:30, " in said
    assert contents(tmp_path / "long") == contents(tmp_path / "short")


def test_what_the_machine_has(tmp_path: Path) -> None:
    whole = memory_bytes(tmp_path)
    assert whole is not None and whole > 2**28  # noqa: PT018
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_bytes(tmp_path) == whole
    (tmp_path / "memory.max").write_text("1048576\n")
    assert memory_bytes(tmp_path) == 2**20
    assert free_bytes(tmp_path / "new" / "one") == pytest.approx(free_bytes(tmp_path), rel=0.1)
    assert [readable_bytes(n) for n in (7, 999, 1200, 2.34e13, 9.99e6)] == [
        "7 bytes",
        "999 bytes",
        "1.2 kB",
        "23 TB",
        "10 MB",
    ]


def of_a_network(number: int, *, folders_alone: bool) -> Any:
    """Return what locks what some file systems lock: NFS only what was opened for writing, others nothing."""

    def flock(file: Any, kind: int) -> None:
        descriptor = file if isinstance(file, int) else file.fileno()
        readable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        if not folders_alone or (readable and kind & fcntl.LOCK_EX):
            raise OSError(number, os.strerror(number))

    return flock


@pytest.mark.filterwarnings("error")
def test_locks_of_a_network_file_system(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks.fcntl, "flock", of_a_network(errno.EBADF, folders_alone=True))
    sample(PLAN, out=tmp_path / "out", workers=1, progress=False)
    assert contents(tmp_path / "out") == expected


@pytest.mark.parametrize("number", locks.NO_LOCKS)
def test_a_file_system_without_locks_is_warned_of(
    number: int, tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks.fcntl, "flock", of_a_network(number, folders_alone=False))
    with pytest.warns(UserWarning, match="has no locks"):
        sample(PLAN, out=tmp_path / "out", workers=1, progress=False)
    assert contents(tmp_path / "out") == expected
    assert not sl.status(tmp_path / "out").running


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "loop").symlink_to("loop")
    for out, why in {
        "s3://bucket/x": "no path on this machine",
        "loop": "cannot be used",
        "loop/x": "cannot be used",
    }.items():
        with pytest.raises(InputError, match=why):
            sample(PLAN, out=out, workers=1, progress=False)
    sample(PLAN, out="~/x.ens", workers=1, progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "loop"]
    assert open_ensemble("home/x.ens").complete


def test_an_edited_description_is_said_wherever_it_is_opened(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = copy / "zarr.json"
    metadata = json.loads(file.read_text())
    metadata["attributes"]["versions"]["numpy"] = "0.1"
    file.write_text(json.dumps(metadata))
    for command in ("info", "status", "observables"):
        with pytest.raises(SystemExit) as caught:
            run([command, str(copy)])
        assert caught.value.code == 4
        assert "versions in zarr.json is not what" in capsys.readouterr().err
    assert not verify(copy).intact


@pytest.mark.parametrize(
    "file", ["spins/c", "spins/c.0", "spins/c.9.0.0.0.0.0", "spins/c.x.0.0.0.0.0", "spins/c.-1.0.0.0.0.0"]
)
def test_names_of_chunks_that_are_none(file: str, copy: Path) -> None:
    known = Journal(copy).read()
    first = known["field=0 block=0"]
    Journal(copy).append(Entry(first.unit, {**first.files, file: "0"}, 1.0))
    assert [damage.file for damage in verify(copy).damages] == [file]


@pytest.mark.parametrize("kind", ["folder", "device"])
def test_a_journal_that_is_no_file(kind: str, copy: Path) -> None:
    journal = copy / "log.jsonl"
    journal.unlink()
    journal.mkdir() if kind == "folder" else journal.symlink_to("/dev/zero")
    for read in (verify, sl.status, lambda path: open_ensemble(path).spins()):
        with pytest.raises(DamagedError, match="is no file"):
            read(copy)


def test_nested_without_end(copy: Path, tmp_path: Path) -> None:
    deep = "[" * 100000 + "]" * 100000
    (copy / "zarr.json").write_text('{"attributes": ' + deep + "}")
    with pytest.raises(InputError, match="is not a spinlens ensemble"):
        open_ensemble(copy)
    (tmp_path / "deep.toml").write_text(f"a = {deep}")
    with pytest.raises(InputError, match="nested too deeply"):
        read_toml(tmp_path / "deep.toml")
    with pytest.raises(InputError, match="is larger than"):
        read_toml(Path("/dev/zero"))
    with pytest.raises(InputError, match="nested too deeply"):
        parse_assignment(f"a={deep}")
    assert DESCRIPTION in Journal(copy).read()
