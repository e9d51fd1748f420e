"""The one training loop: an objective goes in; epochs, best weights, checkpoints and exact continuation are here."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
from spinlens.learning.recipe import Recipe
from spinlens.progress import Report

PATIENCE, REDUCTION, LEAST_GAIN = 8, 0.1, 1e-4
"""Plateau schedule: after 8 epochs without a gain of 1e-4 nats, the rate falls to a tenth (as Keras does)."""

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
    writes : bool
        Whether this process is the one that writes, of several that share a training.
    """

    network: nn.Module
    steps: int
    writes: bool

    def prepare(self, optimizer: torch.optim.Optimizer) -> None:
        """Get ready for the first step of this process."""

    def gradients(self, step: int) -> Mapping[str, float]:
        """Leave the gradients of a step in the parameters; return its means, in nats."""

    def row(self, means: Row) -> Row:
        """Return what the history keeps of an epoch: its means and what follows from them, what validation gives.

        ``validation_loss``, where it is there, decides which weights are the best; ``total`` drives a plateau.
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
    argument : str
        What the user calls that directory.
    checkpoint_seconds : float
        Longest time between checkpoints.
    saves_epochs : bool
        Whether every epoch ends with a checkpoint.
    """

    objective: Objective
    recipe: Recipe
    description: dict[str, Any]
    out: Path | None
    argument: str = "directory"
    checkpoint_seconds: float = 60.0
    saves_epochs: bool = False
    done: int = 0
    rate: float = 0.0
    totals: dict[str, float] = field(default_factory=dict)
    best: float = math.inf
    waited: int = 0
    history: list[Row] = field(default_factory=list)
    best_weights: Tensors = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.optimizer = self.recipe.optimizer_of(self.objective.network.parameters())
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
        """Train to the end from where the checkpoint stands, and leave the best weights in the network.

        Returns
        -------
        list of dict
            One row per epoch: the means in nats, the rate, what validation gave.

        Raises
        ------
        IncompleteError
            If the user interrupts; a checkpoint is written first.
        SpinlensError
            If the loss stops being a finite number.
        """
        self.objective.prepare(self.optimizer)
        with pauses() as pause:
            while not self.finished:
                self.advance()
                at_end = self.done % self.objective.steps == 0
                if at_end:
                    self._finish_epoch()
                if pause.due(self.checkpoint_seconds) or (at_end and self.saves_epochs):
                    self.save()
                    pause.saved()
                report(self.done / self.total, self._note())
                if pause.stopping.is_set() and not self.finished:
                    raise stopped(self.done, self.total, folder=self.out, argument=self.argument)
        if self.best_weights:
            self.objective.network.load_state_dict(self.best_weights)
        self.objective.network.eval()
        return self.history

    def advance(self) -> None:
        """Take one step."""
        plateau = self.recipe.schedule == "plateau"
        self.optimizer.param_groups[0]["lr"] = self.rate if plateau else self.recipe.rate(self.done, self.total)
        means = self.objective.gradients(self.done)
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
        elif self.recipe.schedule == "plateau":
            self._follow_plateau(float(row["total"]))

    def _keep_best(self, loss: float) -> None:
        if loss < self.best:
            self.best, self.waited = loss, 0
            weights = self.objective.network.state_dict()
            self.best_weights = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
        else:
            self.waited += 1

    def _follow_plateau(self, total: float) -> None:
        if total < self.best - LEAST_GAIN:
            self.best, self.waited = total, 0
            return
        self.waited += 1
        if self.waited >= PATIENCE:
            self.rate, self.waited = self.rate * REDUCTION, 0

    def _note(self) -> str:
        epoch = len(self.history) + (1 if self.totals else 0)
        note = f"epoch {epoch}/{self.recipe.epochs}: "
        note += self.objective.note(self._means() if self.totals else self.history[-1])
        validation = self.history[-1].get("validation_loss") if self.history else None
        return note if validation is None else f"{note}, validation {validation:.4f}"

    def save(self) -> None:
        """Write the checkpoint and the history, if there is a directory for them."""
        if self.out is None or not self.objective.writes:
            return
        state = {
            "done": self.done, "rate": self.rate, "totals": self.totals, "best": self.best, "waited": self.waited,
        }  # fmt: skip
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
            self.done, self.rate, self.totals = state["done"], state["rate"], state["totals"]
            self.best, self.waited = state["best"], state["waited"]
        return True
