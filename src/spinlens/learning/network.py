"""Encoder and decoder of the variational autoencoder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from spinlens.errors import InputError

HEAD_SCALE = 0.1
"""Size of the heads' first weights, as a fraction of LeCun-normal ones."""


def check_shape(shape: tuple[int, ...], layers: int, what: str = "lattice") -> None:
    """Refuse a lattice that the stride-2 layers cannot halve ``layers`` times.

    Raises
    ------
    InputError
        If a side is not a multiple of ``2 ** layers``.
    """
    unit = 2**layers
    if any(side < unit or side % unit for side in shape):
        got = " x ".join(map(str, shape))
        why = f"{layers} stride-2 layers need sides that are multiples of {unit}"
        examples = ", ".join(str(unit * factor) for factor in (1, 2, 3, 4))
        raise InputError(what, got, why, f"Take sides of {examples}, ... or fewer filters")


class Network(nn.Module):
    """A convolutional encoder, two linear heads and the mirror-image decoder.

    Activations have shape (B, height, width, channels). The kernels of a convolution and of its mirror image
    both have shape (3, 3, fine channels, coarse channels).

    Parameters
    ----------
    shape : tuple of int
        Sides (Lx, Ly) of the lattice, multiples of ``2 ** len(filters)``.
    latent : int
        Number of latents D.
    filters : tuple of int
        Channels of the four (or other number of) layers, first to last.
    """

    def __init__(self, shape: tuple[int, int], latent: int, filters: tuple[int, ...]) -> None:
        super().__init__()
        check_shape(shape, len(filters))
        self.shape, self.latent, self.filters = shape, latent, filters
        self.coarse = (shape[0] >> len(filters), shape[1] >> len(filters), filters[-1])
        features = self.coarse[0] * self.coarse[1] * self.coarse[2]
        pairs = list(zip((1, *filters[:-1]), filters, strict=True))
        self.encoder_kernels = nn.ParameterList(torch.zeros(3, 3, a, b) for a, b in pairs)
        self.encoder_biases = nn.ParameterList(torch.zeros(b) for _, b in pairs)
        self.head_weight = nn.Parameter(torch.zeros(features, 2 * latent))
        self.head_bias = nn.Parameter(torch.zeros(2 * latent))
        self.seed_weight = nn.Parameter(torch.zeros(latent, features))
        self.seed_bias = nn.Parameter(torch.zeros(features))
        self.decoder_kernels = nn.ParameterList(torch.zeros(3, 3, a, b) for a, b in reversed(pairs))
        self.decoder_biases = nn.ParameterList(torch.zeros(a) for a, _ in reversed(pairs))

    def initialise(self, stream: np.random.Generator) -> None:
        """Draw LeCun-normal weights (variance 1 / fan-in) and zero biases; the heads a tenth of that.

        With small heads every latent starts near the prior, and the latents that the network does not use stay
        there. With full-size heads they keep much of their first, random noise for a whole training, and the
        principal components of the deviations show that noise more than the physics.

        A site of a stride-2 transposed convolution sees 9/4 of the coarse channels on average, which is
        9 times the fine channels where filters grow fourfold: the fan-in of the mirrored convolution.
        """
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            for parameter in self._weights():
                fan_in = 9 * parameter.shape[2] if parameter.ndim == 4 else parameter.shape[0]
                drawn = stream.standard_normal(tuple(parameter.shape), dtype=np.float32)
                scale = HEAD_SCALE if parameter is self.head_weight else 1.0
                parameter.copy_(torch.from_numpy(drawn * np.float32(scale / np.sqrt(fan_in))))

    def _weights(self) -> Iterator[nn.Parameter]:
        yield from self.encoder_kernels
        yield self.head_weight
        yield self.seed_weight
        yield from self.decoder_kernels

    def encode(self, spins: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log variance, each (B, D), of spins (B, Lx, Ly) given as 0 and 1."""
        hidden = spins[:, None]
        for kernel, bias in zip(self.encoder_kernels, self.encoder_biases, strict=True):
            weight = kernel.permute(3, 2, 0, 1)
            hidden = functional.selu(functional.conv2d(hidden, weight, bias, stride=2, padding=1))
        flat = hidden.permute(0, 2, 3, 1).flatten(1)
        mean, log_variance = torch.addmm(self.head_bias, flat, self.head_weight).float().chunk(2, 1)
        return mean, log_variance

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Return the logits (B, Lx, Ly) of spin up at latents (B, D)."""
        seed = functional.selu(torch.addmm(self.seed_bias, z, self.seed_weight))
        hidden = seed.view(-1, *self.coarse).permute(0, 3, 1, 2)
        last = len(self.filters) - 1
        for layer, (kernel, bias) in enumerate(zip(self.decoder_kernels, self.decoder_biases, strict=True)):
            weight = kernel.permute(3, 2, 0, 1)
            hidden = functional.conv_transpose2d(hidden, weight, bias, stride=2, padding=1, output_padding=1)
            hidden = functional.selu(hidden) if layer < last else hidden
        return hidden[:, 0].float()
