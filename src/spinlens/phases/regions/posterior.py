"""The probability of each region given the energy: what the best classifier believes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from spinlens.errors import InputError
from spinlens.phases.regions.energies import EnergyDistribution
from spinlens.phases.regions.labels import REGIONS, Counts, region_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Posterior:
    """p(region | configuration), which depends on the configuration through its energy alone.

    Attributes
    ----------
    distribution : EnergyDistribution
        Where ln Z(T) comes from; the density of states cancels.
    shares : ndarray, shape (4, T), float64
        The weight of each temperature within each region; rows sum to one.
    proportions : ndarray, shape (4,), float64
        Shares of the regions among the images.
    """

    distribution: EnergyDistribution
    shares: Floats
    proportions: Floats

    def predict_proba(self, energy: Any) -> Floats:
        """Return the probability of each region.

        Parameters
        ----------
        energy : array, shape (n,)
            Energy per site, boundary bonds included.

        Returns
        -------
        ndarray of float64, shape (n, 4)
            Rows sum to one.
        """
        total = np.asarray(energy, dtype=np.float64)[:, None] * self.distribution.sites
        log_likelihood = total * self.distribution.rate - self.distribution.log_partition
        prior = self.proportions[:, None] * self.shares
        joint = logsumexp(log_likelihood[:, None, :], b=prior, axis=2)
        return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))

    def predict(self, energy: Any) -> NDArray[np.int64]:
        """Return the most probable region at each energy per site, int64 (n,)."""
        return np.asarray(self.predict_proba(energy).argmax(axis=1), dtype=np.int64)


def posterior(distribution: EnergyDistribution, *, counts: Counts, unit: float = 1.0) -> Posterior:
    """Return p(region | energy) where temperatures are uniform on the grid within each region.

    Parameters
    ----------
    distribution : EnergyDistribution
        p(E | T) at every temperature of the grid.
    counts : tuple of int
        Images of each region: their proportions are the prior.
    unit : float
        What the edges are multiples of, see `region_of`.

    Raises
    ------
    InputError
        If a region with images has no temperature.
    """
    region = region_of(distribution.temperature, unit=unit)
    shares = np.zeros((len(REGIONS), len(region)))
    for label, wanted in enumerate(counts):
        here = region == label
        if wanted and not here.any():
            raise InputError("temperature", f"{len(region)} values", f"none lies in the region {REGIONS[label]}")
        shares[label, here] = 1.0 / max(1, int(here.sum()))
    proportions = np.asarray(counts, dtype=np.float64)
    return Posterior(distribution, shares, proportions / proportions.sum())
