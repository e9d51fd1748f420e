"""What lies beyond the edges of a lattice, as a network can see it, and the bonds that follow."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from spinlens.lattices.boundary import Rule


def pad(spins: torch.Tensor, rules: Sequence[Rule], *, wall: float = 1.0) -> torch.Tensor:
    """Return spins with one ring of neighbours round them.

    Parameters
    ----------
    spins : Tensor, (..., *sides)
        Spins +-1, or 0 where they are hidden.
    rules : sequence
        The rule of each axis, see `spinlens.Lattice`. A free edge has zeros beyond it.
    wall : float
        Length of held spins.

    Returns
    -------
    Tensor, each side longer by 2
        Beyond each edge the neighbours that the boundary gives.
    """
    for axis, rule in enumerate(rules, start=-len(rules)):
        first, last = spins.narrow(axis, 0, 1), spins.narrow(axis, spins.shape[axis] - 1, 1)
        if isinstance(rule, tuple):
            before, after = torch.full_like(first, rule[0] * wall), torch.full_like(last, rule[1] * wall)
        else:
            factor = {"periodic": 1.0, "antiperiodic": -1.0, "free": 0.0}[rule]
            before, after = factor * last, factor * first
        spins = torch.cat([before, spins, after], dim=axis)
    return spins


def bond_density(spins: torch.Tensor, rules: Sequence[Rule]) -> torch.Tensor:
    """Return the sum of s s' over the bonds of each site, half of each bond to either end, walls' bonds whole.

    Parameters
    ----------
    spins : Tensor, float, (..., Lx, Ly)
        Spins +-1.
    rules : pair
        The rule of each axis.

    Returns
    -------
    Tensor, (..., Lx, Ly)
        Between -2 and 2 inside; over all sites it sums to the bond sum of the configuration.
    """
    beyond = pad(spins, rules, wall=2.0)
    x, y = beyond[..., 1:-1], beyond[..., 1:-1, :]
    return 0.5 * spins * (x[..., :-2, :] + x[..., 2:, :] + y[..., :-2] + y[..., 2:])
