"""How energies are distributed at every temperature, from all chains together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.exact import torus_energies
from spinlens.lattices import Lattice
from spinlens.sampling import Plan
from spinlens.statistics.free_energies import leave_one_out, responsibilities, solve
from spinlens.statistics.histogram import count_rows
from spinlens.statistics.scaling.line import line_through

Floats = NDArray[np.float64]

MOST_LEVELS = 8192
"""Different energies that are told apart: more than those of two states on 100 x 100 sites."""


@dataclass(frozen=True, eq=False)
class EnergyDistribution:
    """p(E | T) = g(E) exp(-E / T) / Z(T) for K energies that were seen and T temperatures.

    Attributes
    ----------
    temperature : ndarray, shape (T,), float64
        In units of energy; where another control varies, its values.
    sites : int
        Number of spins N.
    energy : ndarray, shape (K,), float64
        The total energies that were recorded, ascending; where another control varies, of the sum that it drives.
    log_partition : ndarray, shape (T,), float64
        ln Z(T), up to a constant.
    kernel : ndarray, shape (T, K), float64
        exp(-E / T) / Z(T), divided by the same of all recordings together; the distribution up to a factor of E.
    weights : ndarray, shape (1 + G, K), float64
        That factor: row 0 from all recordings, the others without each of G groups of chains; no G if it is exact.
    drive : ndarray, shape (T,), float64, optional
        b in exp(b E), ascending: -1 / T where the temperature varies, which is what is taken if nothing is said.
    """

    temperature: Floats
    sites: int
    energy: Floats
    log_partition: Floats
    kernel: Floats
    weights: Floats
    drive: Floats | None = None

    @property
    def rate(self) -> Floats:
        """What drives E, b in p(E | b) ~ g(E) exp(b E), shape (T,), ascending."""
        return -1.0 / self.temperature if self.drive is None else self.drive

    @property
    def groups(self) -> int:
        """Groups of chains that errors rest on; 0 where the distribution is exact."""
        return len(self.weights) - 1

    @cached_property
    def probability(self) -> Floats:
        """p(E | T), shape (T, K); rows sum to one."""
        table = self.kernel * self.weights[0]
        return np.asarray(table / table.sum(axis=1, keepdims=True))

    def mixture(self, shares: Floats) -> Floats:
        """Return the energy distributions of mixtures of temperatures, from everything and without each group.

        Parameters
        ----------
        shares : ndarray, shape (C, T)
            The weight of each temperature in each mixture; rows sum to one.

        Returns
        -------
        ndarray of float64, shape (1 + G, C, K)
            Probabilities; the last axis sums to one.
        """
        norms = self.weights @ self.kernel.T
        mixed = (shares / norms[:, None, :]) @ self.kernel
        return np.asarray(mixed * self.weights[:, None, :])


def energy_distribution(ensemble: Ensemble) -> EnergyDistribution:
    """Estimate p(E | T) at the temperatures of an ensemble of any model, at one point of its other controls.

    Where one other control varies it is the distribution of what that one drives, see `driven`.

    Raises
    ------
    InputError
        If several controls were varied, there is a field, or the values are too far apart for the sums to overlap.
    """
    axis, sites = axis_of(ensemble.plan), ensemble.lattice.sites
    sums = {str(name): along(ensemble.plan, values.values) for name, values in ensemble.series.data_vars.items()}
    total, drive = driven(ensemble.plan, sums)
    return recorded_distribution(total, temperature=ensemble.grid[axis], sites=sites, drive=drive)


def axis_of(plan: Plan) -> str:
    """Return the control that the regions lie along: the one that varies, the temperature if none does.

    Raises
    ------
    InputError
        If several vary, or there is a field: no one sum would tell all, or there is no transition.
    """
    varied = [name for name, values in plan.grid.items() if len(values) > 1] or ["temperature"]
    if len(varied) > 1 or plan.controls.get("field", (0.0,)) != (0.0,):
        why = "regions lie along one control alone, at zero field and one value of every other control"
        raise InputError("controls", dict(plan.controls), why)
    return varied[0]


def along(plan: Plan, array: Any) -> Any:
    """Return an array (controls, temperature, ...) of an ensemble along the control that the regions lie along."""
    names = list(plan.grid)
    return np.moveaxis(array, names.index(axis_of(plan)), 0)[(slice(None), *(0,) * (len(names) - 1))]


def driven(plan: Plan, sums: Mapping[str, Any]) -> tuple[Floats, Floats | None]:
    """Return the total that tells the regions apart as well as anything can, and how each value drives it.

    Parameters
    ----------
    plan : Plan
        What was sampled.
    sums : mapping of str to array, shape (values, ...)
        Recorded sums along the control that the regions lie along, see `along`.

    Returns
    -------
    total : ndarray, float64 (values, ...)
        The energy where the temperature varies. Of any other control D . S, the one sum whose factor it changes.
    drive : ndarray or None
        b of that sum at each value, see `spinlens.statistics.scaling.line.Line`; None of the energy.

    Raises
    ------
    InputError
        If the control changes several sums along a curve.
    """
    axis, model, lattice = axis_of(plan), plan.model, plan.lattice
    here = plan.point_controls(0)
    if axis == "temperature":
        shape = (-1, *(1,) * (next(iter(sums.values())).ndim - 1))
        each = np.array(plan.temperature).reshape(shape)
        return np.asarray(model.energy_total(lattice, sums, temperature=each, **here)), None
    (temperature,) = plan.temperature
    values = np.array(plan.grid[axis])
    line = line_through(
        axis, lambda value: model.factors(lattice, temperature=temperature, **{**here, axis: value}), values
    )
    parts = dict(zip(model.tables(lattice).names, line.direction, strict=True))
    sign = 1.0 if line.drive(values[-1:]) > line.drive(values[:1]) else -1.0
    total = sum(sign * weight * np.asarray(sums[name], dtype=np.float64) for name, weight in parts.items() if weight)
    return np.asarray(total), sign * line.drive(values)


def square_coupling(ensemble: Ensemble) -> float | None:
    """Return abs(J) of an Ising model on the square lattice with one coupling, None of any other system."""
    view = ensemble.model.ising_view(ensemble.lattice)
    coupling = getattr(view[0], "coupling", None) if view else None
    return abs(coupling) if isinstance(coupling, float) and ensemble.lattice.kind == "square" else None


def unit_of(ensemble: Ensemble) -> float:
    """Return what temperatures of an Ising model on the square lattice are measured in, abs(J); see `region_of`.

    Raises
    ------
    InputError
        If it is another system, whose transition must be said, or has several couplings.
    """
    coupling = square_coupling(ensemble)
    if coupling is None:
        why = "the temperature regions are measured in the one coupling abs(J) of the square Ising model"
        do = "Pass unit=, the transition temperature over that of the square Ising model"
        raise InputError("unit", f"none for {ensemble.model.text}", why, do)
    return coupling


def recorded_distribution(
    energy: Any, *, temperature: Any, sites: int, drive: Floats | None = None
) -> EnergyDistribution:
    """Estimate p(E | T) from recorded energies.

    Parameters
    ----------
    energy : array of float, shape (T, chain, recording)
        Total energies, all terms included.
    temperature : array, shape (T,)
        In units of energy.
    sites : int
        Number of sites N.
    drive : array, shape (T,), optional
        b of the recorded sum at each value, where it is no energy.

    Notes
    -----
    At one point of the other controls the family is exponential in 1 / T: one density of states g(E) serves all
    temperatures and is found by the multi-histogram equations (see `spinlens.statistics.MultiHistogram`), which smooths
    each histogram by its neighbours. Groups of chains are left out at all temperatures at once, since replicas are
    exchanged. Of more than `MOST_LEVELS` different energies neighbours are joined, equally many recordings in each
    level, which then has their mean: every temperature keeps about as many levels as its share of the recordings.
    """
    energy = np.asarray(energy, dtype=np.float64)
    levels, places = _levels(energy)
    temperature = np.asarray(temperature, dtype=np.float64)
    inverse = 1.0 / temperature if drive is None else -drive
    histogram = count_rows([places])

    def exponents(here: slice) -> Floats:
        return np.asarray(levels[here] * inverse[:, None], dtype=np.float64)

    means = energy.mean(axis=(1, 2)) * inverse[:, None]
    free = solve(histogram, exponents, means)
    recordings = histogram.recordings.sum(axis=1)
    share, _ = responsibilities(free, recordings, exponents(slice(None)))
    total = np.asarray(histogram.counts.sum(axis=0)).reshape(-1)
    weights = total[None]
    if histogram.counts.shape[0] > 1:
        ratio = leave_one_out(histogram, exponents, free)
        weights = np.vstack([weights, (total - histogram.counts.toarray()) / (share @ ratio).T])
    return EnergyDistribution(temperature, sites, levels, -free, (share / recordings).T, weights, drive)


def _levels(energy: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return ascending levels of energy, each of which occurs, and the place of each recording's among them."""
    levels, places = np.unique(energy, return_inverse=True)
    if len(levels) > MOST_LEVELS:
        counts = np.bincount(places.ravel())
        # The last recording of a level decides which part of all recordings it belongs to.
        parts = np.unique((np.cumsum(counts) - 1) * MOST_LEVELS // counts.sum(), return_inverse=True)[1]
        levels = np.bincount(parts, weights=counts * levels) / np.bincount(parts, weights=counts)
        places = parts[places]
    return levels, places.reshape(energy.shape).astype(np.int64)


def torus_distribution(coupling: float, lattice: Lattice, *, temperature: Any) -> EnergyDistribution:
    """Return p(E | T) exactly, for periodic boundaries; see `spinlens.exact.ising.torus_energies`.

    Raises
    ------
    InputError
        If the boundary is another one, or the antiferromagnet has an odd side.
    """
    if lattice.boundary != "periodic":
        raise InputError("boundary", lattice.boundary_text, "energies are known exactly for periodic boundaries alone")
    exact = torus_energies((lattice.shape[0], lattice.shape[1]), temperature, coupling=coupling)
    return EnergyDistribution(
        np.asarray(temperature, dtype=np.float64), lattice.sites, exact.energy, exact.log_z, exact.probability,
        np.ones((1, len(exact.energy))),
    )  # fmt: skip


def exact_distribution(energy: Any, log_degeneracy: Any, *, temperature: Any, sites: int) -> EnergyDistribution:
    """Return p(E | T) of a known density of states.

    Parameters
    ----------
    energy, log_degeneracy : array, shape (K,)
        Total energies, ascending, and ln g(E).
    temperature : array, shape (T,)
        In units of energy.
    sites : int
        Number of spins N.
    """
    values, temperature = np.asarray(energy, dtype=np.float64), np.asarray(temperature, dtype=np.float64)
    exponent = np.asarray(log_degeneracy) - values / temperature[:, None]
    top = exponent.max(axis=1, keepdims=True)
    table = np.exp(exponent - top)
    norm = table.sum(axis=1, keepdims=True)
    log_partition = (top + np.log(norm))[:, 0]
    return EnergyDistribution(temperature, sites, values, log_partition, table / norm, np.ones((1, len(values))))
