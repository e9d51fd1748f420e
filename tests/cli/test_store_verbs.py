"""``spinlens verify``, ``repair`` and ``status`` as a user meets them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.test_verbs import spinlens
from tests.data.write_golden import PATH
from tests.ensemble.tiny import contents

CHUNK = "bond_sum/c.1.0.0.0"


@pytest.fixture(params=["ensemble", "study"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return an ensemble, or a directory of a study that holds one."""
    shutil.copytree(PATH, tmp_path / "study" / "ensemble")
    return tmp_path / "study" if request.param == "study" else tmp_path / "study" / "ensemble"


def inside(place: Path) -> Path:
    return place / "ensemble" if place.name == "study" else place


def test_verify_repair_verify(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spinlens("verify", place) == 0
    assert ": intact\n" in capsys.readouterr().out
    (inside(place) / CHUNK).write_bytes(b"damaged")
    assert spinlens("verify", place) == 4
    printed = capsys.readouterr().out
    assert f"{CHUNK} does not match its checksum: h = 0.3, T = 1.8 to 2.6, chains 0 to 63" in printed
    assert f"1 damaged; spinlens repair {place} makes them again" in printed
    assert spinlens("repair", place) == 0
    assert "done again: field=1 block=0" in capsys.readouterr().out
    assert contents(inside(place)) == contents(PATH)
    assert spinlens("verify", place) == 0
    assert spinlens("repair", place) == 0
    assert "Repaired 0 damages; done again: nothing" in capsys.readouterr().out


def test_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside(place) / CHUNK).unlink()
    assert spinlens("verify", place, "--json") == 4
    found = json.loads(capsys.readouterr().out)
    assert found["intact"] is False
    assert found["complete"] is True
    assert found["damages"] == [
        {
            "file": CHUNK, "problem": "is missing", "unit": "field=1 block=0", "controls": {"field": 0.3},
            "temperature": [1.8, 2.6], "chains": [0, 63],
        }
    ]  # fmt: skip
    assert spinlens("repair", place, "--json", "--workers", 1) == 0
    assert json.loads(capsys.readouterr().out)["units"] == ["field=1 block=0"]
    assert spinlens("status", place, "--json") == 0
    now = json.loads(capsys.readouterr().out)
    assert now["done"] == now["units"] == 4
    assert now["seconds_left"] == 0


def test_an_unfinished_ensemble_has_its_own_exit_code(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = inside(place) / "log.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3]))
    for line in lines[3:]:
        for file in json.loads(line)["files"]:
            (inside(place) / file).unlink()
    assert spinlens("verify", place) == 3
    assert "intact; 4 units of work are not stored yet" in capsys.readouterr().out
    assert spinlens("status", place) == 0
    printed = capsys.readouterr().out
    assert "2 of 4 done, 2 left" in printed
    assert "stopped, last commit" in printed
    assert "at the pace so far" in printed
    assert "effective samples      at least" in printed
    assert spinlens("repair", place) == 3


def test_damage_beyond_repair_is_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside(place) / "zarr.json").write_bytes(b"{}")
    (inside(place) / "log.jsonl").write_bytes(b"")
    for verb in ("verify", "repair", "status"):
        assert spinlens(verb, place) == 2
        error = capsys.readouterr().err
        assert "is not a spinlens ensemble" in error
        assert error.count("\n") == 1


@pytest.mark.parametrize("verb", ["verify", "repair", "status"])
def test_something_else_is_refused(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("a letter")
    for place in (tmp_path, tmp_path / "file", tmp_path / "nowhere"):
        assert spinlens(verb, place) == 2
        assert "is not a spinlens ensemble" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_study_of_several_ensembles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "study"
    for name in ("one", "two"):
        shutil.copytree(PATH, study / "ensembles" / f"{name}.ens")
    assert spinlens("info", study) == 0
    assert capsys.readouterr().out.startswith("one:\n")
    assert spinlens("status", study, "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == {"one", "two"}
    (study / "ensembles" / "two.ens" / CHUNK).write_bytes(b"damaged")
    assert spinlens("verify", study) == 4
    printed = capsys.readouterr().out
    assert printed.index("one:") < printed.index(": intact") < printed.index("two:") < printed.index("1 damaged")
    assert spinlens("repair", study) == 0
    assert "Repaired 1 damage; done again: field=1 block=0" in capsys.readouterr().out
    assert spinlens("verify", study, "--json") == 0
    assert json.loads(capsys.readouterr().out)["two"]["damages"] == []
    assert spinlens("export", study, "--to", "images", "--out", tmp_path / "out", "--chains", 1) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"one", "two"}
    capsys.readouterr()
    assert spinlens("observables", study) == 2
    assert "is a study of several ensembles: one, two. Name one of them" in capsys.readouterr().err
    shutil.rmtree(study / "ensembles" / "one.ens")
    shutil.rmtree(study / "ensembles" / "two.ens")
    assert spinlens("verify", study) == 2
    assert "holds no ensemble yet" in capsys.readouterr().err
