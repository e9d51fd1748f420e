"""Attention as it is fastest where it runs: the fused kernel, or matrix products where that one is slow."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch

NAME = "spinlens"
"""Under which transformers knows this attention."""


@cache
def register() -> str:
    """Make the attention known to transformers, once; return its name."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float,
    dropout: float = 0.0,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Return softmax(q k^T scaling) v, (n, tokens, heads, width of a head).

    On the CPU PyTorch's fused kernel differentiates bfloat16 five times slower than float32, so products in bfloat16
    with the softmax between them take its place there.

    Parameters
    ----------
    module : Module
        The layer that asks.
    query, key, value : Tensor, (n, heads, tokens, width of a head)
        Of one type.
    attention_mask : Tensor or None
        Which tokens are seen; None for all.
    scaling : float
        Factor of the products.
    dropout : float
        Share of weights that are dropped.
    **more
        For the fused kernel.
    """
    if query.device.type == "cpu" and query.dtype == torch.bfloat16 and attention_mask is None:
        scores = torch.matmul(query * scaling, key.transpose(2, 3))
        with torch.autocast("cpu", enabled=False):
            # PyTorch sums in float32 inside the softmax, and leaves bfloat16 behind.
            weights = torch.nn.functional.dropout(scores.softmax(-1), dropout, training=module.training)
        return torch.matmul(weights, value).transpose(1, 2).contiguous(), None
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    fused, _ = sdpa_attention_forward(
        module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **more
    )
    return fused, None
