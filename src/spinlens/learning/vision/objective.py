"""What is hidden in a pretraining, on which configurations, and the losses of the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning import channels as packed_codes
from spinlens.learning.batches import split
from spinlens.learning.continuation import Tensors
from spinlens.learning.history import Row
from spinlens.learning.settings import Masking
from spinlens.learning.vision.conditional_entropy import conditions_of, site_entropy
from spinlens.learning.vision.configurations import SPINS, Configurations, check_spins, configurations
from spinlens.learning.vision.descent import MASK, VALIDATION, Descent
from spinlens.learning.vision.inference import CHUNK, autocast
from spinlens.learning.vision.masked import Predictions, hidden_loss, unlikeliness
from spinlens.learning.vision.masks import hidden_patches, hidden_spins, isolated_spins, spread
from spinlens.models import Model
from spinlens.seeds import Purpose, generator

SINGLE = 1
"""Place of the stream that hides single spins, among those of the validation."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Hamiltonian, temperature and other controls of each of a list of configurations."""

    model: Model
    lattice: Lattice
    temperature: np.ndarray
    controls: Mapping[str, np.ndarray]

    def entropy(self, spins: np.ndarray, part: slice) -> np.ndarray:
        """Return the entropy of each spin of some configurations given all others, nats, (n, Lx, Ly)."""
        here = {name: values[part] for name, values in self.controls.items()}
        return site_entropy(self.model, self.lattice, spins, temperature=self.temperature[part], controls=here)


@dataclass(frozen=True, slots=True)
class Material:
    """Configurations to train on, those that are kept from it, and the conditions of the latter where known."""

    trained: Configurations
    kept: Configurations
    conditions: Conditions | None


def divide(images: Any, held_out: float) -> Material:
    """Keep the last chains of an ensemble, or the last configurations of an array, from training.

    Raises
    ------
    InputError
        If the share is not between 0 and 1 or there is too little to divide.
    """
    check_spins(images)
    if not isinstance(images, np.ndarray) and hasattr(images, "packed"):
        kept_chains = split(int(images.sizes["chain"]), held_out)
        parts = [packed_codes.configurations(images, chain=part) for part in kept_chains]
        flat = [Configurations(each.packed.reshape(-1, *each.packed.shape[-2:]), each.space, each.shape)
                for each in parts]  # fmt: skip
        return Material(flat[0], flat[1], _conditions(images, len(flat[1])))
    given = configurations(images, channels=SPINS)
    if len(given) < 2:
        raise InputError("images", f"{len(given)} configuration", "some are trained on and some are kept from it")
    trained, kept = split(len(given), held_out)
    return Material(given.part(trained), given.part(kept), None)


def _conditions(images: Any, count: int) -> Conditions | None:
    """Return the conditions of so many configurations of an ensemble, equally many of each."""
    if not hasattr(images, "model"):
        return None
    controls = conditions_of(images.grid, count)
    return Conditions(images.model, images.lattice, controls.pop("temperature"), controls)


class HiddenSpins(Descent):
    """The losses of a pretraining.

    Parameters
    ----------
    network : MaskedReader
        The weights.
    material : Material
        Configurations.
    task : Masking
        What is hidden and predicted.
    patches : int
        Patches of a configuration.
    **more
        As for `Descent`.
    """

    purpose = Purpose.PRETRAINING

    def __init__(self, network: nn.Module, material: Material, task: Masking, *, patches: int, **more: Any) -> None:
        super().__init__(network, material.trained, **more)
        self.material, self.task, self.patches = material, task, patches

    def loss(self, step: int) -> Tensors:
        """Return ``loss``, the weighted sum that is descended, and ``hidden_loss``, nats per hidden spin.

        The latter is minus the log likelihood alone, as `validate` takes it, so that both can be compared.
        """
        spins, _ = self.spins(step)
        patches, hidden = self.mask(len(spins), generator(self.seed, self.purpose, MASK, step))
        with autocast(self.device, self.precision):
            said = self.network(spins * ~hidden[:, None], patches)
        unlike = hidden_loss(said.logits, spins, hidden)
        total = self.task.token_weight * unlike
        if said.coupled is not None:
            coupled = hidden_loss(said.coupled, spins, hidden)
            total = total + self.task.coupling_weight * coupled
            unlike = unlike if self.task.token_weight else coupled
        if said.bonds is not None:
            reader: Any = self.network
            total = total + self.task.bond_weight * nn.functional.mse_loss(said.bonds, reader.patch_bonds(spins))
        return {"loss": total, "hidden_loss": unlike}

    def mask(self, count: int, numbers: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return hidden patches (n, P) and all hidden spins (n, L, L)."""
        patches = hidden_patches(count, self.patches, self.task.mask_ratio, generator=numbers)
        hidden = spread(patches, self.material.trained.side)
        if self.task.spin_ratio:
            hidden = hidden | hidden_spins(count, self.material.trained.side, self.task.spin_ratio, generator=numbers)
        return patches.to(self.device), hidden.to(self.device)

    def validate(self) -> Row:
        """Return the loss on the kept configurations, hidden by the same masks each time, nats per hidden spin.

        It is that of the tokens, or of the couplings where the tokens learn nothing.
        """
        total, count = 0.0, 0
        for part in self._parts():
            numbers = generator(self.seed, self.purpose, VALIDATION, 0, part.start)
            spins = self.material.kept.take(part, device=self.device)
            patches, hidden = self.mask(len(spins), numbers)
            said = self._say(spins, patches, hidden)
            odds = said.coupled if said.coupled is not None and self.task.token_weight == 0 else said.logits
            each = unlikeliness(odds, spins).double()
            total += float(each[hidden].sum())
            count += int(hidden.sum())
        return {"validation_loss": total / count}

    def single_spins(self) -> dict[str, float | None]:
        """Return the loss where single spins are hidden and their neighbours seen, its error, and its floor.

        All in nats per hidden spin, by the couplings where the network names them; the floor is the entropy of the
        very spins that were hidden.
        """
        losses, floors = [], []
        for part in self._parts():
            numbers = generator(self.seed, self.purpose, VALIDATION, SINGLE, part.start)
            spins = self.material.kept.take(part, device=self.device)
            hidden = isolated_spins(len(spins), self.material.kept.side, generator=numbers).to(self.device)
            patches = torch.zeros(len(spins), self.patches, dtype=torch.bool, device=self.device)
            said = self._say(spins, patches, hidden)
            each = unlikeliness(said.logits if said.coupled is None else said.coupled, spins).double()
            counts = hidden.sum((1, 2))
            losses.append(((each * hidden).sum((1, 2)) / counts).cpu().numpy())
            if self.material.conditions is not None:
                entropy = self.material.conditions.entropy(spins[:, 0].cpu().numpy(), part)
                floors.append((entropy * hidden.cpu().numpy()).sum((1, 2)) / counts.cpu().numpy())
        loss = np.concatenate(losses)
        error = float(loss.std(ddof=1) / len(loss) ** 0.5) if len(loss) > 1 else float("nan")
        return {
            "single_spin_loss": float(loss.mean()),
            "single_spin_error": error,
            "single_spin_floor": float(np.concatenate(floors).mean()) if floors else None,
        }

    def _parts(self) -> list[slice]:
        count = len(self.material.kept)
        return [slice(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]

    def _say(self, spins: torch.Tensor, patches: torch.Tensor, hidden: torch.Tensor) -> Predictions:
        with torch.inference_mode(), autocast(self.device, self.precision):
            said: Predictions = self.network(spins * ~hidden[:, None], patches)
        return said
