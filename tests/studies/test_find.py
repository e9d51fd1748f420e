"""The search from a model to its answer: samples where it must, continues, and knows when there is nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import spinlens as sl
from spinlens.cli.main import app
from spinlens.errors import InputError
from spinlens.phases.transitions import PhaseTransition
from spinlens.report import write_report
from spinlens.statistics import Estimate
from spinlens.studies.find import PRESETS, Preset, answer, find_transitions
from spinlens.studies.window import Window
from spinlens.testing.chance import count, tail
from tests.phases.transitions.exactly import DIMENSIONS, curie_weiss

SIZES = (6, 8, 12)
EXACT = 2.0 / np.log(1.0 + np.sqrt(2.0))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRESETS, "quick", Preset(100, 400))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("find") / "ising"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "quick", Preset(100, 400))
        find_transitions(sl.Ising(), temperature=(1.7, 3.2), sizes=SIZES, out=out, progress=False)
    return out


def test_a_transition_is_found_and_written(folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    (transition,) = summary["transitions"]
    count(1, tail(5))
    assert abs(transition["value"] - EXACT) < 5 * transition["error"]
    assert transition["error"] < 0.02
    assert {"nulls", "budget", "ceiling", "timing", "provenance", "none_probability"} <= set(summary)
    assert not any(null["found"] for null in summary["nulls"])
    assert (folder / "figures" / "findings.png").stat().st_size > 1000
    # Close to the transition all sizes are sampled, over the window the smallest ones alone.
    assert len(list(folder.glob("near-L*.ens"))) == len(SIZES)
    widths = [np.ptp(sl.open_ensemble(path).temperature) for path in sorted(folder.glob("near-L*.ens"))]
    assert widths == sorted(widths, reverse=True)


def test_a_finished_search_is_read_and_another_is_refused(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.ens/log.jsonl")}
    options = {"temperature": (1.7, 3.2), "sizes": SIZES, "out": folder, "progress": False}
    again = find_transitions(sl.Ising(), **options)
    stored = json.loads((folder / "summary.json").read_text())
    assert again.summary()["transitions"] == stored["transitions"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    with pytest.raises(InputError, match="another configuration: seed"):
        find_transitions(sl.Ising(), seed=2, **options)


def test_ensembles_are_judged_as_they_are_and_by_their_draws_alone(folder: Path) -> None:
    ensembles = [sl.open_ensemble(path) for path in sorted(folder.glob("window-L*.ens"))]
    found = find_transitions(ensembles)
    assert abs(found.transitions[0].value - EXACT) < 5 * found.transitions[0].error
    with pytest.raises(InputError, match="have their own"):
        find_transitions(ensembles, temperature=(1, 2))
    drawn = [
        sl.simulate(sl.Ising(), (side, side), temperature=np.linspace(1.8, 2.9, 12), draws=40, recordings=40, seed=side,
                    progress=False)
        for side in (6, 12)
    ]  # fmt: skip
    alone = find_transitions(drawn, use="configurations")
    (transition,) = alone.transitions
    count(1, tail(5))
    assert abs(transition.value - EXACT) < 5 * transition.error
    assert transition.kind == "undecided"
    assert not alone.nulls["permuted control"].found
    assert "mixed up" in alone.nulls["permuted control"].words
    # Shuffled sites keep the magnetization, which is what was read.
    assert "shuffled" in alone.words


def test_sizes_whose_chains_have_not_mixed_say_nothing_of_the_place(folder: Path) -> None:
    sound = [sl.open_ensemble(path) for path in sorted(folder.glob("near-L*.ens"))]
    stuck = sl.simulate(
        sl.Ising(), (16, 16), temperature=np.linspace(2.1, 2.45, 8), recordings=100, equilibration=0, interval=1,
        algorithm="heat_bath", exchange=False, progress=False,
    )  # fmt: skip
    with_it, alone = find_transitions([*sound, stuck]), find_transitions(sound)
    assert with_it.sizes == alone.sizes == SIZES
    assert (with_it.transitions[0].value, with_it.transitions[0].error) == (
        alone.transitions[0].value, alone.transitions[0].error,
    )  # fmt: skip
    assert all("L = 16" in words for words in with_it.unsound)
    assert "rests on L = 6, 8, 12" in str(with_it)


def test_nothing_is_found_in_a_field_and_a_window_beside_says_where_to_look() -> None:
    nothing = find_transitions(sl.Ising(), temperature=(1.8, 3.0), field=0.5, sizes=(6, 8, 12), progress=False)
    assert not nothing.transitions
    assert nothing.none_probability > 0.9
    beside = find_transitions(sl.Ising(), temperature=(2.5, 3.2), sizes=(6, 8, 12), progress=False)
    assert not beside.transitions
    assert "lower temperature" in beside.words


def test_windows() -> None:
    window = Window.of({"temperature": (0.7, 1.3), "field": 0.5})
    assert (window.axis, window.low, window.high, window.fixed) == ("temperature", 0.7, 1.3, {"field": 0.5})
    exponents = {"nu": Estimate(1.0, 0.1)}
    place = PhaseTransition("temperature", 1.0, 0.001, "continuous", {}, 1.0, exponents, (), 0.0, 0.0)
    near = [window.near(place, length, 2) for length in (16, 64)]
    assert np.ptp(near[0]) / np.ptp(near[1]) == pytest.approx(4.0)
    assert all(values.min() >= 0.7 and values.max() <= 1.3 for values in near)
    assert len(window.values(64, 2)) > len(window.values(16, 2))
    wide = window.round_the_end(1.0)
    assert (wide[0], wide[-1]) == pytest.approx((0.87, 1.13))
    assert window.round_the_end(1.25)[-1] == 1.3
    for axes, words in (
        ({"temperature": (1.3, 0.7)}, "without interior"), ({"temperature": 1.0}, "exactly one"),
        ({"temperature": (1, 2), "field": (0, 1)}, "exactly one"), ({"field": (0, 1)}, "must be given"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            Window.of(axes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--model ising --axis temperature=2:3 --sizes 8", "at least two sizes"),
        ("--model ising --axis temperature=2:2 --sizes 8,12", "without interior"),
        ("--model ising --axis temperature=2 --sizes 8,12", "exactly one"),
        ("--model ising --axis temperature=a:b --sizes 8,12", "a window or a number"),
        ("--model ising --axis temperature=2:3 --sizes eight", "whole numbers"),
        ("--model ising --axis temperature=2:3 --axis temperature=2:3", "twice"),
        ("--model ising --axis temperature=2:3 --preset fast", "preset"),
        ("--model random_field_ising --axis temperature=2:3", "quenched"),
        ("--axis temperature=2:3", "exactly one of --model"),
        ("--model ising --from-configurations", "is for ensembles"),
    ],
)
def test_bad_input_is_one_sentence(arguments: str, words: str) -> None:
    result = CliRunner().invoke(app, ["find", *arguments.split()])
    assert isinstance(result.exception, InputError)
    assert words in str(result.exception)
    assert result.exception.exit_code == 2


class Given(dict[int, Any]):
    """A problem as `spinlens.challenge.SealedProblem` has it."""

    dimensions, sites = DIMENSIONS, {length: length**DIMENSIONS for length in (4, 5, 6)}


def test_a_sealed_problem_is_answered_in_its_own_unit() -> None:
    unit, temperature = 1.3, np.linspace(0.7, 1.4, 15)
    problem = Given()
    for length in Given.sites:
        drawn = curie_weiss(length, temperature, 5)
        problem[length] = {
            "temperature": unit * temperature, "energy": unit * drawn["energy"],
            "order_parameter": drawn["magnetization"][..., None],
        }  # fmt: skip
    said = answer(problem).summary()
    (transition,) = said["transitions"]
    count(1, tail(5))
    assert abs(transition["value"] - unit) < 5 * transition["error"]
    assert transition["error"] < 0.1
    assert said["none_probability"] < 0.5


def test_the_shell_prints_the_answer(folder: Path) -> None:
    paths = [str(path) for path in sorted(folder.glob("window-L*.ens"))]
    result = CliRunner().invoke(app, ["find", *paths, "--json"])
    assert json.loads(result.output)["transitions"][0]["axis"] == "temperature"


def test_the_page_of_the_search_says_what_the_summary_says(folder: Path, tmp_path: Path) -> None:
    summary, page = json.loads((folder / "summary.json").read_text()), write_report(folder, tmp_path / "page.html").page
    assert page.systems[0].name.startswith("near")
    assert page.systems[0].quantities[0].name == "binder_cumulant"
    (line,) = [line for line in page.systems[0].lines if line.label == "transition"]
    (found,) = summary["transitions"]
    assert ([*line.values], [*line.error]) == ([found["value"]], [found["error"]])
    assert [row[:3] for row in page.tables[0].rows] == [
        [place["method"], place["value"], place["error"]] for place in found["by_method"]
    ]
