"""The model's own tables for a page that samples it by heat bath: bonds, weights and strengths, nothing of a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.report.arrays import encoded
from spinlens.sampling import Plan

MOST_STATES = 16
MOST_CLASSES = 255
"""Of bonds or sites that differ."""

MOST_SITES = 64 * 64
"""Of a lattice that a browser sweeps many times a second."""


def live_sampler(plan: Plan) -> dict[str, Any] | None:
    """Return what the page needs to sample the model at any temperature, and at the grid's points of its controls.

    Parameters
    ----------
    plan : Plan
        Of an ensemble; a large lattice is replaced by one of the same kind and boundary.

    Returns
    -------
    dict or None
        JSON types; None where a site has too many states, spins are quantum or sealed, or the model's terms need the
        large lattice.

    Notes
    -----
    The tables are those that engines and oracles read: minus the energy is the sum of a weight for the codes at the
    ends of each bond, by its class, and of one for the code of each site.
    """
    model = plan.model_at(0)
    if model.space.states > MOST_STATES or model.imaginary_time or plan.model.sealed or plan.lattice.axes > 2:
        return None
    lattice = _small(plan.lattice, model)
    if lattice is None:
        return None
    tables = model.tables(lattice)
    # Without quenched disorder terms are the same at all points; of several samples the first one is sampled.
    strengths = [model.strengths(lattice, **plan.point_controls(point)) for point in range(plan.points)]
    bonds, bond = zip(*map(tables.bond_weights, strengths), strict=True)
    sites, site = zip(*map(tables.site_weights, strengths), strict=True)
    if max(bonds[0].shape[0], sites[0].shape[0]) > MOST_CLASSES:
        return None
    ends = lattice.neighbours
    return {
        "rows": 1 if lattice.axes == 1 else lattice.shape[0], "columns": lattice.shape[-1],
        "states": model.space.states, "first": encoded(ends.first, "uint16"), "second": encoded(ends.second, "uint16"),
        "bond": encoded(bond[0], "uint8"), "site": encoded(site[0], "uint8"),
        "bond_weights": encoded(np.stack(bonds)), "site_weights": encoded(np.stack(sites)),
    }  # fmt: skip


def _small(lattice: Lattice, model: Model) -> Lattice | None:
    """Return the lattice, or a smaller one like it; None where the terms do not fit there."""
    if lattice.sites <= MOST_SITES:
        return lattice
    side = int(MOST_SITES ** (1 / lattice.axes))
    try:
        found = Lattice((side,) * lattice.axes, boundary=lattice.boundary, kind=lattice.kind)
        model.tables(found)
    except InputError:
        return None
    return found
