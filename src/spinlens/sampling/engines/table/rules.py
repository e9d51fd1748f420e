"""From a model on a lattice to the arrays of the table engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.sampling.algorithms import CLUSTERS, updates_of
from spinlens.sampling.engines.table.slots import Weights
from spinlens.sampling.engines.table.sums import term_places
from spinlens.sampling.engines.table.walkers import Setting
from spinlens.symmetries import code_group, involutions

LARGE = 1 << 22
"""Numbers in the matrices of all bonds from which on equal ones are not looked for."""


def weights_of(model: Model, lattice: Lattice, controls: Mapping[str, float]) -> Weights:
    """Return minus the energies of bonds and sites; bonds whose energy is constant are left out."""
    tables, table = model.at(**controls).tables(lattice), lattice.neighbours
    strengths = model.strengths(lattice, **model.values_of_controls(controls))
    matrices, bond = _merged(*tables.bond_weights(strengths))
    sites, site = _merged(*tables.site_weights(strengths))
    if not np.isfinite(matrices).all() or not np.isfinite(sites).all():
        raise AssertionError("energies are finite")
    counts = np.ptp(matrices.reshape(len(matrices), -1), axis=1) > 0 if len(matrices) else np.zeros(0, dtype=bool)
    kept = counts[bond]
    return Weights(table.first[kept], table.second[kept], bond[kept], matrices, site, sites)


def _merged(numbers: NDArray[np.float64], which: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the different tables, and which one each place has."""
    if numbers.size > LARGE or not len(numbers):
        return numbers, which
    flat, place = np.unique(numbers.reshape(len(numbers), -1), axis=0, return_inverse=True)
    return flat.reshape(-1, *numbers.shape[1:]), place.reshape(-1)[which]


def setting_of(
    model: Model, lattice: Lattice, controls: Mapping[str, float], *, temperature: Sequence[float] | NDArray[Any],
    algorithms: Sequence[str], interval: int,
) -> Setting:  # fmt: skip
    """Return the arrays that sample a model at each temperature with its algorithm."""
    controls, model = model.values_of_controls(controls), model.at(**controls)
    tables, strengths = model.tables(lattice), model.strengths(lattice, **controls)
    (bond_tables, bond), (site_tables, site) = tables.bond_classes, tables.site_classes
    needs_clusters = not updates_of(*algorithms).isdisjoint(CLUSTERS)
    identity = np.arange(model.space.states)[None]
    return Setting(
        weights=weights_of(model, lattice, controls),
        inverse_temperature=1.0 / np.asarray(temperature, dtype=np.float64),
        algorithms=tuple(algorithms),
        interval=interval,
        names=tables.names,
        strengths=np.asarray(strengths, dtype=np.float64),
        places=term_places(lattice.neighbours.first, lattice.neighbours.second, bond, bond_tables, site, site_tables),
        involutions=involutions(model, lattice, strengths) if needs_clusters else identity[:0],
        group=code_group(model, lattice, **controls),
    )
