"""List the bonds of a small lattice, sign by sign, for the oracles that sum over all states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spinlens.errors import InputError
from spinlens.lattice import Lattice


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
    """

    pairs: tuple[tuple[int, int, int], ...]
    walls: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.pairs) + len(self.walls)


def torus_bonds(shape: tuple[int, int], *, seams: Sequence[bool] = (False, False)) -> Bonds:
    """Return the bonds of a torus, one to the right and one downwards from every site.

    Parameters
    ----------
    shape : tuple of int
        The sides (Lx, Ly); on a side of 2 the two coinciding bonds both count.
    seams : pair of bool
        Whether the bonds that go round the torus along x and along y carry a minus sign.
    """
    pairs = []
    for x in range(shape[0]):
        for y in range(shape[1]):
            site = x * shape[1] + y
            crossing = (x == shape[0] - 1, y == shape[1] - 1)
            signs = [-1 if seam and across else 1 for seam, across in zip(seams, crossing, strict=True)]
            pairs.append((site, (x + 1) % shape[0] * shape[1] + y, signs[0]))
            pairs.append((site, x * shape[1] + (y + 1) % shape[1], signs[1]))
    return Bonds(tuple(pairs))


def list_bonds(lattice: Lattice) -> Bonds:
    """Return the bonds of a lattice under its own boundary.

    Raises
    ------
    InputError
        If the boundary is one that no bonds are known for.
    """
    if lattice.boundary != "periodic":
        raise InputError("boundary", lattice.boundary, "has no list of bonds yet", "Take 'periodic'")
    return torus_bonds(lattice.shape)
