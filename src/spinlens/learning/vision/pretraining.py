"""Self-supervised pretraining: hide patches and single sites, predict every hidden site by its likelihood."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.channels import Channels
from spinlens.learning.choices import choose_device, choose_precision
from spinlens.learning.settings import Masked, Masking, Recipe, Transformer
from spinlens.learning.training import Objective
from spinlens.learning.vision.architecture import Architecture
from spinlens.learning.vision.configurations import SPINS, boundary_seen
from spinlens.learning.vision.inference import in_chunks
from spinlens.learning.vision.masked import MaskedReader
from spinlens.learning.vision.objective import HiddenSpins, divide
from spinlens.learning.vision.predictor import ReaderEstimator
from spinlens.learning.vision.pretrained import stored_architecture
from spinlens.learning.vision.reader import Reader
from spinlens.learning.vision.symmetries import Moves, choose_moves
from spinlens.progress import Report
from spinlens.symmetries import Symmetries

SHAPE = Transformer(patch=10, stem=16)
"""What the settings of the network leave open."""


class Pretraining(ReaderEstimator):
    """A native vision transformer that is trained on unlabelled configurations.

    Parameters
    ----------
    network : Transformer
        Its shape. What is left open: patches of 10 x 10, a stem of 16 channels, the boundary of the ensemble, and
        ``even`` where the ensemble has no field and no token predicts spins.
    task : Masking
        What is hidden and what is predicted.
    augment : bool
        Whether configurations are seen under random symmetries of their energy.
    held_out : float
        Share of chains, or of an array's last configurations, that is never trained on.
    recipe : Recipe
        How to train. What it leaves open: 3 epochs in batches of 32, AdamW at a rate that warms up to 2e-3 and falls
        like a cosine, weight decay 0.05, gradients no longer than 1.
    seed : int
        Of first weights, order, masks and augmentation.
    device : str or torch.device, optional
        CUDA where there is one, else the CPU.

    Attributes
    ----------
    network_ : MaskedReader
        The network of the epoch with the lowest validation loss, with its decoder.
    history_ : list of dict
        One row per epoch. ``hidden_loss`` (training) and ``validation_loss`` are minus the log likelihood of hidden
        spins, nats per hidden spin; ``loss`` is what training descends, the likelihoods and squared errors times
        their loss weights.
    validation_loss_ : float
        Nats per hidden spin on configurations that were not trained on, hidden as in training.
    single_spin_loss_, single_spin_error_ : float
        Nats per hidden spin where single spins are hidden and their neighbours seen; its standard error over
        configurations. A network that was trained without single hidden spins has not learned to do this.
    single_spin_floor_ : float or None
        The least that the former can be, see `single_spin_entropy`; None where temperatures are not known or there are
        more than two states.

    References
    ----------
    Z. Xie et al., "SimMIM: a simple framework for masked image modeling", CVPR 2022. doi:10.1109/CVPR52688.2022.00943
    """

    network_: MaskedReader
    validation_loss_: float
    single_spin_loss_: float
    single_spin_error_: float
    single_spin_floor_: float | None

    def __init__(
        self,
        network: Transformer = Transformer(),  # noqa: B008
        *,
        task: Masking = Masking(),  # noqa: B008
        augment: bool = True,
        held_out: float = 0.1,
        recipe: Recipe = Recipe(),  # noqa: B008
        seed: int = 0,
        device: str | torch.device | None = None,
    ) -> None:
        self.network, self.task, self.augment, self.held_out = network, task, augment, held_out
        self.recipe, self.seed, self.device = recipe, seed, device

    @property
    def reader(self) -> Reader:
        """The network that reads spins, without its decoder."""
        self._check_fitted()
        return self.network_.reader

    def fit(
        self,
        images: Any,
        y: object = None,  # noqa: ARG002
        *,
        symmetries: Symmetries | Moves | None = None,
        out: str | Path | None = None,
        progress: bool | Report = True,
        checkpoint_seconds: float = 60.0,
    ) -> Self:
        """Train on unlabelled configurations.

        Parameters
        ----------
        images : Ensemble or array, (n, L, L) or (n, L, L, L)
            Configurations of any model, best over all temperatures.
        y : object
            Not looked at.
        symmetries : Symmetries or Moves, optional
            For augmentation, with `Moves.of` those of the codes too; by default all those of the ensemble.
        out : path, optional
            For checkpoints, history and the model. The same call continues what is there.
        progress : bool or callable
            Whether to show how far it is; or called with the fraction done and a note in place of showing it. Raising
            from it stops the training, whose checkpoint is kept.
        checkpoint_seconds : float
            Longest time between checkpoints.

        Returns
        -------
        Pretraining
            Itself.

        Raises
        ------
        InputError
            If a value is not allowed, sizes disagree, or the directory holds something else.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        DamagedError
            If a file that is read is damaged.
        """
        settings, place = self._settings(Masked), choose_device(self.device)
        recipe, task, shape = settings.recipe, settings.task, self.network.filled(SHAPE)
        material = divide(images, settings.held_out)
        seen = material.trained.channels
        known: dict[str, Any] = {
            "boundary": boundary_seen(images),
            "even": shape.stem > 0 and task.token_weight == 0 and seen.count == 1 and _reversible(images),
            "axes": len(material.trained.shape), "channels": seen.count,
        }  # fmt: skip
        architecture = Architecture(
            name="vit", side=material.trained.side, classes=2, **(known | shape.given)
        )  # fmt: skip
        task.check_even(even=architecture.even)
        patches = (architecture.side // architecture.patch) ** architecture.axes
        if round(task.mask_ratio * patches) == 0 and task.spin_ratio == 0:
            why = f"hides none of the {patches} patches"
            raise InputError("mask_ratio", task.mask_ratio, why, "Take a larger share")
        moves = choose_moves(symmetries, images=images, given=material.trained, augment=settings.augment)
        precision = choose_precision(recipe.precision, place)
        description = self._describe(
            recipe, precision, task=task.to_dict(), architecture=architecture.to_dict(),
            images={"trained": material.trained.digest, "kept": material.kept.digest, "count": len(material.trained)},
            symmetries=None if moves is None else moves.to_dict(),
        )  # fmt: skip
        if task.bond_weight:
            material.patch_energies(architecture.patch)
        description["channels"] = seen.to_dict()

        def begin() -> Objective:
            return HiddenSpins(
                _network(architecture, task, seen, seed=self.seed).to(place), material, task, patch=architecture.patch,
                recipe=recipe, moves=moves, precision=precision, seed=self.seed, device=place,
            )  # fmt: skip

        return self._open_or_train(
            begin, recipe, description, out=out, progress=progress, checkpoint_seconds=checkpoint_seconds
        )

    def _conclude(self, objective: Objective) -> dict[str, Any]:
        assert isinstance(objective, HiddenSpins)
        network: Any = objective.network
        features = in_chunks(
            network.reader.features, objective.material.kept, device=objective.device, precision=objective.precision
        )
        network.keep_direction(torch.from_numpy(features))
        result = {"validation_loss": objective.validate()["validation_loss"]} | objective.single_spins()
        return {"configuration": network.reader.configuration, "result": result}

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:
        # Descriptions that name no channels are of two states.
        seen = Channels.from_dict(description["channels"]) if "channels" in description else SPINS
        return _network(stored_architecture(description, folder), Masking(**description["task"]), seen)

    def _take(self, network: nn.Module) -> None:
        super()._take(network)
        for name, value in self._description["result"].items():
            setattr(self, f"{name}_", value)

    def transform(self, images: Any) -> np.ndarray:
        """Return the pooled features of each configuration, float32 (n, width)."""
        return self.features(images)


def _network(architecture: Architecture, task: Masking, seen: Channels, *, seed: int = 0) -> MaskedReader:
    network = MaskedReader(architecture, couplings=task.coupling_weight > 0, bonds=task.bond_weight > 0, seed=seed)
    network.reader.channels = seen
    return network


def _reversible(images: Any) -> bool:
    """Return whether a configuration and its reverse are equally likely at every condition of an ensemble."""
    if not hasattr(images, "model"):
        return False
    controls = {name: values for name, values in images.grid.items() if name != "temperature"}
    return not any(np.any(values) for values in controls.values())
