"""The other packages: how each is called in its fastest fair way, and how its energy is measured.

Each peer runs single-spin Metropolis on the periodic ferromagnet, J = 1, on one core, many sweeps a call, and starts
in equilibrium: its own Swendsen-Wang updates take it there at zero field, five thousand sweeps in a field.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

# Read by peapods when it is loaded.
os.environ["RAYON_NUM_THREADS"] = "1"

import mcising
import numpy as np
import peapods

from spinlens.models.ising import CRITICAL_TEMPERATURE
from spinlens.statistics import Estimate, integrated_autocorrelation_time

TEMPERATURE = CRITICAL_TEMPERATURE
INTERVAL = 10
"""Sweeps between recordings of mcising."""


class Peer(ABC):
    """One package.

    Attributes
    ----------
    name : str
        On the package index.
    chains : int
        Independent chains whose energies are averaged.
    energy_updates : float
        Spin updates of the run for the energy, all chains together; slower packages make fewer.
    algorithms : tuple of str
        What it can do at zero field.
    """

    name: str
    chains: int
    energy_updates: float
    algorithms: tuple[str, ...]

    @property
    def version(self) -> str:
        """The installed version."""
        return version(self.name)

    def cannot(self, field: float) -> str | None:
        """Return why a field is beyond the package, or None."""
        del field
        return None

    @abstractmethod
    def timed(self, side: int, field: float) -> Any:
        """Return a callable that makes so many sweeps of one chain, and how many updates it made."""

    @abstractmethod
    def energy(self, side: int, field: float, *, effort: float) -> Estimate:
        """Return the mean energy per site from independent chains."""

    @abstractmethod
    def recorder(self, algorithm: str, side: int, temperature: float) -> Callable[[int, int], dict[str, np.ndarray]]:
        """Return what records a number of sweeps apart, so often: observables (chains, recordings) in equilibrium."""

    def sweeps(self, side: int, *, effort: float) -> int:
        """Return the sweeps of each chain of the run for the energy."""
        return max(2000, int(effort * self.energy_updates / (self.chains * side * side)))


class Mcising(Peer):
    """mcising: one call into Rust for all sweeps, nothing measured or stored meanwhile."""

    name, chains, energy_updates = "mcising", 8, 2.5e9
    algorithms = ("metropolis", "swendsen_wang", "wolff")

    def timed(self, side: int, field: float) -> Any:
        """Return a callable for the clock."""
        simulation = self._equilibrated(side, field, seed=1)

        def sweep(count: int) -> int:
            _, attempted, _ = simulation.sweep(count, temperature=TEMPERATURE)
            return int(attempted)

        return sweep

    def energy(self, side: int, field: float, *, effort: float) -> Estimate:
        """Return the energy, with the error that the autocorrelation of all chains gives."""
        recordings = self.sweeps(side, effort=effort) // INTERVAL
        series = np.stack(
            [
                self._equilibrated(side, field, seed=100 + chain).production_sweeps(
                    recordings, INTERVAL, temperature=TEMPERATURE, store_configs=False
                )["energies"]
                for chain in range(self.chains)
            ]
        )
        tau = integrated_autocorrelation_time(series).value
        return Estimate(series.mean(), np.sqrt(2 * tau * series.var() / series.size))

    def recorder(self, algorithm: str, side: int, temperature: float) -> Callable[[int, int], dict[str, np.ndarray]]:
        """Record one chain; the algorithms' own sweeps are counted, clusters for Wolff."""
        simulation = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, 0.0, 11, algorithm)
        clusters = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, 0.0, 1011, "swendsen_wang")
        clusters.sweep(500, temperature=temperature)
        simulation.set_spins(clusters.get_spins())

        def record(interval: int, recordings: int) -> dict[str, np.ndarray]:
            found = simulation.production_sweeps(recordings, interval, temperature=temperature, store_configs=False)
            return {
                "energy": np.asarray(found["energies"], dtype=float)[None],
                "magnetization": np.abs(np.asarray(found["magnetizations"], dtype=float))[None],
            }

        return record

    def _equilibrated(self, side: int, field: float, *, seed: int) -> mcising.IsingSimulation:
        simulation = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, field, seed, "metropolis")
        if field == 0:
            clusters = mcising.IsingSimulation(side, 1.0, 0.0, 0.0, 0.0, seed + 1000, "swendsen_wang")
            clusters.sweep(500, temperature=TEMPERATURE)
            simulation.set_spins(clusters.get_spins())
        else:
            simulation.set_spins(np.ones((side, side), dtype=np.int8))
            simulation.sweep(5000, temperature=TEMPERATURE)
        return simulation


class Peapods(Peer):
    """peapods: one temperature for the clock; for the energy as many equal temperatures as chains, not exchanged.

    It reports + sum s s' / N, averaged over a call, with one seed that cannot be set.
    """

    name, chains, energy_updates = "peapods", 16, 8e8
    algorithms = ("metropolis", "swendsen_wang", "metropolis and swendsen_wang")
    recorded = 8
    """Chains of `recorder`."""

    def cannot(self, field: float) -> str | None:
        """Return why a field is beyond the package, or None."""
        return "no field" if field else None

    def timed(self, side: int, field: float) -> Any:
        """Return a callable for the clock; all but the last sweep count as warm-up, in which nothing is measured."""
        assert self.cannot(field) is None
        model = self._equilibrated(side, chains=1)

        def sweep(count: int) -> int:
            model.sample(count, warmup_ratio=1 - 1 / count, sequential=True)
            return count * side * side

        return sweep

    def energy(self, side: int, field: float, *, effort: float) -> Estimate:
        """Return the energy, with the error that the scatter of the chains gives."""
        assert self.cannot(field) is None
        model = self._equilibrated(side, chains=self.chains)
        model.sample(self.sweeps(side, effort=effort), warmup_ratio=0.0, sequential=True)
        energies = -np.asarray(model.energies_avg, dtype=np.float64)
        return Estimate(energies.mean(), energies.std(ddof=1) / np.sqrt(self.chains))

    def recorder(self, algorithm: str, side: int, temperature: float) -> Callable[[int, int], dict[str, np.ndarray]]:
        """Record the energies of some chains, one call for each recording."""
        model = peapods.Ising((side, side), temperatures=np.full(self.recorded, temperature))
        model.sample(500, cluster_update_interval=1, sequential=True)
        every = {"metropolis": None, "swendsen_wang": 1, "metropolis and swendsen_wang": 10}[algorithm]

        def record(interval: int, recordings: int) -> dict[str, np.ndarray]:
            # A cluster update follows its sweep, and a call that is too short for it has none.
            sweeps = interval if every is None else max(interval, every)
            energies = np.empty((self.recorded, recordings))
            for k in range(recordings):
                model.sample(sweeps, cluster_update_interval=every, sequential=True, warmup_ratio=0.0)
                energies[:, k] = -np.asarray(model.get_energies())
            return {"energy": energies}

        return record

    def _equilibrated(self, side: int, *, chains: int) -> peapods.Ising:
        model = peapods.Ising((side, side), temperatures=np.full(chains, TEMPERATURE))
        model.sample(500, cluster_update_interval=1, sequential=True)
        return model


PEERS: tuple[Peer, ...] = (Mcising(), Peapods())
