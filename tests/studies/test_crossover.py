"""A tiny crossover study from end to end: what it leaves, how it continues, what it refuses."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from spinlens.cli.main import run
from spinlens.errors import DamagedError, InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel
from spinlens.report import write_report
from spinlens.studies import configure, planes, run_crossover
from spinlens.studies.directory import StudyDirectory, read_summary
from spinlens.studies.plane import plane_of
from spinlens.studies.report import crossover_table
from tests.studies.assignments import assignments

TINY = {
    "sampling": {
        "shape": [16, 16], "temperature": "1:5:9", "field": "-1:1:3", "chains": 16, "recordings": 20,
        "equilibration": 400
    },
    "training": {"recipe": {"epochs": 2, "batch": 64}},
    "analysis": {"resamples": 20, "trainings": 1},
}  # fmt: skip

ARGUMENTS = ["crossover", "--preset", "quick", *(w for text in assignments(TINY) for w in ("--set", text)), "--out"]

FIGURES = {
    "nu_0", "magnetization", "tau_0", "energy", "tau_1", "specific_heat", "spin_error", "absolute_spin_error",
    "kl_divergence", "overview",
}  # fmt: skip

KEYS = {
    "critical_temperature": {"value", "error", "exact", "relative_error"},
    "nu_0": {"explained_variance_ratio", "rank_correlation_with_magnetization", "correlation_with_magnetization"},
    "tau_0": {"explained_variance_ratio"},
    "tau_1": {"explained_variance_ratio"},
    "equilibration": {"flagged_conditions", "worst_r_hat"},
    "timing": {"simulate", "train", "analyse", "figures"},
    "provenance": {"commit", "versions", "seed"},
}


def command(out: Path) -> list[str]:
    """Return the command line of the tiny study, as a user would type it into a fresh process."""
    return [sys.executable, "-c", f"from spinlens.cli.main import run; run({[*ARGUMENTS, str(out)]!r})"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("studies") / "whole"
    subprocess.run(command(out), check=True, capture_output=True)
    return out


def differing(one: Path, other: Path) -> list[str]:
    """Return the files that must not depend on the clock (draws, weights, maps) but are not the same in both."""
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for part in ("ensemble", "model", "maps.zarr")
        for path in (folder / part).rglob("*")
        if path.is_file() and path.name not in ("log.jsonl", "history.jsonl")
    }
    return sorted(
        name
        for name in names
        if not all((folder / name).exists() for folder in (one, other))
        or (one / name).read_bytes() != (other / name).read_bytes()
    )


def test_everything_is_there(study: Path) -> None:
    assert {path.name for path in study.iterdir()} == {
        "config.toml", "stages.json", "ensemble", "model", "maps.zarr", "figures", "summary.json",
    }  # fmt: skip
    for name in FIGURES:
        assert (study / "figures" / f"{name}.png").stat().st_size > 10_000
        assert (study / "figures" / f"{name}.svg").read_text().startswith("<?xml")


def test_the_summary_has_every_number(study: Path) -> None:
    summary = read_summary(study)
    for key, parts in KEYS.items():
        assert parts <= set(summary[key]), key
    assert [row["field"] for row in summary["crossover"]] == [-1.0, 0.0, 1.0]
    for row in summary["crossover"]:
        assert {"temperature", "error", "specific_heat_peak", "susceptibility_peak"} <= set(row)
    assert summary["critical_temperature"]["exact"] == pytest.approx(2 / np.log(1 + np.sqrt(2)))
    assert summary["timing"]["simulate"] > 0


def test_the_table_shows_published_values(study: Path) -> None:
    table = crossover_table(read_summary(study))
    for text in ("published", "2.25", "77.1 %", "2.269185", "conditions are"):
        assert text in table


def test_two_trainings_are_two_networks_and_one_error(study: Path, tmp_path: Path) -> None:
    changes = {**TINY, "analysis": {"resamples": 20, "trainings": 2}}
    configuration = configure("quick", changes=changes)
    StudyDirectory(tmp_path / "two", configuration.model_dump(mode="json", exclude_none=True))
    shutil.copytree(study / "ensemble", tmp_path / "two" / "ensemble")
    summary = run_crossover(configuration, out=tmp_path / "two", progress=False)
    assert (tmp_path / "two" / "maps-2.zarr").is_dir()
    seeds = [json.loads((tmp_path / "two" / name / "model.json").read_text())["parameters"]["seed"]
             for name in ("model", "model-2")]  # fmt: skip
    assert seeds == [1, configuration.training_seed(1)]
    assert seeds[0] != seeds[1]
    assert len(summary["critical_temperature"]["by_training"]) == 2
    assert "in each of 2 trainings" in crossover_table(summary)
    assert "no: one training" in crossover_table(read_summary(study))


def test_the_shell_prints_the_summary_as_json(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run([*ARGUMENTS, str(study), "--json"])
    assert caught.value.code == 0
    assert json.loads(capsys.readouterr().out) == read_summary(study)


def test_a_finished_study_is_not_computed_again(study: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*")}
    assert run_crossover(configure("quick", changes=TINY), out=study, progress=False) == read_summary(study)
    assert {path: path.stat().st_mtime_ns for path in study.rglob("*")} == before


@pytest.mark.parametrize("moment", ["model/history.jsonl", "maps.zarr.partial"])
def test_a_killed_study_continues_to_the_same_bytes(moment: str, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    child = subprocess.Popen(command(out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    begun = out / moment
    while not begun.exists() or (begun.is_file() and not begun.stat().st_size):
        assert time.monotonic() < deadline, "the stage never began"
        if child.poll() is not None:
            break
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    run_crossover(configure("quick", changes=TINY), out=out, progress=False)
    assert differing(out, study) == []


def test_damaged_maps_are_found(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    shutil.copytree(study, out)
    (out / "summary.json").unlink()
    chunk = next(path for path in sorted((out / "maps.zarr").rglob("*")) if path.is_file() and "tau_1" in str(path))
    whole = chunk.read_bytes()
    for damage in (lambda: chunk.unlink(), lambda: chunk.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))):
        damage()
        with pytest.raises(DamagedError, match="delete it and run again"):
            run_crossover(configure("quick", changes=TINY), out=out, progress=False)
    chunk.write_bytes(whole)
    run_crossover(configure("quick", changes=TINY), out=out, progress=False)
    assert (out / "summary.json").exists()


def test_another_configuration_is_refused_by_name(study: Path) -> None:
    changes = {**TINY, "training": {"recipe": {"epochs": 3, "batch": 64}}}
    with pytest.raises(InputError, match=r"training.recipe.epochs \(asked 3, stored 2\)"):
        run_crossover(configure("quick", changes=changes), out=study, progress=False)


BAD = {
    "preset": (["--preset", "standrad"], "Did you mean 'standard'?"),
    "key": (["--set", "training.betta=3"], "Did you mean 'beta'?"),
    "section": (["--set", "trainin.beta=3"], "Did you mean 'training'?"),
    "assignment": (["--set", "beta"], "must be key=value"),
    "estimator": (["--set", "training.estimator='mws'"], "Did you mean 'mss'?"),
    "algorithm": (["--set", "sampling.algorithm='metropolys'"], "Did you mean 'metropolis'?"),
    "side": (["--set", "sampling.shape=[24, 24]"], "multiples of 16"),
    "odd side": (["--set", "sampling.shape=[31, 32]"], "multiples of 16"),
    "temperature": (["--set", "sampling.temperature='0:5:9'"], "temperature[0] = 0.0: must be > 0"),
    "few temperatures": (["--set", "sampling.temperature='1:5:3'"], "temperature"),
    "grid": (["--set", "sampling.field='-1:1'"], "start:stop:count"),
    "no zero field": (["--set", "sampling.field='-1:1:4'"], "zero field"),
    "one chain": (["--set", "sampling.chains=1"], "Simulate with chains=2 or more"),
    "batch": (["--set", "training.recipe.batch=1000000"], "the training chains hold"),
    "one latent": (["--set", "training.latent=1"], "it takes two latents"),
    "device": (["--device", "abacus"], "device"),
    "held out": (["--set", "training.held_out=1.5"], "held_out"),
    "seed": (["--seed", "-1"], "must be a whole number >= 0"),
    "type": (["--set", "training.recipe.epochs='many'"], "training.recipe.epochs"),
    "config": (["--config", "/no/such/file.toml"], "cannot be read"),
    "control": (["--set", "sampling.feild='0:1:3'"], "Did you mean 'field'?"),
    "plane": (["--plane", "blume_capell"], "Did you mean 'blume_capel'?"),
    "preset of a plane": (["--plane", "cubic", "--preset", "paper"], "is none of the plane cubic"),
    "axis": (["--axis", "field"], "must be a control with its grid"),
    "axis twice": (["--axis", "field=0:1:3", "--axis", "field=0:1:4"], "is given twice"),
    "axis of another model": (["--axis", "crystal_field=0:1:9", "--axis", "temperature=1:2:9"], "control of ising"),
    "one axis": (["--model", "blume_capel", "--axis", "temperature=1:2:9"], "a plane of two controls"),
    "three axes": (
        [
            "--model",
            "blume_capel",
            "--axis",
            "temperature=1:2:9",
            "--axis",
            "field=0:1:3",
            "--axis",
            "crystal_field=0:1:3",
        ],
        "a plane of two controls",
    ),
    "filters of a cube": (["--plane", "cubic", "--sides", "10x10x10"], "multiples of 4"),
    "temperature of a plane": (
        ["--model", "potts:states=3", "--axis", "field=0:1:3"],
        "'sampling.temperature': is missing",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_writes_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = BAD[name]
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as caught:
        run(["crossover", "--preset", "quick", *arguments, "--out", str(out)])
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert message in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_config_file_and_assignments_change_values(tmp_path: Path) -> None:
    configuration = configure("standard", changes={"training": {"beta": 4.0}, "seed": 7})
    assert configuration.training.beta == 4.0
    assert configuration.plan.seed == 7
    assert len(configuration.plan.controls["field"]) == len(configuration.plan.temperature) == 65


def test_the_paper_preset_is_the_papers_protocol() -> None:
    plan, training = configure("paper").plan, configure("paper").training
    assert (plan.lattice.shape, plan.chains * plan.draws, plan.interval) == ((32, 32), 1024, 8)
    assert (plan.equilibration, plan.recordings, plan.draws, plan.algorithm) == (8192, 16, 16, "metropolis")
    assert (plan.controls["field"][0], plan.controls["field"][-1], len(plan.controls["field"])) == (-2.0, 2.0, 65)
    assert (plan.temperature[0], plan.temperature[-1], len(plan.temperature)) == (1.0, 5.0, 65)
    assert (training.recipe.epochs, training.recipe.batch, training.recipe.learning_rate, training.beta) == (
        16,
        845,
        1e-5,
        8.0,
    )


@pytest.mark.parametrize("plane", planes())
def test_every_plane_can_be_sampled_read_and_scaled_with_its_presets(plane: str) -> None:
    for preset in ("quick", "standard"):
        configuration = configure(preset, plane=plane)
        plan, scaling = configuration.plan, configuration.scaling
        across, along = plane_of(plan)
        assert along == "temperature"
        if scaling is None:
            # A column without a transition has nothing that sizes would lead to.
            assert plan.model.order_excluded(plan.lattice)
            continue
        assert scaling.at in plan.grid[across]
        assert list(plan.lattice.shape) in scaling.shapes
        assert len(scaling.shapes) >= 3
        for shape in scaling.shapes:
            assert scaling.plan(plan, tuple(shape)).controls[across] == (scaling.at,)


def test_another_model_takes_the_schedule_and_not_the_plane_of_a_preset() -> None:
    axes = {"crystal_field": "0:2:5", "temperature": [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]}
    chosen = configure("quick", model=BlumeCapel(), lattice=Lattice((16, 32)), axes=axes)
    assert chosen.plan.grid.keys() == {"crystal_field", "field", "temperature"}
    assert (chosen.plan.lattice.shape, chosen.plan.controls["field"]) == ((16, 32), (0.0,))
    assert chosen.training == configure("quick").training
    again = type(chosen).resolve(chosen.model_dump(mode="json", exclude_none=True))
    assert again == chosen


def test_a_plane_of_another_model_from_the_shell_to_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, small = tmp_path / "plane", ["training.recipe.epochs=1", "training.recipe.batch=64", "training.filters=[4,16]"]
    small += ["sampling.recordings=8", "sampling.equilibration=100", "analysis.resamples=10", "analysis.trainings=1"]
    small += ["sampling.chains=16", "scaling.shapes=[[4,4],[8,8],[12,12]]", "scaling.at=0.0", "scaling.trainings=1"]
    small += ["scaling.temperature='1:3:9'"]
    words = ["--model", "ising:coupling=-1", "--axis", "field=0,2,5", "--axis", "temperature=1:4:9", "--sides", "8x8"]
    with pytest.raises(SystemExit) as caught:
        run(["crossover", "--preset", "quick", *words, *(w for each in small for w in ("--set", each)),
             "--out", str(out)])  # fmt: skip
    assert caught.value.code == 0
    said, summary = capsys.readouterr().out, read_summary(out)
    assert "No transition between temperature 1 and 4 at field 5: the lattice is disordered throughout." in said
    assert "published" not in said
    assert [row["field"] for row in summary["critical_line"]] == [0.0, 2.0]
    assert summary["critical_line"][0]["exact"] == pytest.approx(2.269185, abs=1e-6)
    assert summary["nu_0"]["follows"] == "staggered_magnetization"
    assert [row["shape"] for row in summary["scaling"]["sizes"]] == [[4, 4], [8, 8], [12, 12]]
    assert (out / "figures" / "overview.png").stat().st_size > 10_000


def test_a_damaged_or_incomplete_study_is_said_or_mended(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    StudyDirectory(folder, {"a": 1}).write_summary({"study": "crossover"})
    (folder / "results").touch()
    assert StudyDirectory(folder, {"a": 1}).summary(["results"]) == {"study": "crossover"}
    assert StudyDirectory(folder, {"a": 1}).summary(["results", "figures"]) is None
    (folder / "summary.json").write_text("{}")
    with pytest.raises(DamagedError, match="delete it and run again"):
        StudyDirectory(folder, {"a": 1}).summary(["results"])
    for content in ("{", "[1]", '{"train": 3}'):
        (folder / "stages.json").write_text(content)
        with pytest.raises(DamagedError, match="delete it and run again"):
            StudyDirectory(folder, {"a": 1})


def test_a_kill_in_the_first_write_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "config.toml.partial").write_text("half")
    assert not StudyDirectory(tmp_path, {"a": 1}).done("simulate")


def test_time_counts_over_interruptions(tmp_path: Path) -> None:
    first = StudyDirectory(tmp_path / "s", {"a": 1})

    def interrupted() -> None:
        with first.stage("train"):
            time.sleep(0.02)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    again = StudyDirectory(tmp_path / "s", {"a": 1})
    assert not again.done("train")
    with again.stage("train"):
        time.sleep(0.02)
    assert again.done("train")
    assert again.timing["train"] >= 0.04


def test_an_occupied_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not a study"):
        StudyDirectory(tmp_path, {"a": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_page_of_the_study_says_what_the_summary_says(study: Path, tmp_path: Path) -> None:
    summary, page = read_summary(study), write_report(study, tmp_path / "page.html").page
    (system,) = page.systems
    assert [quantity.name for quantity in system.quantities[:3]] == ["nu_0", "tau_0", "tau_1"]
    maps = xr.open_zarr(study / "maps.zarr", group="maps", consolidated=False)
    assert np.array_equal(system.quantities[0].values, maps["nu_0"])
    shown = system.configurations
    for number, (chain, _) in enumerate(shown.draws):
        expected = maps["nu_0_chain"].sel(chain=chain).values.reshape(-1)[shown.conditions]
        assert np.array_equal(shown.numbers["nu_0 of the chain"][:, number], expected)
    ridge = next(line for line in system.lines if line.label == "ridge of tau_1")
    rows = [float("nan") if row["temperature"] is None else row["temperature"] for row in summary["crossover"]]
    assert np.array_equal(ridge.values, rows, equal_nan=True)
    assert f"{summary['critical_temperature']['exact']:.6f}" in page.answer[0]
    # Without its summary it is unfinished, and says which stages are done.
    half = tmp_path / "half"
    shutil.copytree(study, half)
    (half / "summary.json").unlink()
    page = write_report(half).page
    assert any("unfinished; stages done: simulate, train, analyse" in caution for caution in page.cautions)
    assert page.systems[0].quantities[0].name != "nu_0"
