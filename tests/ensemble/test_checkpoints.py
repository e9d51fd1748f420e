"""Killed within a unit of work, the same call goes on from the last checkpoint, to the same bytes."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import checkpoint, open_ensemble, sample, status, verify
from spinlens.ensemble.checkpoint import FOLDER, Checkpoint
from spinlens.ensemble.writer import Writer
from spinlens.sampling import Unit, chains
from spinlens.sampling.engines.bits.walkers import BitWalkers
from tests.ensemble.doomed import Fate, run
from tests.ensemble.tiny import PLAN, contents

INTERVALS = 5 + 6
"""In each of six units."""

# With a checkpoint after every interval there are 55 + 66 renames.
POINTS = [
    *(("sampling", count) for count in (1, 2, 5, 6, 7, 11, 12, 30, 66)),
    *(("written", count) for count in range(15, 119, 9)),
    *(("renamed", count) for count in (15, 16, 24, 25, 26, 43, 75, 118)),
    *(("journal", count) for count in (2, 5)),
    *(("journaled", count) for count in (2, 5)),
]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Path]:
    """Return the remains of one killed run for each point."""
    folder = tmp_path_factory.mktemp("killed")
    fates = [
        Fate(out=str(folder / f"{point}-{count}"), point=point, count=count, workers=1, checkpoints=True)
        for point, count in POINTS
    ]
    assert [code for code, _ in run(fates)] == [-signal.SIGKILL] * len(fates)
    return {point: Path(fate.out) for point, fate in zip(POINTS, fates, strict=True)}


@pytest.fixture
def begun(killed: dict[tuple[str, int], Path], tmp_path: Path) -> Path:
    """Return a run that was killed in the middle of its first unit."""
    return Path(shutil.copytree(killed["sampling", 7], tmp_path / "begun"))


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[slice]:
    """Return the list of all sweeps that follow."""
    made: list[slice] = []
    sweep = BitWalkers.sweep

    def counted(self: BitWalkers, here: slice) -> None:
        made.append(here)
        sweep(self, here)

    monkeypatch.setattr(BitWalkers, "sweep", counted)
    return made


def assert_continues(out: Path, expected: dict[str, bytes]) -> None:
    assert sample(PLAN, out=out, workers=1, progress=False).complete
    assert contents(out) == expected
    assert not (out / FOLDER).exists()


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point[0]}-{point[1]}")
def test_killed_at_any_point(
    point: tuple[str, int], killed: dict[tuple[str, int], Path], expected: dict[str, bytes], tmp_path: Path,
    sweeps: list[slice],
) -> None:  # fmt: skip
    out = Path(shutil.copytree(killed[point], tmp_path / "copy"))
    assert verify(out).intact
    assert not open_ensemble(out).complete
    kind, count = point
    done = status(out).done + status(out).begun
    assert_continues(out, expected)
    if kind == "sampling":
        assert done * INTERVALS == pytest.approx(count - 1)
    # What was committed or kept is not sampled again.
    assert len(sweeps) == round((6 - done) * INTERVALS)


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def foreign(path: Path) -> None:
    """Put the checkpoint of another seed in its place."""
    other = replace(PLAN, seed=2)
    out = path.parents[1].with_name("other")
    Writer(out, other).close()
    kept: dict[str, np.ndarray] = {}

    class Left(Exception):
        pass

    class Keeper:
        def load(self) -> dict[str, np.ndarray]:
            return {}

        def due(self) -> bool:
            return True

        def save(self, arrays: Any, fraction: float) -> None:
            Checkpoint(out, other, Unit(0, 0)).save(arrays, fraction)
            kept.update(arrays)
            raise Left

    with pytest.raises(Left):
        chains.run_unit(other, Unit(0, 0), keeper=Keeper())
    assert Checkpoint(out, other, Unit(0, 0)).load().keys() == kept.keys()
    shutil.copy(out / FOLDER / "0.0", path)


def swapped(path: Path) -> None:
    """Put the arrays of another seed, whole and valid, below our own head."""
    head = path.read_bytes().partition(b"\n")[0]
    foreign(path)
    path.write_bytes(head + b"\n" + path.read_bytes().partition(b"\n")[2])


HARMS: dict[str, Callable[[Path], Any]] = {
    "flipped": flipped,
    "short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "empty": lambda path: path.write_bytes(b""),
    "no head": lambda path: path.write_bytes(b"[]\n" + path.read_bytes()),
    "half a head": lambda path: path.write_bytes(path.read_bytes()[:40]),
    "another seed": foreign,
    "the arrays of another seed": swapped,
    "another unit": lambda path: path.rename(path.with_name("1.0")),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_damaged_or_foreign_counts_for_nothing(
    harm: str, begun: Path, expected: dict[str, bytes], sweeps: list[slice]
) -> None:
    HARMS[harm](begun / FOLDER / "0.0")
    sweeps.clear()
    assert_continues(begun, expected)
    assert len(sweeps) == 6 * INTERVALS


def test_other_versions_begin_anew(
    begun: Path, expected: dict[str, bytes], sweeps: list[slice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "versions", lambda: {"spinlens": "9"})
    assert_continues(begun, expected)
    assert len(sweeps) == 6 * INTERVALS


def test_a_full_disk_costs_the_checkpoint_alone(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def full(path: Path, *data: bytes) -> None:
        tried.append(path)
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint, "SHARE", 0)
    assert_continues(tmp_path / "out", expected)
    assert len(tried) == 6 * INTERVALS


def test_units_that_take_a_moment_write_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "write_atomically", lambda *_: pytest.fail("a checkpoint"))
    sample(PLAN, out=tmp_path / "out", workers=2, progress=False)


def test_ctrl_c_keeps_what_was_done(tmp_path: Path, expected: dict[str, bytes], sweeps: list[slice]) -> None:
    out = tmp_path / "out"
    ((code, message),) = run([Fate(out=str(out), signal=signal.SIGINT, point="sampling", count=15)])
    assert code == 3
    assert f"1 of 6 units of work stored in {out}, and what was done of 1 more. Run the same command" in message
    now = status(out)
    assert now.done == 1
    assert 0 < now.begun <= 1
    assert_continues(out, expected)
    assert len(sweeps) == round((5 - now.begun) * INTERVALS)


def test_a_run_that_goes_on_says_where_it_stands(begun: Path) -> None:
    from spinlens.ensemble.simulate import sample_all

    said: list[float] = []
    fraction = status(begun).begun / 6
    assert fraction == pytest.approx(6 / INTERVALS / 6)
    sample_all({begun: PLAN}, workers=1, progress=lambda done, note: said.append(done))
    assert said[0] == pytest.approx(fraction)
