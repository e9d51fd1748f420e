"""The training loop: NAdam, a schedule, checkpoints, an exact continuation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spinlens.errors import SpinlensError
from spinlens.learning.batches import Batches
from spinlens.learning.continuation import CHECKPOINT, Position, pauses, read_checkpoint, stopped, write_checkpoint
from spinlens.learning.history import Row
from spinlens.learning.losses import TERMS, Weights
from spinlens.learning.network import Network
from spinlens.learning.steps import Step
from spinlens.progress import Report

SCHEDULES = ("cosine", "plateau")
PATIENCE, REDUCTION, LEAST_GAIN = 8, 0.1, 1e-4
"""Plateau schedule: after 8 epochs without a gain of 1e-4 nats, the rate falls to a tenth (as Keras does)."""


@dataclass
class Training:
    """A training on its way: everything that an exact continuation needs.

    Parameters
    ----------
    network : Network
        The weights, changed in place.
    step : Step
        Computes loss terms and gradients.
    batches : Batches
        Gives spins and noise of each step.
    weights : Weights
        Factors of the loss terms.
    epochs, learning_rate, schedule
        As for `TCVAE.fit`.
    configuration : dict
        Written to the checkpoints.
    out : Path or None
        Directory for checkpoints and history.
    checkpoint_seconds : float
        Longest time between checkpoints.
    """

    network: Network
    step: Step
    batches: Batches
    weights: Weights
    epochs: int
    learning_rate: float
    schedule: str
    configuration: dict[str, Any]
    out: Path | None
    checkpoint_seconds: float = 60.0
    done: int = 0
    rate: float = 0.0
    best: float = math.inf
    waited: int = 0
    history: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Keras's schedule_decay and PyTorch's momentum_decay enter the same formula,
        # mu_t = beta_1 (1 - 0.96^(t decay) / 2), so the published 0.4 is taken as it is.
        self.optimizer = torch.optim.NAdam(
            self.network.parameters(), self.learning_rate, (0.9, 0.999), eps=1e-7, momentum_decay=0.4
        )
        self.rate = self.learning_rate
        self.sums = torch.zeros(len(TERMS), dtype=torch.float64, device=self.network.head_bias.device)

    def run(self, report: Report) -> list[Row]:
        """Train to the end, from where the checkpoint stands.

        Returns
        -------
        list of dict
            One row per epoch: the loss terms in nats per configuration, averaged over the epoch.

        Raises
        ------
        IncompleteError
            If the user interrupts; a checkpoint is written first.
        SpinlensError
            If the loss stops being a finite number.
        """
        total = self.epochs * self.batches.steps
        with pauses() as pause:
            while self.done < total:
                self._advance(total)
                at_end = self.done % self.batches.steps == 0
                if at_end:
                    self._finish_epoch()
                if at_end or pause.due(self.checkpoint_seconds):
                    self.save()
                    pause.saved()
                if pause.stopping.is_set() and self.done < total:
                    raise stopped(self.done, total, folder=self.out, argument="out")
                if at_end or self.done % 10 == 0:
                    report(self.done / total, self._note())
        return self.history

    def _advance(self, total: int) -> None:
        rate = self.rate
        if self.schedule == "cosine":
            rate = 0.5 * self.learning_rate * (1 + math.cos(math.pi * self.done / total))
        self.optimizer.param_groups[0]["lr"] = rate
        spins, noise = self.batches(self.done)
        self.sums += self.step(spins, noise)
        self.optimizer.step()
        self.done += 1

    def _means(self) -> np.ndarray:
        steps = (self.done - 1) % self.batches.steps + 1
        means: np.ndarray = self.sums.cpu().numpy() / steps
        return means

    def _finish_epoch(self) -> None:
        means = self._means()
        total = float(means @ self.weights.vector)
        if not math.isfinite(total):
            number = len(self.history) + 1
            raise SpinlensError(
                f"the loss became {total} in epoch {number}: the training diverged. Lower learning_rate."
            )
        rate = float(self.optimizer.param_groups[0]["lr"])
        row: Row = {"epoch": len(self.history) + 1, "steps": self.done, "learning_rate": rate}
        row |= dict(zip(TERMS, map(float, means), strict=True)) | {"total": total}
        self.history.append(row)
        self.sums.zero_()
        if self.schedule == "plateau":
            self._follow_plateau(total)

    def _follow_plateau(self, total: float) -> None:
        if total < self.best - LEAST_GAIN:
            self.best, self.waited = total, 0
            return
        self.waited += 1
        if self.waited >= PATIENCE:
            self.rate, self.waited = self.rate * REDUCTION, 0

    def _note(self) -> str:
        if self.done % self.batches.steps and self.batches.steps > 1:
            epoch, means = len(self.history) + 1, self._means()
        else:
            epoch, means = len(self.history), np.array([self.history[-1][term] for term in TERMS])
        total = float(means @ self.weights.vector)
        names = ("reconstruction", "MI", "TC", "KL")
        parts = ", ".join(f"{name} {mean:.3g}" for name, mean in zip(names, means, strict=True))
        return f"epoch {epoch}/{self.epochs}: loss {total:.4g} nats, {parts}"

    def save(self) -> None:
        """Write the checkpoint and the history, if there is a directory for them."""
        if self.out is None:
            return
        state = {"done": self.done, "rate": self.rate, "best": self.best, "waited": self.waited}
        position = Position(state, self.history, {"sums": self.sums})
        write_checkpoint(
            self.out, position, network=self.network, optimizer=self.optimizer, configuration=self.configuration
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
            self.sums.copy_(position.tensors["sums"])
            state, self.history = position.state, position.history
            self.done, self.rate = state["done"], state["rate"]
            self.best, self.waited = state["best"], state["waited"]
        return True
