"""A lattice: its sides, its kind, and what lies beyond its edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError, did_you_mean
from spinlens.lattices.boundary import SKEWED, Rule, axis_rules, boundary_text, closes, normal_form
from spinlens.lattices.neighbours import Neighbours, neighbours

AXES = {"chain": 1, "square": 2, "triangular": 2, "honeycomb": 2, "cubic": 3}
"""Number of sides of each kind."""

DIRECTIONS = {"chain": 1, "square": 2, "triangular": 3, "honeycomb": 3, "cubic": 3}
"""Number of bond directions of each kind, each of which may have a coupling of its own."""

PLAIN = {1: "chain", 2: "square", 3: "cubic"}
"""The kind that is meant where none is named, by the number of sides."""

LARGEST = 2**31 - 1
"""Most sites of a lattice: their numbers are 32-bit integers in the kernels."""


TIMED = {"chain": "square", "square": "cubic"}
"""The kind that each becomes with an axis more, where there is one."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """A finite lattice.

    Parameters
    ----------
    shape : tuple of int
        The sides, each at least 2: one for a chain, two for square, triangular and honeycomb lattices, three for cubic
        ones.
    boundary : str or tuple
        The rule for the neighbour beyond an edge, one for all axes or one an axis: ``"periodic"`` is the opposite
        edge, ``"antiperiodic"`` the opposite edge turned (minus the spin; half a turn of a clock; refused by spaces in
        which it has no meaning), ``"twisted=5"`` the opposite edge seen turned by five codes (of angles alone),
        ``"free"`` none, and a pair such as ``(+1, -1)`` a wall of held values beyond the first and one beyond the last
        row, whose bonds count. ``"skewed"`` stands for ``((+1, -1), "periodic")``. Kept as one word where that says
        everything.
    kind : str, optional
        ``"chain"``, ``"square"``, ``"triangular"``, ``"honeycomb"`` or ``"cubic"``; by default chain, square or cubic,
        whichever has so many sides.

    Raises
    ------
    InputError
        If a side is not a whole number >= 2, their number does not fit the kind, a honeycomb ring is odd, or the
        boundary or kind is unknown.

    Notes
    -----
    Sites are numbered row by row, x Ly + y. Bonds go from each site one step along each axis; on triangular lattices
    also to (x + 1, y + 1). The honeycomb lattice is drawn as a brick wall: every site has its two neighbours along y,
    and along x the next row where x + y is even and the row before where it is odd; its bonds along y that start at
    even sites and those that start at odd sites are different directions. On a side of length 2 the two bonds of a pair
    coincide and both count, as the textbook sum over sites says; in an antiperiodic ring of two they cancel.
    """

    shape: tuple[int, ...]
    boundary: str | tuple[Rule, ...] = "periodic"
    kind: str = ""

    def __post_init__(self) -> None:
        shape = _checked_shape(self.shape)
        kind = self.kind or PLAIN.get(len(shape), "")
        if not kind:
            raise InputError("shape", self.shape, "must be one, two or three whole numbers, for example (32, 32)")
        if kind not in AXES:
            raise InputError("kind", repr(kind), "is unknown", did_you_mean(str(kind), AXES))
        if len(shape) != AXES[kind]:
            raise InputError("shape", self.shape, f"a {kind} lattice has {AXES[kind]} sides, not {len(shape)}")
        rules = axis_rules(self.boundary, len(shape))
        for axis, (side, rule) in enumerate(zip(shape, rules, strict=True)):
            if kind == "honeycomb" and side % 2 and closes(rule):
                why = "a honeycomb lattice closes on itself only round an even number of sites"
                raise InputError(f"shape[{axis}]", side, why, "Take an even side or a free edge")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "boundary", normal_form(rules))

    @classmethod
    def skewed(cls, shape: tuple[int, int]) -> Lattice:
        """Return a lattice with spins held up above the top row and down below the bottom row, periodic along y."""
        return cls(shape, boundary=SKEWED)

    def with_time(self, height: int) -> Lattice:
        """Return the lattice with imaginary time, a circle of so many slices, as an axis before its own.

        Raises
        ------
        InputError
            If no lattice has the bonds of this one and an axis more.
        """
        if self.kind not in TIMED:
            raise InputError("lattice", self.text, "has no further axis here", "Chains and square lattices have")
        return Lattice((height, *self.shape), ("periodic", *self.rules), TIMED[self.kind])

    @property
    def axes(self) -> int:
        """Number of sides."""
        return len(self.shape)

    @property
    def directions(self) -> int:
        """Number of bond directions: 1 for chains, 2 for square, 3 for triangular, honeycomb and cubic lattices."""
        return DIRECTIONS[self.kind]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rule of each axis, x first."""
        return axis_rules(self.boundary, len(self.shape))

    @property
    def boundary_text(self) -> str:
        """The boundary in a few characters, for example ``+-,periodic``."""
        return boundary_text(self.rules)

    @property
    def text(self) -> str:
        """Sides, kind where it is not the plain one, and boundary."""
        kind = "" if self.kind == PLAIN[self.axes] else f"{self.kind} "
        return f"{kind}{'x'.join(map(str, self.shape))}, {self.boundary_text}"

    @property
    def sites(self) -> int:
        """Number of sites N."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def neighbours(self) -> Neighbours:
        """All bonds and held neighbours, the one table that everything else reads."""
        return neighbours(self)

    @property
    def bonds(self) -> int:
        """Number of nearest-neighbour bonds, those to walls included."""
        return sum(self.bonds_along)

    @property
    def bonds_along(self) -> tuple[int, ...]:
        """Number of bonds of each direction, those to walls included."""
        table = self.neighbours
        counts = np.bincount(table.direction, minlength=self.directions)
        return tuple(int(c) for c in counts + np.bincount(table.wall_direction, minlength=self.directions))

    @property
    def rings(self) -> tuple[bool, ...]:
        """Whether each axis closes on itself: periodic, antiperiodic or twisted."""
        return tuple(map(closes, self.rules))

    @property
    def seams(self) -> tuple[bool, ...]:
        """Whether what crosses each axis's edges is turned: antiperiodic or twisted."""
        return tuple(closes(rule) and rule != "periodic" for rule in self.rules)

    @property
    def torus(self) -> bool:
        """Whether all axes close on themselves."""
        return all(self.rings)

    @property
    def walled(self) -> bool:
        """Whether there are held values beyond an edge."""
        return any(isinstance(rule, tuple) for rule in self.rules)

    @property
    def two_colourable(self) -> bool:
        """Whether neighbours always lie on different colours of a checkerboard."""
        even = all(side % 2 == 0 for side, ring in zip(self.shape, self.rings, strict=True) if ring)
        return even and self.kind != "triangular"

    @property
    def coordination(self) -> NDArray[np.int64]:
        """Number of bonds of each site, those to walls included, int64 of the lattice's shape."""
        table = self.neighbours
        ends = np.concatenate([table.first, table.second, table.wall_site])
        return np.bincount(ends, minlength=self.sites).reshape(self.shape)

    @property
    def staggering(self) -> NDArray[np.int8]:
        """The sign (-1)^(x + y + ...) of each site, int8 of the lattice's shape."""
        signs: NDArray[np.int8] = (1 - 2 * (np.indices(self.shape).sum(axis=0) % 2)).astype(np.int8)
        return signs


def check_lattice(lattice: Any) -> Lattice:
    """Return a lattice, also of a bare tuple of sides.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if isinstance(lattice, Lattice):
        return lattice
    if isinstance(lattice, tuple | list):
        return Lattice(tuple(lattice))
    raise InputError("lattice", repr(lattice), "must be a Lattice or its sides", "For example Lattice((32, 32))")


def _checked_shape(sides: Any) -> tuple[int, ...]:
    if isinstance(sides, bytes | str):
        raise InputError("shape", repr(sides), "must be whole numbers, one for each side")
    try:
        shape = tuple(int(side) for side in sides)
        whole = shape == tuple(sides)
    except (TypeError, ValueError, OverflowError):
        shape, whole = (), False
    if not whole:
        raise InputError("shape", sides, "must be whole numbers, one for each side, for example (32, 32)")
    for axis, side in enumerate(shape):
        if side < 2:
            raise InputError(f"shape[{axis}]", side, "a side has at least 2 sites")
    sites = 1
    for side in shape:
        sites *= side
    if sites > LARGEST:
        raise InputError("shape", shape, f"has {sites} sites; at most {LARGEST} can be numbered")
    return shape
