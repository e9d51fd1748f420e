import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from spinlens.figures.classify import Prediction, microstates, save_classification_figures
from spinlens.regions import calibration, ceiling


@pytest.fixture(scope="module")
def everything(images, belief, rows, efficiency, attention, probes, dependence, history):
    probability = belief.predict_proba(images.energy)
    found = SimpleNamespace(history_=history, single_spin_loss_=0.3, single_spin_error_=0.01, single_spin_floor_=None)
    return {
        "microstates": {"periodic": [microstates(images, system="periodic")]},
        "scores": rows,
        "efficiency": efficiency,
        "baselines": {"periodic": {10: 0.9}},
        "ceilings": {"periodic": ceiling(belief.distribution)},
        "calibrations": {"periodic": {"vit": calibration(images.labels, probability)}},
        "predictions": {"periodic": {"vit": Prediction(images.energy, probability)}},
        "confusions": {"periodic": {"vit": np.eye(4)}},
        "attention": {"periodic": attention},
        "probes": {"periodic": probes},
        "dependence": {"periodic": dependence},
        "pretrainings": {"periodic": found},
    }


FIGURES = {
    "microstates": {"microstates_periodic"}, "scores": {"scores"}, "efficiency": {"label_efficiency_periodic"},
    "calibrations": {"reliability_periodic"}, "predictions": {"posterior_periodic_vit"},
    "confusions": {"confusion_periodic"}, "attention": {"attention_periodic", "attention_distance_periodic"},
    "probes": {"probes_periodic"}, "dependence": {"energy_periodic"}, "pretrainings": {"pretraining_periodic"},
}  # fmt: skip


def test_all_figures_appear_and_come_out_the_same_again(everything, tmp_path):
    written = save_classification_figures(tmp_path / "one", **everything, progress=False)
    names = set().union(*FIGURES.values())
    assert {path.name for path in written} == {f"{name}.{end}" for name in names for end in ("png", "svg")}
    some = {name: everything[name] for name in ("microstates", "predictions", "ceilings")}
    again = save_classification_figures(tmp_path / "two", **some, progress=False)
    assert len(again) == 4
    for path in again:
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes(), path.name


def test_each_part_is_left_out_on_its_own(everything, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("spinlens.figures.save.save_figure", lambda _, path: drawn.append(path.name) or [])
    assert save_classification_figures(tmp_path, progress=False) == []
    for part, names in FIGURES.items():
        drawn.clear()
        given = {name: data for name, data in everything.items() if name in (part, "ceilings")}
        save_classification_figures(tmp_path, **given, progress=False)
        assert set(drawn) == names


def test_drawing_never_imports_pyplot_or_torch():
    code = "import sys, spinlens.figures.classify; print('matplotlib.pyplot' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
