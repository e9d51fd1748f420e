"""The bonds of a rectangle, worked out in another way than the one table: by rolling arrays and walking over sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spinlens.lattices import Lattice


@dataclass(frozen=True, slots=True)
class Bonds:
    """Bonds between free spins, and bonds to held spins beyond an edge.

    Sites are numbered x * Ly + y. Every boundary rule is a list of such bonds: an antiperiodic seam
    gives bonds of sign -1, a free edge leaves bonds out, a wall of held spins gives single sites.

    Attributes
    ----------
    pairs : tuple of (site, site, sign)
        Each adds sign * s_i * s_j to the bond sum.
    walls : tuple of (site, held spin)
        Each adds s_i * held spin to the bond sum.
    along : tuple of int
        The axis of each pair, then of each wall: 0 for x, 1 for y. Left out, all count as bonds along x, which
        matters where the couplings differ.
    """

    pairs: tuple[tuple[int, int, int], ...]
    walls: tuple[tuple[int, int], ...] = ()
    along: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs) + len(self.walls)

    @property
    def axes(self) -> tuple[int, ...]:
        """The axis of each pair, then of each wall."""
        return self.along or (0,) * len(self)


def list_bonds(lattice: Lattice) -> Bonds:
    """Return the bonds of a lattice, one to the right and one downwards from every site, and those to walls."""
    pairs, walls, along, along_walls = [], [], [], []
    width = lattice.shape[1]
    for site in range(lattice.sites):
        place = divmod(site, width)
        for axis, (side, rule) in enumerate(zip(lattice.shape, lattice.rules, strict=True)):
            first, last = place[axis] == 0, place[axis] == side - 1
            if not last or rule in ("periodic", "antiperiodic"):
                beyond = list(place)
                beyond[axis] = (place[axis] + 1) % side
                pairs.append((site, beyond[0] * width + beyond[1], -1 if last and rule == "antiperiodic" else 1))
                along.append(axis)
            if isinstance(rule, tuple):
                held = [spin for spin, here in zip(rule, (first, last), strict=True) if here]
                walls += [(site, spin) for spin in held]
                along_walls += [axis] * len(held)
    return Bonds(tuple(pairs), tuple(walls), tuple(along + along_walls))


def torus_bonds(shape: tuple[int, int], *, seams: Sequence[bool] = (False, False)) -> Bonds:
    """Return the bonds of a torus.

    Parameters
    ----------
    shape : tuple of int
        The sides (Lx, Ly); on a side of 2 the two coinciding bonds both count.
    seams : pair of bool
        Whether the bonds that go round the torus along x and along y carry a minus sign.
    """
    x, y = ("antiperiodic" if seam else "periodic" for seam in seams)
    return list_bonds(Lattice(shape, boundary=(x, y)))


def bond_sums(lattice: Lattice, spins: NDArray[np.int8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sums of s s' over the bonds along x and along y, seam signs and walls included.

    Parameters
    ----------
    lattice : Lattice
        Shape and boundary.
    spins : int8 array, shape (..., Lx, Ly)
        Spins +-1.

    Returns
    -------
    pair of int64 arrays, shape (...)
        Along x, along y.
    """
    sums = []
    for axis, rule in enumerate(lattice.rules):
        s = np.moveaxis(np.asarray(spins, dtype=np.int64), axis - 2, -1)
        total = (s[..., :-1] * s[..., 1:]).sum(axis=(-2, -1))
        if isinstance(rule, tuple):
            total = total + (rule[0] * s[..., 0] + rule[1] * s[..., -1]).sum(axis=-1)
        elif rule != "free":
            total = total + (1 if rule == "periodic" else -1) * (s[..., -1] * s[..., 0]).sum(axis=-1)
        sums.append(total)
    return sums[0], sums[1]
