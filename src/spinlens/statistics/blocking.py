"""Errors of averages by blocking: neighbouring recordings are averaged in pairs until the pairs are independent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.jackknife import FEWEST_GROUPS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Blocking:
    """How the error of a mean grows with the length of the blocks, and where it has settled.

    Attributes
    ----------
    lengths : ndarray, shape (level,), int64
        Recordings in a block: 1, 2, 4, ...
    errors : ndarray, shape (level,), float64
        Standard error of the mean, if blocks of this length were independent.
    uncertainties : ndarray, shape (level,), float64
        Standard error of each of these errors.
    level : int or None
        The first level that is long enough; None where the chains are too short for any.
    mean : Estimate
        The mean of all recordings with the error of that level. The error is infinite where there is no such level,
        NaN for a single recording, zero for a constant series.
    """

    lengths: NDArray[np.int64]
    errors: Array
    uncertainties: Array
    level: int | None
    mean: Estimate


def blocking(series: Any) -> Blocking:
    """Estimate the mean of a correlated series by blocking.

    Parameters
    ----------
    series : array, shape (chain, recording)
        One quantity at one condition. Chains are independent and share one mean; blocks never cross them.

    Returns
    -------
    Blocking
        All levels, the one that is chosen, and the mean with its error.

    Raises
    ------
    InputError
        If the series does not have two dimensions or is empty.

    Notes
    -----
    Chosen is the shortest block whose length b satisfies b^3 > 2 n (error_b / error_1)^4 for n recordings in all,
    which is where the remaining bias falls below the statistical uncertainty of the error. Where no block does, but
    there are 16 chains or more, the chains themselves are the blocks: independent whatever they remember.
    Recordings at the end of a chain that do not fill a block enter the mean but not the errors.

    References
    ----------
    H. Flyvbjerg and H. G. Petersen, J. Chem. Phys. 91, 461 (1989), doi:10.1063/1.457480;
    R. M. Lee et al., Phys. Rev. E 83, 066706 (2011), doi:10.1103/PhysRevE.83.066706 (which level).
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise InputError("series.shape", values.shape, "must be (chain, recording), each at least 1")
    mean = float(values.mean())
    if values.size == 1:
        nothing = np.full(1, np.nan)
        return Blocking(np.ones(1, np.int64), nothing, nothing, None, Estimate(mean, np.nan))
    lengths, errors, uncertainties = _levels(values)
    level = _settled(lengths, errors, values.size)
    if level is None and len(values) >= FEWEST_GROUPS and lengths[-1] == values.shape[1]:
        level = len(lengths) - 1
    return Blocking(
        lengths, errors, uncertainties, level, Estimate(mean, np.inf if level is None else errors[level])
    )  # fmt: skip


def _levels(values: Array) -> tuple[NDArray[np.int64], Array, Array]:
    """Return lengths, errors and uncertainties of all levels that have at least two blocks."""
    recordings = values.shape[1]
    doublings = 2 ** np.arange(recordings.bit_length(), dtype=np.int64)
    # The last level are whole chains, whatever their length.
    lengths = np.unique(np.append(doublings[doublings <= recordings], recordings))
    found = []
    for length in lengths:
        whole = recordings // length
        blocks = values[:, : whole * length].reshape(len(values), whole, length).mean(axis=2)
        if blocks.size >= 2:
            error = float(blocks.std(ddof=1) / np.sqrt(blocks.size)) if np.ptp(blocks) > 0 else 0.0
            found.append((int(length), error, error / np.sqrt(2 * (blocks.size - 1))))
    columns = list(zip(*found, strict=True))
    return np.array(columns[0], dtype=np.int64), np.array(columns[1]), np.array(columns[2])


def _settled(lengths: NDArray[np.int64], errors: Array, recordings: int) -> int | None:
    if errors[0] == 0:
        return 0
    enough = lengths.astype(np.float64) ** 3 > 2 * recordings * (errors / errors[0]) ** 4
    return int(np.argmax(enough)) if enough.any() else None
