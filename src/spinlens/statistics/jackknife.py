"""Delete-one-group jackknife: errors, and the first-order bias taken out, of any function of averages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Statistic = Callable[[Array], dict[str, Array]]
"""From averages, shape (moment, ...), to named values, each of shape (...); see `jackknife`."""

FEWEST_GROUPS = 16
"""Groups that an error needs: with 16 the error itself is known to about 18 %."""


def group_sums(moments: Array) -> tuple[Array, Array]:
    """Sum over groups of recordings that are as independent as the series allow.

    Parameters
    ----------
    moments : ndarray, shape (..., moment, chain, recording)
        What is averaged.

    Returns
    -------
    sums : ndarray, shape (..., moment, group)
        Sums over each group.
    counts : ndarray, shape (group,)
        Recordings in each group.

    Notes
    -----
    With at least 16 chains a group is a chain, whatever the autocorrelation time. With fewer, every chain is
    cut into contiguous blocks of time, just enough of them for 16 groups: the blocks are as long as they can
    be, and their errors are right where a block is much longer than the autocorrelation time.
    """
    chains, recordings = moments.shape[-2:]
    blocks = 1 if chains >= FEWEST_GROUPS else min(-(-FEWEST_GROUPS // chains), recordings)
    starts = np.arange(blocks) * recordings // blocks
    sums = np.add.reduceat(moments, starts, axis=-1)
    lengths = np.diff(np.append(starts, recordings)).astype(np.float64)
    return sums.reshape(*moments.shape[:-2], chains * blocks), np.tile(lengths, chains)


def jackknife(statistic: Statistic, sums: Array, counts: Array) -> dict[str, Array]:
    """Estimate functions of averages, with their errors.

    Parameters
    ----------
    statistic : callable
        From averages to named values. It is called twice: with the averages of everything, shape (moment, ...), and
        with those of everything but each group, shape (moment, ..., group). So it takes the moments apart along the
        first axis, ``first, second = means``, and combines them elementwise; each value has the shape of one moment.
    sums : ndarray, shape (..., moment, group)
        Sums over each group, from `group_sums`.
    counts : ndarray, shape (group,)
        Recordings in each group.

    Returns
    -------
    dict of ndarray, shape (...)
        ``NAME``, its first-order bias in the number of groups taken out, and ``NAME_error``. With a single
        group the bias stays and the error is NaN.

    Examples
    --------
    The variance of a quantity, recorded 100 times in each of 64 chains at each of 5 temperatures:

    >>> import numpy as np
    >>> recorded = np.random.default_rng(1).normal(size=(5, 64, 100))
    >>> def variance(means):
    ...     first, second = means
    ...     return {"variance": second - first**2}
    >>> moments = np.stack([recorded, recorded**2], axis=-3)  # (temperature, moment, chain, recording)
    >>> found = jackknife(variance, *group_sums(moments))
    >>> found["variance"].shape, bool(np.all(abs(found["variance"] - 1) < 4 * found["variance_error"]))
    ((5,), True)

    References
    ----------
    B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans (1982), doi:10.1137/1.9781611970319.
    """
    groups, total = len(counts), sums.sum(axis=-1)
    whole = np.moveaxis(total / counts.sum(), -1, 0)
    if groups < 2:
        return jackknife_parts(statistic, whole, np.empty((*whole.shape, 0)))
    without = (total[..., None] - sums) / (counts.sum() - counts)
    return jackknife_parts(statistic, whole, np.moveaxis(without, -2, 0))


def jackknife_parts(statistic: Statistic, whole: Array, without: Array) -> dict[str, Array]:
    """Estimate functions of averages that were taken over everything, and over everything but one group.

    Parameters
    ----------
    statistic : callable
        As for `jackknife`.
    whole : ndarray, shape (moment, ...)
        Averages over everything.
    without : ndarray, shape (moment, ..., group)
        Averages over everything but each group, all groups of about one size; none or one of them if there is
        nothing to compare.

    Returns
    -------
    dict of ndarray, shape (...)
        As from `jackknife`.
    """
    groups = without.shape[-1]
    values = statistic(whole)
    result: dict[str, Array] = {}
    if groups < 2:
        for name, value in values.items():
            result |= {name: value, f"{name}_error": np.full_like(value, np.nan)}
        return result
    parts = statistic(without)
    for name, value in values.items():
        # Measured from the whole, so that a constant stays what it is to the last digit.
        shift = parts[name] - value[..., None]
        mean = shift.mean(axis=-1)
        spread = ((shift - mean[..., None]) ** 2).sum(axis=-1)
        result[name] = value - (groups - 1) * mean
        result[f"{name}_error"] = np.sqrt((groups - 1) / groups * spread)
    return result
