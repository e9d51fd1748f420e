"""The training loop: NAdam, a schedule, checkpoints, an exact continuation."""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

from spinlens.errors import DamagedError, IncompleteError, SpinlensError
from spinlens.learning.batches import Batches
from spinlens.learning.checkpoint import read_tensors, write_file, write_tensors
from spinlens.learning.losses import TERMS, Weights
from spinlens.learning.network import Network
from spinlens.learning.steps import Step
from spinlens.progress import Report

SCHEDULES = ("cosine", "plateau")
CHECKPOINT, HISTORY = "checkpoint.safetensors", "history.jsonl"
PATIENCE, REDUCTION, LEAST_GAIN = 8, 0.1, 1e-4
"""Plateau schedule: after 8 epochs without a gain of 1e-4 nats, the rate falls to a tenth (as Keras does)."""

Row = dict[str, float | int]


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
        saved = time.monotonic()
        with stop_on_interrupt() as stopping:
            while self.done < total:
                self._advance(total)
                at_end = self.done % self.batches.steps == 0
                if at_end:
                    self._finish_epoch()
                if at_end or stopping.is_set() or time.monotonic() - saved > self.checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
                if stopping.is_set() and self.done < total:
                    raise IncompleteError(self._how_to_continue(total))
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

    def _how_to_continue(self, total: int) -> str:
        where = f"training stopped at step {self.done} of {total}"
        if self.out is None:
            return f"{where}; nothing was kept. Pass out=DIRECTORY to be able to continue."
        return f"{where}; the checkpoint is in {self.out}. The same call continues from there."

    def save(self) -> None:
        """Write the checkpoint and the history, if there is a directory for them."""
        if self.out is None:
            return
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in state.items()}
        tensors["sums"] = self.sums
        best = self.best if math.isfinite(self.best) else None
        state = {"done": self.done, "rate": self.rate, "best": best, "waited": self.waited}
        description = {"configuration": self.configuration, "state": state, "history": self.history}
        write_tensors(self.out / CHECKPOINT, tensors, description)
        write_history(self.out, self.history)

    def resume(self) -> None:
        """Take up the state of the checkpoint in the directory.

        Raises
        ------
        DamagedError
            If the checkpoint is not whole or does not fit the network.
        """
        assert self.out is not None
        path = self.out / CHECKPOINT
        tensors, description = read_tensors(path)
        try:
            self._take(tensors, description)
        except (KeyError, RuntimeError, ValueError, TypeError) as problem:
            line = str(problem).splitlines()[0]
            message = f"{path} does not fit this network: {line}. Remove it to train anew."
            raise DamagedError(message) from problem

    def _take(self, tensors: dict[str, torch.Tensor], description: dict[str, Any]) -> None:
        parts: dict[str, dict[str, torch.Tensor]] = {"network": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            parts.setdefault(kind, {})[rest] = tensor
        self.network.load_state_dict(parts["network"])
        states: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in parts["optimizer"].items():
            index, _, key = name.partition(".")
            states.setdefault(int(index), {})[key] = tensor
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})
        self.sums.copy_(tensors["sums"])
        state = description["state"]
        self.done, self.rate, self.waited = state["done"], state["rate"], state["waited"]
        self.best = math.inf if state["best"] is None else state["best"]
        self.history = list(description["history"])


def write_history(out: Path, history: list[Row]) -> None:
    """Write one JSON line per epoch."""
    write_file(out / HISTORY, "".join(json.dumps(row) + "\n" for row in history).encode())


@contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event that is read between steps; a second one interrupts at once."""
    stopping = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = signal.getsignal(signal.SIGINT)

    def remember(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, remember)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGINT, before)
