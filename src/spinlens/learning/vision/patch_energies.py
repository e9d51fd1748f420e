"""The energy of each patch of a configuration: the terms of a Hamiltonian, handed to a pretraining."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from spinlens.lattices import Lattice
from spinlens.models import Model

POOL = {1: nn.functional.avg_pool1d, 2: nn.functional.avg_pool2d, 3: nn.functional.avg_pool3d}
"""By the number of sides."""


class PatchEnergies:
    """Minus the energy of each patch over twice its sites; of Ising spins, J = 1, its bond sum over that.

    Each site has half of the bonds to its neighbours, and the whole of those to a wall and of what it has by itself.

    Parameters
    ----------
    model, lattice
        The Hamiltonian, and where.
    controls : mapping of str to float
        The value of each of its controls.
    patch : int
        Sites along a side of a patch.
    """

    def __init__(self, model: Model, lattice: Lattice, controls: Mapping[str, float], *, patch: int) -> None:
        tables, strengths = model.at(**controls).tables(lattice), model.strengths(lattice, **controls)
        self.lattice, self.patch, self.circular = lattice, patch, tables.circular
        bonds, bond = tables.step_weights(strengths) if self.circular else tables.bond_weights(strengths)
        sites, site = tables.site_weights(strengths)
        self.bonds, self.sites = (torch.from_numpy(each).float() for each in (bonds, sites))
        self.bond, self.site = torch.from_numpy(bond), torch.from_numpy(site)
        ends = lattice.neighbours.first, lattice.neighbours.second
        self.first, self.second = (torch.from_numpy(end.astype("int64")) for end in ends)

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        """Return float32 (n, patches), patches row by row, of codes int64 (n, *sides)."""
        flat = codes.flatten(1)
        one, other = flat[:, self.first], flat[:, self.second]
        place = ((other - one) % self.bonds.shape[-1],) if self.circular else (one, other)
        half = 0.5 * self.bonds[(self.bond, *place)]
        density = self.sites[self.site, flat]
        density = density.index_add(1, self.first, half).index_add(1, self.second, half)
        pooled: torch.Tensor = POOL[self.lattice.axes](density.view(len(codes), 1, *self.lattice.shape), self.patch)
        return pooled.flatten(1) / 2
