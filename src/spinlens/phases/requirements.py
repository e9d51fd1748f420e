"""Can transitions and crossovers be read off such a grid? Asked before an hour of sampling, not after it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Model
from spinlens.phases.resampling import check_resampling
from spinlens.statistics.smoothing import check_points
from spinlens.symmetries import may_break


def check_analysis(
    across: str, values: ArrayLike, along: str, points: ArrayLike, chains: int, *, resamples: int
) -> None:
    """Check a grid for `find_crossover` before there are maps.

    Parameters
    ----------
    across, along : str
        The controls of the plane.
    values, points : array_like of float
        Their values.
    chains : int
        Chains of each condition.
    resamples : int
        Bootstrap resamples.

    Raises
    ------
    InputError
        If there are too few points along, chains or resamples, or fewer than two columns.
    """
    columns = np.asarray(values, dtype=np.float64)
    check_points(np.asarray(points, dtype=np.float64), along)
    if len(columns) < 2:
        raise InputError(
            f"{across}s", len(columns), "a crossover line needs more than one",
            "Add values on both sides; for the critical temperature alone use find_transition",
        )  # fmt: skip
    check_resampling(chains, resamples)


def check_symmetric_value(model: Model, lattice: Lattice, across: str, grid: Mapping[str, ArrayLike]) -> None:
    """Refuse a grid that passes over the one value of a control at which there is a symmetry that order breaks.

    Raises
    ------
    InputError
        If zero lies within the grid but is not of it, and is such a value.
    """
    values = np.asarray(grid[across], dtype=np.float64)
    orders = model.order_parameters(lattice)[:1]
    if across not in model.controls or 0 in values or not values.min() < 0 < values.max():
        return
    fixed = {name: float(np.asarray(each)[0]) for name, each in grid.items() if name in model.controls}
    at_zero, beside = ({**fixed, across: value} for value in (0.0, float(values.max())))
    if any(may_break(o, model, lattice, **at_zero) and not may_break(o, model, lattice, **beside) for o in orders):
        raise InputError(
            across,
            f"{values.min():g} to {values.max():g} without 0",
            f"the critical temperature is read at zero {across}",
            f"Add {across} 0 to the grid, for example with an odd number of values from -h to h",
        )  # fmt: skip
