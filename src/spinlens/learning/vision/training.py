"""The training loop of networks that read spins: AdamW, early stopping, an exact continuation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from spinlens.errors import SpinlensError
from spinlens.learning.continuation import (
    CHECKPOINT,
    Position,
    Tensors,
    pauses,
    read_checkpoint,
    stopped,
    write_checkpoint,
)
from spinlens.learning.history import Row
from spinlens.learning.vision.placement import Placement
from spinlens.learning.vision.recipe import Recipe
from spinlens.progress import Report
from spinlens.seeds import Purpose, generator

ORDER, AUGMENTATION, NOISE, MASK, INITIAL, VALIDATION = range(6)
"""Places of the streams of a training."""

BEST = "best."
"""What the names of the best weights begin with in a checkpoint."""

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


@dataclass
class Training:
    """A training on its way: everything that an exact continuation needs.

    Parameters
    ----------
    network : Module
        The weights, changed in place; on the device of ``placement``.
    loss : callable
        Mean loss of a step, and other means to keep; see `Loss`.
    validate : callable or None
        Returns the row of numbers to keep for an epoch, ``validation_loss`` among them.
    recipe : Recipe
        How to train.
    purpose : Purpose
        Of the random streams.
    steps : int
        Steps an epoch.
    placement : Placement
        Device and processes.
    description : dict
        Written to the checkpoints.
    out : Path or None
        Directory for checkpoints and history.
    checkpoint_seconds : float
        Longest time between checkpoints.
    """

    network: nn.Module
    loss: Loss
    validate: Callable[[], Row] | None
    recipe: Recipe
    purpose: Purpose
    steps: int
    placement: Placement
    description: dict[str, Any]
    out: Path | None
    checkpoint_seconds: float = 60.0
    done: int = 0
    totals: dict[str, float] = field(default_factory=dict)
    best: float = math.inf
    waited: int = 0
    history: list[Row] = field(default_factory=list)
    best_weights: Tensors = field(default_factory=dict)

    def __post_init__(self) -> None:
        parameters = [each for each in self.network.parameters() if each.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameters, self.recipe.learning_rate, weight_decay=self.recipe.weight_decay, fused=True
        )

    @property
    def total(self) -> int:
        """Steps of the whole training, if it does not stop early."""
        return self.steps * self.recipe.epochs

    @property
    def stopped(self) -> bool:
        """Whether validation has not gained for too long."""
        return 0 < self.recipe.patience <= self.waited

    def run(self, report: Report) -> list[Row]:
        """Train to the end from where the checkpoint stands, and leave the best weights in the network.

        Returns
        -------
        list of dict
            One row per epoch: mean losses in nats, the rate, what validation gave.

        Raises
        ------
        IncompleteError
            If the user interrupts; a checkpoint is written first.
        SpinlensError
            If the loss stops being a finite number.
        """
        module, _ = self.placement.prepare(self.network, self.optimizer)
        with pauses() as pause:
            while self.done < self.total and not self.stopped:
                self.advance(module)
                if self.done % self.steps == 0:
                    self._finish_epoch()
                if pause.due(self.checkpoint_seconds):
                    self.save()
                    pause.saved()
                report(self.done / self.total, self._note())
                if pause.stopping.is_set() and self.done < self.total and not self.stopped:
                    raise stopped(self.done, self.total, folder=self.out, argument="directory")
        if self.best_weights:
            self.network.load_state_dict(self.best_weights)
        self.network.eval()
        return self.history

    def advance(self, module: nn.Module) -> None:
        """Take one step."""
        recipe = self.recipe
        self.optimizer.param_groups[0]["lr"] = recipe.rate(self.done, self.total)
        module.train()
        with noise_of(self.done, seed=recipe.seed, purpose=self.purpose, placement=self.placement):
            means = self.loss(module, self.done, self.placement.share)
        self.optimizer.zero_grad()
        self.placement.backward(means["loss"])
        if recipe.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizer.step()
        values = {name: float(mean.detach()) for name, mean in means.items()}
        if not math.isfinite(values["loss"]):
            message = (
                f"the loss became {values['loss']} at step {self.done + 1}: the training diverged. Lower learning_rate."
            )
            raise SpinlensError(message)
        self.totals = {name: self.totals.get(name, 0.0) + value for name, value in values.items()}
        self.done += 1

    def _finish_epoch(self) -> None:
        rate = float(self.optimizer.param_groups[0]["lr"])
        row: Row = {"epoch": len(self.history) + 1, "steps": self.done, "learning_rate": rate}
        row |= {name: total / self.steps for name, total in self.totals.items()}
        self.totals = {}
        if self.validate is not None:
            self.network.eval()
            row |= self.validate()
            self._keep_best(float(row["validation_loss"]))
        self.history.append(row)

    def _keep_best(self, loss: float) -> None:
        if loss < self.best:
            self.best, self.waited = loss, 0
            self.best_weights = {
                name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()
            }
        else:
            self.waited += 1

    def _note(self) -> str:
        if not self.history:
            return f"epoch 1/{self.recipe.epochs}: loss {self.totals.get('loss', 0.0) / max(self.done, 1):.4f}"
        row = self.history[-1]
        note = f"epoch {len(self.history)}/{self.recipe.epochs}: loss {row['loss']:.4f}"
        return note + (f", validation {row['validation_loss']:.4f}" if "validation_loss" in row else "")

    def save(self) -> None:
        """Write the checkpoint and the history, if there is a directory for them."""
        if self.out is None or not self.placement.first:
            return
        state = {"done": self.done, "totals": self.totals, "best": self.best, "waited": self.waited}
        best = {BEST + name: tensor for name, tensor in self.best_weights.items()}
        position = Position(state, self.history, best)
        write_checkpoint(
            self.out, position, network=self.network, optimizer=self.optimizer, configuration=self.description
        )

    def resume(self) -> bool:
        """Take up the state of the checkpoint in the directory; tell whether there was one.

        Raises
        ------
        DamagedError
            If the checkpoint is not whole or does not fit the network.
        """
        if self.out is None or not (self.out / CHECKPOINT).exists():
            return False
        with read_checkpoint(self.out, network=self.network, optimizer=self.optimizer) as position:
            self.best_weights = {name.removeprefix(BEST): tensor for name, tensor in position.tensors.items()}
            state, self.history = position.state, position.history
            self.done, self.totals = state["done"], state["totals"]
            self.best, self.waited = state["best"], state["waited"]
        return True
