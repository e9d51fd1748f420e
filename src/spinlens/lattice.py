"""Geometry only: the shape of a lattice, its boundary, its bonds."""

from __future__ import annotations

from dataclasses import dataclass

from spinlens.errors import InputError, did_you_mean

BOUNDARIES = ("periodic",)


@dataclass(frozen=True, slots=True)
class Lattice:
    """A rectangular lattice of spins.

    Parameters
    ----------
    shape : tuple of int
        The sides (Lx, Ly), each at least 2.
    boundary : str
        The rule for the neighbour beyond an edge; ``"periodic"`` is the opposite edge.

    Raises
    ------
    InputError
        If a side is not a whole number >= 2, there are not two of them, or the boundary is unknown.

    Notes
    -----
    Every site has one bond to the right and one downwards, so a torus of N sites has 2 N bonds. On a side
    of length 2 the two bonds of a pair coincide and both count, as the textbook sum over sites says.
    """

    shape: tuple[int, int]
    boundary: str = "periodic"

    def __post_init__(self) -> None:
        try:
            shape = tuple(int(side) for side in self.shape)
            whole = shape == tuple(self.shape)
        except (TypeError, ValueError):
            shape, whole = (), False
        if not whole or len(shape) != 2:
            raise InputError("shape", self.shape, "must be two whole numbers (Lx, Ly)")
        for axis, side in enumerate(shape):
            if side < 2:
                raise InputError(f"shape[{axis}]", side, "a side has at least 2 sites")
        if self.boundary not in BOUNDARIES:
            raise InputError("boundary", self.boundary, "is unknown", did_you_mean(str(self.boundary), BOUNDARIES))
        object.__setattr__(self, "shape", shape)

    @property
    def sites(self) -> int:
        """Number of spins N = Lx Ly."""
        return self.shape[0] * self.shape[1]

    @property
    def bonds(self) -> int:
        """Number of nearest-neighbour bonds."""
        return 2 * self.sites

    @property
    def two_colourable(self) -> bool:
        """Whether neighbours always lie on different colours of a checkerboard: both sides even."""
        return self.shape[0] % 2 == 0 and self.shape[1] % 2 == 0
