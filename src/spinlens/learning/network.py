"""Encoder and decoder of the variational autoencoder."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from spinlens.errors import InputError
from spinlens.learning.channels import Channels
from spinlens.spaces import Binary

TWO_VALUES = Channels.of(Binary())

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
    """A convolutional encoder, two linear heads and the mirror-image decoder, in one, two or three dimensions.

    Activations have shape (B, *sides, channels). The kernels of a convolution and of its mirror image both have shape
    (3, ..., 3, fine channels, coarse channels).

    Parameters
    ----------
    shape : tuple of int
        Sides of the lattice, multiples of ``2 ** len(filters)``.
    latent : int
        Number of latents D.
    filters : tuple of int
        Channels of the four (or other number of) layers, first to last.
    channels : Channels, optional
        What stands on a site; two values if not given.
    padding : {"zeros", "periodic"}
        What convolutions see beyond the edges.
    """

    table: torch.Tensor

    def __init__(
        self, shape: tuple[int, ...], latent: int, filters: tuple[int, ...], *, channels: Channels = TWO_VALUES,
        padding: str = "zeros",
    ) -> None:  # fmt: skip
        super().__init__()
        check_shape(shape, len(filters))
        self.shape, self.latent, self.filters = shape, latent, filters
        self.channels, self.padding = channels, padding
        self.register_buffer("table", torch.from_numpy(channels.statistics), persistent=False)
        self.coarse = (*(side >> len(filters) for side in shape), filters[-1])
        features, sides = math.prod(self.coarse), (3,) * len(shape)
        pairs = list(zip((channels.count, *filters[:-1]), filters, strict=True))
        self.encoder_kernels = nn.ParameterList(torch.zeros(*sides, a, b) for a, b in pairs)
        self.encoder_biases = nn.ParameterList(torch.zeros(b) for _, b in pairs)
        self.head_weight = nn.Parameter(torch.zeros(features, 2 * latent))
        self.head_bias = nn.Parameter(torch.zeros(2 * latent))
        self.seed_weight = nn.Parameter(torch.zeros(latent, features))
        self.seed_bias = nn.Parameter(torch.zeros(features))
        self.decoder_kernels = nn.ParameterList(torch.zeros(*sides, a, b) for a, b in reversed(pairs))
        self.decoder_biases = nn.ParameterList(torch.zeros(a) for a, _ in reversed(pairs))

    def initialise(self, stream: np.random.Generator) -> None:
        """Draw LeCun-normal weights (variance 1 / fan-in) and zero biases; the heads a tenth of that.

        With small heads every latent starts near the prior, and the latents that the network does not use stay
        there. With full-size heads they keep much of their first, random noise for a whole training, and the
        principal components of the deviations show that noise more than the physics.

        In two dimensions a site of a stride-2 transposed convolution sees 9/4 of the coarse channels on average, which
        is 9 times the fine channels where filters grow fourfold: the fan-in of the mirrored convolution.
        """
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            for parameter in self._weights():
                fan_in = math.prod(parameter.shape[:-1])
                drawn = stream.standard_normal(tuple(parameter.shape), dtype=np.float32)
                scale = HEAD_SCALE if parameter is self.head_weight else 1.0
                parameter.copy_(torch.from_numpy(drawn * np.float32(scale / np.sqrt(fan_in))))

    def _weights(self) -> Iterator[nn.Parameter]:
        yield from self.encoder_kernels
        yield self.head_weight
        yield self.seed_weight
        yield from self.decoder_kernels

    def encode(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log variance, each (B, D), of channels (B, *sides, d)."""
        hidden = seen.movedim(-1, 1)
        for kernel, bias in zip(self.encoder_kernels, self.encoder_biases, strict=True):
            hidden = functional.selu(self._halve(hidden, _channels_first(kernel), bias))
        flat = hidden.movedim(1, -1).flatten(1)
        mean, log_variance = torch.addmm(self.head_bias, flat, self.head_weight).float().chunk(2, 1)
        return mean, log_variance

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Return the natural parameters (B, *sides, d) of every site at latents (B, D)."""
        seed = functional.selu(torch.addmm(self.seed_bias, z, self.seed_weight))
        hidden = seed.view(-1, *self.coarse).movedim(-1, 1)
        last = len(self.filters) - 1
        for layer, (kernel, bias) in enumerate(zip(self.decoder_kernels, self.decoder_biases, strict=True)):
            hidden = self._double(hidden, _channels_first(kernel), bias)
            hidden = functional.selu(hidden) if layer < last else hidden
        return hidden.movedim(1, -1).float()

    def _halve(self, hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Return a convolution at every second site of each side."""
        convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[len(self.shape) - 1]
        if self.padding == "zeros":
            return convolve(hidden, weight, bias, stride=2, padding=1)
        return convolve(functional.pad(hidden, (1,) * 2 * len(self.shape), mode="circular"), weight, bias, stride=2)

    def _double(self, hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Return the mirror image of a convolution: twice the sides."""
        transpose = (
            functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d
        )[len(self.shape) - 1]  # fmt: skip
        if self.padding == "zeros":
            return transpose(hidden, weight, bias, stride=2, padding=1, output_padding=1)
        whole = transpose(hidden, weight, stride=2)
        for axis in range(2, whole.ndim):
            # What falls before the first site is the last one's.
            before, rest = whole.tensor_split((1,), dim=axis)
            inner, edge = rest.tensor_split((-1,), dim=axis)
            whole = torch.cat([inner, edge + before], dim=axis)
        return whole + bias.view(-1, *(1,) * len(self.shape))

    def log_probabilities(self, natural: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the probability of each code, (..., q), from natural parameters (..., d)."""
        return torch.log_softmax(natural @ self.table.T, -1)

    def cross_entropy(self, natural: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Return A(eta) - eta . t in nats per configuration, summed over sites, averaged over the batch."""
        partition = torch.logsumexp(natural @ self.table.T, -1)
        return (partition.sum() - (natural * seen).sum()) / len(natural)


def _channels_first(kernel: torch.Tensor) -> torch.Tensor:
    """Return a kernel (3, ..., 3, fine, coarse) as PyTorch has it, (coarse, fine, 3, ..., 3)."""
    return kernel.movedim((-1, -2), (0, 1))
