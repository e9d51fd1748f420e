"""How energies are distributed at every temperature, from all chains together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.exact import torus_energies
from spinlens.lattices import Lattice
from spinlens.statistics.free_energies import leave_one_out, responsibilities, solve
from spinlens.statistics.histogram import count_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnergyDistribution:
    """p(E | T) = g(E) exp(-E / T) / Z(T) for K energies that were seen and T temperatures.

    Attributes
    ----------
    temperature : ndarray, shape (T,), float64
        In units of energy.
    sites : int
        Number of spins N.
    energy : ndarray, shape (K,), float64
        The total energies that were recorded, ascending.
    log_partition : ndarray, shape (T,), float64
        ln Z(T), up to a constant.
    kernel : ndarray, shape (T, K), float64
        exp(-E / T) / Z(T), divided by the same of all recordings together; the distribution up to a factor of E.
    weights : ndarray, shape (1 + G, K), float64
        That factor: row 0 from all recordings, the others without each of G groups of chains; no G if it is exact.
    """

    temperature: Floats
    sites: int
    energy: Floats
    log_partition: Floats
    kernel: Floats
    weights: Floats

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
    """Estimate p(E | T) at the temperatures of an ensemble at zero field.

    Raises
    ------
    InputError
        If the ensemble is not at zero field or its temperatures are too far apart for their energies to overlap.
    """
    check_zero_field(ensemble)
    return recorded_distribution(
        ensemble.series["bond_sum"].values[0], coupling=check_coupling(ensemble), temperature=ensemble.temperature,
        sites=ensemble.lattice.sites,
    )  # fmt: skip


def check_zero_field(ensemble: Ensemble) -> None:
    """Refuse what is not at zero field alone.

    Raises
    ------
    InputError
        If it is not.
    """
    if ensemble.plan.controls != {"field": (0.0,)}:
        why = "the temperature regions are those of zero field alone"
        raise InputError("controls", dict(ensemble.plan.controls), why)


def check_coupling(ensemble: Ensemble) -> float:
    """Return the one coupling J of an ensemble.

    Raises
    ------
    InputError
        If couplings differ, so that there is no unit to measure temperatures in.
    """
    coupling = getattr(ensemble.model, "coupling", None)
    if not isinstance(coupling, float):
        why = "the temperature regions are measured in units of one coupling abs(J)"
        raise InputError("coupling", ensemble.model.text, why)
    return coupling


def recorded_distribution(bond_sum: Any, *, coupling: float, temperature: Any, sites: int) -> EnergyDistribution:
    """Estimate p(E | T) from recorded bond sums.

    Parameters
    ----------
    bond_sum : array of int, shape (T, chain, recording)
        Sums of s s' over all bonds, those to walls included, at zero field.
    coupling : float
        J; its sign counts.
    temperature : array, shape (T,)
        In units of energy.
    sites : int
        Number of spins N.

    Notes
    -----
    At zero field the family is exponential in 1 / T: one density of states g(E) serves all temperatures and is found
    by the multi-histogram equations (see `spinlens.statistics.MultiHistogram`), which smooths each histogram by its
    neighbours. Groups of chains are left out at all temperatures at once, since replicas are exchanged.
    """
    histogram = count_rows([np.asarray(bond_sum)])
    levels = histogram.rows[:, 0]
    temperature = np.asarray(temperature, dtype=np.float64)
    inverse = 1.0 / temperature

    def exponents(here: slice) -> Floats:
        energies = -coupling * levels[here]
        return np.asarray(energies * inverse[:, None], dtype=np.float64)

    means = -coupling * histogram.means[:, 0] * inverse[:, None]
    free = solve(histogram, exponents, means)
    recordings = histogram.recordings.sum(axis=1)
    share, _ = responsibilities(free, recordings, exponents(slice(None)))
    total = np.asarray(histogram.counts.sum(axis=0)).reshape(-1)
    weights = total[None]
    if histogram.counts.shape[0] > 1:
        ratio = leave_one_out(histogram, exponents, free)
        weights = np.vstack([weights, (total - histogram.counts.toarray()) / (share @ ratio).T])
    energy = -coupling * levels.astype(np.float64)
    order = np.argsort(energy)
    kernel = (share / recordings).T
    return EnergyDistribution(temperature, sites, energy[order], -free, kernel[:, order], weights[:, order])


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
