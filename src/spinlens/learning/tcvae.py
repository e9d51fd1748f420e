"""The beta-TCVAE of the crossover study: fit, transform, encode, decode, sample."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import TransformerMixin
from torch import nn

from spinlens.learning import latents
from spinlens.learning.batches import PackedEnsemble, check_readable, split
from spinlens.learning.choices import check_whole, choose_device, choose_precision
from spinlens.learning.estimator import Estimator
from spinlens.learning.fitting import TotalCorrelation, check_symmetric
from spinlens.learning.latents import Latents
from spinlens.learning.network import Network, check_shape
from spinlens.learning.settings import Autoencoder, Recipe
from spinlens.progress import progress_bar
from spinlens.seeds import Purpose, check_seed, generator


class TCVAE(TransformerMixin, Estimator):  # type: ignore[misc]
    """A variational autoencoder with total-correlation penalty for spin configurations.

    Parameters
    ----------
    latent : int
        Number of latents.
    beta : float
        Factor of the total correlation.
    alpha : float
        Factor of the mutual information.
    dimension_weight : float
        Factor of the dimension-wise Kullback-Leibler divergence; the lambda of the paper.
    estimator : {"mss_reference", "mss"}
        The minibatch stratified estimator, see `spinlens.learning.stratified_shares`.
    filters : tuple of int
        Channels of the stride-2 layers.
    symmetric : bool
        Whether half of each batch is flipped, (s, h) -> (-s, -h), so that the maps keep the symmetry.
    held_out : float
        Share of the chains that is never trained on: the last ones.
    recipe : Recipe
        How to train; what it leaves open: 6 epochs, batches of 845, NAdam at a rate of 1e-3 that falls like a cosine.
    seed : int
        Of weights, order and noise.
    device : str or torch.device, optional
        CUDA where there is one, else the CPU.

    Attributes
    ----------
    network_ : Network
        The trained network, on the CPU.
    history_ : list of dict
        One row per epoch of training: the loss terms in nats per configuration.
    training_chains, held_out_chains : slice
        The chains that were trained on and those that were not.

    References
    ----------
    N. Walker, K.-M. Tam, M. Jarrell, "Deep learning on the 2-dimensional Ising model to extract the crossover
    region with a variational autoencoder", Sci. Rep. 10, 13047 (2020). doi:10.1038/s41598-020-69848-5
    """

    network_: Network

    def __init__(
        self,
        latent: int = 8,
        *,
        beta: float = 8.0,
        alpha: float = 1.0,
        dimension_weight: float = 1.0,
        estimator: str = "mss_reference",
        filters: tuple[int, ...] = (4, 16, 64, 256),
        symmetric: bool = True,
        held_out: float = 0.125,
        recipe: Recipe = Recipe(),  # noqa: B008
        seed: int = 0,
        device: str | torch.device | None = None,
    ) -> None:
        self.latent, self.beta, self.alpha, self.dimension_weight = latent, beta, alpha, dimension_weight
        self.estimator, self.filters, self.symmetric, self.held_out = estimator, filters, symmetric, held_out
        self.recipe, self.seed, self.device = recipe, seed, device

    @property
    def training_chains(self) -> slice:
        """The chains that were trained on."""
        return slice(*self.configuration["chains"]["training"])

    @property
    def held_out_chains(self) -> slice:
        """The chains that were kept from training."""
        return slice(*self.configuration["chains"]["held_out"])

    def fit(
        self,
        ensemble: PackedEnsemble,
        y: object = None,  # noqa: ARG002
        *,
        out: str | Path | None = None,
        progress: bool = True,
        checkpoint_seconds: float = 60.0,
    ) -> Self:
        """Train on all but the last chains of an ensemble.

        Parameters
        ----------
        ensemble : Ensemble
            Configurations; its packed spins are read, never unpacked as a whole.
        y : object
            Not looked at.
        out : path, optional
            Directory for checkpoints, ``history.jsonl`` and the model. The same call continues what is there.
        progress : bool
            Whether to show the loss terms while training.
        checkpoint_seconds : float
            Longest time between checkpoints.

        Returns
        -------
        TCVAE
            Itself.

        Raises
        ------
        InputError
            If a setting is out of range, the network does not fit the lattice, there are too few chains or
            configurations, or the directory holds something else.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        DamagedError
            If the checkpoint is damaged.
        """
        settings, place = self._settings(Autoencoder), choose_device(self.device)
        check_readable(ensemble)
        if settings.symmetric:
            check_symmetric(ensemble)
        sizes = {name: int(size) for name, size in ensemble.sizes.items()}
        check_shape((sizes["x"], sizes["y"]), len(settings.filters))
        trained, kept = split(sizes["chain"], settings.held_out)
        word = settings.recipe.precision
        precision = "float32" if word == "auto" and place.type != "cpu" else choose_precision(word, place)
        description = self._describe(
            settings.recipe, precision, ensemble={"fingerprint": ensemble.fingerprint, "sizes": sizes},
            chains={"training": [trained.start, trained.stop], "held_out": [kept.start, kept.stop]},
        )  # fmt: skip
        return self._open_or_train(
            lambda: TotalCorrelation(
                ensemble, trained, settings, precision=precision, seed=self.seed, device=place
            ),
            settings.recipe, description, out=out, progress=progress, checkpoint_seconds=checkpoint_seconds,
        )  # fmt: skip

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:  # noqa: ARG002
        settings, sizes = self._settings(Autoencoder), description["ensemble"]["sizes"]
        return Network((sizes["x"], sizes["y"]), settings.latent, settings.filters)

    def transform(self, configurations: PackedEnsemble | np.ndarray) -> np.ndarray:
        """Return the latent means of every configuration, float32 (n, latent), an ensemble's in their order."""
        return self.encode(configurations).mean.reshape(-1, self.network_.latent)

    def encode(
        self,
        configurations: PackedEnsemble | np.ndarray,
        *,
        chain: slice = slice(None),
        flipped: bool = False,
        progress: bool = False,
    ) -> Latents:
        """Return the posterior of every configuration.

        Parameters
        ----------
        configurations : Ensemble or ndarray
            An ensemble, or spins +-1 of shape (..., Lx, Ly).
        chain : slice
            The chains of the ensemble to take.
        flipped : bool
            Whether to look at -s in place of s.
        progress : bool
            Whether to show how far it is.

        Returns
        -------
        Latents
            float32 arrays (F, T, C, D, latent), or (..., latent) for an array.

        Raises
        ------
        InputError
            If the sides are not those of the training, or a value is not a spin.
        """
        self._check_fitted()
        with progress_bar("encode", show=progress) as report:
            return latents.encode(self.network_, configurations, chain=chain, flipped=flipped, report=report)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the probability of spin up at every site, float32 (..., Lx, Ly), at latents (..., D)."""
        self._check_fitted()
        return latents.decode(self.network_, z)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Draw latents from the prior and spins from the decoder: int8 +-1, (count, Lx, Ly)."""
        check_whole("count", count, 1)
        numbers = generator(check_seed(seed), Purpose.ENCODING, 1)
        up = self.decode(numbers.standard_normal((count, self.network_.latent), dtype=np.float32))
        return np.where(numbers.random(up.shape, dtype=np.float32) < up, 1, -1).astype(np.int8)
