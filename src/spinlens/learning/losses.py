"""The loss of the beta-TCVAE: stratified shares and the decomposition of the Kullback-Leibler divergence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

LOG_TWO_PI = math.log(2.0 * math.pi)
ESTIMATORS = ("mss", "mss_reference")
TERMS = ("reconstruction", "mutual_information", "total_correlation", "dimension_wise_kl")


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Factors of the loss terms: total = reconstruction + alpha MI + beta TC + dimension_weight KL."""

    alpha: float
    beta: float
    dimension: float

    @property
    def vector(self) -> np.ndarray:
        """The four factors in the order of `TERMS`, float64."""
        return np.array([1.0, self.alpha, self.beta, self.dimension])


def stratified_shares(estimator: str, batch: int, samples: int) -> np.ndarray:
    """Return the shares of minibatch stratified sampling.

    Parameters
    ----------
    estimator : str
        ``"mss"`` or ``"mss_reference"``.
    batch : int
        B = M + 1, at least 3.
    samples : int
        N, the size of the data set, at least B.

    Returns
    -------
    ndarray, float64, (B, B)
        Row i holds the shares of q(z_i | x_j) in the estimate of q(z_i).

    Notes
    -----
    ``"mss"`` is the estimator of the reference: 1/N on the diagonal, (N - M)/(N M) at one other place of each
    row, 1/M elsewhere, so that every row sums to one. ``"mss_reference"`` is the widely copied code, which
    strides by B where it means B + 1 and so fills columns 0 and 1 in place of the diagonal; each
    configuration then counts itself with 1/M instead of 1/N, and information is booked as correlation.

    References
    ----------
    R. T. Q. Chen, X. Li, R. Grosse, D. Duvenaud, "Isolating sources of disentanglement in variational
    autoencoders", NeurIPS 2018, appendix C. doi:10.48550/arXiv.1802.04942
    """
    others = batch - 1
    single, rest = 1.0 / samples, (samples - others) / (samples * others)
    shares = np.full((batch, batch), 1.0 / others)
    rows = np.arange(batch)
    if estimator == "mss":
        shares[rows, rows] = single
        shares[rows, (rows + 1) % batch] = rest
    else:
        shares[:, 0] = single
        shares[:, 1] = rest
        shares[others - 1, 0] = rest
    return shares


def log_normal(z: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Return the elementwise logarithm of the normal density, in nats."""
    return -0.5 * ((z - mean) ** 2 * torch.exp(-log_variance) + log_variance + LOG_TWO_PI)


def decomposition(
    z: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor, log_shares: torch.Tensor
) -> torch.Tensor:
    """Estimate mutual information, total correlation and dimension-wise divergence of a batch.

    Parameters
    ----------
    z, mean, log_variance : Tensor, (B, D)
        A draw from the posterior of each configuration, and the posterior.
    log_shares : Tensor, (B, B)
        Logarithm of `stratified_shares`.

    Returns
    -------
    Tensor, (3,)
        Means over the batch, in nats: log q(z|x) - log q(z), log q(z) - log prod_d q(z_d) and
        log prod_d q(z_d) - log p(z). They add up to the mean of log q(z|x) - log p(z).
    """
    density = log_normal(z[:, None, :], mean[None], log_variance[None])
    joint = torch.logsumexp(density.sum(2) + log_shares, 1)
    marginal = torch.logsumexp(density + log_shares[:, :, None], 1).sum(1)
    own = log_normal(z, mean, log_variance).sum(1)
    prior = -0.5 * (z**2 + LOG_TWO_PI).sum(1)
    return torch.stack([(own - joint).mean(), (joint - marginal).mean(), (marginal - prior).mean()])
