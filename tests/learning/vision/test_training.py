"""Batches named by their step, and a training that several processes share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spinlens.learning.vision import load_classifier
from spinlens.learning.vision.descent import batch_at, steps_per_epoch
from spinlens.seeds import Purpose

from .conftest import labelled


def batches(epoch, **more):
    settings = {"count": 23, "batch": 5, "seed": 1, "purpose": Purpose.CLASSIFICATION} | more
    steps = steps_per_epoch(settings["count"], settings["batch"])
    return [batch_at(epoch * steps + part, **settings) for part in range(steps)]


def test_an_epoch_is_every_place_once_in_an_order_of_its_own():
    first, second = batches(0), batches(1)
    assert sorted(np.concatenate(first)) == sorted(np.concatenate(second)) == list(range(23))
    assert sorted(map(len, first)) == [4, 4, 5, 5, 5]
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert not np.array_equal(np.concatenate(first), np.concatenate(batches(0, seed=2)))
    assert np.array_equal(np.concatenate(first), np.concatenate(batches(0)))


SHARED = """
import sys
import torch
from tests.learning.vision.conftest import TINY, labelled
from spinlens.learning.vision import VisionTransformer
torch.set_num_threads(1)
images, labels = labelled(32)
settings = dict(epochs=2, batch=16, augment=False, precision="float32", device="cpu", learning_rate=5e-3)
VisionTransformer(**TINY, **settings).fit(images, labels, directory=sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_two_processes_give_the_weights_of_one(tmp_path):
    """Each takes half of every batch; averaged gradients are those of the whole batch."""
    script = tmp_path / "train.py"
    script.write_text(SHARED)
    root = Path(__file__).parents[3]
    paths = [str(root), *sys.path]
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": ":".join(paths)}
    for name, launcher in (("one", []), ("two", ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"])):
        command = [sys.executable, *launcher, str(script), str(tmp_path / name)]
        subprocess.run(command, check=True, cwd=root, env=environment, capture_output=True, timeout=300)
    one, two = (load_classifier(tmp_path / name) for name in ("one", "two"))
    images = labelled(16, seed=3)[0]
    np.testing.assert_allclose(one.logits(images), two.logits(images), atol=1e-4)
    assert np.ptp(one.logits(images)[:, 0]) > 1e-2
