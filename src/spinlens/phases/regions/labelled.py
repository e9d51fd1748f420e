"""Labelled images, and how they are read from an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.phases.regions.energies import along, axis_of, driven
from spinlens.phases.regions.labels import Counts, class_counts, region_of
from spinlens.sampling.blocks import LANES
from spinlens.spaces import Binary, Space

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

SPINS = Binary()
_ARRAYS = ("spins", "labels", "temperature", "chain", "draw", "energy", "magnetization")


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Images with their labels and what is known of each.

    Attributes
    ----------
    spins : ndarray
        What stands on the sites, (n, *sides), in the values of the space: +-1, -1 to 1, colours, angles.
    labels : ndarray
        int64 (n,): the place of the region in `REGIONS`.
    temperature : ndarray
        float64 (n,), in units of energy; where the regions lie along another control, its values.
    chain, draw : ndarray
        int64 (n,): where the image comes from in the ensemble.
    energy : ndarray
        float64 (n,): energy per site, boundary bonds included; along another control the sum that it drives, see
        `spinlens.phases.regions.energies.driven`.
    magnetization : ndarray
        float64 (n,): order parameter per site, with its sign (m, or the staggered one of antiferromagnets), or the
        length of a vector.
    space : Space
        What can stand on a site.
    terms : mapping of str to ndarray
        Of each recorded sum float64 (n,): per site, in its unit.
    axis : str
        The control that the regions lie along.
    """

    spins: NDArray[Any]
    labels: Integers
    temperature: Floats
    chain: Integers
    draw: Integers
    energy: Floats
    magnetization: Floats
    space: Space = SPINS
    terms: Mapping[str, Floats] = field(default_factory=dict)
    axis: str = "temperature"

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: slice | NDArray[np.generic]) -> Labelled:
        """Return some of the images: a slice, places or a mask."""
        arrays = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        return replace(self, **arrays, terms={name: values[chosen] for name, values in self.terms.items()})

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


def read(ensemble: Ensemble, places: Places, *, unit: float) -> Labelled:
    """Return the images at some places of an ensemble at one point of its controls, in their order."""
    space, sides, plan = ensemble.model.space, ensemble.drawn.shape, ensemble.plan
    packed = np.empty((len(places.chain), *sides[:-1], space.packed_length(sides[-1])), dtype=np.uint8)
    for first in range(0, ensemble.plan.chains, LANES):
        here = (places.chain >= first) & (places.chain < first + LANES)
        if here.any():
            block = along(plan, ensemble.packed(chain=slice(first, first + LANES)))
            packed[here] = block[places.temperature[here], places.chain[here] - first, places.draw[here]]
    index: Any = (places.temperature, places.chain, places.draw)
    axis = axis_of(plan)
    temperature = ensemble.grid[axis][places.temperature]
    sums = {str(name): along(plan, values.values) for name, values in ensemble.sums.items()}
    total, _ = driven(plan, sums)
    return Labelled(
        spins=space.decode(space.unpack(packed, sides[-1])), labels=region_of(temperature, unit=unit),
        temperature=temperature, chain=places.chain, draw=places.draw, energy=(total / ensemble.lattice.sites)[index],
        magnetization=along(plan, ensemble.order_parameter.values)[index], space=space, axis=axis,
        terms={
            term.name: sums[term.name][index] * term.unit / ensemble.lattice.sites
            for term in ensemble.model.terms(ensemble.lattice) if term.name in sums
        },
    )  # fmt: skip
