"""What a network sees beyond the edges."""

from __future__ import annotations

import torch

from spinlens.learning.vision.padding import pad


def test_a_ring_of_neighbours():
    spins = torch.tensor([[1.0, -1.0], [1.0, 1.0]])
    skewed = pad(spins, ((1, -1), "periodic"))
    assert skewed.tolist() == [[1, 1, 1, 1], [-1, 1, -1, 1], [1, 1, 1, 1], [-1, -1, -1, -1]]
    assert pad(spins, ("free", "antiperiodic"))[0].tolist() == [0, 0, 0, 0]
    assert pad(spins, ("free", "antiperiodic"))[1].tolist() == [1, 1, -1, -1]
