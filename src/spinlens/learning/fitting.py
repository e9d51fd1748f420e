"""From a design, a recipe and an ensemble to the trained network of a TCVAE."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from spinlens.errors import DamagedError, InputError
from spinlens.learning.batches import INITIAL, Batches, PackedEnsemble, check_readable, split
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.choices import Design, Recipe, as_dict
from spinlens.learning.continuation import CHECKPOINT
from spinlens.learning.folder import MODEL, WEIGHTS, finished
from spinlens.learning.history import HISTORY, Row
from spinlens.learning.losses import stratified_weights
from spinlens.learning.network import Network, check_shape
from spinlens.learning.steps import choose_step
from spinlens.learning.train import Training
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import Purpose, generator
from spinlens.symmetries import Symmetries


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
        "training": as_dict(recipe),
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
        design.weights,
        np.log(stratified_weights(design.estimator, recipe.batch, batches.count)),
        half=recipe.precision == "bfloat16",
        threads=torch.get_num_threads(),
    )
    training = Training(
        network,
        step,
        batches,
        design.weights,
        recipe.epochs,
        recipe.learning_rate,
        recipe.schedule,
        description,
        folder,
        checkpoint_seconds,
    )
    training.resume()
    outside = torch.get_num_threads()
    torch.set_num_threads(step.threads)
    try:
        with progress_bar("train", show=progress) as report:
            history = training.run(report)
    finally:
        torch.set_num_threads(outside)
    return network.to("cpu"), history


def empty_network(design: Design, description: dict[str, Any]) -> Network:
    """Return the network of a description, with all weights zero."""
    sizes = description["ensemble"]["sizes"]
    return Network((sizes["x"], sizes["y"]), design.latent, design.filters)
