"""Solve the multi-histogram equations: the free energies that make several simulated conditions one data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree
from scipy.special import logsumexp

from spinlens.errors import NoOverlapError, SpinlensError
from spinlens.statistics.histogram import RowHistogram

Array = NDArray[np.float64]
Exponents = Callable[[slice], Array]
"""From a range of rows to their reduced energies u = E / T, shape (condition, row)."""

TOLERANCE = 1e-10
"""Largest change of a free energy, in units of the temperature, at which the iteration has converged."""

MOST_ITERATIONS = 10_000
FEWEST_SHARED = 10.0
"""Recordings that two conditions must share, as the equations see it, to be compared with each other."""

BLOCK = 1 << 22
"""Exponentials held at a time."""


def blocks(rows: int, conditions: int) -> Iterator[slice]:
    """Cut the rows so that a block of them takes bounded memory."""
    step = max(1, BLOCK // conditions)
    yield from (slice(first, min(first + step, rows)) for first in range(0, rows, step))


def responsibilities(free: Array, recordings: Array, exponents: Array) -> tuple[Array, Array]:
    """Return the share of each condition in each row, (row, condition), and ln of the mixture's density, (row,)."""
    terms = (free + np.log(recordings))[:, None] - exponents
    density = logsumexp(terms, axis=0)
    return np.exp(terms - density).T, density


def first_guess(means: Array) -> Array:
    """Return free energies by the trapezoidal rule along the tree of conditions that are nearest to each other.

    Parameters
    ----------
    means : ndarray, shape (K, K)
        The reduced energy of condition j averaged over the recordings of condition k, at [j, k].

    Notes
    -----
    f_k - f_j is about half the sum of <u_k - u_j> over both. The difference of the two averages is the symmetrised
    Kullback-Leibler divergence, which tells who is near whom.
    """
    own = np.diag(means)
    distance = np.maximum(means + means.T - own[:, None] - own, 0.0) + 1e-9
    tree = minimum_spanning_tree(np.triu(distance, 1))
    order, before = breadth_first_order(tree, 0, directed=False)
    free = np.zeros(len(means))
    for k in order[1:]:
        j = before[k]
        free[k] = free[j] + 0.5 * (means[k, j] - means[j, j] + means[k, k] - means[j, k])
    return free


def solve(histogram: RowHistogram, exponents: Exponents, means: Array) -> Array:
    """Return f_k = -ln Z_k of all conditions, up to a common constant: f_0 = 0.

    Parameters
    ----------
    histogram : RowHistogram
        What was recorded at K conditions.
    exponents : callable
        Reduced energies of the rows at each condition.
    means : ndarray, shape (K, K)
        As for `first_guess`, from which the iteration starts.

    Returns
    -------
    ndarray, shape (K,), float64
        Differences of the free energies over T.

    Raises
    ------
    InputError
        If the histograms do not overlap, so that some differences are unknown.
    SpinlensError
        If the iteration does not converge.

    Notes
    -----
    Ferrenberg-Swendsen iteration f_k = -ln sum_x H(x) exp(-u_k(x)) / sum_j N_j exp(f_j - u_j(x)), all in logs. It
    always converges, but slowly for many temperatures; a Newton step on the same (convex) problem is tried first and
    taken where it halves the residual at least. Autocorrelation makes the weights of the conditions less than
    the best, not wrong.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989), doi:10.1103/PhysRevLett.63.1195;
    M. R. Shirts and J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), doi:10.1063/1.2978177.
    """
    recordings = histogram.recordings.sum(axis=1)
    weights = np.asarray(histogram.counts.sum(axis=0)).reshape(-1)
    free = first_guess(means)
    if len(recordings) == 1:
        return free
    found, shared = _expected(free, recordings, weights, exponents)
    for _ in range(MOST_ITERATIONS):
        candidate = _anchored(free + _newton_step(recordings, np.exp(found), shared))
        sums = _expected(candidate, recordings, weights, exponents)
        if not _residual(recordings, sums[0]) < 0.5 * _residual(recordings, found):
            candidate = _anchored(free - found + np.log(recordings))
            sums = _expected(candidate, recordings, weights, exponents)
        change, free = float(np.abs(candidate - free).max()), candidate
        found, shared = sums
        if change < TOLERANCE * max(1.0, float(np.abs(free).max())):
            _check_overlap(shared, recordings)
            return free
    _check_overlap(shared, recordings)
    raise SpinlensError(
        f"The free energies of {len(recordings)} conditions did not settle; the last change was {change:.1e}."
    )


