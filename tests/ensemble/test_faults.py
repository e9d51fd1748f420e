"""Full disks, failing disks and damaged files: one sentence, nothing lost, never a wrong number."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spinlens.ensemble import Ensemble, open_ensemble, sample
from spinlens.ensemble.journal import Journal
from spinlens.errors import DamagedError, IncompleteError, InputError
from tests.ensemble.tiny import COMMITS, PLAN, contents

READERS: dict[str, Callable[[Ensemble], Any]] = {
    "spins": lambda ensemble: ensemble.spins(),
    "bond_sum": lambda ensemble: ensemble.energy,
    "spin_sum": lambda ensemble: ensemble.series,
    "exchange_accepted": lambda ensemble: ensemble.exchange_acceptance,
    "round_trips": lambda ensemble: ensemble.round_trips,
    "r_hat": lambda ensemble: ensemble.diagnostics,
    "effective_sample_size": lambda ensemble: ensemble.diagnostics,
}


def chunks(folder: Path, name: str) -> list[Path]:
    return sorted((folder / name).glob("c.*"))


def fail_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, count: int, number: int) -> None:
    """Let a call fail with an error of the operating system, once, and all that follow as well."""
    calls = 0
    function = getattr(owner, name)

    def failing(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= count:
            raise OSError(number, os.strerror(number))
        return function(*arguments, **options)

    monkeypatch.setattr(owner, name, failing)


CALLS = [
    ("fsync", os, 40),
    ("fsync", os, 43),
    ("fsync", os, 96),
    ("replace", Path, 15),
    ("replace", Path, 38),
]


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "Input/output error")])
@pytest.mark.parametrize(("name", "owner", "count"), CALLS, ids=lambda value: str(value) if value is not os else "os")
def test_a_failing_disk(
    name: str, owner: Any, count: int, number: int, words: str, tmp_path: Path, expected: dict[str, bytes]
) -> None:
    out = tmp_path / "out"
    with pytest.MonkeyPatch.context() as patch:
        fail_at(patch, owner, name, count, number)
        with pytest.raises(IncompleteError, match=words) as caught:
            sample(PLAN, out=out, workers=1, progress=False)
    assert "\n" not in str(caught.value)
    assert "same command again" in str(caught.value)
    assert not list(out.rglob("*.partial"))
    opened = open_ensemble(out)
    assert not opened.complete
    assert "missing" in repr(opened)
    sample(PLAN, out=out, workers=2, progress=False)
    assert contents(out) == expected


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(("name", "owner", "count"), [("fsync", os, 5), ("mkdir", Path, 1), ("replace", Path, 14)])
def test_an_ensemble_that_cannot_be_created_leaves_nothing(
    name: str, owner: Any, count: int, number: int, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fail_at(patch, owner, name, count, number)
        with pytest.raises(InputError, match="cannot be written to") as caught:
            sample(PLAN, out=tmp_path / "out", workers=1, progress=False)
    assert os.strerror(number) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_read_only_ensemble_still_opens(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(copy)
    function = Path.open

    def refuse(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if set(mode) & set("wax+"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return function(self, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="Read-only file system"):
        sample(PLAN, out=copy, workers=1, progress=False)
    assert open_ensemble(copy).spins().shape == (3, 3, 70, 2, 6, 10)
    assert contents(copy) == before


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("place", [0, 5, -1])
def test_a_flipped_bit_is_noticed_and_named(name: str, place: int, copy: Path) -> None:
    chunk = chunks(copy, name)[-1]
    data = bytearray(chunk.read_bytes())
    data[place] ^= 4
    chunk.write_bytes(data)
    with pytest.raises(DamagedError, match=f"{name}/{chunk.name} of field=2 .* does not match its checksum"):
        READERS[name](open_ensemble(copy))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("keep", [0, 4, -1])
def test_a_truncated_chunk_is_noticed_and_named(name: str, keep: int, copy: Path) -> None:
    chunk = chunks(copy, name)[0]
    chunk.write_bytes(chunk.read_bytes()[:keep])
    with pytest.raises(DamagedError, match=f"{name}/{chunk.name} of field=0 .* does not match its checksum"):
        READERS[name](open_ensemble(copy))


@pytest.mark.parametrize("name", READERS)
def test_a_missing_chunk_is_noticed_and_named(name: str, copy: Path) -> None:
    chunk = chunks(copy, name)[1]
    chunk.unlink()
    with pytest.raises(DamagedError, match=f"{name}/{chunk.name} of field=.* is missing"):
        READERS[name](open_ensemble(copy))


def test_damage_elsewhere_does_not_spoil_the_rest(finished: Path, copy: Path) -> None:
    chunk = chunks(copy, "spins")[-1]
    chunk.write_bytes(bytes(len(chunk.read_bytes())))
    damaged = open_ensemble(copy)
    np.testing.assert_array_equal(damaged.spins(field=0), open_ensemble(finished).spins(field=0))
    with pytest.raises(DamagedError):
        damaged.spins(field=2)


@pytest.mark.parametrize("harm", ["flip", "remove"])
def test_diagnostics_are_not_computed_from_damaged_sums(harm: str, copy: Path) -> None:
    journal = copy / "log.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if "field=1 diagnostics" not in line))
    chunk = chunks(copy, "spin_sum")[2]
    assert chunk.name.startswith("c.1.")
    data = bytearray(chunk.read_bytes())
    data[0] ^= 1
    chunk.write_bytes(data) if harm == "flip" else chunk.unlink()
    with pytest.raises(DamagedError, match="spin_sum"):
        sample(PLAN, out=copy, workers=1, progress=False)
    assert len(Journal(copy).read()) == COMMITS - 1


@pytest.mark.parametrize("change", [{"shape": [3, 3, 70, 5]}, {"data_type": "float32"}, {"node_type": "group"}])
def test_an_altered_array_is_noticed(change: dict[str, Any], copy: Path) -> None:
    for file in (copy / "zarr.json", copy / "bond_sum" / "zarr.json"):
        metadata = json.loads(file.read_text())
        array = metadata["consolidated_metadata"]["metadata"]["bond_sum"] if file.parent == copy else metadata
        array.update(change)
        file.write_text(json.dumps(metadata))
    with pytest.raises((DamagedError, InputError)):
        _ = open_ensemble(copy).energy
    with pytest.raises((DamagedError, InputError)):
        sample(PLAN, out=copy, workers=1, progress=False)


def test_an_array_that_is_gone_is_noticed(copy: Path) -> None:
    for file in (copy / "spins").iterdir():
        file.unlink()
    with pytest.raises(DamagedError, match="spins"):
        open_ensemble(copy).packed()
