"""One training step on the CPU in compiled loops and matrix products, with its derivatives written out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from spinlens.learning.fast import kernels
from spinlens.learning.fast.layers import Slice, flat
from spinlens.learning.losses import LOG_TWO_PI, LossWeights
from spinlens.learning.network import Network

SLICES = 4
"""Slices of a batch; fixed, so that sums come out bit for bit the same for any number of threads."""


@dataclass(slots=True)
class Posterior:
    """Posterior of the whole batch, all (B, D), and latents first (D, B) for the loops."""

    mean: torch.Tensor
    log_variance: torch.Tensor
    z: torch.Tensor
    by_latent: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(slots=True)
class Share:
    """What one slice adds: sums over its rows in nats, and derivatives.

    ``grad_z`` is (R, D), of the loss; ``grad_mean`` and ``grad_log_variance`` are (D, B), of B times the loss
    with z held fixed.
    """

    cross_entropy: float
    joint: float
    marginal: float
    grad_z: torch.Tensor
    grad_mean: np.ndarray
    grad_log_variance: np.ndarray


def take_one_thread() -> None:
    """Make PyTorch run on the calling thread alone."""
    # The first question makes PyTorch set the thread up, which would later undo the number asked for.
    torch.get_num_threads()
    torch.set_num_threads(1)


class CompiledStep:
    """A step whose result does not depend on the number of threads.

    Parameters
    ----------
    network : Network
        The parameters, on the CPU.
    loss_weights : LossWeights
        Factors of the loss terms.
    log_shares : ndarray, (B, B)
        Logarithm of the stratified shares.
    half : bool
        Whether the matrix products of the convolutions take bfloat16 factors.
    threads : int
        Slices of the batch that run side by side.
    """

    def __init__(
        self, network: Network, loss_weights: LossWeights, log_shares: np.ndarray, *, half: bool, threads: int
    ) -> None:
        self.network, self.loss_weights, self.threads = network, loss_weights, 1
        self._log_shares = np.ascontiguousarray(log_shares, np.float32)
        self._slices = [Slice(network, half=half) for _ in range(SLICES)]
        outside = torch.get_num_threads()
        self._pool = ThreadPoolExecutor(min(threads, SLICES), initializer=take_one_thread)
        self(torch.zeros(SLICES, *network.shape, 1), torch.zeros(SLICES, network.latent))
        network.zero_grad()
        torch.set_num_threads(outside)

    def __call__(self, seen: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return the four terms (4,) of channels (B, Lx, Ly, 1) and standard normal noise (B, D)."""
        batch = len(seen)
        edges = [batch * part // SLICES for part in range(SLICES + 1)]
        ranges = [slice(*pair) for pair in pairwise(edges)]
        heads = self._pool.map(lambda part, rows: part.encode(seen[rows]), self._slices, ranges)
        posterior = self._draw(list(heads), noise)
        shares = list(self._pool.map(lambda part, rows: self._share(part, posterior, seen, rows), self._slices, ranges))
        grad_mean, grad_log_variance = self._collect(shares, posterior, noise)
        list(
            self._pool.map(
                lambda part, rows: part.encode_backward(grad_mean[rows], grad_log_variance[rows]),
                self._slices,
                ranges,
            )
        )
        self._add_gradients()
        return self._terms(shares, posterior, noise)

    def _draw(self, heads: list[tuple[torch.Tensor, torch.Tensor]], noise: torch.Tensor) -> Posterior:
        mean = torch.cat([head[0] for head in heads])
        log_variance = torch.cat([head[1] for head in heads])
        z = mean + noise * torch.exp(0.5 * log_variance)
        by_latent = tuple(np.ascontiguousarray(each.numpy().T) for each in (z, mean, log_variance))
        return Posterior(mean, log_variance, z, by_latent)  # type: ignore[arg-type]

    def _share(self, part: Slice, posterior: Posterior, seen: torch.Tensor, rows: slice) -> Share:
        loss_weights, (z, mean, log_variance) = self.loss_weights, posterior.by_latent
        own = np.ascontiguousarray(z[:, rows])
        grads = np.zeros_like(own), np.zeros_like(mean), np.zeros_like(mean)
        factors = loss_weights.beta - loss_weights.alpha, loss_weights.dimension - loss_weights.beta
        joint, marginal = kernels.aggregate(own, mean, log_variance, self._log_shares, rows.start, *factors, *grads)
        logits = part.decode(posterior.z[rows])
        cross_entropy = kernels.bernoulli(flat(logits), flat(seen[rows]), 1.0 / len(seen))
        grad_z = part.decode_backward(logits) + torch.from_numpy(grads[0].T) / len(seen)
        return Share(cross_entropy, joint, marginal, grad_z, grads[1], grads[2])

    def _collect(
        self, shares: list[Share], posterior: Posterior, noise: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the derivatives of the loss by mean and log variance, (B, D), through z and without it.

        With z = mean + noise * deviation, log q(z|x) depends on the log variance alone (slope -1/2), and
        -log p(z) on z alone (slope z).
        """
        batch, loss_weights = len(noise), self.loss_weights
        grad_z = torch.cat([share.grad_z for share in shares]) + loss_weights.dimension / batch * posterior.z
        through = 0.5 * grad_z * noise * torch.exp(0.5 * posterior.log_variance)
        mean, log_variance = shares[0].grad_mean, shares[0].grad_log_variance
        for share in shares[1:]:
            mean += share.grad_mean
            log_variance += share.grad_log_variance
        grad_mean = torch.from_numpy(mean.T) / batch + grad_z
        grad_log_variance = (torch.from_numpy(log_variance.T) - 0.5 * loss_weights.alpha) / batch + through
        return grad_mean, grad_log_variance

    def _terms(self, shares: list[Share], posterior: Posterior, noise: torch.Tensor) -> torch.Tensor:
        own = -0.5 * float((noise.double() ** 2 + posterior.log_variance + LOG_TWO_PI).sum())
        prior = -0.5 * float((posterior.z.double() ** 2 + LOG_TWO_PI).sum())
        joint, marginal = sum(share.joint for share in shares), sum(share.marginal for share in shares)
        cross_entropy = sum(share.cross_entropy for share in shares)
        sums = [cross_entropy, own - joint, joint - marginal, marginal - prior]
        return torch.tensor(sums, dtype=torch.float64) / len(noise)

    def _add_gradients(self) -> None:
        for index, parameter in enumerate(self.network.parameters()):
            gradient = self._slices[0].gradients[index].clone()
            for other in self._slices[1:]:
                gradient += other.gradients[index]
            parameter.grad = gradient
