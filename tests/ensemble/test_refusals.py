"""What cannot be opened or continued is refused in one sentence, and left as it was."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from spinlens.ensemble import open_ensemble, sample
from spinlens.ensemble.layout import fingerprint
from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.sampling import Plan
from tests.ensemble.tiny import PLAN, contents


def assert_refused(out: Path, words: str, plan: Plan = PLAN) -> None:
    before = contents(out) if out.is_dir() else out.read_bytes()
    with pytest.raises(InputError, match=words) as caught:
        sample(plan, out=out, workers=1, progress=False)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert before == (contents(out) if out.is_dir() else out.read_bytes())
    assert not list(out.parent.glob(f".{out.name}.partial"))


def change_attributes(folder: Path, **changes: Any) -> None:
    file = folder / "zarr.json"
    metadata = json.loads(file.read_text())
    metadata["attributes"].update(changes)
    file.write_text(json.dumps(metadata))


def test_an_unfinished_ensemble_opens_but_is_not_read(unfinished: Path, expected: dict[str, bytes]) -> None:
    opened = open_ensemble(unfinished)
    assert not opened.complete
    assert len(opened.missing) == 2
    assert len(opened.missing_units) == 1
    assert "1 units missing" in repr(opened)
    assert "1 units missing" in opened._repr_html_()
    assert opened.sizes["chain"] == 70
    reads = (
        opened.spins, opened.packed, opened.observables, opened.to_xarray,
        *(lambda name=name: getattr(opened, name) for name in ("energy", "series", "diagnostics", "round_trips")),
    )  # fmt: skip
    for read in reads:
        with pytest.raises(IncompleteError, match="2 units of work"):
            read()
    sample(PLAN, out=unfinished, workers=1, progress=False)
    assert opened.complete
    assert opened.spins().shape == (3, 3, 70, 2, 6, 10)
    assert contents(unfinished) == expected


@pytest.mark.parametrize("state", ["copy", "unfinished"])
@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"seed": 2}, ["seed"]),
        ({"temperature": [1.5, 2.2, 3.1], "chains": 71}, ["temperature", "chains"]),
        ({"lattice": {"shape": [10, 6], "boundary": "periodic"}}, ["lattice"]),
        ({"model": {"name": "ising", "coupling": -1.0}}, ["model|coupling"]),
        ({"exchange": False, "algorithm": "metropolis"}, ["exchange", "algorithm"]),
    ],
)
def test_another_configuration_is_refused_by_name(
    state: str, change: dict[str, Any], keys: list[str], request: pytest.FixtureRequest
) -> None:
    other = Plan.from_dict({**PLAN.to_dict(), **change})
    for key in keys:
        assert_refused(request.getfixturevalue(state), key, other)


def test_a_directory_with_other_things_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    assert_refused(out, "is not a spinlens ensemble")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / ".partial").write_text("")
    assert_refused(tmp_path / "hidden", "is not a spinlens ensemble")


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a letter")
    assert_refused(tmp_path / "out", "is a file")
    with pytest.raises(InputError, match="cannot be written to"):
        sample(PLAN, out=tmp_path / "out" / "below", workers=1, progress=False)


def test_the_current_directory_is_refused_if_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="current directory"):
        sample(PLAN, out=".", workers=1, progress=False)


def test_an_empty_directory_and_a_link_to_one_are_used(tmp_path: Path, expected: dict[str, bytes]) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    sample(PLAN, out=tmp_path / "link", workers=1, progress=False)
    assert contents(tmp_path / "target") == expected


def test_a_second_writer_is_refused(unfinished: Path) -> None:
    with (unfinished / "log.jsonl").open("ab") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        assert_refused(unfinished, "another process is writing to it")
    sample(PLAN, out=unfinished, workers=1, progress=False)


@pytest.mark.parametrize("place", ["nowhere", "empty", "file"])
def test_what_is_not_an_ensemble_does_not_open(place: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is not a spinlens ensemble"):
        open_ensemble(tmp_path / place)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 3}, "format version 3, this spinlens reads 1 and 2"),
        ({"format_version": None}, "format version None"),
        ({"format": "netcdf"}, "is not a spinlens ensemble"),
        ({"format": ["spinlens-ensemble"]}, "is not a spinlens ensemble"),
        ({"plan": None}, "no sampling plan"),
        ({"plan": [1, 2]}, "no sampling plan"),
        ({"plan": "all of it"}, "no sampling plan"),
    ],
)
def test_attributes_of_another_kind_are_refused(changes: dict[str, Any], words: str, copy: Path) -> None:
    change_attributes(copy, **changes)
    with pytest.raises(InputError, match=words):
        open_ensemble(copy)
    assert_refused(copy, words)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": "hot"},
        {"temperature": [3.0, {}]},
        {"lattice": 5},
        {"lattice": {"shape": 8}},
        {"lattice": {"shape": ["a", "b"]}},
        {"model": ["ising"]},
        {"model": {"name": "ising", "coupling": "strong"}},
        {"model": {"name": "potts"}},
        {"chains": None},
        {"colour": "blue"},
        {"seed": {"seed": 1}},
        {"algorithm": ["heat_bath"]},
    ],
)
def test_malformed_plans_are_refused(change: dict[str, Any], copy: Path) -> None:
    plan = {**PLAN.to_dict(), **change}
    change_attributes(copy, plan=plan, fingerprint=fingerprint(plan))
    with pytest.raises(InputError) as caught:
        open_ensemble(copy)
    assert "\n" not in str(caught.value)


def test_an_altered_plan_is_noticed(copy: Path) -> None:
    change_attributes(copy, plan={**PLAN.to_dict(), "seed": 2})
    with pytest.raises(DamagedError, match="fingerprint"):
        open_ensemble(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "{}", '{"zarr_format": 3, "node_type": "array"}', "\x00\xff"])
def test_a_broken_description_is_refused(text: str, copy: Path) -> None:
    (copy / "zarr.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="is not a spinlens ensemble"):
        open_ensemble(copy)
    assert_refused(copy, "is not a spinlens ensemble")
