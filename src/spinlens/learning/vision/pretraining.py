"""Self-supervised pretraining: hide patches and single spins, predict every hidden spin by its likelihood."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.choices import choose_device
from spinlens.learning.folder import finished, fitting_weights, read_model, write_model
from spinlens.learning.history import Row
from spinlens.learning.recipe import Recipe, resolve_precision
from spinlens.learning.training import Training
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import boundary_of
from spinlens.learning.vision.descent import Descent, steps_per_epoch
from spinlens.learning.vision.masked import MaskedReader
from spinlens.learning.vision.objective import PURPOSE, Material, Task, Work, check_even, divide
from spinlens.learning.vision.placement import Placement
from spinlens.learning.vision.symmetries import choose_symmetries
from spinlens.learning.vision.weights import PRETRAINING, stored_architecture
from spinlens.progress import progress_bar
from spinlens.provenance import provenance
from spinlens.symmetries import Symmetries


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A pretrained network and what it reached.

    Attributes
    ----------
    network : MaskedReader
        The network with its decoder.
    history : list of dict
        One row per epoch. ``hidden_loss`` (training) and ``validation_loss`` are minus the log likelihood of hidden
        spins, nats per hidden spin; ``loss`` is what training descends, the likelihoods and squared errors times
        their weights.
    validation_loss : float
        Nats per hidden spin on configurations that were not trained on, hidden as in training.
    single_spin_loss, single_spin_error : float
        Nats per hidden spin where single spins are hidden and their neighbours seen; its standard error over
        configurations. A network that was trained without single hidden spins has not learned to do this.
    single_spin_floor : float or None
        The least that the former can be, see `single_spin_floor`; None where temperatures are not known.
    configuration : dict
        Settings, images, versions.
    directory : Path or None
        Where it lies, for ``weights="lattice:DIR"``.
    """

    network: MaskedReader
    history: list[Row]
    validation_loss: float
    single_spin_loss: float
    single_spin_error: float
    single_spin_floor: float | None
    configuration: dict[str, Any]
    directory: Path | None


