"""The beta-TCVAE of the crossover study: fit, encode, decode, sample, save, load."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning import latents
from spinlens.learning.batches import PackedEnsemble
from spinlens.learning.choices import Design, check_whole, choose_device, choose_precision
from spinlens.learning.fitting import check_recipe, describe, empty_network, is_done, train_network
from spinlens.learning.folder import MODEL, fitting_weights, read_description, read_model, write_model
from spinlens.learning.history import Row
from spinlens.learning.latents import Latents
from spinlens.learning.network import Network
from spinlens.progress import progress_bar
from spinlens.seeds import Purpose, check_seed, generator


class TCVAE:
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
        The minibatch stratified estimator, see `spinlens.learning.stratified_weights`.
    filters : tuple of int
        Channels of the stride-2 layers.
    symmetric : bool
        Whether half of each batch is flipped, (s, h) -> (-s, -h), so that the maps keep the symmetry.

    Attributes
    ----------
    history : list of dict
        One row per epoch of training: the loss terms in nats per configuration.
    training_chains, held_out_chains : slice
        The chains that were trained on and those that were not.

    Raises
    ------
    InputError
        If a value is out of range or the estimator is unknown.

    References
    ----------
    N. Walker, K.-M. Tam, M. Jarrell, "Deep learning on the 2-dimensional Ising model to extract the crossover
    region with a variational autoencoder", Sci. Rep. 10, 13047 (2020). doi:10.1038/s41598-020-69848-5
    """

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
    ) -> None:
        self.design = Design(latent, beta, alpha, dimension_weight, estimator, tuple(filters), symmetric)
        self.history: list[Row] = []
        self._network: Network | None = None
        self._description: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Name the design and whether it is trained."""
        state = f"trained for {len(self.history)} epochs" if self.history else "not trained"
        design = self.design
        return f"TCVAE(latent={design.latent}, beta={design.beta:g}, estimator={design.estimator!r}): {state}"

    @property
    def network(self) -> Network:
        """The trained network.

        Raises
        ------
        InputError
            If there is none yet.
        """
        if self._network is None:
            raise InputError("TCVAE", "no weights", "it was not trained yet", "Call fit or TCVAE.load first")
        return self._network

    @property
    def configuration(self) -> dict[str, Any]:
        """Design, recipe, ensemble, chains and versions that made the weights."""
        return self._description

    @property
    def training_chains(self) -> slice:
        """The chains that were trained on."""
        return self._chains("training")

    @property
    def held_out_chains(self) -> slice:
        """The chains that were kept from training."""
        return self._chains("held_out")

    def _chains(self, name: str) -> slice:
        _ = self.network
        return slice(*self._description["chains"][name])

    def fit(
        self,
        ensemble: PackedEnsemble,
        *,
        seed: int,
        epochs: int = 6,
        batch: int = 845,
        learning_rate: float = 1e-3,
        schedule: str = "cosine",
        held_out: float = 0.125,
        device: str | torch.device | None = None,
        precision: str | None = None,
        out: str | Path | None = None,
        progress: bool = True,
        checkpoint_seconds: float = 60.0,
    ) -> Self:
        """Train on all but the last chains of an ensemble.

        Parameters
        ----------
        ensemble : Ensemble
            Configurations; its packed spins are read, never unpacked as a whole.
        seed : int
            Seed of weights, order and noise.
        epochs : int
            Passes over the training configurations.
        batch : int
            Configurations per step, at least 4.
        learning_rate : float
            Rate of the first step, for NAdam (0.9, 0.999) with momentum decay 0.4 and epsilon 1e-7.
        schedule : {"cosine", "plateau"}
            Cosine to zero, or a tenth after 8 epochs without gain.
        held_out : float
            Share of chains never trained on: the last ones.
        device : str or torch.device, optional
            CUDA where there is one, else the CPU.
        precision : {"float32", "bfloat16"}, optional
            Of the factors in the matrix products of the convolutions, summed in float32. By default
            bfloat16 on CPUs that multiply it natively, else float32.
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
            If a value is out of range, the network does not fit the lattice, there are too few chains or
            configurations, or the directory holds something else.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        DamagedError
            If the checkpoint is damaged.
        """
        place = choose_device(device)
        recipe = check_recipe(
            seed=seed, epochs=epochs, batch=batch, learning_rate=learning_rate, schedule=schedule, held_out=held_out,
            precision=choose_precision(precision, place),
        )  # fmt: skip
        description = describe(self.design, recipe, ensemble)
        folder = None if out is None else Path(out)
        if folder is not None and is_done(folder, description):
            return self._restore(folder)
        self._network, self.history = train_network(
            self.design,
            recipe,
            ensemble,
            description=description,
            device=place,
            folder=folder,
            checkpoint_seconds=checkpoint_seconds,
            progress=progress,
        )
        self._description = description
        if folder is not None:
            self.save(folder)
        return self

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
        with progress_bar("encode", show=progress) as report:
            return latents.encode(self.network, configurations, chain=chain, flipped=flipped, report=report)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the probability of spin up at every site, float32 (..., Lx, Ly), at latents (..., D)."""
        return latents.decode(self.network, z)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Draw latents from the prior and spins from the decoder: int8 +-1, (count, Lx, Ly)."""
        check_whole("count", count, 1)
        numbers = generator(check_seed(seed), Purpose.ENCODING, 1)
        up = self.decode(numbers.standard_normal((count, self.design.latent), dtype=np.float32))
        return np.where(numbers.random(up.shape, dtype=np.float32) < up, 1, -1).astype(np.int8)

    def save(self, directory: str | Path) -> None:
        """Write the weights (safetensors) and the whole configuration (JSON) to a directory."""
        write_model(Path(directory), dict(self.network.state_dict()), self._description, self.history)

    @classmethod
    def load(cls, directory: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If there is no model in the directory.
        DamagedError
            If a file is damaged or the weights do not fit the configuration.
        """
        folder = Path(directory)
        design = read_description(folder).get("design")
        try:
            vae = cls(**design)  # type: ignore[arg-type]
        except (TypeError, InputError) as problem:
            raise DamagedError(f"{folder / MODEL} does not describe a network: {problem}") from problem
        return vae._restore(folder)

    def _restore(self, folder: Path) -> Self:
        tensors, description, history = read_model(folder)
        with fitting_weights(folder):
            network = empty_network(self.design, description)
            network.load_state_dict(tensors)
        self._network, self._description, self.history = network, description, history
        return self
