"""The disk fails at the n-th write, flush or rename of a run, for every n: one sentence, and nothing is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from spinlens.ensemble import open_ensemble, sample, verify
from spinlens.errors import IncompleteError, InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan
from tests.ensemble.tiny import contents

PLAN = Plan(
    model=Ising(), lattice=Lattice((4, 4)), temperature=(1.5, 2.5), field=(0.1,), chains=66, draws=2, recordings=4,
    interval=1, equilibration=4, seed=5,
)  # fmt: skip


class Disk:
    """Counts writes, flushes and renames, and lets one of them, or all from it on, fail."""

    def __init__(self, kind: str, at: int, number: int, *, forever: bool) -> None:
        self.kind, self.at, self.number, self.forever = kind, at, number, forever
        self.counts = {"write": 0, "flush": 0, "rename": 0}

    def fails(self, operation: str) -> bool:
        self.counts[operation] += 1
        now = self.counts[operation]
        wanted = "write" if self.kind == "short" else self.kind
        return operation == wanted and (now >= self.at if self.forever else now == self.at)

    def error(self) -> OSError:
        return OSError(self.number, os.strerror(self.number))


class Watched:
    """A file whose writes may fail, or reach the disk by half before they do."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file, self._disk = file, disk

    def write(self, data: Any) -> int:
        if self._disk.fails("write"):
            if self._disk.kind == "short":
                self._file.write(bytes(data)[: len(data) // 2])
                self._file.flush()
            raise self._disk.error()
        return int(self._file.write(data))

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextmanager
def failing(disk: Disk) -> Iterator[None]:
    open_file, flush, rename = Path.open, os.fsync, Path.replace

    def watched(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        file = open_file(self, mode, *arguments, **options)
        return Watched(file, disk) if set(mode) & set("wa+") else file

    def before(operation: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*arguments: Any) -> Any:
            if disk.fails(operation):
                raise disk.error()
            return function(*arguments)

        return checked

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", watched)
        patch.setattr(os, "fsync", before("flush", flush))
        patch.setattr(Path, "replace", before("rename", rename))
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, int]]:
    """Return the files of an undisturbed run, and how many writes, flushes and renames it took."""
    out, disk = tmp_path_factory.mktemp("whole") / "out", Disk("none", 0, 0, forever=False)
    with failing(disk):
        sample(PLAN, out=out, workers=1, progress=False)
    return contents(out), disk.counts


KINDS = {
    "full at a write": ("write", errno.ENOSPC, True),
    "input/output error at a flush": ("flush", errno.EIO, False),
    "short write": ("short", errno.ENOSPC, False),
    "failed rename": ("rename", errno.EIO, True),
}


@pytest.mark.parametrize("case", KINDS)
def test_the_disk_fails_at_every_operation(
    case: str, tmp_path: Path, whole: tuple[dict[str, bytes], dict[str, int]]
) -> None:
    expected, counts = whole
    kind, number, forever = KINDS[case]
    total = counts["write" if kind == "short" else kind]
    assert total >= 27
    # Every file is flushed twice, itself and its folder, so every other flush after the first ones will do.
    steps = range(1, total + 1) if kind != "flush" else [*range(1, 8), *range(8, total + 1, 3)]
    for at in steps:
        out = tmp_path / str(at)
        with failing(Disk(kind, at, number, forever=forever)), pytest.raises((IncompleteError, InputError)) as caught:
            sample(PLAN, out=out, workers=1, progress=False)
        assert "\n" not in str(caught.value)
        if out.exists():
            opened, found = open_ensemble(out), verify(out)
            assert found.intact, (at, found.damages)
            assert found.missing == tuple(opened.missing)
            assert not opened.complete or kind == "flush"
            if opened.missing:
                with pytest.raises(IncompleteError):
                    opened.spins()
        else:
            assert isinstance(caught.value, InputError)
        sample(PLAN, out=out, workers=1, progress=False)
        assert contents(out) == expected, at
        found = verify(out)
        assert found.intact
        assert found.missing == ()
        assert not list(tmp_path.glob(".*"))


def test_the_count_is_of_something(whole: tuple[dict[str, bytes], dict[str, int]]) -> None:
    _, counts = whole
    files = len(whole[0])
    # A rename for each file, and for the ensemble itself; a line for each of 4 commits.
    assert counts["rename"] == files + 1
    assert counts["write"] >= files + 4
    assert counts["flush"] >= 2 * files + 4
