"""Sample lattice spin models fast and exactly, and find their phases with neural networks.

The names below load their room on first use, so that ``import spinlens`` alone stays instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_ROOMS = {
    "Ising": "models",
    "Lattice": "lattice",
    "Ensemble": "ensemble",
    "open_ensemble": "ensemble",
    "repair": "ensemble",
    "simulate": "ensemble",
    "status": "ensemble",
    "verify": "ensemble",
    "TCVAE": "learning",
    "ResNet": "learning.vision",
    "Symmetries": "learning.vision",
    "VisionTransformer": "learning.vision",
    "load_classifier": "learning.vision",
    "pretrain": "learning.vision",
    "render": "images",
    "read_images": "images",
    "latent_maps": "phases",
    "find_crossover": "phases",
}
_SUBPACKAGES = ("exact", "figures", "images", "learning", "phases", "regions", "statistics", "studies")

__all__ = [
    "TCVAE",
    "Ensemble",
    "Ising",
    "Lattice",
    "ResNet",
    "Symmetries",
    "VisionTransformer",
    "__version__",
    "exact",
    "figures",
    "find_crossover",
    "images",
    "latent_maps",
    "learning",
    "load_classifier",
    "open_ensemble",
    "phases",
    "pretrain",
    "read_images",
    "regions",
    "render",
    "repair",
    "simulate",
    "statistics",
    "status",
    "studies",
    "verify",
]

if TYPE_CHECKING:
    from spinlens import exact, figures, images, learning, phases, regions, statistics, studies
    from spinlens.ensemble import Ensemble, open_ensemble, repair, simulate, status, verify
    from spinlens.images import read_images, render
    from spinlens.lattice import Lattice
    from spinlens.learning import TCVAE
    from spinlens.learning.vision import ResNet, Symmetries, VisionTransformer, load_classifier, pretrain
    from spinlens.models import Ising
    from spinlens.phases import find_crossover, latent_maps


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"spinlens.{_ROOMS[name]}"), name)
    if name in _SUBPACKAGES:
        return import_module(f"spinlens.{name}")
    raise AttributeError(f"module 'spinlens' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
