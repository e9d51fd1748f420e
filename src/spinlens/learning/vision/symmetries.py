"""Configurations under random symmetries of their energy, as augmentation."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.learning.channels import Integers
from spinlens.learning.vision.configurations import Configurations
from spinlens.models import Model
from spinlens.symmetries import Symmetries, code_group


@dataclass(frozen=True, eq=False)
class Moves:
    """The maps of configurations that a training sees them under.

    Attributes
    ----------
    symmetries : Symmetries
        Of sites, and of all sites turned.
    turn : ndarray, int64 (q,), optional
        The code that each one is turned to; None where nothing turns.
    group : ndarray, int64 (G, q), optional
        Permutations of the codes that may act besides, drawn alike.
    """

    symmetries: Symmetries
    turn: Integers | None = None
    group: Integers | None = None

    @classmethod
    def of(cls, model: Model, lattice: Lattice, **controls: float) -> Self:
        """Return all that is known to leave the energies of a model unchanged at a point of its controls."""
        # Of two states the turn of all sites is the only one.
        group = code_group(model, lattice, **controls) if model.space.states > 2 else None
        turn = np.array([1, 0]) if model.space.states == 2 else model.space.turn
        return cls(Symmetries.of(model, lattice, **controls), turn, group)

    def at_random(self, codes: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
        """Return each configuration under a map of its own, int64 (n, *sides); see `transform_at_random`."""
        codes = transform_at_random(self.symmetries, codes, generator, turn=self.turn)
        if self.group is None:
            return codes
        chosen = torch.from_numpy(self.group[generator.integers(0, len(self.group), len(codes))])
        return chosen.gather(1, codes.flatten(1)).view(codes.shape)

    def to_dict(self) -> dict[str, Any]:
        """Return them as JSON can hold them; permutations of codes, of which there may be many, by their SHA-256."""
        more = {} if self.group is None else {"group": hashlib.sha256(self.group.astype("<i8").tobytes()).hexdigest()}
        return self.symmetries.to_dict() | more


def transform_at_random(
    symmetries: Symmetries, values: torch.Tensor, generator: np.random.Generator, *, turn: Integers | None = None
) -> torch.Tensor:
    """Return each configuration under an element of the group of its own, drawn uniformly.

    Parameters
    ----------
    symmetries : Symmetries
        The group.
    values : Tensor, (n, *sides)
        Codes, or without ``turn`` spins +-1 of any type.
    generator : numpy.random.Generator
        Makes the choice; it is asked for the same numbers whatever the values.
    turn : ndarray, int64 (q,), optional
        The code that each one is turned to; spins are reversed.

    Returns
    -------
    Tensor
        Of the same shape and type.

    Raises
    ------
    InputError
        If the sides are others.
    """
    if tuple(values.shape[1:]) != symmetries.shape:
        got, wanted = (" x ".join(map(str, sides)) for sides in (values.shape[1:], symmetries.shape))
        raise InputError("spins", got, f"the symmetries are those of {wanted} spins")
    count, axes = len(values), len(symmetries.shape)
    sign = 1 - 2 * generator.integers(0, 2 if symmetries.flip else 1, count)
    index = np.zeros((count, *(1,) * axes), dtype=np.int64)
    signs = np.ones_like(index)
    for axis in range(axes):
        place, along, flips = _along(symmetries, axis, count, generator)
        line = (count, *(symmetries.shape[axis] if other == axis else 1 for other in range(axes)))
        index = index * symmetries.shape[axis] + place.reshape(line)
        signs = signs * along.reshape(line)
        sign = sign * flips
    exchanged = generator.integers(0, 1 if symmetries.transposition is None else 2, count).astype(bool)
    sign = np.where(exchanged & bool(symmetries.transposition), -sign, sign)
    moved = values.flatten(1).gather(1, torch.from_numpy(index.reshape(count, -1))).view(values.shape)
    turned = torch.from_numpy(np.broadcast_to(signs * sign.reshape(-1, *(1,) * axes) < 0, values.shape).copy())
    if turned.any():
        other = -moved if turn is None else torch.from_numpy(turn)[moved]
        moved = torch.where(turned, other, moved)
    if exchanged.any():
        chosen = torch.from_numpy(exchanged).view(-1, *(1,) * axes)
        moved = torch.where(chosen, moved.transpose(1, 2), moved)
    return moved


def _along(
    symmetries: Symmetries, axis: int, count: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each row comes from, (n, L), its sign, (n, L), and the sign of the whole, (n,)."""
    side = symmetries.shape[axis]
    place = np.broadcast_to(np.arange(side), (count, side))
    along, whole = np.ones((count, side), dtype=np.int64), np.ones(count, dtype=np.int64)
    translation, reflection = symmetries.translations[axis], symmetries.reflections[axis]
    if reflection is not None:
        turned = generator.integers(0, 2, count).astype(bool)
        place = np.where(turned[:, None], side - 1 - place, place)
        whole = np.where(turned & reflection, -whole, whole)
    if translation is not None:
        steps = generator.integers(0, side // translation.step, count)
        moved = place + (translation.step * steps)[:, None]
        if translation.twisted:
            along = np.where(moved >= side, -1, 1)
        if translation.flips:
            whole = whole * (1 - 2 * (steps % 2))
        place = moved % side
    return place, along, whole


def choose_moves(
    symmetries: Symmetries | Moves | None, *, images: Any, given: Configurations, augment: bool
) -> Moves | None:
    """Return what to augment with: the symmetries that are given, else those of the ensemble; None without any.

    Raises
    ------
    InputError
        If ``images`` is an array and none are given, or they belong to other sides.
    """
    if not augment:
        return None
    if symmetries is None:
        if not hasattr(images, "model"):
            do = "Pass Symmetries.of(model, lattice), or take augment=False"
            raise InputError("symmetries", None, "an array does not say which symmetries its energy has", do)
        symmetries = Moves.of(images.model, images.lattice, **_strongest(images.grid))
    if isinstance(symmetries, Symmetries):
        turn = np.array([1, 0]) if given.space.states == 2 else given.space.turn
        symmetries = Moves(symmetries, turn)
    if symmetries.symmetries.shape != given.shape:
        got, sides = (" x ".join(map(str, each)) for each in (symmetries.symmetries.shape, given.shape))
        raise InputError("symmetries", f"of {got} spins", f"the images have {sides} spins")
    return symmetries


def _strongest(grid: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the largest value of each control, which has no symmetry that a smaller one lacks."""
    return {name: float(values[np.argmax(np.abs(values))]) for name, values in grid.items() if name != "temperature"}
