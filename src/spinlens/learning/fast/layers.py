"""Forward and backward of the network on one slice of a batch, with compiled loops and matrix products.

A stride-2 convolution is a matrix product over gathered patches; its mirror image is the transpose. In
bfloat16 the matrix products take rounded factors and add up in float32; all else stays float32.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import torch

from spinlens.learning.fast import kernels
from spinlens.learning.network import Network

FOLD = 4
"""Neighbouring sites that share a row of a thin matrix product."""


class Slice:
    """The passes of one slice, which remember their activations; used by one thread at a time.

    Parameters
    ----------
    network : Network
        Weights, float32, read only.
    half : bool
        Whether the matrix products of the convolutions take bfloat16 factors.
    """

    def __init__(self, network: Network, *, half: bool) -> None:
        self.network = network
        self.kind = torch.bfloat16 if half else torch.float32
        self.gradients = [torch.zeros_like(parameter) for parameter in network.parameters()]
        names = [name for name, _ in network.named_parameters()]
        self._place = {name: self.gradients[index] for index, name in enumerate(names)}
        self._encoder: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        self._decoder: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []

    def encode(self, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean and log variance (R, D) of channels (R, Lx, Ly, 1), float32 0 and 1."""
        network = self.network
        self._encoder = []
        hidden = seen
        for kernel, bias in zip(network.encoder_kernels, network.encoder_biases, strict=True):
            count, x, y = hidden.shape[0], hidden.shape[1] // 2, hidden.shape[2] // 2
            matrix = self._matrix(kernel.detach(), y)
            columns = self._patches(hidden).view(-1, matrix.shape[0])
            hidden = (columns @ matrix).float().view(count, x, y, -1).add_(bias.detach())
            kernels.activate(flat(hidden))
            self._encoder.append((columns, matrix, hidden))
        self._flat = hidden.reshape(len(hidden), -1)
        heads = torch.addmm(network.head_bias.detach(), self._flat, network.head_weight.detach())
        mean, log_variance = heads.chunk(2, 1)
        return mean, log_variance

    def encode_backward(self, grad_mean: torch.Tensor, grad_log_variance: torch.Tensor) -> None:
        """Fill the gradients of the encoder from those of mean and log variance (R, D)."""
        network, place = self.network, self._place
        heads = torch.cat([grad_mean, grad_log_variance], 1)
        torch.mm(self._flat.T, heads, out=place["head_weight"])
        torch.sum(heads, 0, out=place["head_bias"])
        gradient = heads @ network.head_weight.detach().T
        for layer in reversed(range(len(self._encoder))):
            columns, matrix, output = self._encoder[layer]
            gradient = gradient.view(output.shape)
            kernels.activate_backward(flat(gradient), flat(output))
            torch.sum(gradient.view(-1, output.shape[3]), 0, out=place[f"encoder_biases.{layer}"])
            rows = gradient.view(-1, matrix.shape[1]).to(self.kind)
            unfold(columns.T @ rows, place[f"encoder_kernels.{layer}"])
            if layer:
                gradient = self._sites(rows @ matrix.T, output.shape, None)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Return natural parameters (R, Lx, Ly, 1) at latents (R, D)."""
        network = self.network
        self._z = z
        hidden = torch.addmm(network.seed_bias.detach(), z, network.seed_weight.detach())
        kernels.activate(flat(hidden))
        hidden = hidden.view(-1, *network.coarse)
        self._seed, self._decoder = hidden, []
        last = len(network.filters) - 1
        for layer, (kernel, bias) in enumerate(zip(network.decoder_kernels, network.decoder_biases, strict=True)):
            matrix = self._matrix(kernel.detach(), hidden.shape[2])
            rows = hidden.view(-1, matrix.shape[1]).to(self.kind)
            hidden = self._sites(rows @ matrix.T, hidden.shape, bias.detach())
            if layer < last:
                kernels.activate(flat(hidden))
            self._decoder.append((rows, matrix, hidden))
        return hidden

    def decode_backward(self, grad_logits: torch.Tensor) -> torch.Tensor:
        """Fill the gradients of the decoder from that of the logits; return that of the latents (R, D)."""
        network, place = self.network, self._place
        gradient = grad_logits
        last = len(self._decoder) - 1
        for layer in reversed(range(len(self._decoder))):
            rows, matrix, output = self._decoder[layer]
            gradient = gradient.view(output.shape)
            if layer < last:
                kernels.activate_backward(flat(gradient), flat(output))
            torch.sum(gradient.view(-1, output.shape[3]), 0, out=place[f"decoder_biases.{layer}"])
            columns = self._patches(gradient).view(-1, matrix.shape[0])
            unfold(columns.T @ rows, place[f"decoder_kernels.{layer}"])
            gradient = (columns @ matrix).float()
        gradient = gradient.view(len(self._z), -1)
        kernels.activate_backward(flat(gradient), flat(self._seed))
        torch.sum(gradient, 0, out=place["seed_bias"])
        torch.mm(self._z.T, gradient, out=place["seed_weight"])
        return gradient @ network.seed_weight.detach().T

    def _matrix(self, kernel: torch.Tensor, sites: int) -> torch.Tensor:
        """Return a kernel as a matrix (9 fine, coarse), in float32 repeated for ``FOLD`` neighbouring sites.

        Products with few columns are slow; a block-diagonal matrix does several sites in one row.
        """
        matrix = kernel.reshape(-1, kernel.shape[3])
        if self.kind == torch.float32 and matrix.shape[1] < 8 and sites % FOLD == 0:
            return cast(torch.Tensor, torch.block_diag(*[matrix] * FOLD))  # type: ignore[no-untyped-call]
        return matrix.to(self.kind)

    def _patches(self, fine: torch.Tensor) -> torch.Tensor:
        count, x, y, channels = fine.shape
        # Memory of PyTorch is always aligned alike; matrix products would else differ in the last bits.
        columns = torch.empty(count, x // 2, y // 2, 3, 3 * channels, dtype=self.kind)
        bits = columns if self.kind == torch.float32 else columns.view(torch.uint16)
        kernels.gather(fine.view(count, x, -1).numpy(), bits.numpy())
        return columns

    def _sites(self, columns: torch.Tensor, sites: torch.Size, bias: torch.Tensor | None) -> torch.Tensor:
        count, x, y = sites[:3]
        channels = columns.numel() // (9 * count * x * y)
        fine = torch.zeros(count, 2 * x, 2 * y, channels)
        if bias is not None:
            fine += bias
        patches = columns.float().view(count, x, y, 3, 3 * channels)
        kernels.scatter(patches.numpy(), fine.view(count, 2 * x, -1).numpy())
        return fine


def unfold(product: torch.Tensor, kernel: torch.Tensor) -> None:
    """Write the derivative by a kernel, given that by its (perhaps repeated) matrix."""
    coarse = kernel.shape[3]
    times = product.shape[1] // coarse
    blocks = product.view(times, -1, times, coarse).diagonal(dim1=0, dim2=2)
    kernel.view(-1, coarse).copy_(blocks.float().sum(-1))


def flat(tensor: torch.Tensor) -> np.ndarray:
    """Return the memory of a contiguous tensor as a flat array."""
    return tensor.view(-1).numpy()
