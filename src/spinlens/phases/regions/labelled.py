"""Labelled images, and how they are read from an ensemble."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.phases.regions.energies import check_coupling
from spinlens.phases.regions.labels import Counts, class_counts, region_of
from spinlens.sampling.plan import LANES

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Images with their labels and what is known of each.

    Attributes
    ----------
    spins : ndarray
        int8 +-1 (n, Lx, Ly).
    labels : ndarray
        int64 (n,): the place of the region in `REGIONS`.
    temperature : ndarray
        float64 (n,), in units of abs(J).
    chain, draw : ndarray
        int64 (n,): where the image comes from in the ensemble.
    energy : ndarray
        float64 (n,): energy per site, boundary bonds included.
    magnetization : ndarray
        float64 (n,): order parameter per site, with its sign: m, or the staggered one of antiferromagnets.
    """

    spins: NDArray[np.int8]
    labels: Integers
    temperature: Floats
    chain: Integers
    draw: Integers
    energy: Floats
    magnetization: Floats

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: slice | NDArray[np.generic]) -> Labelled:
        """Return some of the images: a slice, places or a mask."""
        return Labelled(*(getattr(self, item.name)[chosen] for item in fields(self)))

    @property
    def counts(self) -> Counts:
        """Images of each region."""
        return class_counts(self.labels)


@dataclass(frozen=True, slots=True)
class Places:
    """Images by their position in the ensemble: indices of temperature, chain and draw, each int64 (n,)."""

    temperature: Integers
    chain: Integers
    draw: Integers

    def __getitem__(self, chosen: slice | Integers) -> Places:
        return Places(self.temperature[chosen], self.chain[chosen], self.draw[chosen])


def read(ensemble: Ensemble, places: Places) -> Labelled:
    """Return the images at some places of an ensemble, in their order."""
    height, width = ensemble.lattice.shape
    packed = np.empty((len(places.chain), height, -(-width // 8)), dtype=np.uint8)
    for first in range(0, ensemble.plan.chains, LANES):
        here = (places.chain >= first) & (places.chain < first + LANES)
        if here.any():
            block = ensemble.packed(chain=slice(first, first + LANES))[0]
            packed[here] = block[places.temperature[here], places.chain[here] - first, places.draw[here]]
    up = np.unpackbits(packed, axis=-1, count=width, bitorder="little").view(np.int8)
    order, unit = ensemble.order_parameter, abs(check_coupling(ensemble))
    index = (0, places.temperature, places.chain, places.draw)
    temperature = ensemble.temperature[places.temperature]
    return Labelled(
        spins=(2 * up - 1).astype(np.int8, copy=False), labels=region_of(temperature / unit), temperature=temperature,
        chain=places.chain, draw=places.draw, energy=ensemble.energy.values[index], magnetization=order.values[index],
    )  # fmt: skip
