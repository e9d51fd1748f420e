"""Goodness of fit of a sampler against all states of a tiny lattice."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, run_unit, units


def independent_states(plan: Plan) -> np.ndarray:
    """Return the index of the states drawn, int64 (temperature, chain and draw).

    With one draw all columns are independent; with more the plan must leave enough sweeps between them.
    """
    height, width = plan.lattice.shape
    parts = []
    for unit in units(plan):
        up = np.unpackbits(run_unit(plan, unit).codes, axis=-1, count=width, bitorder="little")
        parts.append(up.reshape(up.shape[0], -1, height * width) @ (1 << np.arange(height * width)))
    return np.concatenate(parts, axis=1)


def fit(states: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the p-value of Pearson's test; the rarest states are pooled until five visits are expected."""
    visits = np.bincount(states, minlength=probabilities.size)
    expected = probabilities * visits.sum()
    order = np.argsort(expected)
    rare = np.union1d(order[np.cumsum(expected[order]) < 20], np.flatnonzero(expected < 5))
    common = np.setdiff1d(order, rare)
    visits, expected = (np.append(values[common], values[rare].sum()) for values in (visits, expected))
    filled = expected > 0
    return float(stats.chisquare(visits[filled], expected[filled]).pvalue)


def visit_p_values(
    *,
    shape: tuple[int, int] = (2, 4),
    boundary: Any = "periodic",
    temperature: tuple[float, ...] = (2.5,),
    field: float = 0.3,
    coupling: Any = 1.0,
    field_pattern: str = "uniform",
    algorithm: str = "heat_bath",
    blocks: int = 320,
    draws: int = 1,
    interval: int = 1,
    equilibration: int = 64,
    seed: int = 1,
) -> list[float]:
    """Return for each temperature the p-value of independent draws against the exact probabilities.

    The last p-value is that of the product distribution of the first two temperatures, which replica exchange must
    leave independent.
    """
    model, lattice = Ising(coupling, field_pattern), Lattice(shape, boundary=boundary)
    plan = Plan(
        model=model, lattice=lattice, temperature=temperature, field=(field,), chains=64 * blocks, draws=draws,
        recordings=draws,
        equilibration=equilibration, interval=interval, algorithm=algorithm, start="random", seed=seed,
    )  # fmt: skip
    states = independent_states(plan)
    exact = [state_probabilities(model, lattice, temperature=t, field=field) for t in temperature]
    p_values = [fit(row, p) for row, p in zip(states, exact, strict=True)]
    if len(temperature) > 1:
        coarse = [_by_spin_sum(p) for p in exact[:2]]
        up = np.bitwise_count(states[:2].astype(np.uint64)).astype(np.int64)
        joint = up[0] * coarse[1].size + up[1]
        p_values.append(fit(joint, np.outer(*coarse).reshape(-1)))
    return p_values


def _by_spin_sum(probabilities: np.ndarray) -> np.ndarray:
    up = np.bitwise_count(np.arange(probabilities.size, dtype=np.uint64)).astype(np.int64)
    return np.bincount(up, weights=probabilities)
