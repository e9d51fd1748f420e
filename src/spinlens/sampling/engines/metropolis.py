"""Where Metropolis' certain moves would trap or reverse chains of two states."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError
from spinlens.models.tables import unique_rows

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

Steps = tuple[tuple[float, ...], ...]

SMALLEST_SIDE = 4
"""Where moves without cost are certain, narrower lattices have states that ordered sweeps cannot leave.

On chains of any length the walls between domains then move on for ever, each in its own direction.
"""

HOTTEST = 10.0
"""Temperature, in units of the largest cost of a move, from which on nearly all moves are made in every sweep."""


def check_metropolis(plan: Plan) -> None:
    """Refuse Metropolis with two states where sweeps in a fixed order do not forget.

    Raises
    ------
    InputError
        At temperatures so high that each sweep reverses nearly every site, and where moves cost nothing on a lattice so
        narrow that the chains could not reach every state.
    """
    if plan.model.space.states != 2:
        # Another state is drawn at random, so that no sweep is certain.
        return
    for point in range(plan.points):
        controls, model = plan.point_controls(point), plan.model_at(point)
        tables, strengths = model.tables(plan.lattice), model.strengths(plan.lattice, **controls)
        (bonds, bond), (sites, site) = tables.bond_weights(strengths), tables.site_weights(strengths)
        kinds = _kinds(plan, bonds, bond, site)
        largest = max(_largest(sites[v], steps) for v, steps in kinds)
        if plan.temperature[-1] > HOTTEST * largest:
            raise InputError(
                f"temperature[{len(plan.temperature) - 1}]", plan.temperature[-1],
                f"is so high that a sweep of Metropolis accepts nearly every move, of which none costs more than "
                f"{largest:g}, and reverses the configuration", "Use heat_bath",
            )  # fmt: skip
        narrow = plan.lattice.axes == 1 or min(plan.lattice.shape) < SMALLEST_SIDE
        if narrow and any(_free(sites[v], steps) for v, steps in kinds):
            shown = ", ".join(f"{name} {value:g}" for name, value in controls.items()) or "any temperature"
            raise InputError(
                "algorithm", "'metropolis'",
                f"at {shown} some flips cost nothing and are certain, and on a chain, or a lattice with a side below "
                f"{SMALLEST_SIDE}, sweeps then cannot reach every state", "Use heat_bath",
            )  # fmt: skip


def _kinds(plan: Plan, bonds: np.ndarray, bond: np.ndarray, site: np.ndarray) -> list[tuple[int, Steps]]:
    """Return the class and the neighbours' steps of each kind of site.

    A step is what a neighbour adds to the weight of code 1 over code 0, for both of its codes.
    """
    table, sites = plan.lattice.neighbours, plan.lattice.sites
    ends = np.concatenate([table.first, table.second])
    there, back = bonds[:, 1] - bonds[:, 0], bonds[:, :, 1] - bonds[:, :, 0]
    steps, kind = np.unique(np.concatenate([there, back]), axis=0, return_inverse=True)
    which = np.concatenate([kind.reshape(-1)[bond], kind.reshape(-1)[bond + len(bonds)]])
    # The steps of each site side by side, in ascending order; missing neighbours have none.
    order = np.lexsort([which, ends])
    count = np.bincount(ends, minlength=sites)
    rows = np.full((sites, count.max(initial=0)), -1)
    column = np.arange(len(ends)) - np.repeat(np.cumsum(count) - count, count)
    rows[ends[order], column] = which[order]
    return [
        (int(row[0]), tuple(tuple(steps[step].tolist()) for step in row[1:] if step >= 0))
        for row in unique_rows(np.column_stack([site, rows]))[0]
    ]


def _largest(weights: np.ndarray, steps: Steps) -> float:
    return abs(float(weights[1] - weights[0])) + sum(max(abs(low), abs(high)) for low, high in steps)


def _free(weights: np.ndarray, steps: Steps) -> bool:
    own = float(weights[1] - weights[0])
    return any(abs(own + sum(chosen)) < 1e-12 for chosen in product(*steps))
