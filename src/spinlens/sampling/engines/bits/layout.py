"""Between the kernel's words and ordinary lattices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spinlens.sampling.engines.bits.words import WIDTH


def columns(side: int) -> int:
    """Return the columns of one colour, Ly / 2 rounded up to whole vectors."""
    return -(-used_columns(side) // WIDTH) * WIDTH


def used_columns(side: int) -> int:
    """Return the sites of one colour in a row, Ly / 2; on odd sides those of the longer rows."""
    return -(-side // 2)


def places_of_sites(height: int, width: int) -> np.ndarray:
    """Return the flat place of each site in the colours (2, Lx, columns) of one condition, int32 (N,)."""
    x, y = np.divmod(np.arange(height * width), width)
    return np.asarray(((x + y) % 2 * height + x) * columns(width) + y // 2, dtype=np.int32)


def to_colours(sites: np.ndarray) -> np.ndarray:
    """Split words (..., Lx, Ly) into colours (..., 2, Lx, columns); see `spinlens.sampling.engines.bits.bitsliced`."""
    *front, height, width = sites.shape
    colours = np.zeros((*front, 2, height, columns(width)), dtype=np.uint64)
    for x in range(height):
        for colour in range(2):
            row = sites[..., x, (x + colour) % 2 :: 2]
            colours[..., colour, x, : row.shape[-1]] = row
    return colours


def to_sites(colours: np.ndarray, width: int) -> np.ndarray:
    """Undo `to_colours` for lattices of ``width`` columns."""
    *front, _, height, _ = colours.shape
    sites = np.empty((*front, height, width), dtype=np.uint64)
    for x in range(height):
        for colour in range(2):
            first = (x + colour) % 2
            sites[..., x, first::2] = colours[..., colour, x, : (width - first + 1) // 2]
    return sites


def from_codes(codes: np.ndarray) -> np.ndarray:
    """Gather codes 0 and 1 of up to 64 chains (chains, Lx, Ly) into words (Lx, Ly); chain c is bit c."""
    lanes = np.arange(codes.shape[0], dtype=np.uint64)[:, None, None]
    words: np.ndarray = np.bitwise_or.reduce(codes.astype(np.uint64) << lanes, axis=0)
    return words


@njit(cache=True, nogil=True, error_model="numpy", boundscheck=False)
def pack_chains(sites: Any, packed: Any) -> None:
    """Turn words into one packed lattice a chain.

    Parameters
    ----------
    sites : uint64 array, shape (conditions, Lx, Ly)
        Bit c is the spin of chain c.
    packed : uint8 array, shape (conditions, chains, Lx, ceil(Ly / 8))
        Filled with one bit a spin along y, least significant first, 1 for up.
    """
    conditions, height, width = sites.shape
    packed[:] = 0
    for t in range(conditions):
        for x in range(height):
            for y in range(width):
                word = sites[t, x, y]
                for lane in range(packed.shape[1]):
                    bit = np.uint8((word >> np.uint64(lane)) & np.uint64(1))
                    packed[t, lane, x, y >> 3] |= bit << np.uint8(y & 7)
