"""A small network that reads every size: features of each neighbourhood, averaged over the lattice, then a head."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

SMOOTH = 12
"""Cosines that outputs over a control are made of."""

CONVOLUTIONS: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


class Pooled(nn.Module):
    """Convolution, pointwise layer, mean over all sites, and two layers on the mean.

    Parameters
    ----------
    dimensions : int
        Sides of the lattice, 1 to 3.
    channels : int
        What is seen of a site.
    outputs : int
        Numbers for each configuration.
    width : int
        Features of a neighbourhood.
    reach : int
        Sites to either side that a neighbourhood has.

    Attributes
    ----------
    basis : Tensor, (K, outputs)
        Cosines of low order over the outputs, which belong to successive values of a control and so vary smoothly: each
        value teaches all, and an output that few draws teach does not learn them by heart.

    Notes
    -----
    The mean over sites makes the features extensive quantities per site, whatever the size; a translation changes
    nothing on a periodic lattice. Products of neighbours (energies) and single sites (order) are within reach.
    """

    def __init__(self, dimensions: int, channels: int, outputs: int, *, width: int, reach: int = 1) -> None:
        super().__init__()
        self.reach, self.dimensions = reach, dimensions
        convolution = CONVOLUTIONS[dimensions]
        self.near = convolution(channels, width, 2 * reach + 1)
        self.mixed = convolution(width, width, 1)
        self.scale = nn.BatchNorm1d(width)
        self.hidden = nn.Linear(width, 2 * width)
        count = min(outputs, SMOOTH)
        self.head = nn.Linear(2 * width, count)
        at = (torch.arange(outputs) + 0.5) / outputs
        self.register_buffer("basis", torch.cos(math.pi * torch.arange(count)[:, None] * at), persistent=False)

    def forward(self, seen: torch.Tensor, *, periodic: bool) -> torch.Tensor:
        """Return the outputs (B, outputs) of channels (B, *sides, d)."""
        x = seen.movedim(-1, 1)
        padding = (self.reach,) * (2 * self.dimensions)
        x = nn.functional.pad(x, padding, mode="circular" if periodic else "constant")
        features = torch.relu_(self.mixed(torch.relu_(self.near(x))))
        pooled = self.scale(features.flatten(2).mean(-1))
        found: torch.Tensor = self.head(nn.functional.gelu(self.hidden(pooled))) @ self.basis
        return found
