"""Batches of configurations under random symmetries, and the descent of a loss on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from spinlens.learning.continuation import Tensors
from spinlens.learning.history import Row
from spinlens.learning.settings import Recipe
from spinlens.learning.vision.configurations import Configurations
from spinlens.learning.vision.symmetries import Moves
from spinlens.seeds import Purpose, generator

ORDER, AUGMENTATION, NOISE, MASK, INITIAL, VALIDATION = range(6)
"""Places of the streams of a training."""


def batch_at(step: int, *, count: int, batch: int, seed: int, purpose: Purpose) -> np.ndarray:
    """Return the places of the configurations in a step, named by the step alone.

    An epoch is a random order of all ``count`` places, cut into parts of at most ``batch`` whose lengths differ by
    one at most.
    """
    steps = steps_per_epoch(count, batch)
    epoch, part = divmod(step, steps)
    order = generator(seed, purpose, ORDER, epoch).permutation(count)
    return np.array_split(order, steps)[part]


def steps_per_epoch(count: int, batch: int) -> int:
    """Return the number of batches in an epoch."""
    return -(-count // batch)


@contextmanager
def noise_of(step: int, *, seed: int, purpose: Purpose, device: torch.device) -> Iterator[None]:
    """Make the dropout of a step depend on seed and step alone."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(int(generator(seed, purpose, NOISE, step, 0).integers(2**63)))
        yield


class Descent:
    """The descent of a mean over batches of configurations by its gradient; the base of an `Objective`.

    Parameters
    ----------
    network : Module
        The weights; on the device.
    images : Configurations
        What is trained on.
    recipe : Recipe
        How, with nothing left open.
    moves : Moves or None
        Augmentation.
    precision : {"float32", "bfloat16"}
        Of the matrix products.
    seed : int
        Of order, augmentation and noise.
    device : torch.device
        Where to train.
    """

    purpose: ClassVar[Purpose]

    def __init__(
        self,
        network: nn.Module,
        images: Configurations,
        recipe: Recipe,
        *,
        moves: Moves | None,
        precision: str,
        seed: int,
        device: torch.device,
    ) -> None:
        self.network, self.images, self.batch, self.moves = network, images, recipe.batch, moves
        self.precision, self.seed, self.device = precision, seed, device
        self.steps, self.threads = steps_per_epoch(len(images), recipe.batch), torch.get_num_threads()

    def loss(self, step: int) -> Tensors:
        """Return ``loss``, which is descended, and other means over the batch of a step, in nats."""
        raise NotImplementedError

    def validate(self) -> Row:
        """Return what is kept of an epoch beside the means, ``validation_loss`` among it; or nothing."""
        return {}

    def begin(self) -> None:
        """Get the network ready for a first step."""

    def spins(self, step: int) -> tuple[torch.Tensor, np.ndarray]:
        """Return what is seen in a step, (n, channels, *sides), under random symmetries, and the places."""
        codes, places = self.codes(step)
        return self.images.see(codes, self.device), places

    def codes(self, step: int) -> tuple[torch.Tensor, np.ndarray]:
        """Return the codes of a step, int64 (n, *sides), under random symmetries, and the places."""
        places = batch_at(step, count=len(self.images), batch=self.batch, seed=self.seed, purpose=self.purpose)
        codes = self.images.read(places)
        if self.moves is not None:
            codes = self.moves.at_random(codes, generator(self.seed, self.purpose, AUGMENTATION, step))
        return codes, places

    def gradients(self, step: int) -> dict[str, float]:
        """Leave the gradients of a step in the parameters; return the means."""
        self.network.train()
        with noise_of(step, seed=self.seed, purpose=self.purpose, device=self.device):
            means = self.loss(step)
        self.network.zero_grad()
        means["loss"].backward()  # type: ignore[no-untyped-call]
        return {name: float(mean.detach()) for name, mean in means.items()}

    def row(self, means: Row) -> Row:
        """Return the means of an epoch and what validation gives."""
        self.network.eval()
        return means | self.validate()

    def note(self, means: Row) -> str:
        """Return the loss."""
        return f"loss {means['loss']:.4f}"
