"""The head that is fitted on frozen features, and the direction in which a pretraining reads them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from spinlens.learning.vision.configurations import configurations
from spinlens.learning.vision.linear_head import EMPHASIS, fit_head

SIDE, CLASSES, DIRECTION = 6, 3, 7


class Rows(nn.Module):
    """A network whose features are the spins of a configuration, each with a scale of its own."""

    def __init__(self, *, known: bool) -> None:
        super().__init__()
        self.head = nn.Linear(SIDE**2, CLASSES)
        self.scales = torch.ones(SIDE**2)
        self.scales[DIRECTION] = 0.3
        direction = torch.zeros(SIDE**2)
        direction[DIRECTION] = 2.5 if known else 0.0
        self.register_buffer("direction", direction)

    def features(self, spins: torch.Tensor) -> torch.Tensor:
        return spins.flatten(1) * self.scales


def two_classes(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return configurations of which one spin alone tells the class."""
    spins = np.random.default_rng(seed).choice([-1, 1], (count, SIDE, SIDE)).astype(np.int8)
    return spins, (spins.reshape(count, -1)[:, DIRECTION] > 0).astype(np.int64)


def fitted(known: bool, spins: np.ndarray, labels: np.ndarray, penalty: float = 1e3) -> Rows:
    network = Rows(known=known)
    network.head = nn.Linear(SIDE**2, int(labels.max()) + 1)
    fit_head(
        network, configurations(spins), labels, moves=None, copies=1, penalty=penalty, seed=1,
        device=torch.device("cpu"), precision="float32",
    )  # fmt: skip
    return network


def says(network: Rows, spins: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network.head(network.features(torch.from_numpy(spins)[:, None].float())).numpy()


def test_few_labels_are_enough_along_a_known_direction() -> None:
    """Sixteen labels among 36 directions: by chance others tell them apart as well, but not on other configurations."""
    spins, labels = two_classes(16, seed=1)
    others, truth = two_classes(400, seed=2)
    right = {known: np.mean(says(fitted(known, spins, labels), others).argmax(1) == truth) for known in (True, False)}
    assert right[True] == 1
    assert right[False] < 0.9


def test_the_head_is_the_regression_on_stretched_features() -> None:
    """Worked out anew with one feature scaled: the logits of every configuration agree up to a common constant."""
    random = np.random.default_rng(3)
    spins = random.choice([-1, 1], (60, SIDE, SIDE)).astype(np.int8)
    labels = np.clip(spins.reshape(60, -1)[:, DIRECTION] + random.integers(0, 2, 60), 0, 2).astype(np.int64)
    network = fitted(True, spins, labels, penalty=10.0)
    features = network.features(torch.from_numpy(spins)[:, None].float()).numpy().astype(float)
    rest = np.delete(features, DIRECTION, axis=1)
    features[:, DIRECTION] *= EMPHASIS * np.sqrt(rest.var(0).sum()) / features[:, DIRECTION].std()
    features -= features.mean(0)
    features /= np.sqrt(features.var(0).sum())
    wanted = LogisticRegression(C=10.0, max_iter=20_000, tol=1e-7).fit(features, labels).decision_function(features)
    found = says(network, spins)
    np.testing.assert_allclose(found - found.mean(1, keepdims=True), wanted, atol=1e-3)


def test_the_fit_is_at_the_minimum_whatever_the_scales() -> None:
    """The gradient of the penalised loss vanishes, worked out from the head itself."""
    random = np.random.default_rng(5)
    spins = random.choice([-1, 1], (90, SIDE, SIDE)).astype(np.int8)
    labels = random.integers(0, CLASSES, 90)
    network, penalty = Rows(known=False), 1e4
    network.scales = torch.logspace(0, -5, SIDE**2)
    fit_head(
        network, configurations(spins), labels, moves=None, copies=1, penalty=penalty, seed=1,
        device=torch.device("cpu"), precision="float32",
    )  # fmt: skip
    features = network.features(torch.from_numpy(spins)[:, None].float()).double().numpy()
    features -= features.mean(0)
    scale = np.sqrt(features.var(0).sum())
    logits = says(network, spins).astype(np.float64)
    share = np.exp(logits - logits.max(1, keepdims=True))
    residual = share / share.sum(1, keepdims=True) - np.eye(CLASSES)[labels]
    slopes = network.head.weight.detach().double().numpy() * scale
    gradient = penalty * residual.T @ (features / scale) + slopes
    assert np.abs(gradient).max() < 1e-2 * np.abs(slopes).max()
    assert np.abs(penalty * residual.sum(0)).max() < 1e-2 * np.abs(slopes).max()


@pytest.mark.parametrize("known", [True, False])
def test_constant_features_are_no_division_by_zero(known: bool) -> None:
    spins = np.ones((4, SIDE, SIDE), dtype=np.int8)
    logits = says(fitted(known, spins, np.array([0, 1, 0, 1])), spins)
    assert np.isfinite(logits).all()
