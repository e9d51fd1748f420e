"""The classifier of each network of the study, with its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spinlens.learning.vision import Classifier
    from spinlens.studies.classify.configuration import ClassifyConfiguration


def estimator(
    configuration: ClassifyConfiguration,
    network: str,
    weights: str | Path,
    *,
    boundary: str | None = None,
    device: str | None = None,
) -> Classifier:
    """Return the untrained classifier of a network.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings.
    network : str
        ``vit``, ``vit-base``, ``resnet-18`` or ``resnet-50``.
    weights : str or path
        As the classifiers take them.
    boundary : str, optional
        What the native network sees beyond the edges, as `spinlens.Lattice.boundary_text` says it; pretrained weights
        know it.
    device : str, optional
        Where to train.
    """
    from spinlens.learning.vision import ResNet, VisionTransformer

    if network == "vit":
        return VisionTransformer(weights=weights, device=device, **_native(configuration, weights, boundary))
    if network == "vit-base":
        return VisionTransformer("base", weights=weights, device=device, **configuration.vit_base.settings)
    return ResNet(int(network.removeprefix("resnet-")), weights=weights, device=device, **configuration.resnet.settings)


def _native(configuration: ClassifyConfiguration, weights: str | Path, boundary: str | None) -> dict[str, Any]:
    settings = configuration.vit.model_dump()
    epochs, rate = settings.pop("epochs_pretrained"), settings.pop("rate_pretrained")
    if str(weights) == "none":
        return settings | {"head_first": False, "boundary": boundary}
    # The network is that of the pretraining, which the same section describes.
    for name in ARCHITECTURE:
        settings.pop(name)
    return settings | {"epochs": epochs, "learning_rate": rate}


ARCHITECTURE = ("size", "patch", "stem", "even", "width", "layers", "heads")
"""Settings of the native network that its weights bring along."""


def check_networks(configuration: ClassifyConfiguration) -> None:
    """Build the settings of every network and of the pretraining as if they were used.

    Raises
    ------
    InputError
        If one of them is out of range or does not fit the lattice.
    """
    from spinlens.learning.recipe import check_positive
    from spinlens.learning.vision import Recipe
    from spinlens.learning.vision.objective import Task, check_even

    for network in configuration.networks:
        fresh = estimator(configuration, network, "none")
        fresh.architecture(configuration.images.side)
        fresh.recipe()
    if "vit" in configuration.networks:
        check_positive("vit.head_penalty", configuration.vit.head_penalty)
        estimator(configuration, "vit", "lattice").recipe()
        settings = configuration.pretraining.model_dump()
        Recipe(
            seed=configuration.seed, weight_decay=0.0, schedule="cosine", warm_up=0.0, patience=0, clip=0.0,
            precision="float32", **{name: settings.pop(name) for name in ("epochs", "batch", "learning_rate")},
        )  # fmt: skip
        check_even(Task(**settings), even=configuration.vit.even)
