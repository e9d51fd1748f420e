"""Configurations as the networks of images take them: a list of them, seen as channels a batch at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.lattices.boundary import twist_of
from spinlens.learning import channels as packed_codes
from spinlens.learning.channels import Channels
from spinlens.models import Model
from spinlens.spaces import Space

SPINS = Channels(np.array([-1, 1], dtype=np.int8), np.array([[-1.0], [1.0]], dtype=np.float32))
"""What is seen of two states, whatever they stand for: a hidden one is half-way between them."""


def channels_of(space: Space) -> Channels:
    """Return what the networks see of a space: its statistics, of two states -1 and +1."""
    if space.states != 2:
        return Channels.of(space)
    return Channels(np.asarray(space.values), SPINS.statistics)


@dataclass(frozen=True, eq=False)
class Configurations(packed_codes.Configurations):
    """A list of configurations, packed, on a lattice of equal sides.

    Attributes
    ----------
    channels : Channels
        What is seen of them.
    """

    channels: Channels = SPINS

    def __len__(self) -> int:
        return self.count

    @property
    def side(self) -> int:
        """L of a lattice of L x L, or L x L x L, sites.

        Raises
        ------
        InputError
            If the sides differ.
        """
        if len(set(self.shape)) != 1:
            raise InputError("images", " x ".join(map(str, self.shape)), "the networks read lattices of equal sides")
        return self.shape[0]

    @property
    def digest(self) -> str:
        """SHA-256 of all codes, what they stand for, and the shape."""
        total = hashlib.sha256(f"{self.packed.shape} {self.shape[-1]} {self.space.values.tolist()}".encode())
        total.update(np.ascontiguousarray(self.packed).tobytes())
        return total.hexdigest()

    def read(self, index: np.ndarray | slice) -> torch.Tensor:
        """Return the codes of some of them, int64 (n, *sides)."""
        chosen = np.arange(len(self))[index]
        return torch.from_numpy(self.codes(chosen).astype(np.int64))

    def see(self, codes: torch.Tensor, device: torch.device | str = "cpu") -> torch.Tensor:
        """Return what is seen of codes (n, *sides), float32 (n, channels, *sides)."""
        columns = torch.from_numpy(self.channels.statistics).T
        return torch.stack([column[codes] for column in columns], dim=1).to(device)

    def take(self, index: np.ndarray | slice, *, device: torch.device | str = "cpu") -> torch.Tensor:
        """Return what is seen of some of them, float32 (n, channels, *sides)."""
        return self.see(self.read(index), device)

    def part(self, index: np.ndarray | slice) -> Configurations:
        """Return some of them."""
        return Configurations(self.packed[index], self.space, self.shape, self.channels)


def configurations(
    images: Any, *, what: str = "images", channels: Channels | None = None, space: Space | None = None
) -> Configurations:
    """Return an ensemble's draws, or an array of values, as a list of configurations.

    Parameters
    ----------
    images : Ensemble, Configurations or array, (n, *sides)
        Draws come in the order (controls, temperature, chain, draw).
    what : str
        Their name in messages.
    channels : Channels, optional
        What a network was trained on, which the values of an array belong to; found from them if not given.
    space : Space, optional
        What the values of an array belong to, in place of that.

    Raises
    ------
    InputError
        If it is none of these, empty, or of other values.
    """
    if isinstance(images, Configurations):
        return images
    array = isinstance(images, np.ndarray) or not hasattr(images, "packed")
    if array:
        images = np.asarray(images)
        if images.ndim not in (3, 4) or not images.size:
            why = "must be an ensemble or an array of configurations (n, *sides), of two or three sides"
            raise InputError(what, f"shape {images.shape}", why)
    space = space if channels is None else channels.space
    found = packed_codes.configurations(images, space=space)
    # An array that is read by given channels has their values; of many states what is seen takes long to work out.
    seen = channels if channels is not None and array else channels_of(found.space)
    if channels is not None and not channels.same(seen):
        raise InputError(what, found.space.text, "the network was trained on other values of a site")
    packed = found.packed.reshape(-1, *found.packed.shape[found.packed.ndim - len(found.shape) :])
    return Configurations(packed, found.space, found.shape, seen)


def chains_of(ensemble: Any, chain: slice) -> Configurations:
    """Return the draws of some chains of an ensemble."""
    found = packed_codes.configurations(ensemble, chain=chain)
    packed = found.packed.reshape(-1, *found.packed.shape[-len(found.shape) :])
    return Configurations(packed, found.space, found.shape, channels_of(found.space))


def same_lattice(one: tuple[int, ...], other: Configurations, what: str) -> None:
    """Refuse ``other``, called ``what``, if its sides are not those."""
    if one != other.shape:
        got, read = (" x ".join(map(str, sides)) for sides in (other.shape, one))
        raise InputError(what, got, f"the network reads {read} spins")


def boundary_of(model: Model, lattice: Lattice) -> str:
    """Return what a network sees beyond the edges of a lattice, in words.

    Of more than two states neither a turn at a seam nor what walls hold is seen: such edges count as free.
    """
    if model.space.states == 2 and not any(twist_of(rule) for rule in lattice.rules):
        return str(lattice.boundary_text)
    return ",".join("periodic" if rule == "periodic" else "free" for rule in lattice.rules)


def boundary_seen(images: Any) -> str:
    """Return `boundary_of` an ensemble; of an array nothing is known, so ``free``."""
    return boundary_of(images.model, images.lattice) if hasattr(images, "lattice") else "free"
