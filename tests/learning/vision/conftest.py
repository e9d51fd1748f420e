"""Small configurations and small networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.symmetries import Symmetries

TINY = {"patch": 4, "width": 16, "layers": 2, "heads": 2, "stem": 4}
"""A native transformer that trains in a moment."""


def labelled(count: int, side: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Spins that mostly agree, and spins that do not, with their labels."""
    numbers = np.random.default_rng(seed)
    labels = np.array(["cold", "hot"])[numbers.integers(0, 2, count)]
    share = np.where(labels == "hot", 0.5, 0.95)[:, None, None]
    signs = numbers.choice([-1, 1], count)[:, None, None]
    return (np.where(numbers.random((count, side, side)) < share, 1, -1) * signs).astype(np.int8), labels


@pytest.fixture(autouse=True)
def few_threads():
    """One thread: small networks gain nothing from more, and busy machines punish them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def symmetries() -> Symmetries:
    return Symmetries.of(Ising(), Lattice((8, 8)))
