"""Small configurations and small networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from spinlens.lattices import Lattice
from spinlens.learning.settings import Masking, Recipe, Transformer
from spinlens.learning.vision import Pretraining, VisionTransformer
from spinlens.models import Ising
from spinlens.symmetries import Symmetries

TINY = {"patch": 4, "width": 16, "layers": 2, "heads": 2, "stem": 4}
"""A native transformer that trains in a moment."""

RECIPE, SHAPE = set(Recipe.model_fields), set(Transformer.model_fields)


def transformer(**more: Any) -> VisionTransformer:
    """A small classifier, with the settings of shape and recipe side by side."""
    return VisionTransformer(**arranged(TINY | {"epochs": 6, "batch": 16, "learning_rate": 5e-3} | more))


def pretraining(**more: Any) -> Pretraining:
    """A small pretraining, likewise."""
    settings = arranged(TINY | more)
    task = {name: settings.pop(name) for name in Masking.model_fields if name in settings}
    return Pretraining(task=Masking(**task), **settings)


def arranged(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings with those of shape and recipe in their objects."""
    shape, recipe = ({name: settings[name] for name in names & settings.keys()} for names in (SHAPE, RECIPE))
    rest = {name: value for name, value in settings.items() if name not in SHAPE | RECIPE}
    return {"network": Transformer(**shape), "recipe": Recipe(**recipe)} | rest


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
