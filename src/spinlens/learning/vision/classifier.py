"""Classifiers of configurations with scikit-learn's conventions: fit, predict, predict_proba, save, load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.choices import check_whole, choose_device, is_number
from spinlens.learning.folder import finished, fitting_weights, read_model, write_model
from spinlens.learning.history import Row
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import Configurations, configurations, same_lattice
from spinlens.learning.vision.inference import autocast, channels_last, evaluating, in_chunks
from spinlens.learning.vision.networks import Reader
from spinlens.learning.vision.placement import Placement
from spinlens.learning.vision.probe import fit_head
from spinlens.learning.vision.recipe import Recipe, check_positive, resolve_precision
from spinlens.learning.vision.symmetries import Symmetries, choose_symmetries
from spinlens.learning.vision.training import (
    AUGMENTATION,
    INITIAL,
    Training,
    batch_at,
    steps_per_epoch,
)
from spinlens.learning.vision.weights import first_network, rebuild, weights_identity
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, check_seed, generator

KIND = "classifier"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Configurations with the number of the class of each."""

    images: Configurations
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @property
    def digest(self) -> dict[str, Any]:
        """What tells one set from another."""
        return {"count": len(self), "images": self.images.digest, "classes": np.bincount(self.classes).tolist()}


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What all classifiers of configurations share; see `VisionTransformer` and `ResNet`.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; the columns of `predict_proba`.
    history_ : list of dict
        One row per epoch: losses in nats, rate, accuracy on the validation set.
    network_ : Reader
        The trained network, on the CPU.
    """

    classes_: np.ndarray
    history_: list[Row]
    network_: Reader

    def architecture(self, side: int, *, classes: int = 4, boundary: str = "free") -> Architecture:
        """Return the architecture that the settings mean.

        Parameters
        ----------
        side : int
            L of the L x L lattice.
        classes : int
            Number of labels.
        boundary : str
            What lies beyond the edges, where the settings leave it open.

        Raises
        ------
        InputError
            If a setting is not allowed or does not fit the lattice or the weights.
        """
        raise NotImplementedError

    def recipe(self, *, seed: int = 0, single_pixels: bool = False) -> Recipe:
        """Return how it will be trained, with the defaults of the network filled in.

        Parameters
        ----------
        seed : int
            Of the training.
        single_pixels : bool
            See `spinlens.learning.vision.recipe.resolve_precision`.

        Raises
        ------
        InputError
            If a setting is out of range.
        """
        names = ("epochs", "batch", "learning_rate", "weight_decay", "schedule", "warm_up", "patience", "clip")
        given = {name: getattr(self, name) for name in names}
        defaults = self.defaults
        values = {name: defaults[name] if value is None else value for name, value in given.items()}
        precision = resolve_precision(self.precision, choose_device(self.device), single_pixels=single_pixels)
        return Recipe(seed=check_seed(seed), precision=precision, **values)

    @property
    def defaults(self) -> dict[str, Any]:
        """What the recipe takes where the settings leave it open."""
        raise NotImplementedError

    def fit(
        self,
        images: Any,
        labels: Any,
        *,
        seed: int = 0,
        validation: tuple[Any, Any] | None = None,
        symmetries: Symmetries | None = None,
        directory: str | Path | None = None,
        progress: bool = True,
        checkpoint_seconds: float = 60.0,
    ) -> Self:
        """Train on labelled configurations.

        Parameters
        ----------
        images : Ensemble or int8 array, (n, L, L)
            Configurations; the draws of an ensemble in the order (field, temperature, chain, draw).
        labels : array-like
            One label each, of as many values as there are configurations, in the same order.
        seed : int
            Of first weights, order and augmentation.
        validation : pair, optional
            Configurations and labels. The weights of the epoch with the lowest loss on them are kept, and training
            stops after ``patience`` epochs without a gain; without them the last weights are kept.
        symmetries : Symmetries, optional
            For augmentation; by default those of the ensemble.
        directory : path, optional
            For checkpoints, history and the model. The same call continues what is there.
        progress : bool
            Whether to show how far it is.
        checkpoint_seconds : float
            Longest time between checkpoints.

        Returns
        -------
        Classifier
            Itself.

        Raises
        ------
        InputError
            If a value is not allowed, sizes disagree, or the directory holds something else.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        DamagedError
            If a file that is read is damaged.
        """
        labelled, names = _labelled(images, labels)
        held = None if validation is None else _validation(validation, labelled, names)
        moves = choose_symmetries(symmetries, images=images, shape=labelled.images.shape, augment=self.augment)
        boundary = _boundary(images)
        architecture = self.architecture(labelled.images.side, classes=len(names), boundary=boundary)
        recipe = self.recipe(seed=seed, single_pixels=architecture.single_pixels)
        self._check_probe()
        description = self._describe(recipe, architecture, labelled, held, names, moves)
        folder = None if directory is None else Path(directory)
        if folder is not None and finished(folder, description, argument="directory"):
            return self._restore(folder)
        placement = Placement(self.device)
        network = channels_last(self._first_network(architecture, recipe.seed)).to(placement.device)
        if folder is not None:
            make_folder(folder)
        training = self._training(network, recipe, labelled, held, moves, placement, description, folder)
        training.checkpoint_seconds = checkpoint_seconds
        if not training.resume() and self.head_first:
            self._fit_head(network, labelled, moves, recipe, placement.device)
        with progress_bar("train", show=progress and placement.first) as report:
            self.history_ = training.run(report)
        self._take(network.cpu(), names, description)
        if folder is not None and placement.first:
            self.save(folder)
        return self

    def _training(
        self,
        network: Reader,
        recipe: Recipe,
        labelled: Labelled,
        held: Labelled | None,
        moves: Symmetries | None,
        placement: Placement,
        description: dict[str, Any],
        folder: Path | None,
    ) -> Training:
        return Training(
            network=network,
            loss=Objective(labelled, recipe, moves, placement.device, self.label_smoothing),
            validate=None if held is None else lambda: _validate(network, held, placement.device, recipe.precision),
            recipe=recipe,
            purpose=Purpose.CLASSIFICATION,
            steps=steps_per_epoch(len(labelled), recipe.batch),
            placement=placement,
            description=description,
            out=folder,
        )

    def _check_probe(self) -> None:
        check_whole("head_copies", self.head_copies, 1)
        check_positive("head_penalty", self.head_penalty)
        if not is_number(self.label_smoothing) or not 0 <= self.label_smoothing < 1:
            raise InputError("label_smoothing", self.label_smoothing, "must be a share from 0 to below 1")

    def _describe(
        self,
        recipe: Recipe,
        architecture: Architecture,
        labelled: Labelled,
        held: Labelled | None,
        names: np.ndarray,
        moves: Symmetries | None,
    ) -> dict[str, Any]:
        # Neither a path nor a device makes a training another one, so that it can be moved and continued elsewhere.
        parameters = {name: value for name, value in self.get_params().items() if name != "device"}
        parameters["weights"] = weights_identity(self.weights)
        return {
            "kind": KIND,
            "estimator": type(self).__name__,
            "parameters": parameters,
            "architecture": architecture.to_dict(),
            "training": recipe.to_dict() | {"precision": self.precision},
            "labels": names.tolist(),
            "images": labelled.digest,
            "validation": None if held is None else held.digest,
            "symmetries": None if moves is None else moves.to_dict(),
            "provenance": provenance() | {"precision": recipe.precision},
        }

    def _first_network(self, architecture: Architecture, seed: int) -> Reader:
        first = int(generator(seed, Purpose.CLASSIFICATION, INITIAL).integers(2**63))
        return first_network(self.weights, architecture, seed=first)

    def _fit_head(
        self, network: Reader, labelled: Labelled, moves: Symmetries | None, recipe: Recipe, device: torch.device
    ) -> None:
        fit_head(
            network,
            labelled.images,
            labelled.classes,
            symmetries=moves,
            copies=self.head_copies,
            penalty=self.head_penalty,
            seed=recipe.seed,
            device=device,
            precision=recipe.precision,
        )

    def _take(self, network: Reader, names: np.ndarray, description: dict[str, Any]) -> None:
        self.network_, self.classes_ = network.eval(), names
        self._description = description | {"configuration": network.configuration}

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether there is a network."""
        return hasattr(self, "network_")

    @property
    def configuration(self) -> dict[str, Any]:
        """Settings, recipe, images and versions that made the weights."""
        self._check_fitted()
        return self._description

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise InputError(type(self).__name__, "no weights", "it was not trained yet", "Call fit or load first")

    def logits(self, images: Any, *, progress: bool = False) -> np.ndarray:
        """Return the logits of each configuration, float32 (n, classes).

        Parameters
        ----------
        images : Ensemble or array, (n, L, L)
            Configurations with the sides of the training.
        progress : bool
            Whether to show how far it is.

        Raises
        ------
        InputError
            If it was not trained, or the images have other sides or values that are no spins.
        """
        return self._look(lambda network: network, images, progress=progress)

    def features(self, images: Any, *, progress: bool = False) -> np.ndarray:
        """Return the pooled features that the head sees, float32 (n, width)."""
        return self._look(lambda network: network.features, images, progress=progress)

    def _look(self, part: Any, images: Any, *, progress: bool) -> np.ndarray:
        self._check_fitted()
        given = configurations(images)
        side = self.network_.architecture.side
        same_lattice(Configurations(np.empty((0, side, -(-side // 8)), np.uint8), side), given, "images")
        device = choose_device(self.device)
        precision = resolve_precision(self.precision, device)
        network = evaluating(self.network_, device)
        try:
            with progress_bar("look", show=progress) as report:
                return in_chunks(part(network), given, device=device, precision=precision, report=report)
        finally:
            self.network_.cpu()

    def predict_proba(self, images: Any) -> np.ndarray:
        """Return the probability of each class, float64 (n, classes), in the order of ``classes_``."""
        logits = self.logits(images).astype(np.float64)
        weights = np.exp(logits - logits.max(1, keepdims=True))
        result: np.ndarray = weights / weights.sum(1, keepdims=True)
        return result

    def predict(self, images: Any) -> np.ndarray:
        """Return the likeliest label of each configuration, (n,)."""
        best = self.logits(images).argmax(1)
        result: np.ndarray = self.classes_[best]
        return result

    def save(self, directory: str | Path) -> None:
        """Write the weights (safetensors), the history and the whole configuration (JSON) to a directory."""
        self._check_fitted()
        write_model(Path(directory), dict(self.network_.state_dict()), self._description, self.history_)

    def _restore(self, folder: Path) -> Self:
        tensors, description, self.history_ = read_model(folder, KIND)
        with fitting_weights(folder):
            network = channels_last(rebuild(description, folder))
            network.load_state_dict(tensors)
            names = np.array(description["labels"])
        self.network_, self.classes_, self._description = network.eval(), names, description
        return self


class Objective:
    """The cross-entropy of a step.

    Parameters
    ----------
    labelled : Labelled
        Training configurations.
    recipe : Recipe
        How to train.
    moves : Symmetries or None
        Augmentation.
    device : torch.device
        Where the network is.
    smoothing : float
        Share of each label that is spread over all classes.
    """

    def __init__(
        self,
        labelled: Labelled,
        recipe: Recipe,
        moves: Symmetries | None,
        device: torch.device,
        smoothing: float,
    ) -> None:
        self.labelled, self.recipe, self.moves = labelled, recipe, moves
        self.device, self.smoothing = device, smoothing

    def __call__(self, module: nn.Module, step: int, share: slice) -> dict[str, torch.Tensor]:
        """Return the mean over this process's share of a step, ``loss``, in nats."""
        recipe, purpose = self.recipe, Purpose.CLASSIFICATION
        places = batch_at(step, count=len(self.labelled), batch=recipe.batch, seed=recipe.seed, purpose=purpose)
        spins = self.labelled.images.take(places, device=self.device)
        if self.moves is not None:
            spins = self.moves.random(spins, generator(recipe.seed, purpose, AUGMENTATION, step))
        targets = torch.from_numpy(self.labelled.classes[places]).to(self.device)
        with autocast(self.device, recipe.precision):
            logits = module(spins[share])
        return {"loss": nn.functional.cross_entropy(logits.float(), targets[share], label_smoothing=self.smoothing)}


def _validate(network: Reader, held: Labelled, device: torch.device, precision: str) -> Row:
    """Return the cross-entropy in nats, and the share that is right, on the validation set."""
    logits = torch.from_numpy(in_chunks(network, held.images, device=device, precision=precision)).double()
    targets = torch.from_numpy(held.classes)
    loss = float(nn.functional.cross_entropy(logits, targets))
    right = float((logits.argmax(1) == targets).double().mean())
    return {"validation_loss": loss, "validation_accuracy": right}


def _labelled(images: Any, labels: Any) -> tuple[Labelled, np.ndarray]:
    given, values = configurations(images), np.asarray(labels).ravel()
    if len(values) != len(given):
        raise InputError("labels", f"{len(values)} labels", f"there are {len(given)} images")
    names, classes = np.unique(values, return_inverse=True)
    if len(names) < 2:
        raise InputError("labels", names.tolist(), "there must be at least two classes with images")
    return Labelled(given, classes.astype(np.int64)), names


def _validation(pair: Sequence[Any], labelled: Labelled, names: np.ndarray) -> Labelled:
    try:
        images, labels = pair
    except (TypeError, ValueError) as problem:
        raise InputError("validation", type(pair).__name__, "must be a pair (images, labels)") from problem
    given, values = configurations(images, what="validation images"), np.asarray(labels).ravel()
    if len(values) != len(given):
        raise InputError("validation", f"{len(values)} labels", f"there are {len(given)} validation images")
    same_lattice(labelled.images, given, "validation images")
    if odd := sorted(set(values.tolist()) - set(names.tolist())):
        raise InputError("validation labels", odd[0], "is a class without training images")
    return Labelled(given, np.searchsorted(names, values).astype(np.int64))


def _boundary(images: Any) -> str:
    return str(images.lattice.boundary_text) if hasattr(images, "lattice") else "free"
