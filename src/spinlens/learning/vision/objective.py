"""What is hidden in a pretraining, on which configurations, and the losses of the predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.batches import split
from spinlens.learning.continuation import Tensors
from spinlens.learning.history import Row
from spinlens.learning.settings import Masking
from spinlens.learning.vision.conditional_entropy import conditions_of, site_entropy
from spinlens.learning.vision.configurations import Configurations, chains_of, configurations
from spinlens.learning.vision.descent import MASK, VALIDATION, Descent
from spinlens.learning.vision.inference import CHUNK, autocast
from spinlens.learning.vision.masked import Predictions, hidden_loss, unlikeliness
from spinlens.learning.vision.masks import hidden_patches, hidden_spins, isolated_spins, spread
from spinlens.learning.vision.patch_energies import PatchEnergies
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
        """Return the entropy of each spin of some configurations given all others, nats, (n, *sides)."""
        here = {name: values[part] for name, values in self.controls.items()}
        return site_entropy(self.model, self.lattice, spins, temperature=self.temperature[part], controls=here)

    def patch_energies(self, patch: int) -> PatchEnergies:
        """Return what says the energy of each patch; a control that varies has its default there, a field none.

        Raises
        ------
        InputError
            If quenched disorder differs between configurations.
        """
        alike = {name: float(values[0]) for name, values in self.controls.items() if len(np.unique(values)) == 1}
        if self.model.quenched is not None and self.model.quenched not in alike:
            why = "patches of one energy are asked for, and that of quenched samples differs"
            raise InputError("bond_weight", f"with several of {self.model.quenched}", why, "Take bond_weight=0")
        return PatchEnergies(self.model, self.lattice, self.model.values_of_controls(alike), patch=patch)


@dataclass(frozen=True, slots=True)
class Material:
    """Configurations to train on, those that are kept from it, and the conditions of the latter where known."""

    trained: Configurations
    kept: Configurations
    conditions: Conditions | None

    def patch_energies(self, patch: int) -> PatchEnergies:
        """Return what says the energy of each patch.

        Raises
        ------
        InputError
            If they have no Hamiltonian, or not one alone.
        """
        if self.conditions is None:
            why = "an array does not say what its energy is"
            raise InputError("bond_weight", "> 0 for an array", why, "Take an ensemble, or Masking(bond_weight=0)")
        return self.conditions.patch_energies(patch)


def divide(images: Any, held_out: float) -> Material:
    """Keep the last chains of an ensemble, or the last configurations of an array, from training.

    Raises
    ------
    InputError
        If the share is not between 0 and 1 or there is too little to divide.
    """
    if not isinstance(images, np.ndarray) and hasattr(images, "packed"):
        kept_chains = split(int(images.sizes["chain"]), held_out)
        trained, kept = (chains_of(images, part) for part in kept_chains)
        return Material(trained, kept, _conditions(images, len(kept)))
    given = configurations(images)
    if len(given) < 2:
        raise InputError("images", f"{len(given)} configuration", "some are trained on and some are kept from it")
    trained_part, kept_part = split(len(given), held_out)
    return Material(given.part(trained_part), given.part(kept_part), None)


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
    patch : int
        Sites along a side of a patch.
    **more
        As for `Descent`.
    """

    purpose = Purpose.PRETRAINING

    def __init__(self, network: nn.Module, material: Material, task: Masking, *, patch: int, **more: Any) -> None:
        super().__init__(network, material.trained, **more)
        self.material, self.task, self.patch = material, task, patch
        self.patches = math.prod(side // patch for side in material.trained.shape)
        self.statistics = torch.from_numpy(material.trained.channels.statistics).to(self.device)
        self.energies = material.patch_energies(patch) if task.bond_weight else None

    def loss(self, step: int) -> Tensors:
        """Return ``loss``, the weighted sum that is descended, and ``hidden_loss``, nats per hidden site.

        The latter is minus the log likelihood alone, as `validate` takes it, so that both can be compared.
        """
        codes, _ = self.codes(step)
        seen = self.images.see(codes, self.device)
        patches, hidden = self.mask(len(seen), generator(self.seed, self.purpose, MASK, step))
        with autocast(self.device, self.precision):
            said = self.network(self.shown(seen, hidden), patches)
        unlike = hidden_loss(said.logits, seen, hidden, self.statistics)
        total = self.task.token_weight * unlike
        if said.coupled is not None:
            coupled = hidden_loss(said.coupled, seen, hidden, self.statistics)
            total = total + self.task.coupling_weight * coupled
            unlike = unlike if self.task.token_weight else coupled
        if said.bonds is not None:
            assert self.energies is not None
            target = self.energies(codes).to(self.device)
            total = total + self.task.bond_weight * nn.functional.mse_loss(said.bonds, target)
        return {"loss": total, "hidden_loss": unlike}

    def shown(self, seen: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        """Return what the network is shown, (n, channels, *sides): of a hidden site the mean over all states.

        No state looks like that: of two it is half-way between them.
        """
        mean = self.statistics.mean(0).view(1, -1, *(1,) * (seen.ndim - 2))
        return torch.where(hidden[:, None], mean, seen)

    def mask(self, count: int, numbers: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return hidden patches (n, P) and all hidden sites (n, *sides)."""
        shape = self.material.trained.shape
        patches = hidden_patches(count, self.patches, self.task.mask_ratio, generator=numbers)
        hidden = spread(patches, shape, self.patch)
        if self.task.spin_ratio:
            hidden = hidden | hidden_spins(count, shape, self.task.spin_ratio, generator=numbers)
        return patches.to(self.device), hidden.to(self.device)

    def validate(self) -> Row:
        """Return the loss on the kept configurations, hidden by the same masks each time, nats per hidden site.

        It is that of the tokens, or of the couplings where the tokens learn nothing.
        """
        total, count = 0.0, 0
        for part in self._parts():
            numbers = generator(self.seed, self.purpose, VALIDATION, 0, part.start)
            seen = self.material.kept.take(part, device=self.device)
            patches, hidden = self.mask(len(seen), numbers)
            said = self._say(seen, patches, hidden)
            logits = said.coupled if said.coupled is not None and self.task.token_weight == 0 else said.logits
            each = unlikeliness(logits.double(), seen.double(), hidden, self.statistics)
            total += float(each.sum())
            count += len(each)
        return {"validation_loss": total / count}

    def single_spins(self) -> dict[str, float | None]:
        """Return the loss where single sites are hidden and their neighbours seen, its error, and its floor.

        All in nats per hidden site, by the couplings where the network names them; the floor is the entropy of the
        very sites that were hidden, where there are two states and the temperatures are known.
        """
        losses, floors = [], []
        conditions = self.material.conditions if self.material.kept.space.states == 2 else None
        for part in self._parts():
            numbers = generator(self.seed, self.purpose, VALIDATION, SINGLE, part.start)
            seen = self.material.kept.take(part, device=self.device)
            hidden = isolated_spins(len(seen), self.material.kept.shape, generator=numbers).to(self.device)
            patches = torch.zeros(len(seen), self.patches, dtype=torch.bool, device=self.device)
            said = self._say(seen, patches, hidden)
            logits = said.logits if said.coupled is None else said.coupled
            each = unlikeliness(logits.double(), seen.double(), hidden, self.statistics)
            counts = hidden.flatten(1).sum(1)
            total = torch.zeros(len(seen), dtype=torch.float64, device=self.device)
            losses.append((total.index_add(0, hidden.nonzero()[:, 0], each) / counts).cpu().numpy())
            if conditions is not None:
                entropy = conditions.entropy(seen[:, 0].cpu().numpy(), part) * hidden.cpu().numpy()
                floors.append(entropy.reshape(len(seen), -1).sum(1) / counts.cpu().numpy())
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

    def _say(self, seen: torch.Tensor, patches: torch.Tensor, hidden: torch.Tensor) -> Predictions:
        with torch.inference_mode(), autocast(self.device, self.precision):
            said: Predictions = self.network(self.shown(seen, hidden), patches)
        return said
