"""What a plan means to the kernels of the square lattice: two couplings, and a field that may change its sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinlens.lattices import Lattice

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan


@dataclass(frozen=True, slots=True)
class SquareView:
    """One unit of work as an Ising model on a rectangle.

    Attributes
    ----------
    plan : Plan
        What is sampled.
    point, block : int
        The unit.
    couplings : tuple of float
        Jx and Jy.
    field : float
        h.
    staggered : bool
        Whether the field changes its sign from site to site.
    """

    plan: Plan
    point: int
    block: int
    couplings: tuple[float, float]
    field: float
    staggered: bool

    @property
    def lattice(self) -> Lattice:
        """The rectangle."""
        return self.plan.lattice


def square_view(plan: Plan, point: int, block: int) -> SquareView:
    """Return what the kernels see of one unit."""
    view = plan.model.ising_view(plan.lattice, **plan.point_controls(point))
    assert view is not None
    model, field = view
    x, y = model.couplings(plan.lattice).tolist()
    return SquareView(plan, point, block, (x, y), field, model.staggered)
