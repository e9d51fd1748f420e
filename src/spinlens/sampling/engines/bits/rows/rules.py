"""The thresholds of the kernel, kind by kind and class by class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.engines.bits.bitsliced import FAST_BITS
from spinlens.sampling.engines.bits.class_values import places
from spinlens.sampling.engines.bits.probabilities import _leave_probability, _thresholds, _up_probability, aligned_copy
from spinlens.sampling.engines.bits.rows.classes import coefficients
from spinlens.sampling.engines.bits.rows.geometry import Geometry
from spinlens.sampling.engines.bits.rows.kernel import PLANES
from spinlens.sampling.engines.bits.words import WIDTH

LARGEST_TABLE = 1 << 19
"""Bytes of a table of whole words that stay near the processor; larger tables hold a byte for each word."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the kernel needs to know of each condition, for K kinds and P patterns of sites, and C classes.

    Attributes
    ----------
    thresholds : numpy.ndarray
        uint64 (conditions, K, C): 2**64 times the probability of drawing a one: up for the heat bath, leaving the
        favoured state for Metropolis. Rounded down; 1 is stored as 2**64 - 1.
    favoured : numpy.ndarray
        bool (conditions, K, C): whether up has the lower energy.
    planes : numpy.ndarray
        The leading bits of the thresholds, last ``favoured``, as the coefficients of
        `spinlens.sampling.engines.bits.rows.classes`. Where the sites of each vector are all of one kind int32
        (conditions, P, PLANES, groups), the places of `spinlens.sampling.engines.bits.class_values`. Else uint64 or
        int8 (conditions, P, PLANES, C, WIDTH): each is one word of zeros or ones, or one byte where that makes the
        table too large.
    metropolis : bool
        The rule.
    """

    thresholds: NDArray[np.uint64]
    favoured: NDArray[np.bool_]
    planes: NDArray[np.uint64] | NDArray[np.int8] | NDArray[np.int32]
    metropolis: bool

    def at(self, here: slice) -> Rules:
        """Return the rules of some of the conditions."""
        return Rules(self.thresholds[here], self.favoured[here], self.planes[here], self.metropolis)


def rules(geometry: Geometry, temperature: NDArray[np.float64], algorithm: str) -> Rules:
    """Return the update rules at each temperature (conditions,); ``algorithm`` is "heat_bath" or "metropolis"."""
    metropolis = algorithm == "metropolis"
    probability = _leave_probability if metropolis else _up_probability
    gaps = _gaps(geometry)
    thresholds = np.stack([_thresholds(probability, gaps, float(t)) for t in temperature])
    favoured = np.broadcast_to(gaps >= 0, thresholds.shape).copy()
    places = np.arange(63, 63 - FAST_BITS, -1, dtype=np.uint64)[:, None]
    leading = (thresholds[:, :, None] >> places) & np.uint64(1)
    bits = coefficients(np.concatenate([leading == 1, favoured[:, :, None]], axis=2))
    return Rules(thresholds, favoured, _planes(bits, geometry.pattern_kinds), metropolis)


def _planes(
    bits: NDArray[np.bool_], pattern_kinds: NDArray[np.int64]
) -> NDArray[np.uint64] | NDArray[np.int8] | NDArray[np.int32]:
    """Bring coefficients (conditions, K, PLANES, C) into the form of each pattern of vectors."""
    if (pattern_kinds == pattern_kinds[:, :1]).all():
        return places(bits)[:, pattern_kinds[:, 0]]
    whole = len(pattern_kinds) * PLANES * bits.shape[-1] * WIDTH * 8 <= LARGEST_TABLE
    numbers = bits.astype(np.int64 if whole else np.int8)
    planes: NDArray[Any] = aligned_copy(np.negative(np.moveaxis(numbers[:, pattern_kinds], 2, -1)))
    return planes.view(np.uint64) if whole else planes


def _gaps(geometry: Geometry) -> NDArray[np.float64]:
    """Return E(down) - E(up) for each kind and class, float64 (K, C), each a sum that is rounded once."""
    found = np.empty((len(geometry.kind_sites), len(geometry.classes)))
    for kind, site in enumerate(geometry.kind_sites):
        bonds, field = geometry.bonds[site].tolist(), float(geometry.fields[site])
        present = [abs(bond) for bond in bonds if bond]
        for place, n in enumerate(geometry.classes):
            if geometry.counted:
                terms = [strength if i < n else -strength for i, strength in enumerate(present)]
            else:
                terms = [bond if n >> i & 1 else -bond for i, bond in enumerate(bonds)]
            found[kind, place] = 2 * math.fsum([*terms, field])
    return found
