"""Between the words of the kernel, half-row by half-row, and sites in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits.layout import columns, pack_chains, used_columns

__all__ = ["columns", "half_rows", "pack", "places_of_sites", "to_codes", "to_sites", "to_words", "used_columns"]


def half_rows(lattice: Lattice, numbers: NDArray[Any]) -> NDArray[Any]:
    """Split numbers (N,) into half-rows (2 rows, columns); columns that are not there repeat the first site."""
    width = lattice.shape[-1]
    rows = numbers.reshape(-1, width)
    found = np.empty((2 * len(rows), columns(width)), dtype=numbers.dtype)
    for odd in range(2):
        half = rows[:, odd::2]
        found[odd::2] = half[:, :1]
        found[odd::2, : half.shape[1]] = half
    return found


def places_of_sites(lattice: Lattice) -> NDArray[np.int32]:
    """Return the flat place of each site in the words (rows, 2, columns) of one condition, int32 (N,)."""
    row, y = np.divmod(np.arange(lattice.sites), lattice.shape[-1])
    return np.asarray((row * 2 + y % 2) * columns(lattice.shape[-1]) + y // 2, dtype=np.int32)


def to_words(lattice: Lattice, codes: NDArray[Any]) -> NDArray[np.uint64]:
    """Gather codes 0, 1 of up to 64 chains (..., chains, *shape) into words (..., rows, 2, columns), one bit each."""
    front = codes.shape[: codes.ndim - lattice.axes - 1]
    flat = codes.reshape(*front, -1, lattice.sites).astype(np.uint64)
    lanes = np.arange(flat.shape[-2], dtype=np.uint64)[:, None]
    sites = np.bitwise_or.reduce(flat << lanes, axis=-2)
    width = columns(lattice.shape[-1])
    words = np.zeros((*front, lattice.sites // lattice.shape[-1] * 2 * width), dtype=np.uint64)
    words[..., places_of_sites(lattice)] = sites
    return words.reshape(*front, -1, 2, width)


def to_sites(lattice: Lattice, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return words (..., rows, 2, columns) in the order of the sites, (..., *shape)."""
    flat = words.reshape(*words.shape[:-3], -1)
    return flat[..., places_of_sites(lattice)].reshape(*words.shape[:-3], *lattice.shape)


def to_codes(lattice: Lattice, words: NDArray[np.uint64], chains: int = 64) -> NDArray[np.uint8]:
    """Return the codes of chains from words (..., rows, 2, columns), uint8 (..., chains, *shape)."""
    sites = to_sites(lattice, words)
    lanes = np.arange(chains, dtype=np.uint64).reshape(-1, *(1,) * lattice.axes)
    bits = (np.expand_dims(sites, -lattice.axes - 1) >> lanes) & np.uint64(1)
    return bits.astype(np.uint8)


def pack(lattice: Lattice, words: NDArray[np.uint64], chains: int = 64) -> NDArray[np.uint8]:
    """Return the configurations of some chains as they are stored, one bit a site along the last axis.

    Parameters
    ----------
    lattice : Lattice
        Of any kind.
    words : uint64 array, shape (conditions, rows, 2, columns)
        As the kernel has them.
    chains : int
        Chains that are wanted, at most 64.

    Returns
    -------
    uint8 array, shape (conditions, chains, *shape[:-1], ceil(shape[-1] / 8))
        Least significant bit first.
    """
    width = lattice.shape[-1]
    sites = to_sites(lattice, words).reshape(len(words), -1, width)
    packed = np.empty((len(words), chains, sites.shape[1], -(-width // 8)), dtype=np.uint8)
    pack_chains(sites, packed)
    return packed.reshape(len(words), chains, *lattice.shape[:-1], -1)
