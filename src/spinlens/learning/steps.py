"""One training step, forward and backward: plain PyTorch on any device, or compiled for the CPU.

Both leave the gradient of the loss in the parameters and return the four loss terms; they agree to the
rounding of float32.
"""

from __future__ import annotations

import warnings
from typing import Protocol

import numpy as np
import torch

from spinlens.learning.losses import LossWeights, decomposition
from spinlens.learning.network import TWO_VALUES, Network


class Step(Protocol):
    """What training asks of a step.

    Attributes
    ----------
    threads : int
        Threads that PyTorch may take outside the step without getting into its way.
    """

    threads: int

    def __call__(self, seen: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the four terms (nats, float64 or float32) and leave the gradients in the parameters."""


class PlainStep:
    """A step of plain PyTorch operations, differentiated by autograd.

    Parameters
    ----------
    network : Network
        The parameters, on any device.
    loss_weights : LossWeights
        Factors of the loss terms.
    log_shares : ndarray, (B, B)
        Logarithm of the stratified shares.
    half : bool
        Whether the convolutions run in bfloat16.
    """

    def __init__(self, network: Network, loss_weights: LossWeights, log_shares: np.ndarray, *, half: bool) -> None:
        self.network, self.half, self.threads = network, half, torch.get_num_threads()
        device = network.head_bias.device
        self._log_shares = torch.tensor(log_shares, dtype=torch.float32, device=device)
        self._factors = torch.tensor(loss_weights.vector, dtype=torch.float32, device=device)

    def __call__(self, seen: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the four terms (4,) of channels (B, *sides, d) and standard normal noise (B, D)."""
        with torch.autocast(seen.device.type, torch.bfloat16, enabled=self.half):
            mean, log_variance = self.network.encode(seen)
        z = mean + noise * torch.exp(0.5 * log_variance)
        with torch.autocast(seen.device.type, torch.bfloat16, enabled=self.half):
            natural = self.network.decode(z)
        parts = decomposition(z, mean, log_variance, self._log_shares)
        terms = torch.cat([self.network.cross_entropy(natural, seen)[None], parts])
        self.network.zero_grad()
        (terms @ self._factors).backward()  # type: ignore[no-untyped-call]
        return terms.detach()


def choose_step(
    network: Network, loss_weights: LossWeights, log_shares: np.ndarray, *, half: bool, threads: int
) -> Step:
    """Return the compiled step where it knows the network, on the CPU and where Numba works, else the plain one.

    Warns
    -----
    RuntimeWarning
        In one line, if the loops cannot be compiled.
    """
    published = len(network.shape) == 2 and network.channels.same(TWO_VALUES) and network.padding == "zeros"
    if published and network.head_bias.device.type == "cpu":
        try:
            from spinlens.learning.fast.compiled import CompiledStep

            return CompiledStep(network, loss_weights, log_shares, half=half, threads=threads)
        except Exception as problem:
            line = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
            message = f"training runs without compiled loops, about three times slower: {line}"
            warnings.warn(message, RuntimeWarning, stacklevel=2)
    return PlainStep(network, loss_weights, log_shares, half=half)
