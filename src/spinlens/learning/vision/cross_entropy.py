"""The cross-entropy of a classifier: what a step descends, and what validation tells."""

from __future__ import annotations

import torch
from torch import nn

from spinlens.learning.history import Row
from spinlens.learning.recipe import Recipe
from spinlens.learning.vision.descent import AUGMENTATION, batch_at
from spinlens.learning.vision.inference import autocast, in_chunks
from spinlens.learning.vision.labelled import Labelled
from spinlens.learning.vision.networks import Reader
from spinlens.learning.vision.symmetries import transform_at_random
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import Symmetries


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
            spins = transform_at_random(self.moves, spins, generator(recipe.seed, purpose, AUGMENTATION, step))
        targets = torch.from_numpy(self.labelled.classes[places]).to(self.device)
        with autocast(self.device, recipe.precision):
            logits = module(spins[share])
        return {"loss": nn.functional.cross_entropy(logits.float(), targets[share], label_smoothing=self.smoothing)}


def validate(network: Reader, held: Labelled, *, device: torch.device, precision: str) -> Row:
    """Return the cross-entropy in nats, and the share that is right, on the validation set."""
    logits = torch.from_numpy(in_chunks(network, held.images, device=device, precision=precision)).double()
    targets = torch.from_numpy(held.classes)
    loss = float(nn.functional.cross_entropy(logits, targets))
    right = float((logits.argmax(1) == targets).double().mean())
    return {"validation_loss": loss, "validation_accuracy": right}
