"""What recordings tell of equilibrium: whether they drift, how long chains remember, and whether that can be told.

Chains never look at each other, so whatever a chain still knows of its past shows as a correlation, from chain to
chain, between what it is now and what it was. That holds on windows that are much shorter than a chain's memory, on
which R-hat cannot but find chains apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, norm

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.diagnostics import mixing, quantities

Array = NDArray[np.float64]

LARGEST_DRIFT = 4.5
"""In standard errors; a sound condition exceeds it with a probability below 2 exp(-4.5^2 / 2) in each comparison."""

FEWEST_CHAINS = 32
"""So many chains see a correlation of 0.5 between two times; fewer cannot show that memory has ended."""

FEWEST_RECORDINGS = 4
"""A window has four quarters."""

REMEMBERED, SIGMAS = 0.1, 3.0
"""A correlation above this, and above so many standard errors, between the quarters of a window is memory."""

ROUNDING = 1e-12
"""Averages that differ by less than this part of them are the same."""

ENOUGH, TOO_FEW = 7.0, 3.0
"""Of the memory's length: what is left of the start is a thousandth after the former, a twentieth after the latter."""


class Verdict(IntEnum):
    """What can be said of a condition."""

    TOO_SHORT = 0
    """The recordings cannot tell."""
    EQUILIBRATED = 1
    """Nothing drifts, and chains forget within a small part of the sweeps before and while they were recorded."""
    NOT_EQUILIBRATED = 2
    """The recordings drift, depend on the start, or chains remember about as long as they equilibrated."""


@dataclass(frozen=True, slots=True)
class Convergence:
    """The verdict per temperature; arrays of shape (temperature,).

    Attributes
    ----------
    verdict : int8
        Values of `Verdict`.
    drift : float64
        The largest difference of a quantity between the beginning and the end of the recordings, or between chains from
        different starts, in standard errors.
    memory : float64
        The longest autocorrelation time of a quantity, in sweeps; infinite where chains stay apart, NaN where it
        cannot be known.
    """

    verdict: NDArray[np.int8]
    drift: Array
    memory: Array


def convergence(
    sums: Mapping[str, Any], *, model: Model, lattice: Lattice, interval: int, equilibration: int, dispersed: bool,
    temperature: Any = None, **controls: float,
) -> Convergence:  # fmt: skip
    """Judge the chains of one point of the grid.

    Parameters
    ----------
    sums : mapping of str to array of int, shape (temperature, chain, recording)
        The recorded totals by their terms' names.
    model, lattice, **controls
        Where they were taken. Judged are the energy and the order parameters, see
        `spinlens.sampling.diagnostics.quantities`.
    interval : int
        Sweeps between recordings.
    equilibration : int
        Sweeps before the first one.
    dispersed : bool
        Whether chains of even and odd number had different starts.
    temperature : array, shape (temperature,), optional
        T; needed where events are counted, see `spinlens.models.Model.energy_total`.

    Returns
    -------
    Convergence
        One verdict per temperature, for the worst of the quantities.

    Raises
    ------
    InputError
        If the series are not of one shape with three dimensions.

    Notes
    -----
    *Drift.* In equilibrium the beginning and the end of the recordings of a chain are exchangeable, so that their
    difference d is as often positive as negative. Then sum(d) / sqrt(sum(d^2)), over chains, exceeds z with a
    probability of at most 2 exp(-z^2 / 2), for any process that looks alike forwards and backwards, however slow. Ends
    of one recording, two, four and so on up to half of them are compared, which sees fast and slow relaxations.
    Chains from different starts are compared by ranks of their averages.

    *Memory.* The averages over quarters of the recordings are correlated over chains. If those of the first and the
    last quarter, and of those in between, are not, memory has ended; how long it is follows from the spread of
    the chains' averages. Otherwise there is no telling from decay to a remainder (two wells that chains do not
    leave), and the correlation gives a lower bound of its length. Lengths are those of an exponential decay.

    A condition is equilibrated if nothing drifts, memory has ended, and the sweeps before the middle of the recordings
    are `ENOUGH` times its length. It is not if something drifts, or they are fewer than `TOO_FEW` times the bound.
    Fewer than `FEWEST_CHAINS` chains are equilibrated where they have mixed within the window, by R-hat and effective
    sample size. No such judgement sees a state that no chain has visited: chains from the ground state
    alone say nothing of another phase that they never reach.

    References
    ----------
    B. Efron, J. Am. Stat. Assoc. 64, 1278 (1969), doi:10.1080/01621459.1969.10501056 (the bound).
    """
    series = quantities(sums, model=model, lattice=lattice, temperature=temperature, **controls)
    _, chains, recordings = series[0].shape
    window = interval * recordings
    sweeps = equilibration + window / 2
    drift = np.max([_drift(values) for values in series], axis=0)
    if dispersed:
        drift = np.maximum(drift, np.max([_between_starts(values) for values in series], axis=0))
    found = [_memory(values) for values in series]
    ended = np.all([ended for ended, _, _ in found], axis=0)
    # np.max keeps a NaN: what is unknown for one quantity is unknown.
    memory = window * np.max([length for _, length, _ in found], axis=0)
    least = window * np.max([bound for _, _, bound in found], axis=0)
    if chains >= FEWEST_CHAINS:
        sound = ended & (sweeps >= ENOUGH * memory)
    else:
        sound = mixing(sums, model=model, lattice=lattice, temperature=temperature, **controls).mixed & ended
    unsound = (drift > LARGEST_DRIFT) | (sweeps < TOO_FEW * least)
    verdict = np.where(unsound, Verdict.NOT_EQUILIBRATED, np.where(sound, Verdict.EQUILIBRATED, Verdict.TOO_SHORT))
    return Convergence(verdict.astype(np.int8), drift, memory)


