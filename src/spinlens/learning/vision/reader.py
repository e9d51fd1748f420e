"""What all networks that read spins have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import SPINS


class Reader(nn.Module):
    """A network that reads spins: the base of the native and the published ones.

    Attributes
    ----------
    architecture : Architecture
        What it looks like.
    channels : Channels
        What it sees of configurations.
    head : Linear
        From features to logits.
    """

    head: nn.Linear

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture, self.channels = architecture, SPINS

    @property
    def configuration(self) -> dict[str, Any]:
        """What the architecture does not say of the network, as JSON can hold it."""
        return {}

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        """Return the pooled features (n, width) that the head sees of what it sees, (n, channels, *sides)."""
        raise NotImplementedError

    def states(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:
        """Yield the pooled hidden states of the layers, (n, width of the layer)."""
        raise NotImplementedError

    def attention(self, spins: torch.Tensor) -> Iterator[torch.Tensor]:  # noqa: ARG002
        """Yield the attention map of each layer, (n, heads, tokens, tokens).

        Raises
        ------
        InputError
            If the network has no attention.
        """
        raise InputError("model", self.architecture.name, "has no attention", "Take a vision transformer")

    def forward(self, spins: torch.Tensor) -> torch.Tensor:
        """Return logits (n, classes) of what it sees, (n, channels, *sides)."""
        features = self.features(spins)
        # The slopes of a fitted head are steep: rounded to bfloat16, the logits of neighbouring classes would tie.
        with torch.autocast(features.device.type, enabled=False):
            logits: torch.Tensor = self.head(features.float())
        return logits
