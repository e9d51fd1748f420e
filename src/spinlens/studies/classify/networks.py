"""The classifier of each network of the study, with its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spinlens.learning.vision import Classifier
    from spinlens.studies.classify.configuration import ClassifyConfiguration


def estimator(
    configuration: ClassifyConfiguration, network: str, weights: str | Path, *, device: str | None = None
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
    device : str, optional
        Where to train.
    """
    from spinlens.learning.vision import ResNet, VisionTransformer

    if network == "vit":
        return VisionTransformer(weights=weights, device=device, **_native(configuration, weights))
    if network == "vit-base":
        return VisionTransformer("base", weights=weights, device=device, **configuration.vit_base.settings)
    return ResNet(int(network.removeprefix("resnet-")), weights=weights, device=device, **configuration.resnet.settings)


def _native(configuration: ClassifyConfiguration, weights: str | Path) -> dict[str, Any]:
    settings = configuration.vit.model_dump()
    epochs, rate = settings.pop("epochs_pretrained"), settings.pop("rate_pretrained")
    if str(weights) == "none":
        settings["head_first"] = False
        return settings
    # The network is that of the pretraining, which the same section describes.
    for name in ARCHITECTURE:
        settings.pop(name)
    return settings | {"epochs": epochs, "learning_rate": rate}


ARCHITECTURE = ("size", "patch", "stem", "width", "layers", "heads")
"""Settings of the native network that its weights bring along."""
