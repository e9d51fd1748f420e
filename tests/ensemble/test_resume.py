"""Ended at any moment, the same call finishes the ensemble to the same bytes."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from spinlens.ensemble import open_ensemble, sample
from spinlens.ensemble.journal import Journal
from spinlens.errors import IncompleteError
from tests.ensemble.doomed import Fate, run
from tests.ensemble.tiny import COMMITS, PLAN, contents

# The empty ensemble takes 16 renames, each unit of work 5, each field's diagnostics 3: 55 in all.
POINTS = [
    *(("written", count) for count in (1, 9, 14, 15, 18, 27, 36, 44, 53)),
    *(("renamed", count) for count in (1, 14, 15, 31, 53)),
    *((point, count) for point in ("journal", "torn", "journaled") for count in (1, 4, COMMITS)),
    *(("sampling", count) for count in (1, 30)),
]
RANDOM_MOMENTS = 6


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], tuple[Path, int]]:
    """Return the remains of one killed run for each point, and how many commits it made, -1 for no ensemble."""
    folder = tmp_path_factory.mktemp("killed")
    fates = [
        Fate(out=str(folder / f"{point}-{count}"), point=point, count=count, workers=1 + number % 2)
        for number, (point, count) in enumerate(POINTS)
    ]
    ends = run(fates)
    assert [code for code, _ in ends] == [-signal.SIGKILL] * len(fates)
    outs = [Path(fate.out) for fate in fates]
    return {
        (fate.point, fate.count): (out, len(Journal(out).read()) if out.exists() else -1)
        for fate, out in zip(fates, outs, strict=True)
    }


def assert_continues(out: Path, expected: dict[str, bytes], *, workers: int) -> None:
    ensemble = sample(PLAN, out=out, workers=workers, progress=False)
    assert ensemble.complete
    assert contents(out) == expected
    assert not list(out.parent.glob(f".{out.name}.partial"))


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}-{point[1]}")
def test_killed_at_a_commit_point(
    point: tuple[str, int], killed: dict[tuple[str, int], tuple[Path, int]], expected: dict[str, bytes]
) -> None:
    out, _ = killed[point]
    committed = Journal(out).read() if out.exists() else {}
    kept = {file: (out / file).stat().st_mtime_ns for entry in committed.values() for file in entry.files}
    if out.exists() and len(committed) < COMMITS:
        with pytest.raises(IncompleteError, match="units of work"):
            open_ensemble(out).spins(field=0)
    assert_continues(out, expected, workers=1 + POINTS.index(point) % 3)
    assert kept == {file: (out / file).stat().st_mtime_ns for file in kept}


def test_the_points_lie_all_along_the_run(killed: dict[tuple[str, int], tuple[Path, int]]) -> None:
    committed = {point: commits for point, (_, commits) in killed.items()}
    assert committed["written", 14] == -1
    assert committed["renamed", 14] == 1
    assert committed["renamed", 53] == committed["torn", COMMITS] == COMMITS - 1
    assert committed["journaled", COMMITS] == COMMITS


def test_killed_at_random_moments(tmp_path: Path, expected: dict[str, bytes]) -> None:
    moments = random.Random(7)
    out = tmp_path / "out"
    fates = [
        Fate(out=str(out), seconds=moments.uniform(0.005, 0.15), workers=1 + number % 2)
        for number in range(RANDOM_MOMENTS)
    ]
    run(fates)
    assert_continues(out, expected, workers=3)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_finishes_the_commit(workers: int, tmp_path: Path, expected: dict[str, bytes]) -> None:
    fates = [
        Fate(out=str(tmp_path / point), signal=signal.SIGINT, point=point, count=count, workers=workers)
        for point, count in (("written", 20), ("journal", 4), ("sampling", 20))
    ]
    ends = run(fates)
    for fate, (code, message) in zip(fates, ends, strict=True):
        assert code == IncompleteError.exit_code == 3
        assert "Run the same command again to continue" in message
        assert "\n" not in message
        out = Path(fate.out)
        assert not list(out.rglob("*.partial"))
        entries = Journal(out).read()
        if fate.point == "journal":
            assert len(entries) == 4
        listed = {file for entry in entries.values() for file in entry.files}
        assert {file for file in contents(out) if not file.startswith("checkpoints/")} == listed
        assert ("what was done of" in message) == (out / "checkpoints").exists()
        # With two threads the others may have ended their units before they were told.
        assert fate.point != "sampling" or workers > 1 or (out / "checkpoints").exists()
        assert_continues(out, expected, workers=3 - workers)


def test_a_torn_or_altered_line_of_the_journal_is_no_commit(copy: Path, expected: dict[str, bytes]) -> None:
    journal = copy / "log.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    altered = lines[2].replace(b'"seconds": ', b'"seconds": 1')
    journal.write_bytes(b"".join([*lines[:2], altered, b"\xff\n", b"[]\n", *lines[3:-1], lines[-1][:30]]))
    assert len(open_ensemble(copy).missing) == 2
    assert_continues(copy, expected, workers=1)


def test_a_finished_ensemble_is_left_alone(copy: Path, expected: dict[str, bytes]) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    assert_continues(copy, expected, workers=1)
    assert before == {path: path.stat().st_mtime_ns for path in copy.rglob("*")}


def test_what_a_kill_left_behind_is_removed(unfinished: Path, expected: dict[str, bytes]) -> None:
    (unfinished / "spins" / "c.9.0.0.0.0.0.partial").write_bytes(b"half")
    assert_continues(unfinished, expected, workers=1)
