"""Small ensembles in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spinlens.lattices import Lattice
from spinlens.learning import TCVAE, Recipe
from spinlens.models import Ising


@dataclass
class Spins:
    """What learning asks of an ensemble, around an array of spins +-1, (F, T, C, D, Lx, Ly)."""

    values: np.ndarray
    fingerprint: str = "a stand-in"

    @property
    def model(self) -> Ising:
        return Ising()

    @property
    def lattice(self) -> Lattice:
        return Lattice(self.values.shape[-2:])

    @property
    def drawn(self) -> Lattice:
        return self.lattice

    @property
    def sizes(self) -> dict[str, int]:
        names = ("field", "temperature", "chain", "draw", "x", "y")
        return dict(zip(names, self.values.shape, strict=True))

    def packed(self, *, chain: slice = slice(None)) -> np.ndarray:
        return np.packbits(self.values[:, :, chain] == 1, axis=-1, bitorder="little")


def striped(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Spins with a different magnetization in each field row."""
    numbers = np.random.default_rng(seed)
    share = np.linspace(0.1, 0.9, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    return np.where(numbers.random(shape) < share, 1, -1).astype(np.int8)


@pytest.fixture
def ensemble() -> Spins:
    return Spins(striped((3, 2, 4, 3, 16, 16)))


@pytest.fixture(autouse=True)
def few_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


SETTINGS = ("latent", "beta", "filters", "estimator", "symmetric", "held_out", "seed", "device")


def autoencoder(**more: Any) -> TCVAE:
    """A TCVAE whose training takes a moment: of 54 configurations, 5 steps an epoch."""
    own = {"latent": 3, "seed": 3, "held_out": 0.25} | {name: more.pop(name) for name in SETTINGS if name in more}
    return TCVAE(recipe=Recipe(**{"epochs": 2, "batch": 10, "learning_rate": 1e-3} | more), **own)


def fit(ensemble: Spins, out: Path | None = None, **more: Any) -> TCVAE:
    """Return it, trained."""
    return autoencoder(**more).fit(ensemble, out=out, progress=False)
