"""Batches named by their step."""

from __future__ import annotations

import numpy as np

from spinlens.learning.vision.descent import batch_at, steps_per_epoch
from spinlens.seeds import Purpose


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
