"""Configurations as a network takes them: packed in memory, floats +-1 a batch at a time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError


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


def check_readable(ensemble: Any) -> None:
    """Refuse ensembles that the networks do not read.

    Raises
    ------
    InputError
        If sites have more than two states or the lattice is no plane.
    """
    model = getattr(ensemble, "model", None)
    if model is None:
        return
    if model.space.states != 2:
        raise InputError("ensemble", model.text, f"has {model.space.states} states a site; the networks read two")
    if ensemble.lattice.axes != 2:
        sides = " x ".join(map(str, ensemble.lattice.shape))
        raise InputError("ensemble", f"a lattice of {sides}", "the networks read lattices of two sides")


def unpack(packed: torch.Tensor, columns: int) -> torch.Tensor:
    """Return packed spins (..., Lx, ceil(Ly / 8)) as float32 zeros and ones (..., Lx, Ly) on their device."""
    shifts = torch.arange(8, dtype=torch.uint8, device=packed.device)
    bits = (packed[..., None] >> shifts) & 1
    return bits.flatten(-2)[..., :columns].float()


def pack(spins: np.ndarray, what: str = "spins") -> np.ndarray:
    """Return spins +-1, (..., Lx, Ly), as bits, uint8 (..., Lx, ceil(Ly / 8)).

    Raises
    ------
    InputError
        If a value is neither -1 nor 1.
    """
    up = spins == 1
    if not np.all(up | (spins == -1)):
        odd = spins[~(up | (spins == -1))].flat[0]
        raise InputError(what, odd, "a spin is -1 or +1", "Rescale the values")
    return np.packbits(up, axis=-1, bitorder="little")
