"""The command line as a user meets it: what it prints, its exit codes, and every bad input in one sentence."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from spinlens.cli.main import run

GRID = ["--temperature", "2:3:3", "--chains", "4", "--equilibration", "10", "--interval", "2"]


@pytest.fixture(autouse=True)
def _keep_the_signal_handlers() -> Iterator[None]:
    former = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, former)


def spinlens(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


def test_simulate_then_info(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "some.ens"
    assert spinlens("simulate", "--shape", "4x6", *GRID, "--field", "-1:1:3", "--draws", 2, "--out", out) == 0
    printed = capsys.readouterr()
    assert "<Ensemble: Ising, J = 1, 4x6, periodic, 3 field x 3 temperature x 4 chain x 2 draw" in printed.out
    assert printed.err.startswith("15 metropolis + heat_bath at 9 of 9 conditions")
    assert spinlens("info", out) == 0
    assert "4; 6" in capsys.readouterr().out
    assert spinlens("info", out, "--json") == 0
    description = json.loads(capsys.readouterr().out)
    assert description["complete"] is True
    assert description["configurations"] == 3 * 3 * 4 * 2
    assert description["field"] == {"first": -1.0, "last": 1.0, "count": 3}


def test_conditions_that_are_not_equilibrated_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = ["--temperature", "0.5:1:2", "--chains", "64", "--equilibration", "0", "--interval", "1", "--no-exchange"]
    assert spinlens("simulate", "--side", 16, *grid, "--start", "random", "--out", tmp_path / "e") == 0
    assert "2 of 2 conditions are not equilibrated" in capsys.readouterr().out
    model = ["--model", "blume_capel", "--axis", "crystal_field=0.5"]
    assert spinlens("simulate", "--side", 16, *grid, *model, "--start", "random", "--out", tmp_path / "other") == 0
    assert "(Delta 0.5, h 0, T 0.5), (Delta 0.5, h 0, T 1)" in capsys.readouterr().out


def test_a_target_is_reached_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = ["--side", 8, "--temperature", "2,3", "--out", tmp_path / "e"]
    assert spinlens("simulate", *grid, "--target", "energy=2e-3", "--target", "absolute_magnetization=0.02") == 0
    capsys.readouterr()
    assert spinlens("observables", tmp_path / "e", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert "energy_error" in json.dumps(found)
    assert spinlens("simulate", *grid, "--target", "energy") == 2
    assert "target = 'energy': must be an observable with the error to reach" in capsys.readouterr().err


def test_auto_says_on_stderr_what_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--side", 48, "--temperature", "2.27,3,4", "--chains", "4", "--equilibration", "2", "--interval", "1"]
    assert spinlens("simulate", *arguments, "--algorithm", "auto", "--out", tmp_path / "auto") == 0
    single, clusters = capsys.readouterr().err.splitlines()
    assert single.startswith("15 metropolis + heat_bath at 2 of 3 conditions (T in 3 to 4, h = 0): correlations reach")
    assert clusters.startswith("seeded_clusters + 3 metropolis at 1 of 3 conditions (T = 2.27, h = 0): correlations")
    assert spinlens("info", tmp_path / "auto") == 0
    assert clusters in capsys.readouterr().out


BAD = {
    "zero temperature": (["--side", "4", "--temperature", "0"], "temperature[0] = 0.0: must be > 0"),
    "negative temperature": (["--side", "4", "--temperature", "-1:1:3"], "temperature[0] = -1.0"),
    "no number": (["--side", "4", "--temperature", "nan"], "temperature[0] = nan"),
    "empty grid": (["--side", "4", "--temperature", ""], "must be start:stop:count"),
    "duplicates": (["--side", "4", "--temperature", "2,2"], "drop duplicates"),
    "unsorted": (["--side", "4", "--temperature", "3,2"], "Sort the grid"),
    "small side": (["--side", "1", "--temperature", "2"], "shape[0] = 1"),
    "unknown boundary": (["--side", "4", "--temperature", "2", "--boundary", "perodic"], "Did you mean 'periodic'?"),
    "half a boundary": (["--side", "4", "--temperature", "2", "--boundary", "+-,"], "boundary[1] = '': is unknown"),
    "three couplings": (["--side", "4", "--temperature", "2", "--coupling", "1,2,3"], "one for each direction"),
    "no coupling": (["--side", "4", "--temperature", "2", "--coupling", "0"], "finite number other than 0"),
    "no chains": (["--side", "4", "--temperature", "2", "--chains", "0"], "chains = 0"),
    "no draws": (["--side", "4", "--temperature", "2", "--draws", "0"], "draws = 0"),
    "negative seed": (["--side", "4", "--temperature", "2", "--seed", "-1"], "seed = -1"),
    "broken seed": (["--side", "4", "--temperature", "2", "--seed", "1.5"], "--seed"),
    "unknown algorithm": (["--side", "4", "--temperature", "2", "--algorithm", "wolf"], "'wolf': is unknown"),
    "no time to measure": (
        ["--side", "4", "--temperature", "2", "--algorithm", "wolff", "--equilibration", "0"],
        "how many clusters make a sweep",
    ),
    "mistyped algorithm": (["--side", "4", "--temperature", "2", "--algorithm", "heatbath"], "mean 'heat_bath'?"),
    "unknown option": (["--side", "4", "--temperature", "2", "--chain", "3"], "No such option: --chain"),
    "two shapes": (["--side", "4", "--shape", "4x4", "--temperature", "2"], "exactly one"),
    "bad shape": (["--shape", "4by4", "--temperature", "2"], "For example 24x10"),
    "no temperature": (["--side", "4"], "--temperature"),
    "no scheduler": (
        ["--side", "4", "--temperature", "2", "--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler answers there"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_writes_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = BAD[name]
    out = tmp_path / "out"
    assert spinlens("simulate", *arguments, "--out", out) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_every_boundary_and_coupling_from_the_command_line(tmp_path: Path) -> None:
    from spinlens import Ising, Lattice, open_ensemble

    cases = {
        "skewed": (["--boundary", "skewed"], Ising(), "skewed"),
        "mixed": (["--boundary", "+-,free", "--coupling", "1,-0.5"], Ising((1, -0.5)), ((1, -1), "free")),
        "staggered": (["--boundary", "antiperiodic", "--coupling=-1", "--staggered-field"],
                      Ising(-1, "staggered"), "antiperiodic"),
    }  # fmt: skip
    for name, (options, model, boundary) in cases.items():
        assert spinlens("simulate", "--shape", "5x4", *GRID, *options, "--out", tmp_path / name) == 0
        ensemble = open_ensemble(tmp_path / name)
        assert ensemble.model == model
        assert ensemble.lattice == Lattice((5, 4), boundary=boundary)


def test_an_occupied_directory_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    assert spinlens("simulate", "--side", 4, *GRID, "--out", tmp_path) == 2
    assert "is not a spinlens ensemble" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_another_configuration_names_the_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert spinlens("simulate", "--side", 4, *GRID, "--out", out) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert spinlens("simulate", "--side", 4, *GRID, "--seed", 5, "--out", out) == 2
    assert "seed (asked 5, stored 0)" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_info_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert spinlens("info", tmp_path) == 2
    assert "is not a spinlens ensemble" in capsys.readouterr().err


def test_a_full_disk_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from spinlens.ensemble import journal, open_ensemble

    def full(self: journal.Journal, entry: journal.Entry) -> None:
        if entry.unit != journal.DESCRIPTION:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, entry)

    append = journal.Journal.append
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "append", full)
        assert spinlens("simulate", "--side", 4, *GRID, "--out", out) == 3
    error = capsys.readouterr().err
    assert "the disk is full" in error
    assert error.count("\n") == 1
    assert not open_ensemble(out).complete
    assert spinlens("simulate", "--side", 4, *GRID, "--out", out) == 0
    assert open_ensemble(out).complete


def test_no_command_writes_what_is_no_path_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "secret.txt").write_text("a secret of more than sixteen letters")
    (tmp_path / "blind.toml").write_text("model = 'ising'\ntemperature = '2:2.5:2'\nsizes = [4]\n")
    assert spinlens("simulate", "--side", 16, *GRID, "--out", "a.ens") == 0
    before = sorted(path.name for path in tmp_path.iterdir())
    capsys.readouterr()
    for words in (
        ["crossover", "--preset", "quick"], ["classify", "--preset", "quick"],
        ["find", "--model", "ising", "--axis", "temperature=2:3", "--sizes", "4,6"], ["train", "a.ens"],
        ["export", "a.ens", "--to", "npz"], ["extend", "a.ens", "--chains", 64], ["pretrain", "a.ens", "--patch", 4],
        ["challenge", "make", "--problems", 1, "--seed-file", "secret.txt"], ["blind", "blind.toml"],
    ):  # fmt: skip
        for out in ("s3://bucket/x", "loop/x"):
            assert spinlens(*words, "--out", out) == 2, words
            said = capsys.readouterr().err
            assert "no path on this machine" in said or "cannot be used" in said, (words, said)
            assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_ctrl_c_says_how_to_continue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from spinlens.ensemble import open_ensemble, writer

    commit = writer.Writer.commit

    def interrupted(self: writer.Writer, *arguments: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        commit(self, *arguments)  # type: ignore[arg-type]

    out = tmp_path / "out"
    fields = ["--field", "0:1:3", "--workers", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "commit", interrupted)
        assert spinlens("simulate", "--side", 4, *GRID, *fields, "--out", out) == 3
    assert "Run the same command again to continue" in capsys.readouterr().err
    assert not open_ensemble(out).complete
    assert spinlens("simulate", "--side", 4, *GRID, *fields, "--out", out) == 0
    assert open_ensemble(out).complete


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert spinlens("--version") == 0
    assert capsys.readouterr().out.startswith("spinlens ")
    assert spinlens("crossover", "--help") == 0
    assert "--preset" in capsys.readouterr().out
