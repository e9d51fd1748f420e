"""The two kinds of classifiers, with their settings and the defaults of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning.choices import check_word
from spinlens.learning.folder import MODEL, read_description
from spinlens.learning.vision.architecture import BASE_PATCH, SHAPE, SIZES, Architecture
from spinlens.learning.vision.classifier import KIND, Classifier
from spinlens.learning.vision.weights import lattice_architecture, lattice_folder

PUBLISHED: dict[str, Any] = {
    "epochs": 10, "batch": 32, "learning_rate": 2e-5, "weight_decay": 5e-6, "schedule": "constant", "warm_up": 0.0,
    "patience": 3, "clip": 0.0,
}  # fmt: skip
"""The settings of the published study, which leaves batch, patience and schedule open."""

NATIVE: dict[str, Any] = {
    "epochs": 25, "batch": 32, "learning_rate": 5e-4, "weight_decay": 0.05, "schedule": "cosine", "warm_up": 0.1,
    "patience": 0, "clip": 1.0,
}  # fmt: skip


class VisionTransformer(Classifier):
    """A vision transformer that tells configurations apart.

    Parameters
    ----------
    size : {"tiny", "small", "base"}, optional
        ``tiny`` (six layers of 128) and ``small`` (eight of 256) are native to the lattice: one channel, L x L, no
        resampling. ``base`` has the published layout, 16 x 16 patches of 224 x 224 pixels in three channels. By
        default that of the weights, else ``tiny``.
    patch : int, optional
        Sites along a side of a patch, of the native networks. By default that of the weights, else 10.
    weights : str or path
        ``none``; ``lattice:DIR``, made by `pretrain`; ``hub:ID`` or a folder for ``base``.
    pooling : {"mean", "cls"}, optional
        Where the head looks. By default ``mean`` for native networks, ``cls`` for the published one.
    stem : int, optional
        Channels of a 3 x 3 convolution with GELU below the patches; 0 for linear patches.
    even : bool, optional
        Whether a configuration and its reverse have the same features: right where there is no field. By default that
        of the weights, else no.
    boundary : str, optional
        What that convolution sees beyond the edges; by default the boundary of the weights or of the ensemble.
    width, layers, heads : int, optional
        In place of a size; those left open are those of the weights, else of ``tiny``.
    dropout : float
        In the transformer.
    epochs, batch, learning_rate, weight_decay, schedule, warm_up, patience, clip : optional
        See `spinlens.learning.vision.Recipe`. By default 10 epochs at 2e-5 with weight decay 5e-6 as published for
        ``base``; 25 epochs, cosine from 5e-4, weight decay 0.05 for the native ones.
    label_smoothing : float
        Share of each label that is spread over all classes.
    augment : bool
        Whether configurations are seen under random symmetries of their energy.
    head_first : bool
        Whether the head is fitted on frozen features first; with ``epochs=0`` that is all.
    head_penalty, head_copies : float, int
        C of that logistic regression, and how many symmetric copies of each configuration it sees.
    precision : {"auto", "float32", "bfloat16"}
        Of the matrix products, see `spinlens.learning.recipe.resolve_precision`.
    device : str, optional
        CUDA where there is one, else the CPU.

    References
    ----------
    O. Kara, A. Sehanobish, H. H. Corzo, "Fine-tuning vision transformers for the prediction of state variables in
    Ising models" (2021). doi:10.48550/arXiv.2109.13925
    """

    def __init__(
        self,
        size: str | None = None,
        *,
        patch: int | None = None,
        weights: str | Path = "none",
        pooling: str | None = None,
        stem: int | None = None,
        even: bool | None = None,
        boundary: str | None = None,
        width: int | None = None,
        layers: int | None = None,
        heads: int | None = None,
        dropout: float = 0.0,
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warm_up: float | None = None,
        patience: int | None = None,
        clip: float | None = None,
        label_smoothing: float = 0.0,
        augment: bool = True,
        head_first: bool = False,
        head_penalty: float = 1e5,
        head_copies: int = 1,
        precision: str = "auto",
        device: str | torch.device | None = None,
    ) -> None:
        self.size, self.patch, self.weights = size, patch, weights
        self.pooling, self.stem, self.even, self.boundary = pooling, stem, even, boundary
        self.width, self.layers, self.heads, self.dropout = width, layers, heads, dropout
        self.epochs, self.batch = epochs, batch
        self.learning_rate, self.weight_decay, self.schedule = learning_rate, weight_decay, schedule
        self.warm_up, self.patience, self.clip = warm_up, patience, clip
        self.label_smoothing, self.augment = label_smoothing, augment
        self.head_first, self.head_penalty, self.head_copies = head_first, head_penalty, head_copies
        self.precision, self.device = precision, device

    @property
    def defaults(self) -> dict[str, Any]:
        """What the recipe takes where the settings leave it open."""
        return PUBLISHED if self.size == "base" else NATIVE

    def architecture(self, side: int, *, classes: int = 4, boundary: str = "free") -> Architecture:
        """Return the architecture that the settings mean; see `Classifier.architecture`."""
        if self.size is not None:
            check_word("size", self.size, (*SIZES, "base"))
        if self.size == "base":
            self._refuse_native()
            return Architecture(
                name="vit-base", side=side, classes=classes, patch=BASE_PATCH, pooling=self.pooling or "cls", stem=0,
                channels=3, dropout=self.dropout,
            )  # fmt: skip
        folder = lattice_folder(self.weights)
        names = ("size", "patch", "pooling", "stem", "even", "boundary", *SHAPE)
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        open_ones: dict[str, Any] = {"boundary": boundary}
        if folder is not None:
            there = lattice_architecture(folder)
            open_ones = {name: getattr(there, name) for name in ("patch", "pooling", "stem", "even", "boundary")}
            if self.size is None:
                open_ones |= dict(zip(SHAPE, there.sizes, strict=True))
        return Architecture(name="vit", side=side, classes=classes, dropout=self.dropout, **(open_ones | given))

    def _refuse_native(self) -> None:
        for name in ("patch", "stem", "even", "boundary", "width", "layers", "heads"):
            value = getattr(self, name)
            if value is not None:
                raise InputError(name, value, "belongs to the lattice-native sizes, not to 'base'", "Leave it out")


class ResNet(Classifier):
    """A residual network that tells configurations apart; the lattice is read as it is, without resampling.

    Parameters
    ----------
    depth : {18, 50}
        Layers.
    weights : str or path
        ``none`` (one channel), or ``hub:ID`` or a folder (three channels, all alike).
    epochs, batch, learning_rate, weight_decay, schedule, warm_up, patience, clip : optional
        See `spinlens.learning.vision.Recipe`; by default as published, 10 epochs at 2e-5 with weight decay 5e-6.
    label_smoothing, augment, head_first, head_penalty, head_copies, precision, device
        As for `VisionTransformer`.

    References
    ----------
    K. He et al., "Deep residual learning for image recognition", CVPR 2016. doi:10.1109/CVPR.2016.90
    """

    def __init__(
        self,
        depth: int = 18,
        *,
        weights: str | Path = "none",
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        warm_up: float | None = None,
        patience: int | None = None,
        clip: float | None = None,
        label_smoothing: float = 0.0,
        augment: bool = True,
        head_first: bool = False,
        head_penalty: float = 1e5,
        head_copies: int = 1,
        precision: str = "auto",
        device: str | torch.device | None = None,
    ) -> None:
        self.depth, self.weights = depth, weights
        self.epochs, self.batch = epochs, batch
        self.learning_rate, self.weight_decay, self.schedule = learning_rate, weight_decay, schedule
        self.warm_up, self.patience, self.clip = warm_up, patience, clip
        self.label_smoothing, self.augment = label_smoothing, augment
        self.head_first, self.head_penalty, self.head_copies = head_first, head_penalty, head_copies
        self.precision, self.device = precision, device

    @property
    def defaults(self) -> dict[str, Any]:
        """What the recipe takes where the settings leave it open."""
        return PUBLISHED

    def architecture(self, side: int, *, classes: int = 4, boundary: str = "free") -> Architecture:  # noqa: ARG002
        """Return the architecture that the settings mean; see `Classifier.architecture`."""
        if self.depth not in (18, 50):
            raise InputError("depth", self.depth, "must be 18 or 50")
        channels = 1 if str(self.weights) == "none" else 3
        return Architecture(name=f"resnet-{self.depth}", side=side, classes=classes, stem=0, channels=channels)


ESTIMATORS: dict[str, type[Classifier]] = {"VisionTransformer": VisionTransformer, "ResNet": ResNet}


def load_classifier(directory: str | Path) -> Classifier:
    """Read a classifier that `Classifier.save` or a training with ``directory`` wrote.

    Raises
    ------
    InputError
        If there is none in the directory.
    DamagedError
        If a file is damaged or the weights do not fit the configuration.
    """
    folder = Path(directory)
    description = read_description(folder, KIND)
    try:
        estimator = ESTIMATORS[description["estimator"]](**description["parameters"])
    except (KeyError, TypeError) as problem:
        raise DamagedError(f"{folder / MODEL} does not describe a classifier: {problem}") from problem
    return estimator._restore(folder)
