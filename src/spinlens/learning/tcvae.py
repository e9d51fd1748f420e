"""The beta-TCVAE of the crossover study: fit, transform, encode, decode, sample."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import TransformerMixin
from torch import nn

from spinlens.errors import InputError
from spinlens.learning import latents
from spinlens.learning.batches import last_of_each, split
from spinlens.learning.channels import Channels, PackedEnsemble, configurations, meaning
from spinlens.learning.choices import check_whole, choose_device, choose_precision
from spinlens.learning.estimator import Estimator
from spinlens.learning.fitting import TotalCorrelation, symmetry_group
from spinlens.learning.latents import Latents
from spinlens.learning.network import Network, check_shape
from spinlens.learning.settings import Autoencoder, Recipe
from spinlens.learning.training import Objective
from spinlens.progress import Report, progress_bar
from spinlens.seeds import Purpose, check_seed, generator


class TCVAE(TransformerMixin, Estimator):  # type: ignore[misc]
    """A variational autoencoder with total-correlation penalty for configurations of any space.

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
    padding : {"zeros", "periodic"}
        What convolutions see beyond the edges: nothing, as published, or the opposite edge of a periodic lattice.
    symmetric : bool, optional
        Whether the configurations of a batch take turns under the permutations of values that are symmetries where all
        controls are zero, such as (s, h) -> (-s, -h), so that the maps keep them. By default
        where there are some; of arrays none is assumed.
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
        padding: str = "zeros",
        symmetric: bool | None = None,
        held_out: float = 0.125,
        recipe: Recipe = Recipe(),  # noqa: B008
        seed: int = 0,
        device: str | torch.device | None = None,
    ) -> None:
        self.latent, self.beta, self.alpha, self.dimension_weight = latent, beta, alpha, dimension_weight
        self.estimator, self.filters, self.padding = estimator, filters, padding
        self.symmetric, self.held_out = symmetric, held_out
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
        ensemble: PackedEnsemble | np.ndarray,
        y: object = None,  # noqa: ARG002
        *,
        out: str | Path | None = None,
        progress: bool | Report = True,
        checkpoint_seconds: float = 60.0,
        **conditions: Any,
    ) -> Self:
        """Train on all but the last chains of an ensemble, of any model on a lattice of one to three sides.

        Parameters
        ----------
        ensemble : Ensemble or ndarray, (n, *sides)
            Configurations; an ensemble's packed codes are read, never unpacked as a whole. An array may come from any
            program: values as they are. The last ones are held out, of each condition where these are known.
        y : object
            Not looked at.
        out : path, optional
            Directory for checkpoints, ``history.jsonl`` and the model. The same call continues what is there.
        progress : bool
            Whether to show the loss terms while training.
        checkpoint_seconds : float
            Longest time between checkpoints.
        **conditions : array, (n,)
            What the configurations of an array were sampled at, such as ``temperature`` and ``field``. An array whose
            configurations come condition after condition needs them, or the last conditions are never seen.

        Returns
        -------
        TCVAE
            Itself.

        Raises
        ------
        InputError
            If a setting is out of range, the network does not fit the lattice, there are too few chains or
            configurations, conditions do not fit the configurations, or the directory holds something else.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        DamagedError
            If the checkpoint is damaged.
        """
        settings, place = self._settings(Autoencoder), choose_device(self.device)
        ensemble = ensemble if hasattr(ensemble, "packed") else np.asarray(ensemble)
        space, shape = meaning(ensemble)
        _check_padding(ensemble, settings.padding)
        check_shape(shape, len(settings.filters))
        group = symmetry_group(ensemble, space.states, symmetric=settings.symmetric)
        self._check_conditions(ensemble, conditions)
        if isinstance(ensemble, np.ndarray):
            ensemble, trained, kept = last_of_each(ensemble, settings.held_out, conditions)
        fingerprint, sizes = _identity(ensemble)
        if not isinstance(ensemble, np.ndarray):
            trained, kept = split(sizes["chain"], settings.held_out)
        word = settings.recipe.precision
        precision = "float32" if word == "auto" and place.type != "cpu" else choose_precision(word, place)
        description = self._describe(
            settings.recipe, precision, ensemble={"fingerprint": fingerprint, "sizes": sizes},
            channels=Channels.of(space).to_dict(), shape=list(shape),
            chains={"training": [trained.start, trained.stop], "held_out": [kept.start, kept.stop]},
        )  # fmt: skip

        def begin() -> Objective:
            part = configurations(ensemble, chain=trained, space=space)
            return TotalCorrelation(part, group, settings, precision=precision, seed=self.seed, device=place)

        return self._open_or_train(
            begin, settings.recipe, description, out=out, progress=progress, checkpoint_seconds=checkpoint_seconds
        )

    def _check_conditions(self, ensemble: PackedEnsemble | np.ndarray, conditions: Mapping[str, Any]) -> None:
        """Refuse conditions of an ensemble, which has its own, and settings that are taken for conditions."""
        for name, value in conditions.items():
            if name in {*self.get_params(), *Recipe.model_fields}:
                raise InputError(name, value, "is a setting, not a condition", "Pass it to TCVAE or its recipe")
            if not isinstance(ensemble, np.ndarray):
                raise InputError(name, f"shape {np.shape(value)}", "an ensemble knows its conditions", "Leave it out")

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:  # noqa: ARG002
        settings = self._settings(Autoencoder)
        return Network(
            tuple(description["shape"]), settings.latent, settings.filters,
            channels=Channels.from_dict(description["channels"]), padding=settings.padding,
        )  # fmt: skip

    def transform(self, configurations: PackedEnsemble | np.ndarray) -> np.ndarray:
        """Return the latent means of every configuration, float32 (n, latent), an ensemble's in their order."""
        return self.encode(configurations).mean.reshape(-1, self.network_.latent)

    def encode(
        self,
        configurations: PackedEnsemble | np.ndarray,
        *,
        chain: slice = slice(None),
        turned: np.ndarray | None = None,
        progress: bool = False,
    ) -> Latents:
        """Return the posterior of every configuration.

        Parameters
        ----------
        configurations : Ensemble or ndarray
            An ensemble, or values of shape (..., *sides).
        chain : slice
            The chains of the ensemble to take.
        turned : ndarray, int64 (q,), optional
            A permutation of the codes under which they are looked at: [1, 0] for -s in place of s.
        progress : bool
            Whether to show how far it is.

        Returns
        -------
        Latents
            float32 arrays (controls, temperature, C, D, latent), or (..., latent) for an array.

        Raises
        ------
        InputError
            If sides or values are not those of the training.
        """
        self._check_fitted()
        with progress_bar("encode", show=progress) as report:
            return latents.encode(self.network_, configurations, chain=chain, turned=turned, report=report)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the probability of each value at every site, float32 (..., *sides, q), at latents (..., D)."""
        self._check_fitted()
        return latents.decode(self.network_, z)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Draw latents from the prior and values from the decoder, (count, *sides)."""
        check_whole("count", count, 1)
        numbers = generator(check_seed(seed), Purpose.ENCODING, 1)
        odds = self.decode(numbers.standard_normal((count, self.network_.latent), dtype=np.float32))
        below = np.cumsum(odds, axis=-1)[..., :-1]
        codes = (numbers.random((*odds.shape[:-1], 1), dtype=np.float32) >= below).sum(axis=-1)
        return np.asarray(self.network_.channels.values[codes])


def _check_padding(ensemble: Any, padding: str) -> None:
    """Refuse to let convolutions look round a lattice that ends."""
    lattice = getattr(ensemble, "lattice", None)
    if padding == "periodic" and lattice is not None and set(lattice.rules) != {"periodic"}:
        raise InputError("padding", "'periodic'", f"the lattice is {lattice.boundary_text}", "Take padding='zeros'")


def _identity(given: PackedEnsemble | np.ndarray) -> tuple[str, dict[str, int]]:
    """Return what tells configurations from others, and their sizes."""
    if isinstance(given, np.ndarray):
        return sha256(np.ascontiguousarray(given).tobytes()).hexdigest(), {"chain": len(given)}
    return given.fingerprint, {name: int(size) for name, size in given.sizes.items()}
