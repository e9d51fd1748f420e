"""Whatever happens to a file, `verify` reports it, no reader returns wrong numbers, and `repair` undoes it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from spinlens.ensemble import Ensemble, open_ensemble, repair, sample, verify
from spinlens.ensemble.journal import DESCRIPTION, Journal
from spinlens.errors import DamagedError, SpinlensError
from spinlens.sampling import run_unit
from tests.data.write_golden import PLAN
from tests.ensemble.tiny import contents

REPAIR = import_module("spinlens.ensemble.repair")
"""The module, not the function of the same name."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sound") / "out"
    sample(PLAN, out=out, workers=1, progress=False)
    return out


@pytest.fixture
def out(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "out"))


def everything(ensemble: Ensemble) -> dict[str, Any]:
    """Return all that can be read."""
    return {
        "spins": ensemble.spins(), "series": ensemble.series, "table": ensemble.to_xarray(),
        "acceptance": ensemble.exchange_acceptance, "trips": ensemble.round_trips, "plan": ensemble.configuration,
    }  # fmt: skip


def assert_never_wrong(out: Path, right: dict[str, Any]) -> None:
    try:
        found = everything(open_ensemble(out))
    except SpinlensError:
        return
    assert found.pop("plan") == right["plan"]
    for name, values in found.items():
        xr.testing.assert_identical(values, right[name])


def harms(content: bytes, seed: int, flips: int) -> Iterator[bytes]:
    """Yield the content emptied, cut, and with single bits flipped at the ends and at random places."""
    places = random.Random(seed)
    yield b""
    yield content[:-1]
    yield content[: places.randrange(len(content))]
    for place in [0, len(content) - 1, *(places.randrange(len(content)) for _ in range(flips))]:
        changed = bytearray(content)
        changed[place] ^= 1 << places.randrange(8)
        yield bytes(changed)


def test_every_file_cut_and_flipped(sound: Path, out: Path) -> None:
    right = everything(open_ensemble(sound))
    for seed, (file, content) in enumerate(contents(sound).items()):
        for changed in harms(content, seed, flips=12 if file.endswith(".json") else 1):
            (out / file).write_bytes(changed)
            found = verify(out)
            assert [damage.file for damage in found.damages] == [file]
            assert found.missing == ()
            assert_never_wrong(out, right)
        (out / file).write_bytes(content)
    assert verify(out).intact


def test_the_journal_cut_and_flipped(sound: Path, out: Path) -> None:
    right, journal = everything(open_ensemble(sound)), (sound / "log.jsonl").read_bytes()
    for changed in harms(journal, 1, flips=60):
        (out / "log.jsonl").write_bytes(changed)
        found = verify(out)
        # A cut at the end looks like a kill: not damaged, but not complete.
        assert not found.intact or found.missing
        assert_never_wrong(out, right)
        repair(out, workers=1, progress=False)
        assert verify(out).intact
        sample(PLAN, out=out, workers=1, progress=False)
        found = verify(out)
        assert found.intact
        assert found.missing == ()
        assert contents(out) == contents(sound)


