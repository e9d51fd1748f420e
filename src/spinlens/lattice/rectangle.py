"""A rectangular lattice: its sides and what lies beyond its edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spinlens.errors import InputError
from spinlens.lattice.boundary import SKEWED, Rule, axis_rules, boundary_text, normal_form


@dataclass(frozen=True, slots=True)
class Lattice:
    """A rectangular lattice of spins.

    Parameters
    ----------
    shape : tuple of int
        The sides (Lx, Ly), each at least 2.
    boundary : str or tuple
        The rule for the neighbour beyond an edge, one for both axes or one an axis: ``"periodic"`` is the opposite
        edge, ``"antiperiodic"`` minus the opposite edge, ``"free"`` none, and a pair such as ``(+1, -1)`` a wall of
        held spins beyond the first and one beyond the last row (or column), whose bonds count. ``"skewed"`` stands
        for ``((+1, -1), "periodic")``. Kept as one word where that says everything.

    Raises
    ------
    InputError
        If a side is not a whole number >= 2, there are not two of them, or the boundary is unknown.

    Notes
    -----
    Every site has one bond to the right and one downwards, so a torus of N sites has 2 N bonds. On a side
    of length 2 the two bonds of a pair coincide and both count, as the textbook sum over sites says; in an
    antiperiodic ring of two they cancel.
    """

    shape: tuple[int, int]
    boundary: str | tuple[Rule, Rule] = "periodic"

    def __post_init__(self) -> None:
        try:
            shape = tuple(int(side) for side in self.shape)
            whole = shape == tuple(self.shape)
        except (TypeError, ValueError, OverflowError):
            shape, whole = (), False
        if not whole or len(shape) != 2:
            raise InputError("shape", self.shape, "must be two whole numbers (Lx, Ly)")
        for axis, side in enumerate(shape):
            if side < 2:
                raise InputError(f"shape[{axis}]", side, "a side has at least 2 sites")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "boundary", normal_form(axis_rules(self.boundary)))

    @classmethod
    def skewed(cls, shape: tuple[int, int]) -> Lattice:
        """Return a lattice with spins held up above the top row and down below the bottom row, periodic along y."""
        return cls(shape, boundary=SKEWED)

    @property
    def rules(self) -> tuple[Rule, Rule]:
        """The rule of each axis, x first."""
        return axis_rules(self.boundary)

    @property
    def boundary_text(self) -> str:
        """The boundary in a few characters, for example ``+-,periodic``."""
        return boundary_text(self.rules)

    @property
    def sites(self) -> int:
        """Number of spins N = Lx Ly."""
        return self.shape[0] * self.shape[1]

    @property
    def bonds(self) -> int:
        """Number of nearest-neighbour bonds, those to walls included."""
        return sum(self.bonds_along)

    @property
    def bonds_along(self) -> tuple[int, int]:
        """Number of bonds along x and along y, those to walls included."""
        x, y = (
            side + (1 if isinstance(rule, tuple) else -1 if rule == "free" else 0)
            for side, rule in zip(self.shape, self.rules, strict=True)
        )
        return x * self.shape[1], y * self.shape[0]

    @property
    def rings(self) -> tuple[bool, bool]:
        """Whether each axis closes on itself: periodic or antiperiodic."""
        x, y = (rule in ("periodic", "antiperiodic") for rule in self.rules)
        return x, y

    @property
    def seams(self) -> tuple[bool, bool]:
        """Whether each axis is antiperiodic."""
        return self.rules[0] == "antiperiodic", self.rules[1] == "antiperiodic"

    @property
    def torus(self) -> bool:
        """Whether both axes close on themselves, periodically or antiperiodically."""
        return all(self.rings)

    @property
    def walled(self) -> bool:
        """Whether there are held spins: the model is then not symmetric under the reversal of all spins."""
        return any(isinstance(rule, tuple) for rule in self.rules)

    @property
    def two_colourable(self) -> bool:
        """Whether neighbours always lie on different colours of a checkerboard: no ring has an odd side."""
        return all(side % 2 == 0 for side, ring in zip(self.shape, self.rings, strict=True) if ring)

    @property
    def missing(self) -> tuple[np.ndarray, np.ndarray]:
        """Neighbours that free edges take from each site along x and along y, int64 (Lx, Ly)."""
        counts = []
        for axis in range(2):
            along = np.zeros(self.shape[axis], dtype=np.int64)
            if self.rules[axis] == "free":
                along[0] += 1
                along[-1] += 1
            counts.append(np.broadcast_to(along if axis else along[:, None], self.shape).copy())
        return counts[0], counts[1]

    @property
    def coordination(self) -> np.ndarray:
        """Number of bonds of each site, those to walls included, int64 (Lx, Ly)."""
        along_x, along_y = self.missing
        result: np.ndarray = 4 - along_x - along_y
        return result

    @property
    def sublattice(self) -> np.ndarray:
        """The sign (-1)^(x + y) of each site, int8 (Lx, Ly)."""
        x, y = np.indices(self.shape)
        return (1 - 2 * ((x + y) % 2)).astype(np.int8)
