"""Networks that look at configurations; the only room that imports PyTorch, and not before it is needed.

``spinlens.learning.vision`` holds the classifiers; it is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spinlens.errors import explained
from spinlens.learning.settings import Head, Masking, Recipe, Transformer

if TYPE_CHECKING:
    from spinlens.learning import observing, vision
    from spinlens.learning.choices import choose_device
    from spinlens.learning.estimator import load
    from spinlens.learning.latents import Latents
    from spinlens.learning.losses import stratified_shares
    from spinlens.learning.observing import Confusion, Neighbours, Prediction
    from spinlens.learning.reconstruct import reconstruct as reconstruction
    from spinlens.learning.tcvae import TCVAE

__all__ = [
    "TCVAE", "Confusion", "Head", "Latents", "Masking", "Neighbours", "Prediction", "Recipe", "Transformer",
    "choose_device", "load", "observing", "reconstruction", "stratified_shares", "vision",
]  # fmt: skip

_PLACES = {
    "TCVAE": "tcvae.TCVAE",
    "Latents": "latents.Latents",
    "Confusion": "observing.Confusion",
    "Neighbours": "observing.Neighbours",
    "Prediction": "observing.Prediction",
    "choose_device": "choices.choose_device",
    "load": "estimator.load",
    "reconstruction": "reconstruct.reconstruct",
    "stratified_shares": "losses.stratified_shares",
}


def __getattr__(name: str) -> Any:
    try:
        if name in ("observing", "vision"):
            return import_module(f"spinlens.learning.{name}")
        if name in _PLACES:
            module, _, attribute = _PLACES[name].partition(".")
            return getattr(import_module(f"spinlens.learning.{module}"), attribute)
    except ModuleNotFoundError as error:
        raise explained(error) from error
    raise AttributeError(f"module 'spinlens.learning' has no attribute {name!r}")
