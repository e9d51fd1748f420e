"""The two kinds of classifiers, with their settings and the defaults of each."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.settings import NATIVE, PUBLISHED, Head, Recipe, Transformer
from spinlens.learning.vision.architecture import BASE_PATCH, SHAPE, Architecture
from spinlens.learning.vision.classifier import Classifier
from spinlens.learning.vision.pretrained import Beginning, lattice_architecture, lattice_folder


class VisionTransformer(Classifier):
    """A vision transformer that tells configurations of any model apart, on lattices of two or three equal sides.

    Of more than two states it does not see the turn at an antiperiodic edge, nor what walls hold: such edges are free
    to it.

    Parameters
    ----------
    network : Transformer
        Its shape; what that leaves open is as in the pretraining, or else of size "tiny" with patches of 10 x 10, a
        stem of 32 channels and mean pooling. Size "base" has the published layout, and pools by the class token.
    pretrained : str, path or transformers.ViTForImageClassification
        Where the weights begin: ``none``; ``lattice:DIR``, made by `spinlens.Pretraining`; ``hub:ID`` or a folder for
        size "base". A model that is already loaded is copied, and has the published layout by itself.
    head : Head, optional
        Whether the head is fitted on frozen features first, and how; with no epochs after it that is all.
    augment : bool
        Whether configurations are seen under random symmetries of their energy.
    label_smoothing : float
        Share of each label that is spread over all classes.
    recipe : Recipe
        How to train. What it leaves open: 25 epochs in batches of 32, AdamW at a rate that warms up to 5e-4 and falls
        like a cosine, weight decay 0.05, gradients no longer than 1; as published for size "base": 10 epochs at 2e-5
        with weight decay 5e-6.
    seed : int
        Of first weights, order and augmentation.
    device : str or torch.device, optional
        CUDA where there is one, else the CPU.

    Attributes
    ----------
    network_ : Reader
        The trained network, on the CPU.
    classes_ : ndarray
        The labels, sorted; the columns of `predict_proba`.
    history_ : list of dict
        One row per epoch: losses in nats, rate, accuracy on the validation set.

    References
    ----------
    O. Kara, A. Sehanobish, H. H. Corzo, "Fine-tuning vision transformers for the prediction of state variables in
    Ising models" (2021). doi:10.48550/arXiv.2109.13925
    """

    def __init__(
        self,
        network: Transformer = Transformer(),  # noqa: B008
        *,
        pretrained: Beginning = "none",
        head: Head | None = None,
        augment: bool = True,
        label_smoothing: float = 0.0,
        recipe: Recipe = Recipe(),  # noqa: B008
        seed: int = 0,
        device: str | torch.device | None = None,
    ) -> None:
        self.network, self.pretrained, self.head, self.augment = network, pretrained, head, augment
        self.label_smoothing, self.recipe, self.seed, self.device = label_smoothing, recipe, seed, device

    @property
    def published(self) -> bool:
        """Whether it has the published layout."""
        return self.network.size == "base" or isinstance(self.pretrained, nn.Module)

    @property
    def defaults(self) -> Recipe:
        """What the recipe leaves open."""
        return PUBLISHED if self.published else NATIVE

    def architecture(
        self, side: int, *, classes: int = 4, boundary: str = "free", axes: int = 2, channels: int = 1
    ) -> Architecture:
        """Return the architecture that the settings mean; see `Classifier.architecture`."""
        given = self.network.given
        if self.published:
            if odd := sorted(given.keys() - {"size", "pooling", "dropout"}):
                why = "belongs to the lattice-native sizes, not to 'base'"
                raise InputError(odd[0], given[odd[0]], why, "Leave it out")
            published: dict[str, Any] = {
                "name": "vit-base",
                "patch": BASE_PATCH,
                "pooling": "cls",
                "stem": 0,
                "channels": 3,
            }
            check_published(channels, axes)
            return Architecture(side=side, classes=classes, **(published | given | {"size": None}))
        folder = lattice_folder(self.pretrained)
        known: dict[str, Any] = {"boundary": boundary, "axes": axes, "channels": channels}
        if folder is not None:
            there = lattice_architecture(folder)
            known |= {name: getattr(there, name) for name in ("patch", "pooling", "stem", "even", "boundary")}
            if "size" not in given:
                known |= dict(zip(SHAPE, there.sizes, strict=True))
        return Architecture(name="vit", side=side, classes=classes, **(known | given))


class ResNet(Classifier):
    """A residual network that tells configurations apart; the lattice is read as it is, without resampling.

    The layers of a cube are stacked: each is a channel, or as many as a site has.

    Parameters
    ----------
    depth : {18, 50}
        Layers.
    pretrained : str, path or transformers.ResNetForImageClassification
        ``none`` (one channel), or ``hub:ID`` or a folder (three channels, all alike), or a model that is already
        loaded, which is copied.
    recipe : Recipe
        How to train; what it leaves open is as published, 10 epochs at 2e-5 with weight decay 5e-6.
    head, augment, label_smoothing, seed, device
        As for `VisionTransformer`, and so are the attributes.

    References
    ----------
    K. He et al., "Deep residual learning for image recognition", CVPR 2016. doi:10.1109/CVPR.2016.90
    """

    def __init__(
        self,
        depth: int = 18,
        *,
        pretrained: Beginning = "none",
        head: Head | None = None,
        augment: bool = True,
        label_smoothing: float = 0.0,
        recipe: Recipe = Recipe(),  # noqa: B008
        seed: int = 0,
        device: str | torch.device | None = None,
    ) -> None:
        self.depth, self.pretrained, self.head, self.augment = depth, pretrained, head, augment
        self.label_smoothing, self.recipe, self.seed, self.device = label_smoothing, recipe, seed, device

    @property
    def defaults(self) -> Recipe:
        """What the recipe leaves open."""
        return PUBLISHED

    def architecture(
        self,
        side: int,
        *,
        classes: int = 4,
        boundary: str = "free",  # noqa: ARG002
        axes: int = 2,
        channels: int = 1,
    ) -> Architecture:
        """Return the architecture that the settings mean; see `Classifier.architecture`."""
        if self.depth not in (18, 50):
            raise InputError("depth", self.depth, "must be 18 or 50")
        if not (isinstance(self.pretrained, str) and self.pretrained == "none"):
            check_published(channels, axes)
            channels = 3
        return Architecture(
            name=f"resnet-{self.depth}", side=side, classes=classes, stem=0, axes=axes, channels=channels
        )  # fmt: skip


def check_published(channels: int, axes: int) -> None:
    """Refuse to show weights of images what is none: they see spins on a plane."""
    if channels != 1 or axes != 2:
        got = f"{channels} channels on {axes} axes"
        why = "published layouts and weights read two states on a lattice of two sides"
        raise InputError("network", got, why, "Take the native network, or a ResNet from scratch")
