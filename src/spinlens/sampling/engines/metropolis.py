"""Where Metropolis' certain moves would trap or reverse chains of two states."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from spinlens.errors import InputError

if TYPE_CHECKING:
    from spinlens.sampling.plan import Plan

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
    tables = plan.model.tables(plan.lattice)
    for point in range(plan.points):
        controls = plan.point_controls(point)
        strengths = plan.model.strengths(plan.lattice, **controls)
        (bonds, bond), (sites, site) = tables.bond_weights(strengths), tables.site_weights(strengths)
        steps = _neighbour_steps(plan, bonds, bond)
        largest = max(_largest(sites[v], steps[s]) for v, s in _kinds(site, steps))
        if plan.temperature[-1] > HOTTEST * largest:
            raise InputError(
                f"temperature[{len(plan.temperature) - 1}]", plan.temperature[-1],
                f"is so high that a sweep of Metropolis accepts nearly every move, of which none costs more than "
                f"{largest:g}, and reverses the configuration", "Use heat_bath",
            )  # fmt: skip
        narrow = plan.lattice.axes == 1 or min(plan.lattice.shape) < SMALLEST_SIDE
        if narrow and any(_free(sites[v], steps[s]) for v, s in _kinds(site, steps)):
            shown = ", ".join(f"{name} {value:g}" for name, value in controls.items()) or "any temperature"
            raise InputError(
                "algorithm", "'metropolis'",
                f"at {shown} some flips cost nothing and are certain, and on a chain, or a lattice with a side below "
                f"{SMALLEST_SIDE}, sweeps then cannot reach every state", "Use heat_bath",
            )  # fmt: skip


def _neighbour_steps(plan: Plan, bonds: np.ndarray, bond: np.ndarray) -> list[tuple[tuple[float, float], ...]]:
    """Return for each site what each neighbour adds to the weight of code 1 over code 0, for both of its codes."""
    table = plan.lattice.neighbours
    steps: list[list[tuple[float, float]]] = [[] for _ in range(plan.lattice.sites)]
    for first, second, which in zip(table.first.tolist(), table.second.tolist(), bond.tolist(), strict=True):
        there, back = bonds[which][1] - bonds[which][0], bonds[which][:, 1] - bonds[which][:, 0]
        steps[first].append((float(there[0]), float(there[1])))
        steps[second].append((float(back[0]), float(back[1])))
    return [tuple(sorted(step)) for step in steps]


def _kinds(site: np.ndarray, steps: list[tuple[tuple[float, float], ...]]) -> list[tuple[int, int]]:
    """Return one place (class of the site, site) for each kind of surroundings."""
    seen = {(int(v), steps[s]): (int(v), s) for s, v in enumerate(site)}
    return list(seen.values())


def _largest(weights: np.ndarray, steps: tuple[tuple[float, float], ...]) -> float:
    return abs(float(weights[1] - weights[0])) + sum(max(abs(low), abs(high)) for low, high in steps)


def _free(weights: np.ndarray, steps: tuple[tuple[float, float], ...]) -> bool:
    own = float(weights[1] - weights[0])
    return any(abs(own + sum(chosen)) < 1e-12 for chosen in product(*steps))
