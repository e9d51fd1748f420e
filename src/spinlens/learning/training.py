"""The one training loop: an objective goes in; epochs, best weights, checkpoints and exact continuation are here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

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
from spinlens.learning.settings import Recipe
from spinlens.progress import Report

PATIENCE, REDUCTION, LEAST_GAIN = 8, 0.1, 1e-4
"""Plateau schedule: after 8 epochs without a gain of 1e-4 nats, the rate falls to a tenth (as Keras does)."""

STATE = ("done", "rate", "totals", "best", "waited", "lowest", "idle")
"""Numbers of a training on its way: epochs that validation waited for a gain, and that the loss of a plateau did."""

BEST = "best."
"""What the names of the best weights begin with in a checkpoint."""


class Objective(Protocol):
    """What is descended.

    Attributes
    ----------
    network : Module
        The weights, changed in place.
    steps : int
        Steps an epoch.
    threads : int
        Threads that PyTorch may take.
    """

    network: nn.Module
    steps: int
    threads: int

    def begin(self) -> None:
        """Get the network ready for a first step, of a training that does not continue."""

    def gradients(self, step: int) -> Mapping[str, float]:
        """Leave the gradients of a step in the parameters; return its means, in nats."""

    def row(self, means: Row) -> Row:
        """Return what the history keeps of an epoch: its means and what follows from them, what validation gives.

        ``loss`` drives a plateau; ``validation_loss``, where it is there, decides which weights are the best.
        """

    def note(self, means: Row) -> str:
        """Return means in a few words."""


@dataclass
class Training:
    """A training on its way: everything that an exact continuation needs.

    Parameters
    ----------
    objective : Objective
        What is descended.
    recipe : Recipe
        How.
    description : dict
        Written to the checkpoints; it tells this training from others.
    out : Path or None
        Directory for checkpoints and history.
    checkpoint_seconds : float
        Longest time between checkpoints.
    """

    objective: Objective
    recipe: Recipe
    description: dict[str, Any]
    out: Path | None
    checkpoint_seconds: float = 60.0
    done: int = 0
    rate: float = 0.0
    totals: dict[str, float] = field(default_factory=dict)
    best: float = math.inf
    waited: int = 0
    lowest: float = math.inf
    idle: int = 0
    history: list[Row] = field(default_factory=list)
    best_weights: Tensors = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.optimizer = optimizer_of(self.recipe, self.objective.network.parameters())
        self.rate = self.recipe.learning_rate

    @property
    def total(self) -> int:
        """Steps of the whole training, if it does not stop early."""
        return self.objective.steps * self.recipe.epochs

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or validation has not gained for too long."""
        return self.done >= self.total or 0 < self.recipe.patience <= self.waited

    def run(self, report: Report) -> list[Row]:
        """Train from the start or from the checkpoint to the end, and leave the best weights in the network.

        Returns
        -------
        list of dict
            One row per epoch: the means in nats, the rate, what validation gave.

        Raises
        ------
        IncompleteError
            If the user interrupts; a checkpoint is written first.
        DamagedError
            If the checkpoint is not whole or does not fit the network.
        SpinlensError
            If the loss stops being a finite number.
        """
        if not self.resume():
            self.objective.begin()
        with pauses() as pause, threads(self.objective.threads):
            while not self.finished:
                self.advance()
                if self.done % self.objective.steps == 0:
                    self._finish_epoch()
                if pause.due(self.checkpoint_seconds):
                    self.save()
                    pause.saved()
                try:
                    report(self.done / self.total, self._note())
                except BaseException:
                    self.save()
                    raise
                if pause.stopping.is_set() and not self.finished:
                    raise stopped(self.done, self.total, folder=self.out)
        if self.best_weights:
            self.objective.network.load_state_dict(self.best_weights)
        self.objective.network.eval()
        return self.history

    def advance(self) -> None:
        """Take one step."""
        plateau = self.recipe.schedule == "plateau"
        self.optimizer.param_groups[0]["lr"] = self.rate if plateau else self.recipe.rate(self.done, self.total)
        means = self.objective.gradients(self.done)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.objective.network.parameters(), self.recipe.clip)
        for name, value in means.items():
            if not math.isfinite(value):
                problem = f"{name} became {value} at step {self.done + 1}: the training diverged. Lower learning_rate."
                raise SpinlensError(problem)
            self.totals[name] = self.totals.get(name, 0.0) + value
        self.optimizer.step()
        self.done += 1

    def _means(self) -> Row:
        """Return the means over this epoch so far."""
        steps = (self.done - 1) % self.objective.steps + 1
        return {name: total / steps for name, total in self.totals.items()}

    def _finish_epoch(self) -> None:
        rate = float(self.optimizer.param_groups[0]["lr"])
        row: Row = {"epoch": len(self.history) + 1, "steps": self.done, "learning_rate": rate}
        row |= self.objective.row(self._means())
        self.totals = {}
        self.history.append(row)
        if "validation_loss" in row:
            self._keep_best(float(row["validation_loss"]))
        if self.recipe.schedule == "plateau":
            self._follow_plateau(float(row["loss"]))

    def _keep_best(self, loss: float) -> None:
        if loss < self.best:
            self.best, self.waited = loss, 0
            weights = self.objective.network.state_dict()
            self.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
        else:
            self.waited += 1

    def _follow_plateau(self, loss: float) -> None:
        if loss < self.lowest - LEAST_GAIN:
            self.lowest, self.idle = loss, 0
            return
        self.idle += 1
        if self.idle >= PATIENCE:
            self.rate, self.idle = self.rate * REDUCTION, 0

    def _note(self) -> str:
        epoch = len(self.history) + (1 if self.totals else 0)
        note = f"epoch {epoch}/{self.recipe.epochs}: "
        note += self.objective.note(self._means() if self.totals else self.history[-1])
        validation = self.history[-1].get("validation_loss") if self.history else None
        return note if validation is None else f"{note}, validation {validation:.4f}"

    def save(self) -> None:
        """Write the checkpoint and the history, if there is a directory for them."""
        if self.out is None:
            return
        state = {name: getattr(self, name) for name in STATE}
        best = {BEST + name: tensor for name, tensor in self.best_weights.items()}
        position = Position(state, self.history, best)
        write_checkpoint(
            self.out, position, network=self.objective.network, optimizer=self.optimizer, configuration=self.description
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
        with read_checkpoint(self.out, network=self.objective.network, optimizer=self.optimizer) as position:
            self.best_weights = {name.removeprefix(BEST): tensor for name, tensor in position.tensors.items()}
            state, self.history = position.state, position.history
            for name in STATE:
                setattr(self, name, state[name])
        return True


def optimizer_of(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return the optimizer of those parameters that are trained."""
    trained = [each for each in parameters if each.requires_grad]
    if recipe.optimizer == "nadam":
        # Keras's schedule_decay and PyTorch's momentum_decay enter the same formula,
        # mu_t = beta_1 (1 - 0.96^(t decay) / 2), so the published 0.4 is taken as it is.
        return torch.optim.NAdam(
            trained, recipe.learning_rate, (0.9, 0.999), eps=1e-7, weight_decay=recipe.weight_decay,
            momentum_decay=0.4, decoupled_weight_decay=True,
        )  # fmt: skip
    return torch.optim.AdamW(trained, recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch have so many threads inside the block."""
    outside = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(outside)
