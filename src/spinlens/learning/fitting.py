"""What a TCVAE descends: the terms of its loss on the batches of an ensemble."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.batches import INITIAL, Batches
from spinlens.learning.channels import Channels, Configurations, Integers
from spinlens.learning.history import Row
from spinlens.learning.losses import TERMS, LossWeights, stratified_shares
from spinlens.learning.network import Network
from spinlens.learning.settings import Autoencoder
from spinlens.learning.steps import choose_step
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import code_group


def symmetry_group(ensemble: Any, states: int, *, symmetric: bool | None) -> Integers:
    """Return the permutations of codes under which configurations are shown, int64 (G, q), identity first.

    They leave all energies unchanged where every control but the temperature is zero: (s, h) -> (-s, -h) of spins in a
    field, all colours of a Potts model.

    Parameters
    ----------
    ensemble : Ensemble or ndarray
        Of an array nothing is known, so nothing is assumed; ``symmetric=True`` says that two values may be exchanged.
    states : int
        Number of codes q.
    symmetric : bool or None
        None takes them where there are some.

    Raises
    ------
    InputError
        If there are none and ``symmetric`` is True.
    """
    identity = np.arange(states)[None]
    if symmetric is False or (symmetric is None and isinstance(ensemble, np.ndarray)):
        return identity
    if isinstance(ensemble, np.ndarray):
        if states != 2:
            why = "of an array of more than two values it is not known which may be exchanged"
            raise InputError("symmetric", True, why, "Take symmetric=False")
        return np.array([[0, 1], [1, 0]])
    neutral = dict.fromkeys(ensemble.model.controls, 0.0)
    group = code_group(ensemble.model, ensemble.lattice, **neutral)
    if symmetric and len(group) == 1:
        why = f"no permutation of values is a symmetry of {ensemble.model.text} on {ensemble.lattice.text}"
        raise InputError("symmetric", True, why, "Take symmetric=False")
    return group


class TotalCorrelation:
    """The loss of a TCVAE, a weighted sum of terms; an `Objective`.

    Parameters
    ----------
    trained : Configurations
        What is trained on.
    group : ndarray, int64 (G, q)
        The permutations of codes under which they are shown.
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
        trained: Configurations,
        group: Integers,
        settings: Autoencoder,
        *,
        precision: str,
        seed: int,
        device: torch.device,
    ) -> None:
        channels, batch = Channels.of(trained.space), settings.recipe.batch
        self.batches = Batches(
            trained, channels, group, seed=seed, batch=batch, latent=settings.latent, device=device
        )  # fmt: skip
        network = Network(
            trained.shape, settings.latent, settings.filters, channels=channels, padding=settings.padding
        )  # fmt: skip
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
        seen, noise = self.batches(step)
        return dict(zip(TERMS, self.step(seen, noise).tolist(), strict=True))

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
