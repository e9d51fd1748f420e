"""What a folder with a network says about itself."""

from __future__ import annotations

import pytest
import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.folder import (
    MODEL,
    WEIGHTS,
    finished,
    fitting_weights,
    read_description,
    read_model,
    write_model,
)

DESCRIPTION = {"estimator": "ResNet", "training": {"seed": 1}, "provenance": {"commit": "one"}, "result": 0.5}
HISTORY = [{"epoch": 1, "loss": 0.25}]


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path / "model", {"weight": torch.arange(3.0)}, DESCRIPTION, HISTORY)
    return tmp_path / "model"


def done(folder, **changes):
    return finished(folder, DESCRIPTION | changes)


def test_what_was_written_comes_back(folder):
    tensors, description, history = read_model(folder, "ResNet")
    assert torch.equal(tensors["weight"], torch.arange(3.0))
    assert (description, history) == (DESCRIPTION, HISTORY)
    assert read_description(folder) == DESCRIPTION
    with pytest.raises(InputError, match="holds a ResNet, not a Pretraining"):
        read_model(folder, "Pretraining")


def test_a_finished_model_needs_no_checkpoint(folder):
    (folder / CHECKPOINT).touch()
    write_model(folder, {"weight": torch.zeros(3)}, DESCRIPTION, HISTORY)
    assert not (folder / CHECKPOINT).exists()


def test_only_what_makes_a_training_another_one_counts(folder):
    assert done(folder)
    assert done(folder, provenance={"commit": "two"}, result=0.75, configuration={})
    with pytest.raises(InputError, match=r"^out = .*holds a training with other estimator, training\.seed\."):
        done(folder, training={"seed": 2}, estimator="Pretraining")


def test_a_folder_that_holds_nothing_yet(folder, tmp_path):
    assert not done(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert not done(tmp_path / "empty")
    (tmp_path / "empty" / "weights.safetensors.partial").touch()
    assert not done(tmp_path / "empty")
    with pytest.raises(InputError, match="holds something else than a training"):
        done(tmp_path)


def test_weights_without_a_model_are_trained_again(folder):
    (folder / MODEL).unlink()
    assert not done(folder)


def test_weights_of_another_network_are_damage(folder):
    with (
        pytest.raises(DamagedError, match=rf"{WEIGHTS} does not fit {MODEL}: .*size mismatch"),
        fitting_weights(folder),
    ):
        torch.nn.Linear(2, 2).load_state_dict({"weight": torch.zeros(3), "bias": torch.zeros(2)})
