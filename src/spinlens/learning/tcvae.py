"""The beta-TCVAE of the crossover study: fit, encode, decode, sample, save, load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from spinlens.errors import DamagedError, InputError
from spinlens.files import PARTIAL
from spinlens.learning.batches import INITIAL, Batches, PackedEnsemble, pack, split, stream
from spinlens.learning.checkpoint import (
    REMEDY,
    differing,
    make_folder,
    read_json,
    read_tensors,
    write_json,
    write_tensors,
)
from spinlens.learning.choices import Design, Recipe, as_dict, check_whole, choose_device, choose_precision
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.history import HISTORY, Row, read_history, write_history
from spinlens.learning.losses import stratified_weights
from spinlens.learning.network import Network, check_shape
from spinlens.learning.steps import choose_step
from spinlens.learning.train import Training
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, check_seed, generator

MODEL, WEIGHTS = "model.json", "weights.safetensors"
CHUNK = 2048
"""Configurations that pass through the network at once when it is not training."""


@dataclass(frozen=True, slots=True)
class Latents:
    """Posterior of each configuration.

    Parameters
    ----------
    mean, deviation : ndarray, float32, (..., D)
        Means and standard deviations of the latents; (F, T, C, D, latent) for an ensemble.
    """

    mean: np.ndarray
    deviation: np.ndarray


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
        recipe = Recipe(seed, epochs, batch, learning_rate, schedule, held_out, choose_precision(precision, place))
        sizes = {name: int(size) for name, size in ensemble.sizes.items()}
        check_shape((sizes["x"], sizes["y"]), len(self.design.filters))
        trained, kept = split(sizes["chain"], held_out)
        description = self._describe(recipe, ensemble.fingerprint, sizes, trained, kept)
        folder = None if out is None else Path(out)
        if folder is not None and _finished(folder, description):
            return self._restore(folder)
        batches = Batches(
            ensemble.packed(chain=trained),
            sizes["y"],
            seed=recipe.seed,
            batch=recipe.batch,
            latent=self.design.latent,
            symmetric=self.design.symmetric,
            device=place,
        )
        if folder is not None:
            make_folder(folder)
        training = self._prepare(recipe, batches, description, folder, place, checkpoint_seconds)
        outside = torch.get_num_threads()
        torch.set_num_threads(training.step.threads)
        try:
            with progress_bar("train", show=progress) as report:
                self.history = training.run(report)
        finally:
            torch.set_num_threads(outside)
        self._network, self._description = training.network.to("cpu"), description
        if folder is not None:
            self.save(folder)
            (folder / CHECKPOINT).unlink(missing_ok=True)
        return self

    def _describe(
        self, recipe: Recipe, fingerprint: str, sizes: dict[str, int], trained: slice, kept: slice
    ) -> dict[str, Any]:
        return {
            "design": as_dict(self.design),
            "training": as_dict(recipe),
            "ensemble": {"fingerprint": fingerprint, "sizes": sizes},
            "chains": {"training": [trained.start, trained.stop], "held_out": [kept.start, kept.stop]},
            "provenance": provenance(),
        }

    def _prepare(
        self,
        recipe: Recipe,
        batches: Batches,
        description: dict[str, Any],
        folder: Path | None,
        device: torch.device,
        checkpoint_seconds: float,
    ) -> Training:
        sizes = description["ensemble"]["sizes"]
        network = Network((sizes["x"], sizes["y"]), self.design.latent, self.design.filters)
        network.initialise(generator(recipe.seed, Purpose.TRAINING, INITIAL))
        network.to(device)
        step = choose_step(
            network,
            self.design.weights,
            np.log(stratified_weights(self.design.estimator, recipe.batch, batches.count)),
            half=recipe.precision == "bfloat16",
            threads=torch.get_num_threads(),
        )
        training = Training(
            network,
            step,
            batches,
            self.design.weights,
            recipe.epochs,
            recipe.learning_rate,
            recipe.schedule,
            description,
            folder,
            checkpoint_seconds,
        )
        training.resume()
        return training

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
        packed, leading = self._packed(configurations, chain)
        count = int(np.prod(leading))
        mean = np.empty((count, self.design.latent), np.float32)
        deviation = np.empty_like(mean)
        done = 0
        with progress_bar("encode", show=progress) as report, torch.inference_mode():
            for spins in stream(packed, self.network.shape[1], CHUNK, torch.device("cpu")):
                part = slice(done, done + len(spins))
                means, log_variances = self.network.encode(1 - spins if flipped else spins)
                mean[part] = means.numpy()
                deviation[part] = torch.exp(0.5 * log_variances).numpy()
                done = part.stop
                report(done / count, "")
        shape = (*leading, self.design.latent)
        return Latents(mean.reshape(shape), deviation.reshape(shape))

    def _packed(self, configurations: PackedEnsemble | np.ndarray, chain: slice) -> tuple[np.ndarray, tuple[int, ...]]:
        if not isinstance(configurations, np.ndarray) and hasattr(configurations, "packed"):
            sizes = configurations.sizes
            self._check_sides((int(sizes["x"]), int(sizes["y"])))
            packed = configurations.packed(chain=chain)
            return packed, packed.shape[:4]
        spins = np.asarray(configurations)
        self._check_sides(spins.shape[-2:])
        bits = pack(spins)
        return bits.reshape(-1, 1, 1, 1, *bits.shape[-2:]), spins.shape[:-2]

    def _check_sides(self, sides: tuple[int, ...]) -> None:
        if sides != self.network.shape:
            why = f"the network was trained on sides {self.network.shape[0]} x {self.network.shape[1]}"
            raise InputError("lattice", " x ".join(map(str, sides)), why)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Return the probability of spin up at every site, float32 (..., Lx, Ly), at latents (..., D)."""
        points = np.asarray(z, np.float32)
        if points.ndim == 0 or points.shape[-1] != self.design.latent:
            why = f"the last axis must hold {self.design.latent} latents"
            raise InputError("z", f"shape {points.shape}", why)
        flat = points.reshape(-1, self.design.latent)
        up = np.empty((len(flat), *self.network.shape), np.float32)
        with torch.inference_mode():
            for start in range(0, len(flat), CHUNK):
                part = slice(start, start + CHUNK)
                up[part] = torch.sigmoid(self.network.decode(torch.from_numpy(flat[part]))).numpy()
        return up.reshape(*points.shape[:-1], *self.network.shape)

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Draw latents from the prior and spins from the decoder: int8 +-1, (count, Lx, Ly)."""
        check_whole("count", count, 1)
        numbers = generator(check_seed(seed), Purpose.ENCODING, 1)
        up = self.decode(numbers.standard_normal((count, self.design.latent), dtype=np.float32))
        return np.where(numbers.random(up.shape, dtype=np.float32) < up, 1, -1).astype(np.int8)

    def save(self, directory: str | Path) -> None:
        """Write the weights (safetensors) and the whole configuration (JSON) to a directory."""
        folder = Path(directory)
        network = self.network
        make_folder(folder)
        write_tensors(folder / WEIGHTS, dict(network.state_dict()), self._description)
        write_history(folder, self.history)
        write_json(folder / MODEL, self._description)

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
        if not (folder / MODEL).is_file():
            raise InputError("directory", folder, f"holds no model ({MODEL} is missing)")
        design = read_json(folder / MODEL).get("design")
        try:
            vae = cls(**design)  # type: ignore[arg-type]
        except (TypeError, InputError) as problem:
            raise DamagedError(f"{folder / MODEL} does not describe a network: {problem}") from problem
        return vae._restore(folder)

    def _restore(self, folder: Path) -> Self:
        description = read_json(folder / MODEL)
        if not (folder / WEIGHTS).is_file():
            raise DamagedError(f"{folder / WEIGHTS} is missing. {REMEDY}")
        tensors, beside = read_tensors(folder / WEIGHTS)
        keys = differing(description, beside)
        if keys:
            names = ", ".join(keys)
            raise DamagedError(f"{folder}: {MODEL} and {WEIGHTS} disagree on {names}. {REMEDY}")
        try:
            sizes = description["ensemble"]["sizes"]
            network = Network((sizes["x"], sizes["y"]), self.design.latent, self.design.filters)
            network.load_state_dict(tensors)
        except (KeyError, TypeError, RuntimeError, InputError) as problem:
            line = str(problem).replace("\n", " ")
            raise DamagedError(f"{folder / WEIGHTS} does not fit {MODEL}: {line}") from problem
        self._network, self._description = network, description
        self.history = read_history(folder)
        return self


def _finished(folder: Path, description: dict[str, Any]) -> bool:
    """Tell whether the directory holds this very training, finished; refuse one that holds another thing."""
    if folder.exists() and not folder.is_dir():
        raise InputError("out", folder, "is not a directory", "Take another one")
    if not folder.exists() or not any(folder.iterdir()):
        return False
    if (folder / MODEL).is_file():
        there, done = read_json(folder / MODEL), True
    elif (folder / CHECKPOINT).is_file():
        there, done = read_tensors(folder / CHECKPOINT)[1].get("configuration", {}), False
    elif all(file.name.endswith(PARTIAL) for file in folder.iterdir()):
        return False
    elif (folder / WEIGHTS).is_file() or (folder / HISTORY).is_file():
        raise DamagedError(f"{folder / MODEL} is missing. Delete {folder} and run again.")
    else:
        raise InputError("out", folder, "holds something else than a training", "Take another directory")
    keys = [key for key in differing(there, description) if not key.startswith("provenance")]
    if keys:
        why = f"holds a training with other {', '.join(keys)}"
        raise InputError("out", folder, why, "Take another directory")
    return done
