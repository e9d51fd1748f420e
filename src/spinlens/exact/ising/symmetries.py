"""The symmetries that the rows of a strip have: which of their states the leading eigenvector weighs alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spinlens.exact.ising.rows import Rows

Integers = NDArray[np.int64]


def orbits(rows: Rows) -> Integers:
    """Return the orbit that each state of a row belongs to, int64, shape (2^width,), numbered from zero.

    The same permutation and reversal of the spins of all rows leaves their bonds to each other as they are, so it is
    a symmetry wherever it leaves every row's own energy as it is.
    """
    states = np.arange(rows.size)
    images = [
        image for image in _candidates(rows.width)
        if all(np.array_equal(slope[image], slope) for slope in rows.by_temperature.rows)
    ]  # fmt: skip
    sources = np.concatenate([states for _ in images] or [states])
    targets = np.concatenate(images or [states])
    links = coo_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(rows.size, rows.size))
    return np.asarray(connected_components(links.tocsr(), directed=False)[1], dtype=np.int64)


def _candidates(width: int) -> Iterator[Integers]:
    """Yield the image of every state under the reversal, the reflection and the shifts by one and two sites.

    Shifts with and without a reversal of the spins that cross the edge, all but the reversal also followed by it.
    """
    states = np.arange(1 << width)
    everything = (1 << width) - 1
    up = (states[:, None] >> np.arange(width)) & 1
    yield everything - states
    mirrored = up[:, ::-1] @ (1 << np.arange(width))
    yield from (mirrored, everything - mirrored)
    for distance in (1, 2):
        shifted = np.roll(up, distance, axis=1) @ (1 << np.arange(width))
        for image in (shifted, shifted ^ ((1 << distance) - 1)):
            yield from (image, everything - image)
