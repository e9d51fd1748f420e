"""Any model of two states as couplings of bonds and fields of sites."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice
from spinlens.models.model import Model

Array = NDArray[np.float64]


def bonds_and_fields(model: Model, lattice: Lattice, strengths: Any) -> tuple[Array, Array]:
    """Return a model of two states as couplings of its bonds (B,) and fields of its sites (N,), in units of energy.

    With spins s = -1 for code 0 and +1 for code 1 every table is a constant, linear parts, which are fields, and
    J s s'. The couplings are without the signs of seams; bonds to walls are in the fields.
    """
    tables, table = model.tables(lattice), lattice.neighbours
    (bonds, bond), (sites, site) = tables.bond_weights(strengths), tables.site_weights(strengths)
    coupling = (bonds[:, 0, 0] + bonds[:, 1, 1] - bonds[:, 0, 1] - bonds[:, 1, 0]) / 4
    first = (bonds[:, 1].sum(axis=1) - bonds[:, 0].sum(axis=1)) / 4
    second = (bonds[:, :, 1].sum(axis=1) - bonds[:, :, 0].sum(axis=1)) / 4
    fields = ((sites[:, 1] - sites[:, 0]) / 2)[site]
    np.add.at(fields, table.first, first[bond])
    np.add.at(fields, table.second, second[bond])
    return np.where(table.turned, -coupling[bond], coupling[bond]), fields


def signed_couplings(model: Model, lattice: Lattice, strengths: Any) -> tuple[Array, Array]:
    """Return the same with the signs of seams: what each bond gains when its two spins are equal."""
    couplings, fields = bonds_and_fields(model, lattice, strengths)
    return np.where(lattice.neighbours.turned, -couplings, couplings), fields
