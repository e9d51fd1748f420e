"""Who lies beyond which edge: the one table that oracles, twins, kernels, symmetries and networks read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from spinlens.lattices.lattice import Lattice

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """All bonds of a lattice, B between two of its sites and W to a held value beyond an edge.

    Sites are numbered row by row, x Ly + y. Every boundary is a list of such bonds: an antiperiodic seam gives turned
    ones, a free edge leaves bonds out, a wall gives bonds to held values.

    Attributes
    ----------
    first, second : ndarray, int64 (B,)
        The two ends; the second lies one step along the direction.
    direction : ndarray, int64 (B,)
        The bond's direction, see `Lattice`.
    crossed : ndarray, bool (B, axes)
        Whether it crosses the edge of each axis, from the last row to the first.
    turned : ndarray, bool (B,)
        Whether it crosses an odd number of antiperiodic seams, so that one end is seen turned.
    wall_site : ndarray, int64 (W,)
        The site before a wall.
    wall_value : ndarray, int64 (W,)
        The value held beyond.
    wall_direction : ndarray, int64 (W,)
        The direction of that bond.
    wall_origin : ndarray, int64 (W,)
        The site from which the bond would start if its axis were a ring; it says which place of a repeating pattern
        the bond has.
    """

    first: Integers
    second: Integers
    direction: Integers
    crossed: NDArray[np.bool_]
    turned: NDArray[np.bool_]
    wall_site: Integers
    wall_value: Integers
    wall_direction: Integers
    wall_origin: Integers

    @property
    def origin(self) -> Integers:
        """The site from which each bond starts, int64 (B,): its first end."""
        return self.first


STEPS: dict[str, tuple[tuple[int, ...], ...]] = {
    "chain": ((1,),),
    "square": ((1, 0), (0, 1)),
    "cubic": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "triangular": ((1, 0), (0, 1), (1, 1)),
    "honeycomb": ((1, 0), (0, 1), (0, 1)),
}
"""The step of each direction."""


@lru_cache(maxsize=32)
def neighbours(lattice: Lattice) -> Neighbours:
    """Return the bonds of a lattice, direction after direction, each in the order of the sites they start from."""
    places = np.indices(lattice.shape).reshape(lattice.axes, -1)
    steps = enumerate(STEPS[lattice.kind])
    parts = [(_bonds(lattice, places, *step), _walls(lattice, places, *step)) for step in steps]
    pairs, held = ([np.concatenate(column) for column in zip(*part, strict=True)] for part in zip(*parts, strict=True))
    for array in (*pairs, *held):
        array.setflags(write=False)
    return Neighbours(*pairs, *held)


def _starts(lattice: Lattice, places: Integers, direction: int) -> NDArray[np.bool_]:
    """Return for each place (axes, n) whether a bond of this direction starts there."""
    if lattice.kind != "honeycomb":
        return np.ones(places.shape[1], dtype=np.bool_)
    return np.asarray((places.sum(axis=0) % 2 == 0) == (direction < 2))


def _bonds(lattice: Lattice, places: Integers, direction: int, step: tuple[int, ...]) -> tuple[Integers, ...]:
    """Return both ends, direction, crossings and turns of the bonds of one direction between two sites."""
    start = places[:, _starts(lattice, places, direction)]
    end = start + np.array(step)[:, None]
    sides = np.array(lattice.shape)[:, None]
    beyond = end >= sides
    rings = np.array(lattice.rings)[:, None]
    turns = np.array([rule == "antiperiodic" for rule in lattice.rules])[:, None]
    inside = ~(beyond & ~rings).any(axis=0)
    turned = (beyond & turns).sum(axis=0) % 2 == 1
    first, second = (np.ravel_multi_index(tuple(place), lattice.shape) for place in (start, end % sides))
    return first[inside], second[inside], np.full(inside.sum(), direction), beyond.T[inside], turned[inside]


def _walls(lattice: Lattice, places: Integers, direction: int, step: tuple[int, ...]) -> tuple[Integers, ...]:
    """Return site, held value, direction and origin of the bonds of one direction that end at walls.

    A step that leaves the lattice ends at the wall of the first axis on which it leaves between walls; it leads
    nowhere where another axis that it leaves is free.
    """
    sides = np.array(lattice.shape)[:, None]
    free = np.array([rule == "free" for rule in lattice.rules])[:, None]
    walled = np.array([isinstance(rule, tuple) for rule in lattice.rules])[:, None]
    values = np.array([rule if isinstance(rule, tuple) else (0, 0) for rule in lattice.rules])
    site = np.ravel_multi_index(tuple(places), lattice.shape)
    found = []
    for last, sign in enumerate((-1, 1)):
        end = places + sign * np.array(step)[:, None]
        start = places if last else end
        beyond = (end >= sides) | (end < 0)
        ends = (beyond & walled).any(axis=0) & ~(beyond & free).any(axis=0) & _starts(lattice, start, direction)
        origin = np.ravel_multi_index(tuple(start % sides), lattice.shape)
        held = values[np.argmax(beyond & walled, axis=0), last]
        found.append((site[ends], held[ends], np.full(ends.sum(), direction), origin[ends]))
    return tuple(np.concatenate(column) for column in zip(*found, strict=True))
