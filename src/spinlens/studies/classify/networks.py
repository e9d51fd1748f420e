"""The classifier of each network of the study, with its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinlens.learning.settings import Transformer
from spinlens.studies.classify.systems import System, find_system

if TYPE_CHECKING:
    from spinlens.learning.vision import Architecture, Classifier
    from spinlens.studies.classify.configuration import ClassifyConfiguration


def native_network(configuration: ClassifyConfiguration, system: System) -> Transformer:
    """Return the shape of the native network of a system, whose configuration it is.

    A network for which a configuration and its reverse are the same is taken where their energies are.
    """
    network = configuration.vit.network
    return network if system.reversible else network.changed(even=False)


def estimator(
    configuration: ClassifyConfiguration,
    system: System,
    network: str,
    pretrained: str | Path,
    *,
    seed: int = 0,
    device: str | None = None,
) -> Classifier:
    """Return the untrained classifier of a network.

    Parameters
    ----------
    configuration : ClassifyConfiguration
        Settings of the system.
    system : System
        What is told apart.
    network : str
        ``vit``, ``vit-base``, ``resnet-18`` or ``resnet-50``.
    pretrained : str or path
        What it begins with, as the classifiers take it.
    seed : int
        Of the training.
    device : str, optional
        Where to train.
    """
    from spinlens.learning.vision import ResNet, VisionTransformer
    from spinlens.learning.vision.configurations import boundary_of

    own: dict[str, Any] = {"pretrained": pretrained, "seed": seed, "device": device}
    if network == "vit-base":
        return VisionTransformer(Transformer(size="base"), **dict(configuration.vit_base), **own)
    if network != "vit":
        return ResNet(int(network.removeprefix("resnet-")), **dict(configuration.resnet), **own)
    native = configuration.vit
    own |= {"augment": native.augment, "label_smoothing": native.label_smoothing}
    if str(pretrained) == "none":
        model, lattice, _ = system.drawn(configuration.images.side)
        boundary = boundary_of(model, lattice)
        shape = native_network(configuration, system).changed(boundary=boundary)
        return VisionTransformer(shape, recipe=native.recipe, **own)
    # The network is that of the pretraining, which the same section describes.
    return VisionTransformer(head=native.head, recipe=native.pretrained_recipe.filled(native.recipe), **own)


def architecture(configuration: ClassifyConfiguration, system: System, classifier: Classifier) -> Architecture:
    """Return the architecture of a classifier on the images of a system."""
    from spinlens.learning.vision.configurations import channels_of

    _, lattice, _ = system.drawn(configuration.images.side)
    return classifier.architecture(
        configuration.images.side, axes=lattice.axes, channels=channels_of(system.model.space).count
    )


def check_networks(configuration: ClassifyConfiguration) -> None:
    """Build every network of every system as if it were used.

    Raises
    ------
    InputError
        If one of them does not fit the lattice, the pretraining does not fit the network, or a library is missing.
    """
    from spinlens.learning.vision.published import library

    if set(configuration.networks) - {"vit"}:
        library()
    for name in configuration.systems:
        system, own = find_system(name), configuration.of(name)
        for network in configuration.networks:
            architecture(own, system, estimator(own, system, network, "none"))
        if "vit" in configuration.networks:
            own.pretraining.task.check_even(even=bool(native_network(own, system).even))
