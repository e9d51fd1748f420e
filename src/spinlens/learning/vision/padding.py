"""What lies beyond the edges of a lattice, as a network can see it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from spinlens.lattices.boundary import Rule


def pad(spins: torch.Tensor, rules: Sequence[Rule]) -> torch.Tensor:
    """Return spins with one ring of neighbours round them.

    Parameters
    ----------
    spins : Tensor, (..., *sides)
        Spins +-1, or 0 where they are hidden.
    rules : sequence
        The rule of each axis, see `spinlens.Lattice`. A free edge has zeros beyond it.

    Returns
    -------
    Tensor, each side longer by 2
        Beyond each edge the neighbours that the boundary gives.
    """
    for axis, rule in enumerate(rules, start=-len(rules)):
        first, last = spins.narrow(axis, 0, 1), spins.narrow(axis, spins.shape[axis] - 1, 1)
        if isinstance(rule, tuple):
            before, after = torch.full_like(first, rule[0]), torch.full_like(last, rule[1])
        else:
            factor = {"periodic": 1.0, "antiperiodic": -1.0, "free": 0.0}[rule]
            before, after = factor * last, factor * first
        spins = torch.cat([before, spins, after], dim=axis)
    return spins
