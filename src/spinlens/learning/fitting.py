"""What a TCVAE descends: the terms of its loss on the batches of an ensemble."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.batches import INITIAL, Batches, PackedEnsemble
from spinlens.learning.history import Row
from spinlens.learning.losses import TERMS, LossWeights, stratified_shares
from spinlens.learning.network import Network
from spinlens.learning.settings import Autoencoder
from spinlens.learning.steps import choose_step
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import Symmetries


def check_symmetric(ensemble: Any) -> None:
    """Refuse to show configurations reversed where that changes their energy at every field."""
    if not hasattr(ensemble, "model"):
        return
    neutral = dict.fromkeys(ensemble.model.controls, 0.0)
    if ensemble.lattice.walled or not Symmetries.of(ensemble.model, ensemble.lattice, **neutral).flip:
        why = f"the reversal of all spins is no symmetry of {ensemble.model.text} on {ensemble.lattice.text}"
        raise InputError("symmetric", True, why, "Take symmetric=False")


class TotalCorrelation:
    """The loss of a TCVAE, a weighted sum of terms; an `Objective`.

    Parameters
    ----------
    ensemble : Ensemble
        Configurations.
    chain : slice
        The chains to train on.
    settings : Autoencoder
        Network, loss and recipe, with nothing left open.
    precision : {"float32", "bfloat16"}
        Of the factors in the matrix products.
    seed : int
        Of weights, order and noise.
    device : torch.device
        Where to train.

    Raises
    ------
    InputError
        If there are fewer configurations than one batch.
    """

    def __init__(
        self,
        ensemble: PackedEnsemble,
        chain: slice,
        settings: Autoencoder,
        *,
        precision: str,
        seed: int,
        device: torch.device,
    ) -> None:
        sides, batch = (int(ensemble.sizes["x"]), int(ensemble.sizes["y"])), settings.recipe.batch
        self.batches = Batches(
            ensemble.packed(chain=chain), sides[1], seed=seed, batch=batch, latent=settings.latent,
            symmetric=settings.symmetric, device=device,
        )  # fmt: skip
        network = Network(sides, settings.latent, settings.filters)
        network.initialise(generator(seed, Purpose.TRAINING, INITIAL))
        self.network: torch.nn.Module = network.to(device)
        self.loss_weights = LossWeights(settings.alpha, settings.beta, settings.dimension_weight)
        self.step = choose_step(
            network, self.loss_weights, np.log(stratified_shares(settings.estimator, batch, self.batches.count)),
            half=precision == "bfloat16", threads=torch.get_num_threads(),
        )  # fmt: skip
        self.steps, self.threads = self.batches.steps, self.step.threads

    def begin(self) -> None:
        """Nothing is left to do."""

    def gradients(self, step: int) -> dict[str, float]:
        """Leave the gradients of a step in the parameters; return the terms."""
        spins, noise = self.batches(step)
        return dict(zip(TERMS, self.step(spins, noise).tolist(), strict=True))

    def row(self, means: Row) -> Row:
        """Return the terms and their weighted sum."""
        return means | {"loss": self._loss(means)}

    def note(self, means: Row) -> str:
        """Return the loss and its terms."""
        names = ("reconstruction", "MI", "TC", "KL")
        parts = ", ".join(f"{name} {means[term]:.3g}" for name, term in zip(names, TERMS, strict=True))
        return f"loss {self._loss(means):.4g} nats, {parts}"

    def _loss(self, means: Row) -> float:
        return float(np.array([means[term] for term in TERMS]) @ self.loss_weights.vector)