def _drift(series: Array) -> Array:
    """Return how far the ends of the series (T, chain, recording) differ, (T,), over all lengths of the ends."""
    recordings = series.shape[-1]
    total = np.cumsum(np.concatenate([np.zeros((*series.shape[:-1], 1)), series], axis=-1), axis=-1)
    largest = np.zeros(len(series))
    length = recordings // 2
    while length:
        first, last = total[..., length], total[..., -1] - total[..., -1 - length]
        difference = last - first
        size = np.sqrt((difference**2).sum(axis=-1))
        largest = np.maximum(largest, np.abs(difference.sum(axis=-1)) / np.where(size > 0, size, 1.0))
        length //= 2
    return largest


def _between_starts(series: Array) -> Array:
    """Return how far the averages of even and odd chains differ in rank, as a normal deviate, (T,)."""
    means = series.mean(axis=-1)
    if means.shape[1] < 2:
        return np.zeros(len(means))
    p_value = mannwhitneyu(means[:, ::2], means[:, 1::2], axis=1, method="asymptotic").pvalue
    # Averages that are all the same have no rank.
    return np.asarray(np.nan_to_num(norm.isf(np.clip(p_value, 1e-300, 1.0) / 2), nan=0.0))


def _memory(series: Array) -> tuple[NDArray[np.bool_], Array, Array]:
    """Return whether memory ended, its length in windows, and a lower bound of that, each (T,)."""
    temperatures, chains, recordings = series.shape
    length = recordings // 4
    if chains < 5 or recordings < FEWEST_RECORDINGS:
        # Nothing can be said but that nothing is remembered for certain.
        return np.ones(temperatures, dtype=bool), np.full(temperatures, np.nan), np.zeros(temperatures)
    cut = np.stack([
        series[..., :length], series[..., length : 2 * length],
        series[..., recordings - 2 * length : recordings - length], series[..., recordings - length :],
    ]).mean(axis=-1)  # fmt: skip
    least = np.min([_correlation(cut[a], cut[b]) for a, b in ((0, 2), (1, 3), (0, 3))], axis=0)
    error = 1 / np.sqrt(chains - 3)
    ended = least <= max(REMEMBERED, np.tanh(SIGMAS * error))
    with np.errstate(divide="ignore"):
        bound = np.tanh(np.maximum(0.0, np.arctanh(np.minimum(least, 1.0)) - 2 * error))
    variance = series.var(axis=(1, 2))
    share = series.mean(axis=-1).var(axis=-1, ddof=1) / np.where(variance > 0, variance, np.inf)
    memory = np.where(ended, _of_spread(share), _of_quarters(least))
    return ended, memory, np.where(ended, 0.0, _of_quarters(bound))


def _correlation(first: Array, second: Array) -> Array:
    """Return the correlation over chains of two averages (T, chain), 0 where one of them is constant."""
    centred = [values - values.mean(axis=-1, keepdims=True) for values in (first, second)]
    size = np.prod([np.linalg.norm(values, axis=-1) for values in centred], axis=0)
    # Rounding leaves differences between averages that are the same.
    smallest = (ROUNDING * np.maximum(np.abs(first).max(axis=-1), np.abs(second).max(axis=-1))) ** 2 * first.shape[-1]
    product = (centred[0] * centred[1]).sum(axis=-1)
    return np.asarray(np.where(size > smallest, product / np.where(size > smallest, size, 1.0), 0.0))


def _of_spread(share: Array) -> Array:
    """Return the autocorrelation time, in windows, whose averages over a window have this share of the variance."""
    v = np.geomspace(1e-4, 1e8, 2400)
    shares = 2 * (v + np.expm1(-v)) / v**2
    return np.asarray(np.interp(-share, -shares, 1 / v, left=np.inf, right=0.0))


def _of_quarters(correlation: Array) -> Array:
    """Return the autocorrelation time, in windows, at which first and last quarter are correlated like this."""
    q = np.geomspace(1e-4, 20.0, 1200)
    correlations = np.expm1(-q) ** 2 * np.exp(-2 * q) / (2 * (q + np.expm1(-q)))
    return np.asarray(np.interp(correlation, correlations[::-1], 1 / (4 * q[::-1]), left=0.0, right=np.inf))
