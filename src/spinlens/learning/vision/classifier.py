"""Classifiers of configurations with scikit-learn's conventions: settings, fit, save, load."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.choices import check_whole, choose_device, is_number
from spinlens.learning.folder import finished, fitting_weights, read_model, write_model
from spinlens.learning.history import Row
from spinlens.learning.recipe import Recipe, check_positive, resolve_precision
from spinlens.learning.training import Training
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import boundary_of
from spinlens.learning.vision.cross_entropy import Objective, validate
from spinlens.learning.vision.descent import INITIAL, Descent, steps_per_epoch
from spinlens.learning.vision.inference import channels_last
from spinlens.learning.vision.labelled import Labelled, training_set, validation_set
from spinlens.learning.vision.linear_head import fit_head
from spinlens.learning.vision.networks import Reader
from spinlens.learning.vision.placement import Placement
from spinlens.learning.vision.predictor import Predictor
from spinlens.learning.vision.symmetries import choose_symmetries
from spinlens.learning.vision.weights import first_network, rebuild, weights_identity
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, check_seed, generator
from spinlens.symmetries import Symmetries

KIND = "classifier"


class Classifier(Predictor):
    """What all classifiers of configurations share; see `VisionTransformer` and `ResNet`.

    Attributes
    ----------
    classes_, network_
        See `spinlens.learning.vision.predictor.Predictor`.
    history_ : list of dict
        One row per epoch: losses in nats, rate, accuracy on the validation set.
    """

    history_: list[Row]

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
            See `spinlens.learning.recipe.resolve_precision`.

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
        labelled, names = training_set(images, labels)
        held = None if validation is None else validation_set(validation, labelled, names=names)
        moves = choose_symmetries(symmetries, images=images, shape=labelled.images.shape, augment=self.augment)
        architecture = self.architecture(labelled.images.side, classes=len(names), boundary=boundary_of(images))
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
        placement.wait()
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
        device = placement.device
        check = None if held is None else partial(validate, network, held, device=device, precision=recipe.precision)
        descent = Descent(
            network, Objective(labelled, recipe, moves, device, self.label_smoothing), recipe,
            purpose=Purpose.CLASSIFICATION, steps=steps_per_epoch(len(labelled), recipe.batch), placement=placement,
            validate=check,
        )  # fmt: skip
        return Training(descent, recipe, description, folder)

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
