"""Classifiers of configurations: labelled configurations in, a trained network out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from torch import nn

from spinlens.learning.channels import Channels
from spinlens.learning.choices import choose_device, choose_precision
from spinlens.learning.settings import Classification, Head, Recipe
from spinlens.learning.training import Objective
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import boundary_seen
from spinlens.learning.vision.cross_entropy import CrossEntropy
from spinlens.learning.vision.descent import INITIAL
from spinlens.learning.vision.inference import channels_last
from spinlens.learning.vision.labelled import training_set, validation_set
from spinlens.learning.vision.predictor import Predictor
from spinlens.learning.vision.pretrained import Beginning, first_network, identity_of, rebuild
from spinlens.learning.vision.symmetries import Moves, choose_moves
from spinlens.progress import Report
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import Symmetries


class Classifier(Predictor):
    """What all classifiers of configurations share; see `VisionTransformer` and `ResNet`."""

    pretrained: Beginning
    head: Head | None
    augment: bool
    label_smoothing: float
    seed: int

    @property
    def defaults(self) -> Recipe:
        """What the recipe leaves open."""
        raise NotImplementedError

    def architecture(
        self, side: int, *, classes: int = 4, boundary: str = "free", axes: int = 2, channels: int = 1
    ) -> Architecture:
        """Return the architecture that the settings mean.

        Parameters
        ----------
        side : int
            L of the L x L lattice.
        classes : int
            Number of labels.
        boundary : str
            What lies beyond the edges, where the settings leave it open.
        axes : int
            Sides of the lattice, all L.
        channels : int
            Numbers that are seen of a site.

        Raises
        ------
        InputError
            If a setting is not allowed or does not fit the lattice or the starting weights.
        """
        raise NotImplementedError

    def fit(
        self,
        images: Any,
        labels: Any,
        *,
        validation: tuple[Any, Any] | None = None,
        symmetries: Symmetries | Moves | None = None,
        out: str | Path | None = None,
        progress: bool | Report = True,
        checkpoint_seconds: float = 60.0,
    ) -> Self:
        """Train on labelled configurations.

        Parameters
        ----------
        images : Ensemble or array, (n, L, L) or (n, L, L, L)
            Configurations of any model; the draws of an ensemble in the order (field, temperature, chain, draw).
        labels : array-like
            One label each, of as many values as there are configurations, in the same order.
        validation : pair, optional
            Configurations and labels. The weights of the epoch with the lowest loss on them are kept, and training
            stops after ``patience`` epochs without a gain; without them the last weights are kept.
        symmetries : Symmetries or Moves, optional
            For augmentation, with `Moves.of` those of the codes too; by default all those of the ensemble.
        out : path, optional
            For checkpoints, history and the model. The same call continues what is there.
        progress : bool or callable
            Whether to show how far it is; or called with the fraction done and a note in place of showing it. Raising
            from it stops the training, whose checkpoint is kept.
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
        settings, place = self._settings(Classification), choose_device(self.device)
        recipe = settings.recipe.filled(self.defaults)
        labelled, names = training_set(images, labels)
        held = None if validation is None else validation_set(validation, labelled, names=names)
        moves = choose_moves(symmetries, images=images, given=labelled.images, augment=settings.augment)
        seen = labelled.images.channels
        architecture = self.architecture(
            labelled.images.side, classes=len(names), boundary=boundary_seen(images), axes=len(labelled.images.shape),
            channels=seen.count,
        )  # fmt: skip
        precision = choose_precision(recipe.precision, place, single_pixels=architecture.single_pixels)
        description = self._describe(
            recipe, precision, architecture=architecture.to_dict(), labels=names.tolist(), images=labelled.digest,
            validation=None if held is None else held.digest, symmetries=None if moves is None else moves.to_dict(),
        )  # fmt: skip
        description["channels"] = seen.to_dict()
        description["parameters"]["pretrained"] = identity_of(self.pretrained)

        def begin() -> Objective:
            first = int(generator(self.seed, Purpose.CLASSIFICATION, INITIAL).integers(2**63))
            network = channels_last(first_network(self.pretrained, architecture, seed=first)).to(place)
            network.channels = seen
            return CrossEntropy(
                network, labelled, held, head=settings.head, smoothing=settings.label_smoothing, recipe=recipe,
                moves=moves, precision=precision, seed=self.seed, device=place,
            )  # fmt: skip

        return self._open_or_train(
            begin, recipe, description, out=out, progress=progress, checkpoint_seconds=checkpoint_seconds
        )

    def _conclude(self, objective: Objective) -> dict[str, Any]:
        return {"configuration": objective.network.configuration}

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:
        network = channels_last(rebuild(description, folder))
        network.channels = Channels.from_dict(description["channels"])
        return network

    def _take(self, network: nn.Module) -> None:
        super()._take(network)
        self.classes_ = np.array(self._description["labels"])
