"""A tiny classification study from end to end: what it leaves, how it continues, what it refuses."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from distributed import LocalCluster

import spinlens as sl
from spinlens.cli.main import run
from spinlens.config import read_toml
from spinlens.errors import DamagedError, InputError
from spinlens.exporting import export
from spinlens.progress import silent
from spinlens.report import write_report
from spinlens.studies.classify import configure, run_classify
from spinlens.studies.classify.configuration import ClassifyConfiguration
from spinlens.studies.classify.data import read_ensemble, splits_of, wanted
from spinlens.studies.classify.schedule import Clock
from spinlens.studies.classify.table import classify_table
from spinlens.studies.classify.trials import Trial, read_outcome, run_alone, trials_of
from spinlens.studies.directory import read_summary
from tests.studies.assignments import assignments

TINY = {
    "trials": 2,
    "images": {
        "side": 8, "step": 0.05, "chains": 32, "draws": 2, "recordings": 32, "equilibration": 64,
        "unlabelled_chains": 4,
        "train": [12, 8, 8, 12], "validation": [6, 4, 4, 6], "test": [6, 4, 4, 6], "large_test": 100,
    },
    "vit": {
        "network": {"patch": 4, "width": 16, "layers": 2, "heads": 2, "stem": 4}, "recipe": {"epochs": 2},
        "pretrained_recipe": {"epochs": 1},
    },
    "pretraining": {"recipe": {"epochs": 1}},
    "analysis": {"labels": [10, 40], "seeing_images": 24},
}  # fmt: skip

SETTINGS = list(assignments({key: value for key, value in TINY.items() if key != "trials"}))
ARGUMENTS = [
    "classify", "--preset", "quick", "--trials", "2", "--workers", "1",
    *(word for text in SETTINGS for word in ("--set", text)), "--out",
]  # fmt: skip

FIGURES = {
    "scores", "disturbances", "microstates_periodic", "microstates_ground_states", "label_efficiency_periodic",
    "reliability_periodic",
    "posterior_periodic_vit", "confusion_periodic", "attention_periodic_vit", "attention_distance_periodic_vit",
    "probes_periodic_vit", "energy_periodic_vit", "pretraining_periodic",
}  # fmt: skip

ROW = {
    "system", "network", "pretrained", "protocol", "trials", "seeds", "test_images", "macro_f1_mean", "macro_f1_std",
    "ceiling", "fraction_of_ceiling", "published", "f1", "confusion", "logistic_regression", "small_test_error",
}  # fmt: skip


def command(out: Path) -> list[str]:
    """Return the command line of the tiny study, as a user would type it into a fresh process."""
    return [sys.executable, "-c", f"from spinlens.cli.main import run; run({[*ARGUMENTS, str(out)]!r})"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("studies") / "whole"
    done = subprocess.run(command(out), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def test_everything_is_there(study: Path) -> None:
    assert {path.name for path in study.iterdir()} == {
        "config.toml", "stages.json", "ensembles", "models", "figures", "table.csv", "table.md", "summary.json",
    }  # fmt: skip
    for name in FIGURES:
        assert (study / "figures" / f"{name}.png").stat().st_size > 10_000
        assert (study / "figures" / f"{name}.svg").read_text().startswith("<?xml")
    assert not list(study.rglob("*.pkl")) + list(study.rglob("*.pt"))


def test_the_summary_and_the_tables_agree(study: Path) -> None:
    summary = read_summary(study)
    row, alone = summary["rows"]
    assert set(row) >= ROW
    assert (row["pretrained"], alone["pretrained"]) == ("lattice", "spins")
    (difference,) = summary["differences"]
    assert (difference["first_pretrained"], difference["second_pretrained"]) == ("lattice", "spins")
    assert json.loads((study / "models/periodic/pretrained-spins/model.json").read_text())["task"]["bond_weight"] == 0
    assert (row["system"], row["network"], row["trials"]) == ("periodic", "vit", 2)
    assert len(set(row["seeds"])) == 2
    assert np.mean(row["macro_f1_trials"]) == row["macro_f1_mean"]
    assert row["fraction_of_ceiling"] == pytest.approx(row["macro_f1_mean"] / row["ceiling"])
    assert np.sum(row["confusion"]) == 2 * row["test_images"]
    assert row["published"] == [0.934, 0.008]
    line, _ = csv.DictReader((study / "table.csv").read_text().splitlines())
    assert float(line["macro_f1_mean"]) == row["macro_f1_mean"]
    assert f"{row['macro_f1_mean']:.3f}" in (study / "table.md").read_text()
    table = classify_table(summary)
    for text in ("0.934", "ceiling", "2 trials", "conditions are"):
        assert text in table
    assert {each["pretrained"] for each in summary["label_efficiency"]} == {"lattice", "spins", "none"}
    assert {each["labels"] for each in summary["label_efficiency"]} == {10, 40}
    assert set(summary["seeing"]["periodic"]["vit"]["logits_explained_by_energy"]) == {
        "subcritical - far_subcritical", "critical - subcritical", "supercritical - critical",
    }  # fmt: skip
    assert summary["pretraining"]["periodic"]["single_spin_floor"] > 0


def test_scores_are_those_of_the_predictions(study: Path) -> None:
    """Counted anew, image by image, from the probabilities that lie there."""
    configuration = configure("quick", changes=TINY)
    ensemble = read_ensemble(study, "periodic", "clean")
    found = []
    for trial in (0, 1):
        (file,) = study.glob(f"models/periodic-clean/vit-lattice/40-{trial}/probabilities.npy")
        predicted = np.load(file, allow_pickle=False)[20:].argmax(axis=1)
        labels = splits_of(configuration, ensemble, "clean", trial=trial).large_test.labels
        f1 = []
        for region in range(4):
            hits = np.sum((predicted == region) & (labels == region))
            f1.append(2 * hits / (np.sum(predicted == region) + np.sum(labels == region)))
        found.append(np.mean(f1))
    row, _ = read_summary(study)["rows"]
    assert row["macro_f1_mean"] == pytest.approx(np.mean(found), abs=1e-12)
    assert row["macro_f1_std"] == pytest.approx(np.std(found, ddof=1), abs=1e-12)


def test_no_test_image_shares_a_chain_with_a_training_image(study: Path) -> None:
    configuration = configure("quick", changes=TINY)
    ensemble = read_ensemble(study, "periodic", "clean")
    for trial in (0, 1):
        splits = splits_of(configuration, ensemble, "clean", trial=trial)
        parts = [set(part.chain.tolist()) for part in (splits.train, splits.validation, splits.test)]
        assert not (parts[0] & parts[2]) | (parts[0] & parts[1]) | (parts[1] & parts[2])
        assert not parts[0] & set(splits.large_test.chain.tolist())
    plans = wanted(configuration)
    assert plans["periodic-clean"].seed != plans["periodic-unlabelled"].seed


def test_a_finished_study_is_not_computed_again(study: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*")}
    assert run_classify(configure("quick", changes=TINY), out=study, progress=False) == read_summary(study)
    assert {path: path.stat().st_mtime_ns for path in study.rglob("*")} == before


def test_the_shell_prints_the_summary_as_json(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run([*ARGUMENTS, str(study), "--json"])
    assert caught.value.code == 0
    assert json.loads(capsys.readouterr().out) == read_summary(study)


@pytest.mark.parametrize("moment", ["models/periodic/pretrained", "models/periodic-clean/vit-none/40-0/model"])
def test_a_killed_study_continues_to_the_same_numbers(moment: str, study: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    # The ensembles' own kills are tested elsewhere.
    shutil.copytree(study / "ensembles", out / "ensembles")
    shutil.copy(study / "config.toml", out)
    child = subprocess.Popen(command(out), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / moment).exists() and child.poll() is None:
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    run_classify(configure("quick", changes=TINY), out=out, workers=1, progress=False)
    here, there = (read_summary(folder) for folder in (out, study))
    for row in (*here["label_efficiency"], *there["label_efficiency"]):
        del row["seconds"]
    for key in ("differences", "label_efficiency", "baselines", "calibration", "pretraining", "seeing"):
        assert here[key] == there[key], key
    for name in ("weights.safetensors", "probabilities.npy"):
        for file in study.rglob(name):
            assert (out / file.relative_to(study)).read_bytes() == file.read_bytes(), file


def begun(study: Path, out: Path) -> Path:
    """Return a study whose ensembles are there and nothing else."""
    shutil.copytree(study / "ensembles", out / "ensembles")
    shutil.copy(study / "config.toml", out)
    return out


def same_models(out: Path, study: Path) -> None:
    for name in ("weights.safetensors", "probabilities.npy"):
        files = list(study.rglob(name))
        assert len(files) > 5
        for file in files:
            assert (out / file.relative_to(study)).read_bytes() == file.read_bytes(), file


def test_processes_that_are_interrupted_end_with_the_same_bytes(study: Path, tmp_path: Path) -> None:
    out = begun(study, tmp_path / "two")
    child = subprocess.Popen([*command(out)[:-1], command(out)[-1].replace("'--workers', '1'", "'--workers', '2'")],
                             stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(out.glob("models/periodic/pretrained*")) and child.poll() is None:
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 3, said
    assert said.count("\n") == 1
    assert "Run the same command again to continue" in said
    run_classify(configure("quick", changes=TINY), out=out, workers=1, progress=False)
    same_models(out, study)


def test_a_scheduler_that_sampling_uses_trains_too(study: Path, tmp_path: Path) -> None:
    """Two threads of one process: random streams and threads belong to one training at a time."""
    out = begun(study, tmp_path / "scheduler")
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:  # fmt: skip
        where = {"out": out, "scheduler": cluster.scheduler_address, "progress": False}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("spinlens.workers.Workers.all", lambda *_: False)
            with pytest.raises(InputError, match=r"^scheduler = .* do not see"):
                run_classify(configure("quick", changes=TINY), **where)
        run_classify(configure("quick", changes=TINY), **where)
    same_models(out, study)


def test_a_process_trains_one_at_a_time_with_one_thread() -> None:
    """Random streams and numbers of threads belong to the whole of a process."""
    here, most, threads = [], [], []

    class Unit:
        def run(self, *_: object) -> None:
            here.append(self)
            most.append(len(here))
            threads.append(torch.get_num_threads())
            time.sleep(0.05)
            here.remove(self)

    before = torch.get_num_threads()
    with ThreadPoolExecutor(4) as pool:
        alone = partial(run_alone, report=silent, configuration=None, folder=None, device=None)
        seconds = list(pool.map(alone, [Unit() for _ in range(4)]))
    assert most == threads == [1] * 4
    assert min(seconds) >= 0.05
    assert torch.get_num_threads() == before


def test_the_time_left_is_that_of_similar_trainings() -> None:
    kinds = [("resnet-18", 40), ("resnet-18", 40), ("vit", 40), ("vit", 10)]
    units = [Trial("periodic", "clean", name, "none", labels, place) for place, (name, labels) in enumerate(kinds)]
    clock = Clock(units)
    assert clock.done == 0
    clock.finish(units[0], 90.0)
    clock.finish(units[2], 10.0)
    # Another 90 s of the first kind and 10 s of the second: half of the time is over, as are half of the units.
    assert clock.done == 0.5
    clock.fractions[units[1]] = 0.5
    assert clock.done == pytest.approx(145 / 200)
    assert clock.note == "2/4 trainings"
    clock.finish(units[1], 190.0)
    assert clock.done == pytest.approx(290 / 300)


def test_damaged_predictions_are_found(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy"
    shutil.copytree(study, out)
    (out / "summary.json").unlink()
    file = next(out.rglob("probabilities.npy"))
    whole = bytearray(file.read_bytes())
    whole[-1] ^= 1
    file.write_bytes(whole)
    with pytest.raises(DamagedError, match="checksum"):
        run_classify(configure("quick", changes=TINY), out=out, progress=False)


def test_predict_labels_ensembles_and_images_alike(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = next(study.glob("models/periodic-clean/vit-lattice/40-0/model"))
    ensemble = sl.simulate(
        sl.Ising(), sl.Lattice((8, 8)), temperature=[1.0, 3.0], chains=2, equilibration=64, seed=3, workers=1,
        out=tmp_path / "new.ens", progress=False,
    )  # fmt: skip
    export(ensemble, tmp_path / "images", format="images", progress=False)
    np.save(tmp_path / "spins.npy", ensemble.spins().values.reshape(-1, 8, 8))
    answers = []
    for place in ("new.ens", "images", "spins.npy"):
        with pytest.raises(SystemExit) as caught:
            run(["predict", str(model), str(tmp_path / place), "--json"])
        assert caught.value.code == 0
        answers.append(json.loads(capsys.readouterr().out))
    regions = ["far_subcritical", "subcritical", "critical", "supercritical"]
    tables = [np.array([[row[name] for name in regions] for row in rows]) for rows in answers]
    assert tables[0].sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    np.testing.assert_allclose(tables[0], tables[2], atol=2e-6)
    np.testing.assert_allclose(np.sort(tables[0], axis=0), np.sort(tables[1], axis=0), atol=2e-6)
    assert answers[0][0]["region"] == regions[int(tables[0][0].argmax())]


def test_predict_refuses_other_sizes(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = next(study.glob("models/periodic-clean/vit-lattice/40-0/model"))
    np.save(tmp_path / "large.npy", np.ones((1, 10, 10), dtype=np.int8))
    with pytest.raises(SystemExit) as caught:
        run(["predict", str(model), str(tmp_path / "large.npy")])
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert "large.npy" in error
    assert "8 x 8" in error
    assert error.count("\n") == 1


BAD = {
    "preset": (["--preset", "standrad"], "Did you mean 'standard'?"),
    "system": (["--systems", "periodik"], "Did you mean 'periodic'?"),
    "network": (["--networks", "resnet-19"], "Did you mean 'resnet-18'?"),
    "network twice": (["--networks", "vit,vit"], "each once"),
    "protocol": (["--protocol", "cleen"], "Did you mean 'clean'?"),
    "patch": (["--set", "vit.network.patch=7"], "does not divide the side"),
    "key": (["--set", "vit.recipe.epoks=3"], "Did you mean 'epochs'?"),
    "no images": (["--set", "images.train=[0, 8, 8, 12]"], "images.train"),
    "two chains": (["--set", "images.chains=2"], "a chain each"),
    "trials": (["--set", "trials=0"], "trials"),
    "labels": (["--set", "analysis.labels=[1000]"], "analysis.labels"),
    "weights": (["--pretrained", "latice"], "neither none, lattice, lattice:DIR, hub, hub:ID nor a folder"),
    "weights of vit": (["--pretrained", "hub"], "there are none for vit"),
    "seed": (["--seed", "-1"], "must be a whole number >= 0"),
    "device": (["--device", "abacus"], "device"),
    "odd side": (
        ["--systems", "antiferromagnet", "--set", "images.side=9", "--set", "vit.network.patch=3"],
        "even side",
    ),
    "step": (["--set", "images.step=0.3"], "must be > 0 and divide 4"),
    "coarse step": (["--set", "images.step=1"], "images of the region"),
    "many images": (["--set", "images.large_test=10000000"], "Simulate more chains or draws"),
    "few labels": (["--set", "analysis.labels=[2]"], "would have no image"),
    "rate": (["--set", "vit.recipe.learning_rate=-1.0"], "learning_rate = -1.0"),
    "epochs": (["--set", "vit.recipe.epochs=-1"], "epochs = -1"),
    "epochs of pretraining": (["--set", "pretraining.recipe.epochs=-1"], "epochs = -1"),
    "head penalty": (["--set", "vit.head.penalty=-1.0"], "head.penalty"),
    "schedule": (["--networks", "resnet-18", "--set", "resnet.recipe.schedule='linear'"], "schedule"),
    "hidden spins": (["--set", "pretraining.task.spin_ratio=2.0"], "spin_ratio"),
    "nothing hidden": (["--set", "pretraining.task.spin_ratio=0.0"], "nothing would be hidden"),
    "draws": (["--set", "images.unlabelled_draws=0"], "images.unlabelled_draws"),
    "looked at": (["--set", "analysis.seeing_systems=['periodik']"], "Did you mean 'periodic'?"),
    "too few looked at": (["--set", "analysis.seeing_images=1"], "analysis.seeing_images"),
    "tokens": (["--set", "pretraining.task.token_weight=1.0"], "cannot tell up from down"),
    "even without a stem": (["--set", "vit.network.stem=0"], "needs the stem"),
    "no pretraining there": (["--pretrained", "lattice:/no/such/place"], "lattice:/no/such/place"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence_and_writes_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = BAD[name]
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as caught:
        run(["classify", "--preset", "quick", *arguments, "--out", str(out)])
    error = capsys.readouterr().err
    assert caught.value.code == 2
    assert message in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_the_published_preset_is_the_papers_protocol() -> None:
    configuration = configure("published")
    assert configuration.systems == ["periodic", "antiferromagnet", "antiperiodic", "skewed"]
    assert (configuration.trials, configuration.images.side) == (5, 100)
    assert configuration.images.sizes["train"] == (220, 80, 90, 210)
    plan = configuration.plan("skewed", "published")
    assert (plan.interval, plan.start, plan.algorithm, len(plan.temperature)) == (750, "heated", "metropolis", 400)
    settings = {network: configuration.word(network) for network in configuration.networks}
    assert settings["vit-base"] == "hub:google/vit-base-patch16-224"


def test_trials_of_the_standard_preset() -> None:
    trials = trials_of(configure("standard"))
    assert len(trials) == len(set(trials))
    full = [trial for trial in trials if trial.labels == 600 and trial.pretrained == "lattice"]
    assert len(full) == 4 * 2 * 3
    assert {trial.system for trial in trials if trial.labels < 600} == {"periodic"}


def test_published_weights_that_cannot_be_had_are_said_before_any_work(tmp_path: Path) -> None:
    configuration = configure("quick", changes={"networks": ["resnet-18"]}, pretrained=str(tmp_path))
    with pytest.raises(InputError):
        run_classify(configuration, out=tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_a_size_takes_the_place_of_the_presets_widths() -> None:
    chosen = configure("standard", changes={"vit": {"network": {"size": "small"}}}).vit.network
    assert (chosen.size, chosen.width, chosen.layers, chosen.heads) == ("small", None, None, None)
    assert configure("standard").vit.network.width == 64


def test_seeds_of_trials_and_studies_are_never_the_same() -> None:
    studies = [configure("quick", changes={"seed": seed}) for seed in range(20)]
    seeds = [study.trial_seed(number) for study in studies for number in range(5)]
    seeds += [study.unlabelled_plan("periodic").seed for study in studies]
    assert len(set(seeds)) == len(seeds)


def test_the_control_without_pretraining_sees_the_same_boundary(study: Path) -> None:
    models = [json.loads(file.read_text()) for file in study.glob("models/periodic-clean/vit-*/40-0/model/model.json")]
    assert [model["architecture"]["boundary"] for model in models] == ["periodic"] * 3


def test_the_ceiling_of_a_torus_is_exact(study: Path) -> None:
    assert [row["ceiling_error"] for row in read_summary(study)["rows"]] == [0, 0]


def test_the_page_of_the_study_shows_what_the_network_says(study: Path, tmp_path: Path) -> None:
    page = write_report(study, tmp_path / "page.html").page
    summary = read_summary(study)
    assert [row[6] for row in page.tables[0].rows] == [row["macro_f1_mean"] for row in summary["rows"]]
    system = next(system for system in page.systems if system.name.endswith("-clean"))
    said = np.stack(list(system.configurations.outputs.values()), axis=-1)
    told = np.isfinite(said).all(axis=-1)
    assert told.any()
    assert np.allclose(said[told].sum(axis=-1), 1, atol=1e-5)
    # The first test image is where the page has it.
    configuration = ClassifyConfiguration.resolve(read_toml(study / "config.toml"))
    clean = [each for each in trials_of(configuration) if each.protocol == "clean"]
    trial = next(each for each in clean if each.labels == configuration.everything)
    splits = splits_of(configuration, read_ensemble(study, trial.system, "clean"), "clean", trial=trial.number)
    outcome, images, shown = read_outcome(study, trial, splits), splits.large_test, system.configurations
    temperatures = system.grid["temperature"]
    seen = 0
    for k in range(len(images)):
        draw = (int(images.chain[k]), int(images.draw[k]))
        here = np.flatnonzero(temperatures[shown.conditions % len(temperatures)] == images.temperature[k])
        if draw in shown.draws and len(here):
            seen += 1
            assert np.allclose(said[here[0], shown.draws.index(draw)], outcome.probability[k])
    assert seen == told.sum()
