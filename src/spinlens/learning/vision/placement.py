"""Where a training runs: one device, or one process for each of several GPUs, through Accelerate."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import torch
from torch import nn

from spinlens.learning.choices import choose_device

PATIENCE = timedelta(days=7)
"""How long processes wait for the first one, which may sample for hours."""


class Placement:
    """Device and processes of a training.

    Parameters
    ----------
    device : str or torch.device, optional
        CUDA where there is one, else the CPU. Under ``accelerate launch`` with several processes each takes its own
        GPU and a share of every batch, and gradients are averaged.

    Raises
    ------
    InputError
        If the device is not there.
    """

    def __init__(self, device: str | torch.device | None = None) -> None:
        from accelerate import Accelerator, InitProcessGroupKwargs  # type: ignore[import-untyped]

        wanted = choose_device(device)
        # Accelerate keeps the first kind of device of a process for good, so it is asked for the same one every time
        # and decides only where several processes work together.
        self._accelerator = Accelerator(
            cpu=not torch.cuda.is_available(), kwargs_handlers=[InitProcessGroupKwargs(timeout=PATIENCE)]
        )  # fmt: skip
        self.device: torch.device = self._accelerator.device if self.processes > 1 else wanted

    @property
    def share(self) -> slice:
        """The places of a batch that this process takes."""
        return slice(self._accelerator.process_index, None, self._accelerator.num_processes)

    @property
    def processes(self) -> int:
        """Number of processes that share the batches."""
        return int(self._accelerator.num_processes)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return bool(self._accelerator.is_main_process)

    def first_goes_first(self) -> AbstractContextManager[None]:
        """Let the first process through a block before all others, which then find its work done."""
        return self._accelerator.main_process_first()  # type: ignore[no-any-return]

    def wait(self) -> None:
        """Wait until all processes are here."""
        self._accelerator.wait_for_everyone()

    def prepare(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[Any, Any]:
        """Return the network as processes share it, and the optimizer."""
        if self.processes == 1:
            return network, optimizer
        return self._accelerator.prepare(network, optimizer)  # type: ignore[no-any-return]

    def backward(self, loss: torch.Tensor) -> None:
        """Leave the gradients in the parameters."""
        self._accelerator.backward(loss)
