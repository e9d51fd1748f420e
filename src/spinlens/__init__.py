"""Sample lattice spin models fast and exactly, and find their phases with neural networks.

The names below load their room on first use, so that ``import spinlens`` alone stays instant.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from spinlens.kernel_cache import ensure_kernel_cache

__version__ = "0.1.0"

_ROOMS = {
    "BlumeCapel": "models",
    "XY": "models",
    "Clock": "models",
    "Ising": "models",
    "LatticeGas": "models",
    "Model": "models",
    "Pairwise": "models",
    "Pattern": "models",
    "Potts": "models",
    "RandomBondIsing": "models",
    "RandomFieldIsing": "models",
    "TransverseIsing": "models",
    "Configurations": "statistics",
    "Lattice": "lattices",
    "Plan": "sampling",
    "Ensemble": "ensemble",
    "extend": "ensemble",
    "open_ensemble": "ensemble",
    "pool": "ensemble",
    "repair": "ensemble",
    "write_report": "report",
    "sample": "ensemble",
    "simulate": "ensemble",
    "status": "ensemble",
    "verify": "ensemble",
    "Head": "learning",
    "Masking": "learning",
    "Pretraining": "learning.vision",
    "Recipe": "learning",
    "TCVAE": "learning",
    "Transformer": "learning",
    "ResNet": "learning.vision",
    "Symmetries": "symmetries",
    "VisionTransformer": "learning.vision",
    "export": "exporting",
    "import_configurations": "importing",
    "load": "learning",
    "render": "images",
    "read_images": "images",
    "latent_maps": "phases",
    "find_crossover": "phases",
    "find_transition": "phases",
    "find_transitions": "studies.find",
}
_RENAMED: dict[str, str] = {}
"""What public names were called before, for as long as docs/stability.md promises; each warns of its new name."""

_SUBPACKAGES = (
    "challenge", "exact", "figures", "images", "lattices", "learning", "models", "phases", "sampling", "spaces",
    "statistics", "studies", "symmetries",
)  # fmt: skip

__all__ = [
    "TCVAE",
    "XY",
    "BlumeCapel",
    "Clock",
    "Configurations",
    "Ensemble",
    "Head",
    "Ising",
    "Lattice",
    "LatticeGas",
    "Masking",
    "Model",
    "Pairwise",
    "Pattern",
    "Plan",
    "Potts",
    "Pretraining",
    "RandomBondIsing",
    "RandomFieldIsing",
    "Recipe",
    "ResNet",
    "Symmetries",
    "Transformer",
    "TransverseIsing",
    "VisionTransformer",
    "__version__",
    "challenge",
    "exact",
    "export",
    "extend",
    "figures",
    "find_crossover",
    "find_transition",
    "find_transitions",
    "images",
    "import_configurations",
    "latent_maps",
    "lattices",
    "learning",
    "load",
    "models",
    "open_ensemble",
    "phases",
    "pool",
    "read_images",
    "render",
    "repair",
    "sample",
    "sampling",
    "simulate",
    "spaces",
    "statistics",
    "status",
    "studies",
    "symmetries",
    "verify",
    "write_report",
]

if TYPE_CHECKING:
    from spinlens import (
        challenge,
        exact,
        figures,
        images,
        lattices,
        learning,
        models,
        phases,
        sampling,
        spaces,
        statistics,
        studies,
        symmetries,
    )  # fmt: skip
    from spinlens.ensemble import Ensemble, extend, open_ensemble, pool, repair, sample, simulate, status, verify
    from spinlens.exporting import export
    from spinlens.images import read_images, render
    from spinlens.importing import import_configurations
    from spinlens.lattices import Lattice
    from spinlens.learning import TCVAE, Head, Masking, Recipe, Transformer, load
    from spinlens.learning.vision import Pretraining, ResNet, VisionTransformer
    from spinlens.models import (
        XY,
        BlumeCapel,
        Clock,
        Ising,
        LatticeGas,
        Model,
        Pairwise,
        Pattern,
        Potts,
        RandomBondIsing,
        RandomFieldIsing,
        TransverseIsing,
    )
    from spinlens.phases import find_crossover, find_transition, latent_maps
    from spinlens.report import write_report
    from spinlens.sampling import Plan
    from spinlens.statistics import Configurations
    from spinlens.studies.find import find_transitions
    from spinlens.symmetries import Symmetries


ensure_kernel_cache()


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        warnings.warn(f"spinlens.{name} is called spinlens.{_RENAMED[name]} now", FutureWarning, stacklevel=2)
        name = _RENAMED[name]
    try:
        if name in _ROOMS:
            return getattr(import_module(f"spinlens.{_ROOMS[name]}"), name)
        if name in _SUBPACKAGES:
            return import_module(f"spinlens.{name}")
    except ModuleNotFoundError as error:
        from spinlens.errors import explained

        raise explained(error) from error
    raise AttributeError(f"module 'spinlens' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
