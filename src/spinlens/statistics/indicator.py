"""An indicator: a curve over a control whose peak marks a transition, with errors from chains and from trainings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.histogram import MOST_GROUPS
from spinlens.statistics.jackknife import FEWEST_GROUPS

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Indicator:
    """A curve over a control.

    Attributes
    ----------
    name : str
        What it is of.
    control : str
        What varies.
    at : ndarray, float64 (n,)
        Values of the control.
    samples : ndarray, float64 (training, 1 + G, n)
        Of each training the curve of all chains, then without each of G groups of whole chains; one training where
        nothing was trained.
    """

    name: str
    control: str
    at: Array
    samples: Array

    @property
    def curve(self) -> Array:
        """The mean over trainings (n,), its bias of first order in the number of groups taken out."""
        whole, without = self.samples[:, 0], self.samples[:, 1:]
        groups = without.shape[1]
        return np.asarray((whole - (groups - 1) * (without.mean(axis=1) - whole)).mean(axis=0))

    @property
    def of_chains(self) -> Array:
        """Standard error from the chains that were read, float64 (n,)."""
        mean = self.samples.mean(axis=0)[1:]
        return np.asarray(np.sqrt((len(mean) - 1) * mean.var(axis=0)))

    @property
    def of_trainings(self) -> Array:
        """Standard deviation between trainings, float64 (n,): another one may lie as far off. Zero of a single one."""
        whole = self.samples[:, 0]
        return np.asarray(whole.std(axis=0, ddof=1) if len(whole) > 1 else np.zeros(whole.shape[1]))

    @property
    def error(self) -> Array:
        """Both together, in squares."""
        return np.asarray(np.hypot(self.of_chains, self.of_trainings))

    @property
    def highest(self) -> float:
        """Where the curve is highest, one of `at`."""
        return float(self.at[int(np.argmax(self.curve))])

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """Return one indicator of several trainings."""
        first = parts[0]
        return cls(first.name, first.control, first.at, np.concatenate([part.samples for part in parts]))


def groups_of(chains: int) -> NDArray[np.int64]:
    """Return where each group of whole chains begins, and the number of chains last, int64 (1 + G,).

    Raises
    ------
    InputError
        If there are fewer than 16 chains.
    """
    if chains < FEWEST_GROUPS:
        raise InputError(
            "chains", chains, f"errors rest on whole chains that are read and need at least {FEWEST_GROUPS}",
            "Simulate with chains=64, and read half of them",
        )  # fmt: skip
    return np.linspace(0, chains, min(chains, MOST_GROUPS) + 1).astype(np.int64)


def group_averages(numbers: Array) -> Array:
    """Return averages over everything and without each group of chains, (1 + G, ...), of numbers (..., chain, draw)."""
    edges = groups_of(numbers.shape[-2])
    counts = np.diff(edges).astype(np.float64)
    sums = np.add.reduceat(numbers.mean(axis=-1), edges[:-1], axis=-1)
    total = sums.sum(axis=-1, keepdims=True)
    found = np.concatenate([total / counts.sum(), (total - sums) / (counts.sum() - counts)], axis=-1)
    return np.moveaxis(found, -1, 0)


def indicator_of(
    name: str, control: str, at: Array, numbers: Sequence[Array], statistic: Callable[[Array], Array]
) -> Indicator:
    """Return an indicator that follows from averages over draws.

    Parameters
    ----------
    name, control, at
        As of `Indicator`.
    numbers : sequence of ndarray, each (..., chain, draw)
        What is averaged, of each training.
    statistic : callable
        From averages (...) to the curve (n,).
    """
    samples = [[statistic(row) for row in group_averages(each)] for each in numbers]
    return Indicator(name, control, np.asarray(at, dtype=np.float64), np.array(samples))


def information(name: str, control: str, values: Any, observables: Sequence[Any]) -> Indicator:
    """Estimate how much an observable tells of a control: a lower bound of the Fisher information.

    Parameters
    ----------
    name, control : str
        What the observable is, and what varies.
    values : array, float (C,)
        Of the control, ascending.
    observables : sequence of array, each (C, chain, draw)
        A number of each draw that was not trained on, of each training.

    Returns
    -------
    Indicator
        Between neighbouring values, float64 (C - 1,): (difference of the means)^2 / (variance of both together x
        step^2). For small steps it is (d<O>/dT)^2 / var(O), which no observable makes larger than the Fisher
        information: the square of the signal over the noise with which O reads the control.

    References
    ----------
    J. Arnold, F. Holtorf, F. Schaefer, N. Loerch, Phys. Rev. Research 5, 033195 (2023),
    doi:10.1103/PhysRevResearch.5.033195.
    """
    t = np.asarray(values, dtype=np.float64)
    step = np.diff(t)

    def bound(means: Array) -> Array:
        first, second = means
        apart = np.diff(first)
        together = 0.5 * (second[1:] + second[:-1]) - (0.5 * (first[1:] + first[:-1])) ** 2
        # Where nothing varies nothing is told.
        return np.where(together > 1e-12, apart**2 / np.maximum(together, 1e-12) / step**2, 0.0)

    numbers = []
    for each in observables:
        array = np.asarray(each, dtype=np.float64)
        array = (array - array.mean()) / max(float(array.std()), 1e-300)
        numbers.append(np.stack([array, array**2]))
    return indicator_of(name, control, 0.5 * (t[1:] + t[:-1]), numbers, bound)
