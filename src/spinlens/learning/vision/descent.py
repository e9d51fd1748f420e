"""The batches of networks that read spins, and the descent of their losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from spinlens.learning.continuation import Tensors
from spinlens.learning.history import Row
from spinlens.learning.recipe import Recipe
from spinlens.learning.vision.placement import Placement
from spinlens.seeds import Purpose, generator

ORDER, AUGMENTATION, NOISE, MASK, INITIAL, VALIDATION = range(6)
"""Places of the streams of a training."""

Loss = Callable[[nn.Module, int, slice], Tensors]
"""Means over one process's share of a step (network, step, the share of the batch's places): ``loss``, which is
descended, and what else is kept for the history."""


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
def noise_of(step: int, *, seed: int, purpose: Purpose, placement: Placement) -> Iterator[None]:
    """Make the dropout of a step depend on seed, step and the process's share alone."""
    devices = [placement.device] if placement.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(generator(seed, purpose, NOISE, step, placement.share.start).integers(2**63)))
        yield


class Descent:
    """The descent of a loss by its gradient, over one process's share of each batch; an `Objective`.

    Parameters
    ----------
    network : Module
        The weights; on the device of ``placement``.
    loss : callable
        Mean loss of a step, and other means to keep; see `Loss`.
    recipe : Recipe
        How to train.
    purpose : Purpose
        Of the random streams.
    steps : int
        Steps an epoch.
    placement : Placement
        Device and processes.
    validate : callable, optional
        Returns the numbers to keep of an epoch, ``validation_loss`` among them.
    """

    def __init__(
        self, network: nn.Module, loss: Loss, recipe: Recipe, *, purpose: Purpose, steps: int, placement: Placement,
        validate: Callable[[], Row] | None = None,
    ) -> None:  # fmt: skip
        self.network, self.loss, self.recipe, self.validate = network, loss, recipe, validate
        self.purpose, self.steps, self.placement = purpose, steps, placement
        self.writes, self._shared = placement.first, network

    def prepare(self, optimizer: torch.optim.Optimizer) -> None:
        """Share the network with the other processes."""
        self._shared, _ = self.placement.prepare(self.network, optimizer)

    def gradients(self, step: int) -> dict[str, float]:
        """Leave the gradients of a step in the parameters; return the means of this process's share."""
        self._shared.train()
        with noise_of(step, seed=self.recipe.seed, purpose=self.purpose, placement=self.placement):
            means = self.loss(self._shared, step, self.placement.share)
        self.network.zero_grad()
        self.placement.backward(means["loss"])
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
        return {name: float(mean.detach()) for name, mean in means.items()}

    def row(self, means: Row) -> Row:
        """Return the means of an epoch and what validation gives."""
        if self.validate is None:
            return means
        self.network.eval()
        return means | self.validate()

    def note(self, means: Row) -> str:
        """Return the loss."""
        return f"loss {means['loss']:.4f}"
