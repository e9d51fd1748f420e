"""Where a vision transformer looks: attention maps, rollout, distances on the lattice, hidden states by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.vision.classifier import Classifier
from spinlens.learning.vision.configurations import configurations, same_lattice
from spinlens.learning.vision.reader import Reader

CHUNK = 16
"""Configurations at a time: attention maps are large."""


def attention(model: Classifier | Reader, images: Any) -> np.ndarray:
    """Return the attention maps, float32 (layers, n, heads, tokens, tokens).

    The first token is the class token, the others are the patches row by row. Each row says how much a token takes
    from each token; it sums to one.

    Parameters
    ----------
    model : VisionTransformer or its network
        A trained classifier, or a network from `build`.
    images : Ensemble or array, (n, L, L)
        Configurations.

    Raises
    ------
    InputError
        If the network has no attention or the images have other sides.
    """
    network = _network(model)
    with torch.inference_mode():
        parts = [[each.float().numpy() for each in network.attention(spins)] for spins in _batches(network, images)]
    return np.stack([np.concatenate(layers) for layers in zip(*parts, strict=True)])


def hidden_states(model: Classifier | Reader, images: Any) -> np.ndarray:
    """Return the pooled hidden states of each layer, float32 (layers + 1, n, width).

    The first is that of the patch embeddings; of a residual network, whose stages have different widths, zeros fill
    the narrower ones up.

    Parameters
    ----------
    model : Classifier or Reader
        A trained classifier, or a network from `build`.
    images : Ensemble or array, (n, L, L)
        Configurations.
    """
    network = _network(model)
    with torch.inference_mode():
        parts = [[each.numpy() for each in network.states(spins)] for spins in _batches(network, images)]
    layers = [np.concatenate(blocks) for blocks in zip(*parts, strict=True)]
    width = max(layer.shape[1] for layer in layers)
    return np.stack([np.pad(layer, ((0, 0), (0, width - layer.shape[1]))) for layer in layers])


def rollout(maps: np.ndarray) -> np.ndarray:
    """Return how much of each token of the input reaches each token of the output, (n, tokens, tokens).

    The maps are averaged over the heads, mixed half and half with what the residual connection passes on, and
    multiplied layer by layer; rows sum to one.

    Parameters
    ----------
    maps : ndarray, (layers, n, heads, tokens, tokens)
        From `attention`.

    References
    ----------
    S. Abnar, W. Zuidema, "Quantifying attention flow in transformers", ACL 2020. doi:10.18653/v1/2020.acl-main.385
    """
    tokens = maps.shape[-1]
    total = np.eye(tokens)
    for layer in maps.mean(2, dtype=np.float64):
        mixed = 0.5 * layer / layer.sum(-1, keepdims=True) + 0.5 * np.eye(tokens)
        total = mixed @ total
    return np.asarray(total)


def attention_distance(maps: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the mean distance over which each head looks, float64 (layers, n, heads), in lattice units.

    The distance between the centres of two patches, the shortest way round where the boundary closes on itself, is
    weighted by the attention that one pays to the other and averaged over the patches that look. The class token is
    left out and the weights of each patch are scaled to sum to one.

    Parameters
    ----------
    maps : ndarray, (layers, n, heads, 1 + patches, 1 + patches)
        From `attention`.
    lattice : Lattice
        Shape and boundary.

    Raises
    ------
    InputError
        If the patches do not tile the lattice.
    """
    distance = patch_distances(lattice, maps.shape[-1] - 1)
    weights = maps[..., 1:, 1:].astype(np.float64)
    weighted = np.einsum("...ij,ij->...i", weights, distance) / weights.sum(-1)
    result: np.ndarray = weighted.mean(-1)
    return result


def patch_distances(lattice: Lattice, patches: int) -> np.ndarray:
    """Return the distances between the centres of the patches of a lattice of equal sides, float64 (P, P)."""
    axes = lattice.axes
    along = round(patches ** (1 / axes))
    if len(set(lattice.shape)) != 1 or along**axes != patches:
        got = " x ".join(map(str, lattice.shape))
        raise InputError("lattice", got, f"{patches} square patches do not tile it")
    side = lattice.shape[0]
    steps = np.abs(np.subtract.outer(np.arange(along), np.arange(along))) * (side / along)
    squares = np.zeros((along,) * (2 * axes))
    for axis, ring in enumerate(lattice.rings):
        apart = np.minimum(steps, side - steps) if ring else steps
        place = [along if other in (axis, axes + axis) else 1 for other in range(2 * axes)]
        squares = squares + (apart**2).reshape(place)
    return np.asarray(np.sqrt(squares).reshape(patches, patches))


def _network(model: Classifier | Reader) -> Reader:
    if isinstance(model, Classifier):
        _ = model.configuration
        return model.network_
    return model.eval()


def _batches(network: Reader, images: Any) -> Iterator[torch.Tensor]:
    given = configurations(images, channels=network.channels)
    same_lattice(network.architecture.shape, given, "images")
    for start in range(0, len(given), CHUNK):
        yield given.take(slice(start, start + CHUNK))
