"""Attention as it is fastest where it runs: the fused kernel, or matrix products where that one is slow."""

from __future__ import annotations

import torch
from torch import nn


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, dropout: float = 0.0, scaling: float | None = None
) -> torch.Tensor:
    """Return softmax(q k^T scaling) v, (n, heads, tokens, width of a head).

    On the CPU PyTorch's fused kernel differentiates bfloat16 five times slower than float32, so products in bfloat16
    with the softmax between them take its place there.

    Parameters
    ----------
    query, key, value : Tensor, (n, heads, tokens, width of a head)
        Of one type.
    dropout : float
        Share of weights that are dropped.
    scaling : float, optional
        Factor of the products; one over the root of a head's width if not given.
    """
    if query.device.type == "cpu" and query.dtype == torch.bfloat16:
        with torch.autocast("cpu", enabled=False):
            # PyTorch sums in float32 inside the softmax, and leaves bfloat16 behind.
            weights = nn.functional.dropout(attention_weights(query, key, scaling=scaling), dropout)
            return torch.matmul(weights, value)
    return nn.functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout, scale=scaling)


def attention_weights(query: torch.Tensor, key: torch.Tensor, *, scaling: float | None = None) -> torch.Tensor:
    """Return how much each token takes from each, (n, heads, tokens, tokens); rows sum to one."""
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    return torch.matmul(query * factor, key.transpose(2, 3)).softmax(-1)
