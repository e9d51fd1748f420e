"""Neighbouring temperatures between which hardly any replica is exchanged, and those that would close the gap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinlens.sampling.choice import SYMBOLS

if TYPE_CHECKING:
    from spinlens.ensemble.stored_draws import StoredDraws

FEWEST = 1e-3
"""Share of accepted swaps below which nothing crosses."""

STEP = 1.8
"""Step of the inverse temperature, times the energy's deviation, at which a fifth of all swaps is accepted: with
energies that are normally distributed the share is erfc(STEP / 2)."""

SHOWN = 4
"""Temperatures and gaps that a sentence names."""


def exchange_gaps(ensemble: StoredDraws) -> list[dict[str, Any]]:
    """Return where replicas do not cross, as JSON types.

    Parameters
    ----------
    ensemble : Ensemble
        All of whose units are there.

    Returns
    -------
    list of dict
        Of each gap the controls, its two ``temperature``, the ``acceptance`` between them, and temperatures to ``add``
        between, evenly spaced in 1/T: as many as the deviations of the energy at both ends call for, which are too few
        where there is a transition between, and none for models whose weight has factors besides their energy.
    """
    plan, found = ensemble.plan, []
    if not plan.exchange or len(plan.temperature) < 2:
        return []
    acceptance = ensemble.exchange_acceptance.values.reshape(plan.points, -1)
    for point, pair in np.argwhere(acceptance < FEWEST).tolist():
        cold, hot = plan.temperature[pair : pair + 2]
        found.append({
            **plan.point_controls(point), "temperature": [cold, hot], "acceptance": float(acceptance[point, pair]),
            "add": _between(ensemble, point, pair),
        })  # fmt: skip
    return found


def _between(ensemble: StoredDraws, point: int, pair: int) -> list[float]:
    plan = ensemble.plan
    tables, controls = plan.model.tables(plan.lattice), plan.point_controls(point)
    if any(tables.events):
        return []
    weights = dict(zip(tables.names, plan.model.strengths(plan.lattice, **controls), strict=True))
    series = ensemble.series.isel(dict(zip(plan.controls, plan.place(point), strict=True)))
    energy = -sum(weights[name] * series[name].values[pair : pair + 2] for name in plan.series)
    deviation = float(np.sqrt(np.var(energy, axis=(1, 2)).mean()))
    cold, hot = (1 / t for t in plan.temperature[pair : pair + 2])
    steps = max(2, math.ceil((cold - hot) * deviation / STEP))
    return [float(1 / b) for b in np.linspace(cold, hot, steps + 1)[1:-1]]


def gap_sentence(gaps: Sequence[Mapping[str, Any]]) -> str:
    """Say between which temperatures nothing crosses, and what to add; empty where there are no gaps."""
    parts = []
    for gap in gaps[:SHOWN]:
        cold, hot = gap["temperature"]
        at = [f"{SYMBOLS.get(name, name)} {value:g}" for name, value in gap.items() if name not in _OWN]
        add = ", ".join(f"{t:.4g}" for t in gap["add"][:SHOWN]) + (", ..." if len(gap["add"]) > SHOWN else "")
        more = f" (add {len(gap['add'])} between: {add})" if add else ""
        parts.append(", ".join([*at, f"T {cold:g} and {hot:g}"]) + more)
    rest = ", ..." if len(gaps) > SHOWN else ""
    return f"No replicas cross between {'; '.join(parts)}{rest}." if parts else ""


_OWN = ("temperature", "acceptance", "add")
