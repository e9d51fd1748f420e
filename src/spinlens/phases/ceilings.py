"""The best that any reader of configurations can do: Fisher information, Cramer-Rao errors, optimal indicators.

ln p = K . S - ln Z makes the terms S sufficient: what the best reader makes of a configuration depends on them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman, torus_energies
from spinlens.exact.enumeration import LARGEST
from spinlens.exact.thermodynamics import StateDistribution
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.statistics import Estimate, Indicator
from spinlens.statistics.indicator import group_averages
from spinlens.statistics.recordings import recordings
from spinlens.statistics.scaling.scan import Scan
from spinlens.statistics.scaling.sources import chosen_conditions, from_ensemble

Array = NDArray[np.float64]

STEP = 1e-4
"""Relative step of the derivative of the strengths, central: right to about eight digits."""


def fisher_information(ensemble: Any, *, control: str = "temperature", **fixed: float) -> Indicator:
    """Estimate the Fisher information of one configuration about a control, from the covariance of the terms.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model.
    control : str
        What is asked for: the temperature or a control of the model.
    **fixed : float
        Which value of the other controls, where they were varied too.

    Returns
    -------
    Indicator
        F = (dK/dx) . cov(S) . (dK/dx) at each value x of the control, in 1 / (its unit)^2; N C / T^2 for the
        temperature. Errors leave out whole chains.

    Raises
    ------
    InputError
        If the control was not varied, others were and are not named, or there are fewer than 16 chains.
    """
    at, matrices = information_matrix(ensemble, (control,), along=control, **fixed)
    return Indicator("Fisher information", control, at, matrices[None, ..., 0, 0])


def information_matrix(
    ensemble: Any, controls: Sequence[str], *, along: str = "temperature", **fixed: float
) -> tuple[Array, Array]:
    """Estimate the matrix of the Fisher information about several controls, along one of them.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model.
    controls : sequence of str
        What is asked for, m of them.
    along : str
        What varies.
    **fixed : float
        Which value of the others, where they were varied too.

    Returns
    -------
    at : ndarray, float64 (n,)
        The values of what varies.
    matrices : ndarray, float64 (1 + G, n, m, m)
        From all chains, then without each group of them.
    """
    found = recordings(ensemble)
    model, lattice = found.model, found.lattice
    names = model.tables(lattice).names
    samples, at = [], []
    for k in chosen_conditions(found, along, fixed):
        here = {**found.controls_at(int(k)), "temperature": float(found.temperature[k])}
        sums = np.stack([np.asarray(found.sums[name][k], dtype=np.float64) for name in names if name in found.sums])
        slopes = np.array([_slopes(model, lattice, control, here) for control in controls])
        scores = np.tensordot(slopes[:, [name in found.sums for name in names]], sums, axes=1)
        apart = scores - scores.mean(axis=(1, 2), keepdims=True)
        means, products = group_averages(apart), group_averages(apart[:, None] * apart)
        samples.append(products - means[:, :, None] * means[:, None, :])
        at.append(here[along])
    return np.array(at), np.array(samples).swapaxes(0, 1)


def exact_fisher_information(
    model: Model, lattice: Lattice, *, control: str = "temperature", values: Any, **fixed: float
) -> Array:
    """Return the Fisher information of one configuration from an oracle.

    Parameters
    ----------
    model, lattice
        Of at most 2^22 states; or at zero field on a torus, for the temperature, where Kaufman's formula holds.
    control : str
        What is asked for.
    values : array, float (n,)
        Of the control.
    **fixed : float
        The other controls, ``temperature`` among them where another one is asked for.

    Returns
    -------
    ndarray of float64, (n,)
        F.

    Raises
    ------
    InputError
        If no oracle knows it.
    """
    at = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if model.space.states**lattice.sites > LARGEST and control == "temperature":
        heat = np.asarray(kaufman(model, lattice, temperature=at, **fixed)["specific_heat"])
        return np.asarray(lattice.sites * heat / at**2)
    found = []
    for value in at:
        controls = {**fixed, control: float(value)}
        states = _states(model, lattice, controls)
        slope = _slopes(model, lattice, control, controls)
        score = slope @ np.array([states.rows[name] for name in model.tables(lattice).names], dtype=np.float64)
        mean = states.probability @ score
        found.append(float(states.probability @ (score - mean) ** 2))
    return np.array(found)


def cramer_rao(information: Any, draws: int = 1) -> Array:
    """Return the smallest standard error of an estimate of the control from n independent draws, 1 / sqrt(n F)."""
    if draws < 1:
        raise InputError("draws", draws, "must be at least 1")
    return np.asarray(1.0 / np.sqrt(draws * np.asarray(information, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class Optimum:
    """What a reader that knows the likelihood reaches, for each of the learned indicators.

    Attributes
    ----------
    control : str
        What varies.
    values : ndarray, float64 (C,)
        Its values.
    probability : ndarray, float64 (C, K)
        Of the levels of the sufficient terms at each value; rows sum to one.

    References
    ----------
    J. Arnold, F. Schaefer, Phys. Rev. X 12, 031044 (2022), doi:10.1103/PhysRevX.12.031044.
    """

    control: str
    values: Array
    probability: Array

    @classmethod
    def of_ensemble(cls, ensemble: Any, *, control: str = "temperature", **fixed: float) -> Self:
        """Take the levels that an ensemble recorded, all conditions together as one histogram.

        Raises
        ------
        InputError
            As of `spinlens.statistics.scaling.Scan`.
        """
        recorded = from_ensemble(ensemble, control=control, fixed=fixed, observables={})
        return cls(control, recorded.values, Scan(recorded).probabilities(recorded.values))

    @classmethod
    def of_states(
        cls, model: Model, lattice: Lattice, *, control: str = "temperature", values: Any, **fixed: float
    ) -> Self:
        """Take all states of a small lattice."""
        at = np.asarray(values, dtype=np.float64)
        rows = [_states(model, lattice, {**fixed, control: float(value)}).probability for value in at]
        return cls(control, at, np.array(rows))

    @classmethod
    def of_torus(cls, shape: tuple[int, int], temperature: Any, *, coupling: float = 1.0) -> Self:
        """Take the exact energies of spins on a torus without a field, see `spinlens.exact.torus_energies`."""
        at = np.asarray(temperature, dtype=np.float64)
        return cls("temperature", at, torus_energies(shape, at, coupling=coupling).probability)

    @property
    def between(self) -> Array:
        """Midpoints of neighbouring values, (C - 1,)."""
        return np.asarray(0.5 * (self.values[1:] + self.values[:-1]))

    @property
    def prediction(self) -> Array:
        """Slope of the mean of the best prediction by least squares, (C - 1,)."""
        mean = self.probability @ self._predicted
        return np.asarray(np.diff(mean) / np.diff(self.values))

    @property
    def prediction_information(self) -> Array:
        """What the best prediction tells of the control, (C - 1,); see `spinlens.statistics.information`."""
        best = self._predicted
        mean, square = self.probability @ best, self.probability @ best**2
        together = 0.5 * (square[1:] + square[:-1]) - (0.5 * (mean[1:] + mean[:-1])) ** 2
        return np.asarray(np.diff(mean) ** 2 / together / np.diff(self.values) ** 2)

    @property
    def confusion(self) -> Array:
        """Accuracy of the best rule for each cut, (C - 1,)."""
        below = np.cumsum(self.probability, axis=0)[:-1]
        above = self.probability.sum(axis=0) - below
        return np.asarray(np.maximum(below, above).sum(axis=1) / len(self.values))

    @property
    def neighbours(self) -> Array:
        """8 times the Jensen-Shannon divergence of neighbouring values over the squared step, (C - 1,)."""
        low, high = self.probability[:-1], self.probability[1:]
        middle = 0.5 * (low + high)
        divergence = 0.5 * (_relative_entropy(low, middle) + _relative_entropy(high, middle))
        return np.asarray(8.0 * divergence / np.diff(self.values) ** 2)

    @property
    def information(self) -> Array:
        """What the best number tells of the control between neighbouring values, (C - 1,).

        The largest that `spinlens.statistics.information` of any number can be: that of (q - p) / (q + p), with p and q
        the probabilities at both values, 2 sum (q - p)^2 / (q + p) over the squared step.
        """
        low, high = self.probability[:-1], self.probability[1:]
        both = low + high
        apart = np.where(both > 0, (high - low) ** 2 / np.where(both > 0, both, 1.0), 0.0).sum(axis=1)
        return np.asarray(2.0 * apart / np.diff(self.values) ** 2)

    @property
    def _predicted(self) -> Array:
        """Mean of the control given each level, (K,)."""
        return np.asarray(self.values @ self.probability / np.maximum(self.probability.sum(axis=0), 1e-300))


def efficiency(reached: Indicator, ceiling: Any, *, at: float | None = None) -> Estimate:
    """Return reached / ceiling at a value of the control, or of the sums over all of them, with its error.

    Raises
    ------
    InputError
        If they have not equally many points.
    """
    best = np.asarray(ceiling, dtype=np.float64)
    if best.shape != reached.at.shape:
        raise InputError("ceiling", best.shape, f"must be {reached.at.shape}, over the same values as the indicator")
    here = slice(None) if at is None else [int(np.abs(reached.at - at).argmin())]
    samples = reached.samples[..., here].sum(axis=-1, keepdims=True) / best[here].sum()
    share = Indicator(reached.name, reached.control, np.zeros(1), samples)
    return Estimate(float(share.curve[0]), float(share.error[0]))


def _states(model: Model, lattice: Lattice, controls: dict[str, float]) -> StateDistribution:
    """Return the rows of sums of all states at a condition, with their probabilities."""
    others = {name: value for name, value in controls.items() if name != "temperature"}
    found = enumerate_states(model, lattice, temperature=controls["temperature"], **others).distribution
    assert found is not None
    return found


def _slopes(model: Model, lattice: Lattice, control: str, controls: dict[str, float]) -> Array:
    """Return dK / d control, float64 (terms,)."""
    value = controls[control]
    step = STEP * max(abs(value), 1e-2)
    high, low = (model.factors(lattice, **{**controls, control: value + sign * step}) for sign in (1.0, -1.0))
    return np.asarray((np.asarray(high) - np.asarray(low)) / (2.0 * step))


def _relative_entropy(p: Array, q: Array) -> Array:
    # Half of the smallest number that there is rounds to zero: such a level is none.
    there = (p > 0) & (q > 0)
    return np.asarray((p * np.log(np.where(there, p, 1.0) / np.where(there, q, 1.0))).sum(axis=1))
