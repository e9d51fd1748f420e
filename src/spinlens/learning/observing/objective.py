"""What the small networks descend: a loss of their outputs and of the conditions that configurations come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from spinlens.learning.batches import INITIAL, ORDER, check_enough
from spinlens.learning.channels import Channels, see
from spinlens.learning.history import Row
from spinlens.learning.pooled import Pooled
from spinlens.seeds import Purpose, generator
from spinlens.statistics import Configurations

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From outputs (B, outputs) and conditions (B,) to one number, in nats or in units of what is predicted."""


class ByCondition:
    """Batches of configurations with the numbers of their conditions; an `Objective`.

    Parameters
    ----------
    training : Configurations
        What is learned from.
    outputs : int
        Numbers for each configuration.
    loss : callable
        What is descended.
    width, batch, seed, device
        As of `Observer`.

    Raises
    ------
    InputError
        If there are fewer configurations than one batch.
    """

    def __init__(
        self, training: Configurations, outputs: int, loss: Loss, *, width: int, batch: int, seed: int,
        device: torch.device,
    ) -> None:  # fmt: skip
        self._codes = training.codes.reshape(-1, *training.shape)
        self._each = training.chains * training.draws
        check_enough(len(self._codes), batch)
        self._channels, self._periodic = Channels.of(training.space), training.periodic
        self._loss, self._batch, self._seed, self._device = loss, batch, seed, device
        # One thread: networks as small as this gain nothing from more, and weights do not depend on how many there are.
        self.steps, self.threads = len(self._codes) // batch, 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, Purpose.TRAINING, INITIAL).integers(2**62)))
            network = Pooled(training.dimensions, self._channels.count, outputs, width=width)
        self.network: nn.Module = network.to(device)
        self._epoch, self._order = -1, np.empty(0, np.uint32)

    def begin(self) -> None:
        """Nothing is left to do."""

    def gradients(self, step: int) -> dict[str, float]:
        """Leave the gradients of a step in the parameters; return the loss."""
        epoch, place = divmod(step, self.steps)
        if epoch != self._epoch:
            order = np.arange(len(self._codes), dtype=np.uint32)
            generator(self._seed, Purpose.TRAINING, ORDER, epoch).shuffle(order)
            self._epoch, self._order = epoch, order
        chosen = self._order[place * self._batch : (place + 1) * self._batch]
        seen = see(self._channels, self._codes[chosen], self._device)
        condition = torch.from_numpy((chosen // self._each).astype(np.int64)).to(self._device)
        self.network.train()
        loss = self._loss(self.network(seen, periodic=self._periodic), condition)
        self.network.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return {"loss": float(loss.detach())}

    def row(self, means: Row) -> Row:
        """Return the mean loss."""
        return means

    def note(self, means: Row) -> str:
        """Return the loss."""
        return f"loss {means['loss']:.4g}"


def read(network: Any, configurations: Configurations, *, size: int) -> np.ndarray:
    """Return the outputs of every draw, float64 (C, chain, draw, outputs)."""
    channels = Channels.of(configurations.space)
    codes = configurations.codes.reshape(-1, *configurations.shape)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(codes), size):
            seen = see(channels, codes[start : start + size])
            parts.append(network(seen, periodic=configurations.periodic).double().numpy())
    return np.concatenate(parts).reshape(*configurations.codes.shape[:3], -1)
