"""A lattice as the kernels see it: words for what lies beyond the edges, and which site needs which probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spinlens.lattices import Lattice
from spinlens.sampling.engines.bits import layout
from spinlens.sampling.engines.bits.words import WIDTH

KEEP, TURN, MISSING = range(3)
"""Places in `Geometry.edges`."""

_ONES = 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class Geometry:
    """Everything that tells one lattice from another, as data.

    Attributes
    ----------
    width : int
        Ly.
    edges : numpy.ndarray
        uint64 (2, 2, 3): for each axis the first and the last edge; the word beyond the edge is
        (opposite & keep) ^ turn, and ``missing`` is all ones where there is none (a free edge; the word is then 0).
    walled : numpy.ndarray
        bool (2,): whether walls stand beyond the edges of an axis.
    kinds : numpy.ndarray
        int64 (2 Lx, columns): the kind of each site, a row of `kind_values`; all rows of colour 0, then those of
        colour 1. Columns that are not there have the kind of an inner site.
    kind_values : numpy.ndarray
        int64 (K, 3): neighbours missing along x, along y, and the sign of the field.
    patterns : numpy.ndarray
        int64 (2 Lx, columns / WIDTH): which row of `pattern_kinds` a vector of sites has.
    pattern_kinds : numpy.ndarray
        int64 (P, WIDTH): the kinds side by side in a vector.
    bonds : numpy.ndarray
        int64 (2,): number of bonds along x and along y.
    """

    width: int
    edges: np.ndarray
    walled: np.ndarray
    kinds: np.ndarray
    kind_values: np.ndarray
    patterns: np.ndarray
    pattern_kinds: np.ndarray
    bonds: np.ndarray


@lru_cache(maxsize=16)
def geometry(lattice: Lattice, *, staggered_field: bool) -> Geometry:
    """Return the geometry of a lattice, with the field's sign alternating from site to site or not."""
    edges = np.zeros((2, 2, 3), dtype=np.uint64)
    for axis, rule in enumerate(lattice.rules):
        for end in range(2):
            if isinstance(rule, tuple):
                edges[axis, end] = 0, _ONES if rule[end] > 0 else 0, 0
            else:
                edges[axis, end] = _WORDS[rule]
    sign = lattice.staggering.astype(np.int64) if staggered_field else np.ones(lattice.shape, dtype=np.int64)
    along_x, along_y = missing_neighbours(lattice)
    codes, kind_of_site = np.unique((along_x * 3 + along_y) * 3 + sign + 1, return_inverse=True)
    values = np.stack([codes // 9, codes // 3 % 3, codes % 3 - 1], axis=-1)
    kinds = _by_colour(kind_of_site.reshape(lattice.shape))
    vectors = kinds.reshape(-1, WIDTH)
    pattern_kinds, patterns = np.unique(vectors, axis=0, return_inverse=True)
    return Geometry(
        width=lattice.shape[1],
        edges=edges,
        walled=np.array([isinstance(rule, tuple) for rule in lattice.rules]),
        kinds=kinds,
        kind_values=values,
        patterns=patterns.reshape(len(kinds), -1),
        pattern_kinds=pattern_kinds,
        bonds=np.array(lattice.bonds_along, dtype=np.int64),
    )


def missing_neighbours(lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Return how many neighbours free edges take from each site along x and along y, int64 (Lx, Ly)."""
    counts = []
    for axis in range(2):
        along = np.zeros(lattice.shape[axis], dtype=np.int64)
        if lattice.rules[axis] == "free":
            along[0] += 1
            along[-1] += 1
        counts.append(np.broadcast_to(along if axis else along[:, None], lattice.shape).copy())
    return counts[0], counts[1]


_WORDS = {"periodic": (_ONES, 0, 0), "antiperiodic": (_ONES, _ONES, 0), "free": (0, 0, _ONES)}


def _by_colour(kind_of_site: np.ndarray) -> np.ndarray:
    """Split (Lx, Ly) by colour like the spins; padding has the kind of the second site, an inner one if any."""
    height, width = kind_of_site.shape
    kinds = np.empty((2 * height, layout.columns(width)), dtype=np.int64)
    for colour in range(2):
        for x in range(height):
            row = kind_of_site[x, (x + colour) % 2 :: 2]
            kinds[colour * height + x] = row[min(1, row.size - 1)]
            kinds[colour * height + x, : row.size] = row
    return kinds