def leave_one_out(histogram: RowHistogram, exponents: Exponents, free: Array) -> Array:
    """Return the ratios r_k = N_k exp(f_k) without each group over the same with all of them.

    Parameters
    ----------
    histogram : RowHistogram
        What was recorded at K conditions in G groups.
    exponents : callable
        Reduced energies of the rows at each condition.
    free : ndarray, shape (K,)
        The solution for all groups together.

    Returns
    -------
    ndarray, shape (K, G), float64
        With them the density of the mixture without a group is exp(density) sum_k p_k r_k.
    """
    total = histogram.recordings.sum(axis=1)
    kept = total[:, None] - histogram.recordings
    shift = np.zeros_like(kept)
    if len(total) == 1 or kept.shape[1] == 1:
        return np.asarray(kept / total[:, None], dtype=np.float64)
    weights = np.asarray(histogram.counts.sum(axis=0)).reshape(-1)
    _, shared = _expected(free, total, weights, exponents)
    hessian = np.diag(total) - shared
    # The groups differ little from the whole, whose curvature does for all of them.
    for _ in range(50):
        ratio = kept / total[:, None] * np.exp(shift)
        expected = np.zeros_like(kept)
        for here in blocks(len(weights), len(total)):
            share, _ = responsibilities(free, total, exponents(here))
            rest = weights[here, None] - histogram.counts[:, here].toarray().T
            expected += ratio * (share.T @ (rest / (share @ ratio)))
        step = np.zeros_like(shift)
        step[1:] = np.linalg.lstsq(hessian[1:, 1:], (kept - expected)[1:], rcond=None)[0]
        shift += step
        if np.abs(step).max() < 1e-8:
            return np.asarray(kept / total[:, None] * np.exp(shift), dtype=np.float64)
    raise SpinlensError("The free energies without one group of chains did not settle: too few recordings overlap.")


def _expected(free: Array, recordings: Array, weights: Array, exponents: Exponents) -> tuple[Array, Array]:
    """Return ln sum_x H p_k, shape (K,), and sum_x H p_j p_k, shape (K, K)."""
    found, shared = np.full_like(free, -np.inf), np.zeros((len(free), len(free)))
    for here in blocks(len(weights), len(free)):
        terms = (free + np.log(recordings))[:, None] - exponents(here)
        terms -= logsumexp(terms, axis=0)
        found = np.logaddexp(found, logsumexp(terms, b=weights[here], axis=1))
        share = np.exp(terms).T
        shared += share.T @ (share * weights[here, None])
    return found, shared


def _newton_step(recordings: Array, found: Array, shared: Array) -> Array:
    hessian = np.diag(found) - shared
    step = np.zeros_like(found)
    step[1:] = np.linalg.lstsq(hessian[1:, 1:], (recordings - found)[1:], rcond=None)[0]
    return step


def _residual(recordings: Array, expected: Array) -> float:
    value = float(np.abs(expected - np.log(recordings)).max())
    return value if np.isfinite(value) else np.inf


def _anchored(free: Array) -> Array:
    return np.asarray(free - free[0], dtype=np.float64)


def _check_overlap(shared: Array, recordings: Array) -> None:
    # What two of many like conditions share is split among all; the ratio to what each shares with itself is not.
    own = np.sqrt(np.diag(shared))
    alike = shared / np.outer(own, own)
    parts, label = connected_components(
        alike * np.minimum.outer(recordings, recordings) >= FEWEST_SHARED, directed=False
    )
    if parts > 1:
        stranger = int(np.argmax(label != label[0]))
        raise NoOverlapError(
            f"condition[{stranger}]", "not connected to condition[0]",
            f"their histograms share fewer than {FEWEST_SHARED:g} recordings, also by way of the others",
            "Simulate conditions in between",
        )  # fmt: skip
