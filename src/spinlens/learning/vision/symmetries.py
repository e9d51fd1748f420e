"""Configurations under random symmetries of their energy, as augmentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.symmetries import Symmetries


def transform_at_random(symmetries: Symmetries, spins: torch.Tensor, generator: np.random.Generator) -> torch.Tensor:
    """Return each configuration under an element of the group of its own, drawn uniformly.

    Parameters
    ----------
    symmetries : Symmetries
        The group.
    spins : Tensor, (n, Lx, Ly) or (n, 1, Lx, Ly)
        Spins +-1, of any type.
    generator : numpy.random.Generator
        Makes the choice; it is asked for the same numbers whatever the spins.

    Returns
    -------
    Tensor
        Of the same shape and type.

    Raises
    ------
    InputError
        If the sides are others.
    """
    if tuple(spins.shape[-2:]) != symmetries.shape:
        got = f"{spins.shape[-2]} x {spins.shape[-1]}"
        raise InputError(
            "spins", got, f"the symmetries are those of {symmetries.shape[0]} x {symmetries.shape[1]} spins"
        )
    count = len(spins)
    sign = 1 - 2 * generator.integers(0, 2 if symmetries.flip else 1, count)
    places, signs = [], []
    for axis in range(2):
        place, along, flips = _along(symmetries, axis, count, generator)
        places.append(place)
        signs.append(along)
        sign = sign * flips
    turned = generator.integers(0, 1 if symmetries.transposition is None else 2, count).astype(bool)
    sign = np.where(turned & bool(symmetries.transposition), -sign, sign)
    return _gather(spins, places, signs, sign, turned)


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


def choose_symmetries(
    symmetries: Symmetries | None, *, images: Any, shape: tuple[int, int], augment: bool
) -> Symmetries | None:
    """Return the symmetries to augment with: those given, else those of the ensemble; None without augmentation.

    Raises
    ------
    InputError
        If ``images`` is an array and none are given, or they belong to other sides.
    """
    if not augment:
        return None
    if symmetries is None and hasattr(images, "model"):
        symmetries = Symmetries.of(images.model, images.lattice, **_strongest(images.grid))
    if symmetries is None:
        do = "Pass Symmetries.of(model, lattice), or take augment=False"
        raise InputError("symmetries", None, "an array does not say which symmetries its energy has", do)
    if symmetries.shape != shape:
        why = f"the images have {shape[0]} x {shape[1]} spins"
        raise InputError("symmetries", f"of {symmetries.shape[0]} x {symmetries.shape[1]} spins", why)
    return symmetries


def _gather(
    spins: torch.Tensor, places: list[np.ndarray], signs: list[np.ndarray], sign: np.ndarray, turned: np.ndarray
) -> torch.Tensor:
    (height, width), device = spins.shape[-2:], spins.device
    rows, columns = (torch.from_numpy(np.ascontiguousarray(place)).to(device) for place in places)
    index = (rows[:, :, None] * width + columns[:, None, :]).flatten(1)
    moved = spins.reshape(len(spins), -1).gather(1, index).view(-1, height, width)
    along_x, along_y = (
        torch.from_numpy(each).to(device=device, dtype=spins.dtype) for each in (signs[0] * sign[:, None], signs[1])
    )
    moved = moved * along_x[:, :, None] * along_y[:, None, :]
    if turned.any():
        moved = torch.where(torch.from_numpy(turned).to(device)[:, None, None], moved.transpose(1, 2), moved)
    return moved.view(spins.shape)


def _strongest(grid: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return the largest value of each control, which has no symmetry that a smaller one lacks."""
    return {name: float(values[np.argmax(np.abs(values))]) for name, values in grid.items() if name != "temperature"}
