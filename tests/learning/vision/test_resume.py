"""A training of a classifier, or a pretraining, that was stopped anywhere continues to the same weights."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from spinlens.errors import DamagedError, IncompleteError, InputError
from spinlens.lattices import Lattice
from spinlens.learning import Head, Recipe, load
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.training import Training
from spinlens.learning.vision import ResNet
from spinlens.models import Ising
from spinlens.symmetries import Symmetries

from .conftest import labelled, pretraining, transformer

IMAGES, LABELS = labelled(40)
HELD = labelled(20, seed=1)
SYMMETRIES = Symmetries.of(Ising(), Lattice((8, 8)))
STEPS = 9  # three epochs of three steps


def classify(out, held=HELD, **more):
    settings = {"seed": 2, "epochs": 3, "batch": 16, "learning_rate": 3e-3, "dropout": 0.1, "head": Head()} | more
    estimator = transformer(**settings)
    estimator.fit(IMAGES, LABELS, validation=held, symmetries=SYMMETRIES, out=out, progress=False)
    return estimator.network_, estimator.history_


def residual(out):
    estimator = ResNet(recipe=Recipe(epochs=3, batch=16), seed=2)
    estimator.fit(IMAGES, LABELS, validation=HELD, symmetries=SYMMETRIES, out=out, progress=False)
    return estimator.network_, estimator.history_


def hide(out, **more):
    settings = {"mask_ratio": 0.5, "spin_ratio": 0.1, "bond_weight": 0.0, "token_weight": 1.0}
    found = pretraining(**settings | {"seed": 2, "epochs": 3, "batch": 12} | more)
    found.fit(IMAGES, symmetries=SYMMETRIES, out=out, progress=False)
    return found.network_, found.history_


KINDS = {"classify": classify, "residual": residual, "pretrain": hide}


def equal(one, other):
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(name == same and torch.equal(a, b) for (name, a), (same, b) in pairs)


def interrupt_at(monkeypatch, step):
    """Send Ctrl-C to this process when a step begins."""
    advance = Training.advance

    def advanced(self):
        if self.done == step:
            signal.raise_signal(signal.SIGINT)
        advance(self)

    monkeypatch.setattr(Training, "advance", advanced)


@pytest.mark.parametrize("kind", KINDS)
def test_interrupted_and_continued(monkeypatch, tmp_path, kind):
    run = KINDS[kind]
    whole, history = run(None)
    # A residual network is large: once will do.
    for step in (4,) if kind == "residual" else (0, 2, 4):
        with monkeypatch.context() as patch:
            interrupt_at(patch, step)
            with pytest.raises(IncompleteError, match=rf"step {step + 1} of {STEPS}.*The same call continues"):
                run(tmp_path / "model")
        assert (tmp_path / "model" / CHECKPOINT).is_file()
    continued, later = run(tmp_path / "model")
    assert equal(whole, continued)
    assert history == later
    assert not (tmp_path / "model" / CHECKPOINT).exists()
    monkeypatch.setattr(Training, "run", None)
    again, _ = run(tmp_path / "model")
    assert equal(whole, again)


def test_a_training_that_stopped_early_does_not_go_on(monkeypatch, tmp_path):
    """The best weights and the epochs waited survive a stop; wrong labels make sure that validation does not gain."""
    wrong = HELD[0], np.where(HELD[1] == "hot", "cold", "hot")
    settings = {"held": wrong, "epochs": 9, "patience": 2, "learning_rate": 0.01, "schedule": "constant"}
    whole, history = classify(None, **settings)
    assert 3 <= len(history) < 9
    last = 3 * len(history)
    with monkeypatch.context() as patch:
        interrupt_at(patch, last - 2)
        with pytest.raises(IncompleteError):
            classify(tmp_path, **settings)
    continued, later = classify(tmp_path, **settings)
    assert equal(whole, continued)
    assert history == later


KILLED = """
import sys
import torch
from tests.learning.vision.test_resume import classify
from spinlens.learning import training
torch.set_num_threads(1)
advance = training.Training.advance
def slow(self):
    self.checkpoint_seconds = 0.0
    print(self.done, flush=True)
    advance(self)
training.Training.advance = slow
classify(sys.argv[1])
"""


def test_killed_and_continued(tmp_path):
    out, root = tmp_path / "model", Path(__file__).parents[3]
    command = [sys.executable, "-c", KILLED, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 5:
                os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert equal(classify(None)[0], classify(out)[0])


def test_another_training_is_refused_and_named(tmp_path):
    classify(tmp_path)
    with pytest.raises(
        InputError, match=r"holds a training with other parameters\.recipe\.learning_rate, recipe\.learning_"
    ):
        classify(tmp_path, learning_rate=0.1)
    with pytest.raises(InputError, match="holds a training with other"):
        hide(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        classify(tmp_path / "other")


def test_a_damaged_checkpoint_is_named(monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(IncompleteError):
            classify(tmp_path)
    content = bytearray((tmp_path / CHECKPOINT).read_bytes())
    content[-1] ^= 1
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        classify(tmp_path)


def test_without_a_directory_nothing_is_promised(monkeypatch):
    interrupt_at(monkeypatch, 2)
    with pytest.raises(IncompleteError, match=r"nothing was kept\. Pass out=DIRECTORY"):
        classify(None)


def test_a_folder_is_the_same_wherever_it_lies(tmp_path):
    """No path enters a training: copies of one pretraining give equal bytes, and what was moved continues."""
    hide(tmp_path / "here" / "pretrained")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    settings = {"patch": None, "width": None, "layers": None, "heads": None, "stem": None, "epochs": 1}
    for place in ("here", "there"):
        classify(tmp_path / place / "model", pretrained=f"lattice:{tmp_path / place / 'pretrained'}", **settings)
    one, other = (tmp_path / place / "model" for place in ("here", "there"))
    assert sorted(file.name for file in one.iterdir()) == ["history.jsonl", "model.json", "weights.safetensors"]
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name
    shutil.move(tmp_path / "there", tmp_path / "elsewhere")
    elsewhere = tmp_path / "elsewhere"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "run", None)
        classify(elsewhere / "model", pretrained=elsewhere / "pretrained", **settings)
    loaded = load(elsewhere / "model")
    assert loaded.pretrained.startswith("sha256:")
    with pytest.raises(InputError, match="known by their digest alone"):
        loaded.architecture(8)
    pretraining(seed=3, epochs=0, bond_weight=0.0).fit(
        IMAGES, symmetries=SYMMETRIES, out=tmp_path / "third", progress=False
    )
    with pytest.raises(InputError, match=r"holds a training with other parameters\.pretrained\. "):
        classify(elsewhere / "model", pretrained=tmp_path / "third", **settings)


@pytest.mark.parametrize("kind", ["classify", "pretrain"])
def test_another_device_continues(monkeypatch, tmp_path, kind):
    """What "auto" means on another CPU is no other training, but a precision that was asked for is."""
    run = KINDS[kind]
    module = "classifier" if kind == "classify" else "pretraining"
    meanings = iter(["bfloat16", "float32", "float32", "float32"])
    name = f"spinlens.learning.vision.{module}.choose_precision"
    monkeypatch.setattr(name, lambda *_, **__: next(meanings))
    with monkeypatch.context() as patch:
        interrupt_at(patch, 2)
        with pytest.raises(IncompleteError):
            run(tmp_path, device=None)
    run(tmp_path, device="cpu")
    run(tmp_path, device=torch.device("cpu"))
    with pytest.raises(InputError, match=r"holds a training with other .*recipe\.precision"):
        run(tmp_path, precision="float32")
