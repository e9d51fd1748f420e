"""Configurations as a network takes them: packed in memory, floats +-1 a batch at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.batches import check_readable, pack, unpack


@dataclass(frozen=True, slots=True)
class Configurations:
    """A list of configurations, one bit a spin.

    Parameters
    ----------
    packed : ndarray, uint8, (n, Lx, ceil(Ly / 8))
        Bits, little end first along y, 1 for up.
    columns : int
        Ly.
    """

    packed: np.ndarray
    columns: int

    def __len__(self) -> int:
        return len(self.packed)

    @property
    def shape(self) -> tuple[int, int]:
        """The sides (Lx, Ly)."""
        return int(self.packed.shape[1]), self.columns

    @property
    def side(self) -> int:
        """L of an L x L lattice.

        Raises
        ------
        InputError
            If the sides differ.
        """
        if self.shape[0] != self.shape[1]:
            raise InputError("images", f"{self.shape[0]} x {self.shape[1]}", "the networks read square lattices")
        return self.columns

    @property
    def digest(self) -> str:
        """SHA-256 of all spins and their shape."""
        total = hashlib.sha256(f"{self.packed.shape} {self.columns}".encode())
        total.update(np.ascontiguousarray(self.packed).tobytes())
        return total.hexdigest()

    def take(self, index: np.ndarray | slice, *, device: torch.device | str = "cpu") -> torch.Tensor:
        """Return configurations as floats +-1, (n, 1, Lx, Ly)."""
        chosen = torch.from_numpy(np.ascontiguousarray(self.packed[index])).to(device)
        return unpack(chosen, self.columns)[:, None] * 2 - 1

    def part(self, index: np.ndarray | slice) -> Configurations:
        """Return some of them."""
        return Configurations(self.packed[index], self.columns)


def configurations(images: Any, *, what: str = "images") -> Configurations:
    """Return an ensemble's draws, or an array of spins, as configurations.

    Parameters
    ----------
    images : Ensemble, Configurations or array, (n, Lx, Ly)
        Draws come in the order (field, temperature, chain, draw); an array holds spins -1 and +1.
    what : str
        Their name in messages.

    Raises
    ------
    InputError
        If it is none of these, empty, or a value is not a spin.
    """
    if isinstance(images, Configurations):
        return images
    if not isinstance(images, np.ndarray) and hasattr(images, "packed"):
        check_readable(images)
        packed = images.packed()
        return Configurations(packed.reshape(-1, *packed.shape[-2:]), int(images.sizes["y"]))
    spins = np.asarray(images)
    if spins.ndim != 3 or not spins.size:
        why = "must be an ensemble or an array of spins (n, Lx, Ly)"
        raise InputError(what, f"shape {spins.shape}", why)
    return Configurations(pack(spins, what), int(spins.shape[-1]))


def same_lattice(one: Configurations, other: Configurations, what: str) -> None:
    """Refuse ``other``, called ``what``, if its lattice has other sides."""
    if one.shape != other.shape:
        got = f"{other.shape[0]} x {other.shape[1]}"
        raise InputError(what, got, f"the network reads {one.shape[0]} x {one.shape[1]} spins")


def boundary_of(images: Any) -> str:
    """Return what lies beyond the edges of an ensemble, in words; of an array nothing is known, so ``free``."""
    return str(images.lattice.boundary_text) if hasattr(images, "lattice") else "free"
