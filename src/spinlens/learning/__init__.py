"""Networks that look at configurations; the only room that imports PyTorch.

``spinlens.learning.vision`` holds the classifiers; it is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from spinlens.learning.choices import choose_device
from spinlens.learning.latents import Latents
from spinlens.learning.losses import stratified_weights
from spinlens.learning.reconstruct import reconstruct as reconstruction
from spinlens.learning.tcvae import TCVAE

__all__ = ["TCVAE", "Latents", "choose_device", "reconstruction", "stratified_weights"]


def __getattr__(name: str) -> Any:
    if name == "vision":
        return import_module("spinlens.learning.vision")
    raise AttributeError(f"module 'spinlens.learning' has no attribute {name!r}")
