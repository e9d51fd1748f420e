"""How far configurations of independent chains are from each other: order without knowing which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics import Configurations

Array = NDArray[np.float64]


def pair_overlaps(configurations: Configurations) -> Array:
    """Compare each chain with its neighbour, draw by draw.

    Parameters
    ----------
    configurations : Configurations
        At least two chains; chains 0 and 1 are the first pair, a last one without a partner is left out.

    Returns
    -------
    ndarray of float64, (C, pair, draw)
        1 - D q / (q - 1) with D the share of sites that differ (the Hamming distance) and q the number of values: 1
        for equal configurations, 0 on average for random ones; of two spins the mean of s s'. Its square is order of
        any wave vector, staggered or glassy, without naming it.

    Raises
    ------
    InputError
        If there is one chain only.
    """
    pairs = configurations.chains // 2
    if not pairs:
        raise InputError("chains", configurations.chains, "distances are between chains, so there must be two")
    codes = configurations.codes[:, : 2 * pairs]
    sides = tuple(range(3, codes.ndim))
    differ = (codes[:, 0::2] != codes[:, 1::2]).mean(axis=sides)
    states = configurations.space.states
    return np.asarray(1.0 - differ * states / (states - 1.0))
