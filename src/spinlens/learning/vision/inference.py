"""What a network says about many configurations, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from spinlens.learning.vision.configurations import Configurations
from spinlens.progress import Report, silent

Network = TypeVar("Network", bound=nn.Module)

CHUNK = 64
"""Configurations that pass through a network at once when it is not training."""


def in_chunks(
    function: Callable[[torch.Tensor], torch.Tensor],
    images: Configurations,
    *,
    device: torch.device,
    precision: str,
    change: Callable[[torch.Tensor], torch.Tensor] | None = None,
    report: Report = silent,
) -> np.ndarray:
    """Return float32 (n, ...) of a function of spins (batch, 1, Lx, Ly), without gradients.

    Parameters
    ----------
    function : callable
        For example a network in evaluation mode, or its ``features``.
    images : Configurations
        What to look at.
    device : torch.device
        Where the function runs.
    precision : {"float32", "bfloat16"}
        Of the matrix products.
    change : callable, optional
        What is done to the codes first.
    report : callable
        Called with the share that is done.
    """
    parts = []
    # One context for all chunks, because autocast keeps the weights that it has rounded; not in inference mode.
    with torch.no_grad(), autocast(device, precision):
        for start in range(0, len(images), CHUNK):
            codes = images.read(slice(start, start + CHUNK))
            spins = images.see(codes if change is None else change(codes), device)
            parts.append(function(spins).float().cpu().numpy())
            report(min(start + CHUNK, len(images)) / len(images), "")
    return np.concatenate(parts)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which matrix products take factors of a precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def channels_last(network: Network) -> Network:
    """Return the network with its weights in the order in which convolutions of a plane run fastest.

    The order decides which kernel multiplies, and so the last bits: trained and loaded networks need the same.
    """
    if any(weight.ndim > 4 for weight in network.parameters()):
        return network
    ordered: Network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return ordered


def evaluating(network: nn.Module, device: torch.device) -> nn.Module:
    """Return the network on its device, in evaluation mode."""
    return network.to(device).eval()
