"""Stopping a training between two steps and continuing it exactly: when to save, and what a checkpoint holds."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn

from spinlens.errors import DamagedError, IncompleteError
from spinlens.learning.checkpoint import read_tensors, write_tensors
from spinlens.learning.history import Row, write_history

CHECKPOINT = "checkpoint.safetensors"

Tensors = dict[str, torch.Tensor]


class Pauses:
    """When a training should save between two steps: the user asked it to stop, or enough time has passed."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._saved = time.monotonic()

    def due(self, seconds: float) -> bool:
        """Tell whether to save now, at most ``seconds`` after the last time."""
        return self.stopping.is_set() or time.monotonic() - self._saved > seconds

    def saved(self) -> None:
        """Count the time from now."""
        self._saved = time.monotonic()


@contextmanager
def pauses() -> Iterator[Pauses]:
    """Turn the first Ctrl-C into an event that is read between steps; a second one interrupts at once."""
    found = Pauses()
    if threading.current_thread() is not threading.main_thread():
        yield found
        return
    before = signal.getsignal(signal.SIGINT)

    def remember(_signal: int, _frame: FrameType | None) -> None:
        found.stopping.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, remember)
    try:
        yield found
    finally:
        signal.signal(signal.SIGINT, before)


def stopped(done: int, total: int, *, folder: Path | None) -> IncompleteError:
    """Return the error that says how to continue."""
    where = f"training stopped at step {done} of {total}"
    if folder is None:
        return IncompleteError(f"{where}; nothing was kept. Pass out=DIRECTORY to be able to continue.")
    return IncompleteError(f"{where}; the checkpoint is in {folder}. The same call continues from there.")


@dataclass(frozen=True)
class Position:
    """Where a training stands, beside its network and its optimizer.

    Parameters
    ----------
    state : dict
        Numbers, as JSON holds them; infinity is kept as null.
    history : list of dict
        One row per epoch.
    tensors : dict of str to Tensor
        What else it needs.
    """

    state: dict[str, Any]
    history: list[Row]
    tensors: Tensors = field(default_factory=dict)


def write_checkpoint(
    folder: Path,
    position: Position,
    *,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    configuration: Mapping[str, Any],
) -> None:
    """Write all that an exact continuation needs, and the history beside it.

    Parameters
    ----------
    folder : Path
        It must exist.
    position : Position
        Where the training stands.
    network : Module
        Its weights are kept.
    optimizer : Optimizer
        Its moments are kept.
    configuration : mapping
        Tells this training from others.

    Raises
    ------
    SpinlensError
        If the disk is full or read-only.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
    state = {name: None if value == math.inf else value for name, value in position.state.items()}
    description = {"configuration": configuration, "state": state, "history": position.history}
    write_tensors(folder / CHECKPOINT, tensors | position.tensors, description)
    write_history(folder, position.history)


@contextmanager
def read_checkpoint(folder: Path, *, network: nn.Module, optimizer: torch.optim.Optimizer) -> Iterator[Position]:
    """Read what `write_checkpoint` wrote: network and optimizer take their parts, the block takes the rest.

    Raises
    ------
    InputError
        If there is no checkpoint.
    DamagedError
        If it is not whole or does not fit the network.
    """
    path = folder / CHECKPOINT
    tensors, description = read_tensors(path)
    try:
        network.load_state_dict(_take(tensors, "network."))
        _restore_moments(optimizer, _take(tensors, "optimizer."))
        state = {name: math.inf if value is None else value for name, value in description["state"].items()}
        yield Position(state, list(description["history"]), tensors)
    except (KeyError, RuntimeError, ValueError, TypeError) as problem:
        line = str(problem).splitlines()[0]
        raise DamagedError(f"{path} does not fit this network: {line}. Remove it to train anew.") from problem


def _take(tensors: Tensors, prefix: str) -> Tensors:
    """Take out the tensors whose names begin with a prefix, and shorten the names by it."""
    names = [name for name in tensors if name.startswith(prefix)]
    return {name.removeprefix(prefix): tensors.pop(name) for name in names}


def _restore_moments(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    states: dict[int, Tensors] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        states.setdefault(int(index), {})[key] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    # Fused optimizers walk through memory, so moments must lie there in the order of their weights.
    for weight, moments in optimizer.state.items():
        for key, value in moments.items():
            if value.shape == weight.shape:
                moments[key] = torch.empty_like(weight).copy_(value)
