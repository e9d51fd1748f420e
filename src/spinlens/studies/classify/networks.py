"""The classifier of each network of the study, with its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinlens.learning.settings import Transformer

if TYPE_CHECKING:
    from spinlens.learning.vision import Classifier
    from spinlens.studies.classify.configuration import ClassifyConfiguration


def estimator(
    configuration: ClassifyConfiguration,
    network: str,
    pretrained: str | Path,
    *,
    seed: int = 0,
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
    pretrained : str or path
        What it begins with, as the classifiers take it.
    seed : int
        Of the training.
    boundary : str, optional
        What the native network sees beyond the edges, as `spinlens.Lattice.boundary_text` says it; a pretraining
        knows it.
    device : str, optional
        Where to train.
    """
    from spinlens.learning.vision import ResNet, VisionTransformer

    own: dict[str, Any] = {"pretrained": pretrained, "seed": seed, "device": device}
    if network == "vit-base":
        return VisionTransformer(Transformer(size="base"), **dict(configuration.vit_base), **own)
    if network != "vit":
        return ResNet(int(network.removeprefix("resnet-")), **dict(configuration.resnet), **own)
    native = configuration.vit
    own |= {"augment": native.augment, "label_smoothing": native.label_smoothing}
    if str(pretrained) == "none":
        return VisionTransformer(native.network.changed(boundary=boundary), recipe=native.recipe, **own)
    # The network is that of the pretraining, which the same section describes.
    return VisionTransformer(head=native.head, recipe=native.pretrained_recipe.filled(native.recipe), **own)


def check_networks(configuration: ClassifyConfiguration) -> None:
    """Build every network as if it were used.

    Raises
    ------
    InputError
        If one of them does not fit the lattice, the pretraining does not fit the network, or a library is missing.
    """
    from spinlens.learning.vision.published import library

    if set(configuration.networks) - {"vit"}:
        library()
    for network in configuration.networks:
        estimator(configuration, network, "none").architecture(configuration.images.side)
    if "vit" in configuration.networks:
        configuration.pretraining.task.check_even(even=bool(configuration.vit.network.even))
