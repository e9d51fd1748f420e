"""A linear probe: the head fitted on frozen features, before the rest learns or in place of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from spinlens.learning.vision.configurations import Configurations
from spinlens.learning.vision.inference import in_chunks
from spinlens.learning.vision.reader import Reader
from spinlens.learning.vision.symmetries import Moves
from spinlens.seeds import Purpose, generator

COPIES = 6
"""Place of the streams that draw the copies."""

EMPHASIS = 30.0
"""Spread of the features along the direction that a pretraining reads, if there is one, over that of all others."""


def fit_head(
    network: Reader,
    images: Configurations,
    labels: np.ndarray,
    *,
    moves: Moves | None,
    copies: int,
    penalty: float,
    seed: int,
    device: torch.device,
    precision: str,
) -> None:
    """Fit the network's head by logistic regression on its pooled features, everything below held fixed.

    Parameters
    ----------
    network : Reader
        Its head is replaced in place.
    images : Configurations
        Training configurations.
    labels : ndarray, int, (n,)
        Their classes, 0 to the number of logits; each occurs.
    moves : Moves, optional
        Draws the copies of each configuration after the first.
    copies : int
        How often each configuration is seen.
    penalty : float
        C of `sklearn.linear_model.LogisticRegression`, on features in units of their joint spread: the larger, the
        freer. Features keep their proportions, so that the directions which a pretraining made strong cost least, and
        the one direction that it reads itself next to nothing.
    seed : int
        Of the copies.
    device : torch.device
        Where the network is.
    precision : {"float32", "bfloat16"}
        Of its matrix products.
    """
    from sklearn.linear_model import LogisticRegression

    network.eval()
    blocks = []
    for copy in range(copies):
        numbers = generator(seed, Purpose.CLASSIFICATION, COPIES, copy)
        change = None if copy == 0 or moves is None else partial(moves.at_random, generator=numbers)
        look: dict[str, Any] = {"device": device, "precision": precision, "change": change}
        blocks.append(in_chunks(network.features, images, **look))
    features = np.concatenate(blocks).astype(np.float64)
    stretch = _stretch(features, network)
    centre, stretched = features.mean(0), (features - features.mean(0)) @ stretch
    scale = float(np.sqrt(stretched.var(0).sum())) or 1.0
    # Directions differ so much in scale that a first-order solver would stop long before the best head.
    regression = LogisticRegression(C=penalty, solver="newton-cg", tol=1e-6, max_iter=200)
    regression.fit(stretched / scale, np.tile(labels, copies))
    slopes, offsets = regression.coef_, regression.intercept_
    if len(slopes) == 1:
        slopes, offsets = np.concatenate([-slopes, slopes]) / 2, np.concatenate([-offsets, offsets]) / 2
    slopes = slopes @ stretch / scale
    offsets = offsets - slopes @ centre
    with torch.no_grad():
        network.head.weight.copy_(torch.from_numpy(slopes))
        network.head.bias.copy_(torch.from_numpy(offsets))


def _stretch(features: np.ndarray, network: Reader) -> np.ndarray:
    """Return the symmetric matrix that stretches features along the direction that a pretraining reads.

    A penalty on features as they are would let the head take any direction in which few labels happen to differ; in
    this metric it first takes the one that the pretraining found to tell configurations apart.
    """
    width = features.shape[1]
    direction = getattr(network, "direction", torch.zeros(width)).double().cpu().numpy()
    length = float(np.linalg.norm(direction))
    if not length:
        return np.eye(width)
    direction = direction / length
    along = features @ direction
    others = np.sqrt(max(np.square(features - features.mean(0)).sum(1).mean() - along.var(), 0.0))
    factor = max(1.0, EMPHASIS * others / (along.std() or 1.0))
    return np.asarray(np.eye(width) + (factor - 1) * np.outer(direction, direction))
