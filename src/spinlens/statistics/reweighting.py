"""From the conditions that were simulated to others: single- and multi-histogram reweighting."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.models.ising import Ising
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.fluctuations import thermodynamics
from spinlens.statistics.free_energies import blocks, leave_one_out, responsibilities, solve
from spinlens.statistics.histogram import count_pairs
from spinlens.statistics.jackknife import jackknife_parts

Array = NDArray[np.float64]

FEWEST_EFFECTIVE = 100.0
"""Recordings that must be left, in effect, after they were weighted."""

SMALLEST_SHARE = 0.01
"""The same as a share of the recordings of a condition. A histogram that ends before the wanted distribution does
puts nearly all weight on its last, rarely visited pairs, which is what this notices."""


@dataclass(frozen=True, slots=True)
class Reweighted:
    """Averages and fluctuations at one condition, per site, as `observables` defines them.

    Attributes
    ----------
    temperature, field : float
        The condition.
    energy, magnetization, absolute_magnetization, specific_heat, susceptibility, susceptibility_absolute, \
binder_cumulant : Estimate
        With jackknife errors over groups of chains.
    log_z : Estimate
        (ln Z here - ln Z at the first simulated condition) / N.
    effective_recordings : float
        (sum of weights)^2 / (sum of their squares): recordings that count; autocorrelation not considered.
    """

    temperature: float
    field: float
    energy: Estimate
    magnetization: Estimate
    absolute_magnetization: Estimate
    specific_heat: Estimate
    susceptibility: Estimate
    susceptibility_absolute: Estimate
    binder_cumulant: Estimate
    log_z: Estimate
    effective_recordings: float

    def __str__(self) -> str:
        """Print one observable a line."""
        lines = [f"{item.name:<24} {getattr(self, item.name)}" for item in fields(self)[2:-1]]
        return "\n".join([f"T = {self.temperature:g}, h = {self.field:g}", *lines])


class MultiHistogram:
    """Several simulated conditions as one data set that answers for the conditions between them.

    Parameters
    ----------
    bond_sum, spin_sum : array of int, shape (..., chain, recording)
        Exact totals of s s' over bonds and of s over sites, for example those of an ensemble, (field, temperature,
        chain, recording). They are counted group by group and not kept.
    model : Ising
        The Hamiltonian.
    temperature, field : array
        T > 0 and h of each condition; broadcast against the dimensions before the chains.
    sites : int
        Number of spins N.
    symmetric_at_zero : bool
        Whether <m> = 0 at h = 0; False where the boundary favours one sign.

    Raises
    ------
    InputError
        If the shapes do not fit together, a temperature is not > 0, or the histograms do not overlap.

    Examples
    --------
    >>> ensemble = simulate(...)  # doctest: +SKIP
    >>> between = MultiHistogram(
    ...     ensemble.series.bond_sum,
    ...     ensemble.series.spin_sum,
    ...     model=ensemble.model,
    ...     temperature=ensemble.temperature,
    ...     field=ensemble.field[:, None],
    ...     sites=ensemble.lattice.sites,
    ... )  # doctest: +SKIP
    >>> print(between.observables(temperature=2.2681, field=0.0).energy)  # doctest: +SKIP
    -1.4153(11)

    Notes
    -----
    Kept are the pairs that occur, their counts in at most 32 groups, and one number a pair; see `solve` for the
    equations. Errors are those of a jackknife over groups, each of which is left out at all conditions at once and
    the free energies adjusted, so that they know of autocorrelation, of replica exchange and of the free energies' own
    errors.
    """

    def __init__(
        self, bond_sum: Any, spin_sum: Any, *, model: Ising, temperature: Any, field: Any, sites: int,
        symmetric_at_zero: bool = True,
    ) -> None:  # fmt: skip
        self.model, self.sites, self._symmetric = model, sites, symmetric_at_zero
        bonds, spins, self.temperature, self.field = _conditions(bond_sum, spin_sum, temperature, field)
        self._histogram = count_pairs(bonds, spins)
        self._recordings = self._histogram.recordings.sum(axis=1)
        means = self._reduced(self._histogram.mean_bond_sum, self._histogram.mean_spin_sum)
        self._free = solve(self._histogram, self._exponents, means)
        self._ratio = leave_one_out(self._histogram, self._exponents, self._free)
        self._weights = np.asarray(self._histogram.counts.sum(axis=0)).reshape(-1)
        self._density = np.empty(len(self._weights))
        for here in blocks(len(self._weights), len(self._free)):
            _, self._density[here] = responsibilities(self._free, self._recordings, self._exponents(here))

    @property
    def groups(self) -> int:
        """Groups of chains, or of stretches of time, that the errors rest on."""
        return int(self._ratio.shape[1])

    @property
    def log_z(self) -> tuple[Estimate, ...]:
        """(ln Z - ln Z of the first condition) / N at each simulated condition, in their order."""
        total = self._recordings[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = np.log(self._ratio * total / (total - self._histogram.recordings))
        shift = shift - shift[0]
        error = np.sqrt((self.groups - 1) / self.groups * ((shift - shift.mean(1, keepdims=True)) ** 2).sum(1))
        error = error if self.groups > 1 else np.full(len(self._free), np.nan)
        error[0] = 0.0
        return tuple(Estimate(0.0 - f / self.sites, e / self.sites) for f, e in zip(self._free, error, strict=True))

    def observables(self, *, temperature: float, field: float = 0.0) -> Reweighted:
        """Estimate the thermodynamics of one condition.

        Parameters
        ----------
        temperature, field : float
            T > 0 and h, in units of energy; simulated or not.

        Returns
        -------
        Reweighted
            Every observable with its error.

        Raises
        ------
        InputError
            If the condition lies outside of what was simulated: fewer than 100 recordings count there, or fewer
            than one in a hundred of the recordings of a condition.
        """
        temperature, field = _target(temperature, field)
        energy, spins, log_weight = self._target_terms(temperature, field)
        top = log_weight.max()
        weight = np.exp(log_weight - top)
        effective = self._check_overlap(weight, temperature, field)
        offset, sums = self._sums(weight, energy / self.sites, spins / self.sites)
        symmetric = self._symmetric and field == 0
        statistic = thermodynamics(offset[:, None], np.array([temperature]), self.sites, symmetric=symmetric)

        def estimates(means: Array) -> dict[str, Array]:
            return {**statistic(means[1:] / means[0]), "log_z": (np.log(means[0]) + top) / self.sites}

        whole, without = sums[:, None, 0], sums[:, None, 1:]
        found = jackknife_parts(estimates, whole, without)
        values = {
            name: Estimate(value[0], found[f"{name}_error"][0])
            for name, value in found.items()
            if not name.endswith("_error")
        }
        return Reweighted(temperature=temperature, field=field, effective_recordings=effective, **values)

    def _reduced(self, bond_sum: Any, spin_sum: Any) -> Array:
        """Return E / T of pairs at each simulated condition, (condition, pair)."""
        energy = self.model.energy_total(bond_sum[None], spin_sum[None], self.field[:, None])
        return np.asarray(energy / self.temperature[:, None], dtype=np.float64)

    def _exponents(self, here: slice) -> Array:
        return self._reduced(self._histogram.bond_sum[here], self._histogram.spin_sum[here])

    def _target_terms(self, temperature: float, field: float) -> tuple[Array, Array, Array]:
        """Return total energy, spin sum, and ln of the weight of one recording, for each pair."""
        spins = self._histogram.spin_sum.astype(np.float64)
        energy = np.asarray(self.model.energy_total(self._histogram.bond_sum, spins, field), dtype=np.float64)
        return energy, spins, -energy / temperature - self._density

    def _check_overlap(self, weight: Array, temperature: float, field: float) -> float:
        effective = float((self._weights @ weight) ** 2 / (self._weights @ weight**2))
        fewest = max(FEWEST_EFFECTIVE, SMALLEST_SHARE * float(self._recordings.mean()))
        if effective < fewest:
            raise InputError(
                "temperature, field", (temperature, field),
                f"is outside of what was simulated, only {effective:.0f} of {self._recordings.sum():.0f} recordings "
                f"would count and {fewest:.0f} must", "Simulate nearer to it, or longer",
            )  # fmt: skip
        return effective

    def _sums(self, weight: Array, e: Array, m: Array) -> tuple[Array, Array]:
        """Return offsets (3,) and weighted sums (1 + moment, 1 + group): of everything, then without each group."""
        total = self._weights * weight
        offset = np.array([total @ values / total.sum() for values in (e, m, np.abs(m))])
        e, d, a = e - offset[0], m - offset[1], np.abs(m) - offset[2]
        moments = (np.ones_like(e), e, e**2, d, d**2, a, a**2, m**2, m**4)
        sums = np.zeros((len(moments), 1 + self.groups))
        for here in blocks(len(weight), max(len(self._free), self.groups)):
            table = np.stack([values[here] for values in moments])
            share, _ = responsibilities(self._free, self._recordings, self._exponents(here))
            rest = self._weights[here, None] - self._histogram.counts[:, here].toarray().T
            if self.groups > 1:
                sums[:, 1:] += table @ (weight[here, None] * rest / (share @ self._ratio))
            sums[:, 0] += table @ total[here]
        return offset, sums if self.groups > 1 else sums[:, :1]


def reweight(
    bond_sum: Any,
    spin_sum: Any,
    *,
    model: Ising,
    temperature: float,
    field: float,
    to_temperature: float,
    to_field: float,
    sites: int,
    symmetric_at_zero: bool = True,
) -> Reweighted:
    """Estimate the thermodynamics of a condition from the recordings of another one nearby.

    Parameters
    ----------
    bond_sum, spin_sum : array of int, shape (chain, recording)
        Exact totals of s s' over bonds and of s over sites.
    model : Ising
        The Hamiltonian.
    temperature, field : float
        Where they were recorded: T > 0 and h.
    to_temperature, to_field : float
        Where the answer is wanted.
    sites : int
        Number of spins N.
    symmetric_at_zero : bool
        Whether <m> = 0 at h = 0; False where the boundary favours one sign.

    Returns
    -------
    Reweighted
        Every observable with its error; ``log_z`` is the difference to where they were recorded.

    Raises
    ------
    InputError
        If the shapes do not fit together, a temperature is not > 0, or too few recordings count there.

    References
    ----------
    A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988), doi:10.1103/PhysRevLett.61.2635.
    """
    single = MultiHistogram(
        bond_sum, spin_sum, model=model, temperature=temperature, field=field, sites=sites,
        symmetric_at_zero=symmetric_at_zero,
    )  # fmt: skip
    return single.observables(temperature=to_temperature, field=to_field)


def _conditions(bond_sum: Any, spin_sum: Any, temperature: Any, field: Any) -> tuple[Any, Any, Array, Array]:
    """Return the sums as (condition, chain, recording) and the two axes as (condition,)."""
    bonds, spins = (values if hasattr(values, "reshape") else np.asarray(values) for values in (bond_sum, spin_sum))
    bonds, spins = getattr(bonds, "values", bonds), getattr(spins, "values", spins)
    shape = np.shape(bonds)
    if len(shape) < 2 or shape != np.shape(spins) or 0 in shape:
        raise InputError(
            "bond_sum.shape, spin_sum.shape", (shape, np.shape(spins)),
            "both must be (..., chain, recording), each at least 1",
        )  # fmt: skip
    axes = []
    for name, values in (("temperature", temperature), ("field", field)):
        try:
            axes.append(np.broadcast_to(np.asarray(values, dtype=np.float64), shape[:-2]).reshape(-1))
        except (TypeError, ValueError):
            raise InputError(f"{name}.shape", np.shape(values), f"must broadcast to {shape[:-2]}") from None
    for t, h in zip(*axes, strict=True):
        _target(t, h)
    flat = (len(axes[0]), *shape[-2:])
    return bonds.reshape(flat), spins.reshape(flat), axes[0], axes[1]


def _target(temperature: float, field: float) -> tuple[float, float]:
    if not (math.isfinite(temperature) and temperature > 0):
        raise InputError("temperature", temperature, "must be > 0 (k_B = 1, units of abs(J))")
    if not math.isfinite(field):
        raise InputError("field", field, "must be a finite number (units of abs(J))")
    return float(temperature), float(field)