@pytest.mark.parametrize("harm", ["cut", "flip", "remove"])
def test_every_file_is_repaired_to_the_same_bytes(harm: str, sound: Path, out: Path) -> None:
    expected, journal = contents(sound), (sound / "log.jsonl").read_bytes()
    for file, content in expected.items():
        if harm == "remove":
            (out / file).unlink()
        else:
            changed = content[: len(content) // 2] if harm == "cut" else bytes([content[0] ^ 2]) + content[1:]
            (out / file).write_bytes(changed)
        written = {name: (out / name).stat().st_mtime_ns for name in expected if name != file}
        done = repair(out, workers=1, progress=False)
        assert [damage.file for damage in done.damages] == [file]
        assert done.missing == ()
        assert contents(out) == expected
        assert (out / "log.jsonl").read_bytes() == journal
        assert written == {name: (out / name).stat().st_mtime_ns for name in written}


def test_much_at_once_is_repaired_by_sampling_just_that(
    sound: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(out / "spins")
    (out / "zarr.json").write_text("nothing")
    lines = (out / "log.jsonl").read_bytes().splitlines(keepends=True)
    (out / "log.jsonl").write_bytes(b"".join([*lines[:2], b"altered\n", *lines[3:]]))
    repair(out, workers=2, progress=False)
    assert contents(out) == contents(sound)
    assert verify(out).missing == ()

    done = []
    monkeypatch.setattr(
        import_module("spinlens.ensemble.repair"), "run_unit", lambda *a: (done.append(a[1]), run_unit(*a))[1]
    )
    (out / "spin_sum" / "c.1.0.0.0").unlink()
    (out / "r_hat" / "c.0.0").unlink()
    assert repair(out, workers=1, progress=False).units == ("field=0 diagnostics", "field=1 block=0")
    assert [(unit.point, unit.block) for unit in done] == [(1, 0)]
    assert contents(out) == contents(sound)


def test_the_report_names_field_temperatures_and_chains(out: Path) -> None:
    for file in ("spins/c.1.0.1.0.0.0", "exchange_accepted/c.0.1.0", "r_hat/c.1.0", "field/zarr.json"):
        (out / file).write_bytes(b"?")
    damages = {damage.file: damage for damage in verify(out).damages}
    chunk = damages["spins/c.1.0.1.0.0.0"]
    assert (chunk.controls, chunk.temperature, chunk.chains) == ({"field": 0.3}, (1.8, 2.6), (64, 65))
    assert chunk.unit == "field=1 block=1"
    assert str(chunk) == (
        "spins/c.1.0.1.0.0.0 does not match its checksum: h = 0.3, T = 1.8 to 2.6, chains 64 to 65"
    )  # fmt: skip
    assert damages["exchange_accepted/c.0.1.0"].chains == (64, 65)
    assert damages["r_hat/c.1.0"].chains == (0, 65)
    assert damages["field/zarr.json"].controls is None


def test_a_file_that_cannot_be_read_is_damage(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def failing(self: Path) -> bytes:
        if self.name == "c.1.0.1.0.0.0":
            raise OSError(5, "Input/output error")
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", failing)
    (damage,) = verify(out).damages
    assert damage.problem == "cannot be read (Input/output error)"


def test_what_would_not_be_the_same_is_not_written(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = out / "spins" / "c.0.0.1.0.0.0"
    chunk.write_bytes(b"damaged")
    other = type(PLAN).from_dict({**PLAN.to_dict(), "seed": 21})
    monkeypatch.setattr(
        import_module("spinlens.ensemble.repair"), "run_unit", lambda plan, unit, report: run_unit(other, unit, report)
    )
    with pytest.raises(DamagedError, match="is not what the journal knows") as caught:
        repair(out, workers=1, progress=False)
    assert "'zarr': " in str(caught.value)
    assert chunk.read_bytes() == b"damaged"


def test_an_unfinished_ensemble_is_repaired_and_left_unfinished(sound: Path, out: Path) -> None:
    lines = (out / "log.jsonl").read_bytes().splitlines(keepends=True)
    (out / "log.jsonl").write_bytes(b"".join(lines[:-1]))
    (out / "bond_sum" / "c.0.0.0.0").unlink()
    done = repair(out, workers=1, progress=False)
    assert done.units == ("field=0 block=0",)
    assert done.missing == ("field=1 diagnostics",)
    (out / "log.jsonl").write_bytes(b"".join(lines[:2]))
    for file in set(contents(out)) - {file for entry in Journal(out).read().values() for file in entry.files}:
        (out / file).unlink()
    (out / "bond_sum" / "c.0.0.0.0").unlink()
    done = repair(out, workers=1, progress=False)
    assert done.units == ("field=0 block=0",)
    assert len(done.missing) == 5
    sample(PLAN, out=out, workers=1, progress=False)
    assert contents(out) == contents(sound)


def test_the_plan_lost_in_both_places_is_said(out: Path) -> None:
    (out / "zarr.json").write_text("{}")
    lines = (out / "log.jsonl").read_bytes().splitlines(keepends=True)
    (out / "log.jsonl").write_bytes(b"".join(lines[1:]))
    with pytest.raises(SpinlensError, match="is not a spinlens ensemble"):
        verify(out)
    with pytest.raises(SpinlensError, match="is not a spinlens ensemble"):
        repair(out, progress=False)


def test_a_lost_line_of_the_description_is_written_again(sound: Path, out: Path) -> None:
    lines = (out / "log.jsonl").read_bytes().splitlines(keepends=True)
    (out / "log.jsonl").write_bytes(b"".join(lines[1:]))
    assert [damage.unit for damage in verify(out).damages] == [DESCRIPTION]
    repair(out, workers=1, progress=False)
    assert Journal(out).read() == Journal(sound).read()


def test_separators_and_fill_values_that_differ_are_no_zeros(out: Path) -> None:
    # One bit turns the names of chunks into others, which Zarr would take for chunks of zeros.
    for change in ({"separator": "/"}, None):
        for file in (out / "zarr.json", out / "spin_sum" / "zarr.json"):
            metadata = json.loads(file.read_text())
            array = metadata["consolidated_metadata"]["metadata"]["spin_sum"] if file.parent == out else metadata
            if change is None:
                array["fill_value"] = 1
            else:
                array["chunk_key_encoding"]["configuration"].update(change)
            file.write_text(json.dumps(metadata))
        with pytest.raises(DamagedError, match="description of the array spin_sum"):
            _ = open_ensemble(out).series
        repair(out, workers=1, progress=False)
