"""From a design, a recipe and an ensemble to the trained network of a TCVAE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning.batches import INITIAL, Batches, PackedEnsemble, check_readable, split
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.choices import Design, as_dict, check_whole
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.folder import MODEL, WEIGHTS, finished
from spinlens.learning.history import HISTORY, Row
from spinlens.learning.losses import TERMS, LossWeights, stratified_weights
from spinlens.learning.network import Network, check_shape
from spinlens.learning.recipe import Recipe
from spinlens.learning.steps import Step, choose_step
from spinlens.learning.training import Training
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import Symmetries


def check_recipe(**choices: Any) -> Recipe:
    """Return the recipe of a TCVAE: NAdam, at least one epoch, and at least four configurations a step.

    Raises
    ------
    InputError
        If a value is out of range.
    """
    check_whole("epochs", choices["epochs"], 1)
    check_whole("batch", choices["batch"], 4)
    return Recipe(optimizer="nadam", **choices)


def describe(design: Design, recipe: Recipe, ensemble: PackedEnsemble) -> dict[str, Any]:
    """Return what tells a training from others: design, recipe, ensemble, chains and versions.

    Raises
    ------
    InputError
        If the network does not fit the lattice, or there are too few chains.
    """
    check_readable(ensemble)
    _check_symmetric(design, ensemble)
    sizes = {name: int(size) for name, size in ensemble.sizes.items()}
    check_shape((sizes["x"], sizes["y"]), len(design.filters))
    trained, kept = split(sizes["chain"], recipe.held_out)
    return {
        "design": as_dict(design),
        "training": recipe.to_dict(),
        "ensemble": {"fingerprint": ensemble.fingerprint, "sizes": sizes},
        "chains": {"training": [trained.start, trained.stop], "held_out": [kept.start, kept.stop]},
        "provenance": provenance(),
    }


def _check_symmetric(design: Design, ensemble: Any) -> None:
    """Refuse to show configurations reversed where that changes their energy at every field."""
    if not (design.symmetric and hasattr(ensemble, "model")):
        return
    neutral = dict.fromkeys(ensemble.model.controls, 0.0)
    if ensemble.lattice.walled or not Symmetries.of(ensemble.model, ensemble.lattice, **neutral).flip:
        why = f"the reversal of all spins is no symmetry of {ensemble.model.text} on {ensemble.lattice.text}"
        raise InputError("symmetric", True, why, "Take symmetric=False")


def is_done(folder: Path, description: dict[str, Any]) -> bool:
    """Tell whether a folder holds this very training, finished.

    Raises
    ------
    InputError
        If it holds another training or something else.
    DamagedError
        If a file is damaged or was lost.
    """
    if finished(folder, description, argument="out"):
        return True
    # Each epoch ends with a checkpoint, which goes when the model is there, so one of the two is always beside these.
    if any((folder / name).is_file() for name in (WEIGHTS, HISTORY)) and not (folder / CHECKPOINT).is_file():
        raise DamagedError(f"{folder / MODEL} is missing. Delete {folder} and run again.")
    return False


def train_network(
    design: Design,
    recipe: Recipe,
    ensemble: PackedEnsemble,
    *,
    description: dict[str, Any],
    device: torch.device,
    folder: Path | None,
    checkpoint_seconds: float,
    progress: bool,
) -> tuple[Network, list[Row]]:
    """Train from the start or from the checkpoint in the folder.

    Parameters
    ----------
    design, recipe, ensemble
        What to train, how, and on what.
    description : dict
        From `describe`.
    device : torch.device
        Where to train.
    folder : Path or None
        For checkpoints and history.
    checkpoint_seconds : float
        Longest time between checkpoints.
    progress : bool
        Whether to show the loss terms.

    Returns
    -------
    network : Network
        On the CPU.
    history : list of dict
        One row per epoch: the loss terms in nats per configuration.

    Raises
    ------
    InputError
        If there are fewer configurations than one batch.
    IncompleteError
        If interrupted with Ctrl-C.
    DamagedError
        If the checkpoint is damaged.
    """
    batches = Batches(
        ensemble.packed(chain=slice(*description["chains"]["training"])),
        description["ensemble"]["sizes"]["y"],
        seed=recipe.seed,
        batch=recipe.batch,
        latent=design.latent,
        symmetric=design.symmetric,
        device=device,
    )
    if folder is not None:
        make_folder(folder)
    network = empty_network(design, description)
    network.initialise(generator(recipe.seed, Purpose.TRAINING, INITIAL))
    network.to(device)
    step = choose_step(
        network,
        design.loss_weights,
        np.log(stratified_weights(design.estimator, recipe.batch, batches.count)),
        half=recipe.precision == "bfloat16",
        threads=torch.get_num_threads(),
    )
    training = Training(
        TotalCorrelation(network, step, batches, design.loss_weights), recipe, description, folder, argument="out",
        checkpoint_seconds=checkpoint_seconds, saves_epochs=True,
    )  # fmt: skip
    training.resume()
    outside = torch.get_num_threads()
    torch.set_num_threads(step.threads)
    try:
        with progress_bar("train", show=progress) as report:
            history = training.run(report)
    finally:
        torch.set_num_threads(outside)
    return network.to("cpu"), history


class TotalCorrelation:
    """The loss of a TCVAE, a sum of weighted terms; an `Objective`.

    Parameters
    ----------
    network : Network
        The weights, changed in place.
    step : Step
        Computes loss terms and gradients.
    batches : Batches
        Gives spins and noise of each step.
    loss_weights : LossWeights
        Factors of the loss terms.
    """

    writes = True

    def __init__(self, network: Network, step: Step, batches: Batches, loss_weights: LossWeights) -> None:
        self.network: torch.nn.Module = network
        self.step, self.batches, self.loss_weights = step, batches, loss_weights
        self.steps = batches.steps

    def prepare(self, optimizer: torch.optim.Optimizer) -> None:
        """Nothing is shared."""

    def gradients(self, step: int) -> dict[str, float]:
        """Leave the gradients of a step in the parameters; return the terms."""
        spins, noise = self.batches(step)
        return dict(zip(TERMS, self.step(spins, noise).tolist(), strict=True))

    def row(self, means: Row) -> Row:
        """Return the terms and their weighted sum."""
        return means | {"total": self._total(means)}

    def note(self, means: Row) -> str:
        """Return the loss and its terms."""
        names = ("reconstruction", "MI", "TC", "KL")
        parts = ", ".join(f"{name} {means[term]:.3g}" for name, term in zip(names, TERMS, strict=True))
        return f"loss {self._total(means):.4g} nats, {parts}"

    def _total(self, means: Row) -> float:
        return float(np.array([means[term] for term in TERMS]) @ self.loss_weights.vector)


def empty_network(design: Design, description: dict[str, Any]) -> Network:
    """Return the network of a description, with all weights zero."""
    sizes = description["ensemble"]["sizes"]
    return Network((sizes["x"], sizes["y"]), design.latent, design.filters)