def pretrain(
    images: Any,
    *,
    seed: int,
    directory: str | Path | None = None,
    size: str | None = None,
    patch: int = 10,
    stem: int = 16,
    even: bool | None = None,
    boundary: str | None = None,
    width: int | None = None,
    layers: int | None = None,
    heads: int | None = None,
    dropout: float = 0.0,
    mask_ratio: float = 0.0,
    spin_ratio: float = 0.1,
    token_weight: float = 0.0,
    coupling_weight: float = 1.0,
    bond_weight: float = 8.0,
    epochs: int = 3,
    batch: int = 32,
    learning_rate: float = 2e-3,
    weight_decay: float = 0.05,
    schedule: str = "cosine",
    warm_up: float = 0.05,
    patience: int = 0,
    clip: float = 1.0,
    augment: bool = True,
    symmetries: Symmetries | None = None,
    held_out: float = 0.1,
    precision: str = "auto",
    device: str | torch.device | None = None,
    progress: bool = True,
    checkpoint_seconds: float = 60.0,
) -> Pretrained:
    """Pretrain a native vision transformer on unlabelled configurations.

    By default single spins are hidden and predicted by couplings that the pooled features name, beside bond sums: what
    served the classification study best. ``mask_ratio=0.6, spin_ratio=0, token_weight=1, coupling_weight=0,
    bond_weight=0`` is the masking of images.

    Parameters
    ----------
    images : Ensemble or array, (n, L, L)
        Configurations, best over all temperatures.
    seed : int
        Of first weights, order, masks and augmentation.
    directory : path, optional
        For checkpoints, history and the model. The same call continues what is there.
    size, patch, stem, even, boundary, width, layers, heads, dropout
        The network, see `spinlens.learning.vision.build`; the boundary is by default that of the ensemble, and ``even``
        whether the ensemble has no field.
    mask_ratio : float
        Share of patches that are hidden as a whole.
    spin_ratio : float
        Share of spins that are hidden one by one, beside those.
    token_weight : float
        Factor of the likelihood of the hidden spins as the tokens of their patches predict them.
    coupling_weight : float
        Factor of their likelihood by couplings to their neighbours that the pooled features
        name (`spinlens.learning.vision.masked.Couplings`), which makes those features tell the temperature; 0 for
        none.
    bond_weight : float
        Factor of the squared error with which each patch's token predicts the patch's bond sum (over twice the
        sites), added to the likelihood; 0 for none.
    epochs, batch, learning_rate, weight_decay, schedule, warm_up, patience, clip, precision
        See `spinlens.learning.vision.Recipe`.
    augment : bool
        Whether configurations are seen under random symmetries of their energy.
    symmetries : Symmetries, optional
        Those; by default those of the ensemble.
    held_out : float
        Share of chains, or of an array's last configurations, that is never trained on.
    device : str, optional
        CUDA where there is one, else the CPU.
    progress : bool
        Whether to show how far it is.
    checkpoint_seconds : float
        Longest time between checkpoints.

    Returns
    -------
    Pretrained
        The network of the epoch with the lowest validation loss, beside the exact floor.

    Raises
    ------
    InputError
        If a value is not allowed, sizes disagree, or the directory holds something else.
    IncompleteError
        If interrupted with Ctrl-C; the same call continues.
    DamagedError
        If a file that is read is damaged.

    References
    ----------
    Z. Xie et al., "SimMIM: a simple framework for masked image modeling", CVPR 2022. doi:10.1109/CVPR52688.2022.00943
    """
    place = choose_device(device)
    task = Task(mask_ratio, spin_ratio, token_weight, coupling_weight, bond_weight)
    recipe = Recipe(
        seed=seed, epochs=epochs, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay,
        schedule=schedule, warm_up=warm_up, patience=patience, clip=clip,
        precision=resolve_precision(precision, place),
    )  # fmt: skip
    material = divide(images, held_out)
    if even is None:
        even = stem > 0 and token_weight == 0 and _reversible(images)
    architecture = Architecture(
        name="vit", side=material.trained.side, classes=2, size=size, patch=patch, stem=stem, even=even,
        boundary=boundary_of(images) if boundary is None else boundary,
        width=width, layers=layers, heads=heads, dropout=dropout,
    )  # fmt: skip
    check_even(task, even=architecture.even)
    patches = (architecture.side // patch) ** 2
    if round(mask_ratio * patches) == 0 and spin_ratio == 0:
        raise InputError("mask_ratio", mask_ratio, f"hides none of the {patches} patches", "Take a larger share")
    moves = choose_symmetries(symmetries, images=images, shape=material.trained.shape, augment=augment)
    description = _describe(task, recipe, architecture, material, moves)
    # What "auto" means depends on the device, which does not make a training another one.
    description["training"]["precision"] = precision
    folder = None if directory is None else Path(directory)
    if folder is not None and finished(folder, description, argument="directory"):
        return load_pretrained(folder)
    if folder is not None:
        make_folder(folder)
    placement = Placement(place)
    network = _network(architecture, task, seed=recipe.seed).to(placement.device)
    work = Work(material, task, recipe, moves=moves, patches=patches, device=placement.device)
    descent = Descent(
        network, work.loss, recipe, purpose=PURPOSE, steps=steps_per_epoch(len(material.trained), recipe.batch),
        placement=placement, validate=lambda: work.validate(network),
    )  # fmt: skip
    training = Training(descent, recipe, description, folder, checkpoint_seconds=checkpoint_seconds)
    training.resume()
    with progress_bar("pretrain", show=progress and placement.first) as report:
        history = training.run(report)
    network.keep_direction()
    result: dict[str, Any] = {"validation_loss": work.validate(network)["validation_loss"]} | work.single_spins(network)
    network.cpu()
    description = description | {"configuration": network.reader.configuration, "result": result}
    if folder is not None and placement.first:
        write_model(folder, dict(network.state_dict()), description, history)
    placement.wait()
    return Pretrained(network, history, **result, configuration=description, directory=folder)


def load_pretrained(directory: str | Path) -> Pretrained:
    """Read what `pretrain` wrote.

    Raises
    ------
    InputError
        If there is no pretraining in the directory.
    DamagedError
        If a file is damaged or the weights do not fit the configuration.
    """
    folder = Path(directory)
    tensors, description, history = read_model(folder, PRETRAINING)
    with fitting_weights(folder):
        task = Task(**description["task"])
        network = _network(stored_architecture(description, folder), task)
        network.load_state_dict(tensors)
        result = description["result"]
        return Pretrained(network.eval(), history, **result, configuration=description, directory=folder)


def _network(architecture: Architecture, task: Task, *, seed: int = 0) -> MaskedReader:
    return MaskedReader(architecture, couplings=task.coupling_weight > 0, bonds=task.bond_weight > 0, seed=seed)


def _describe(
    task: Task, recipe: Recipe, architecture: Architecture, material: Material, moves: Symmetries | None
) -> dict[str, Any]:
    return {
        "kind": PRETRAINING,
        "task": asdict(task),
        "architecture": architecture.to_dict(),
        "training": recipe.to_dict(),
        "images": {"trained": material.trained.digest, "kept": material.kept.digest, "count": len(material.trained)},
        "symmetries": None if moves is None else moves.to_dict(),
        "provenance": provenance() | {"precision": recipe.precision},
    }


def _reversible(images: Any) -> bool:
    """Return whether a configuration and its reverse are equally likely at every condition of an ensemble."""
    if not hasattr(images, "model"):
        return False
    controls = {name: values for name, values in images.grid.items() if name != "temperature"}
    return not any(np.any(values) for values in controls.values())
