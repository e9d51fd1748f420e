"""The kernel with its arguments by name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinlens.sampling.engines.bits.rows.geometry import Geometry
from spinlens.sampling.engines.bits.rows.kernel import sweep_rows
from spinlens.sampling.engines.bits.rows.rules import Rules

Words = NDArray[np.uint64]


def sweep(words: Words, streams: Words, geometry: Geometry, rules: Rules, count: int) -> None:
    """Sweep every condition ``count`` times, in place.

    Parameters
    ----------
    words : uint64 array, shape (conditions, rows, 2, columns)
        The configurations, see `spinlens.sampling.engines.bits.rows.layout.to_words`; contiguous.
    streams : uint64 array, shape (conditions, 4, columns)
        The states of the generators, one for each of the first `used_columns`; zeros in the other columns.
    geometry : Geometry
        The lattice with its bonds and fields.
    rules : Rules
        One set of thresholds for each condition.
    count : int
        Number of sweeps.
    """
    sweep_rows(
        words, streams, rules.planes, rules.thresholds, rules.favoured, rules.metropolis, geometry.slots,
        geometry.classes, geometry.patterns, geometry.kinds, geometry.ties, geometry.tie_patterns, geometry.others,
        geometry.width, geometry.odd_ring, count,
    )  # fmt: skip
