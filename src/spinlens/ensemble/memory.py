"""An ensemble that lies nowhere: its arrays in memory, with the diagnostics that those on the disk have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zarr.storage import MemoryStore

from spinlens.ensemble import layout
from spinlens.ensemble.judgement import diagnose
from spinlens.ensemble.reader import Ensemble
from spinlens.ensemble.writer import write_unit
from spinlens.sampling import Plan, Unit, UnitDraws


def in_memory(
    plan: Plan, drawn: Iterable[tuple[Unit, UnitDraws]], provenance: Mapping[str, Any] | None = None
) -> Ensemble:  # fmt: skip
    """Return the ensemble of all units of a plan.

    Parameters
    ----------
    plan : Plan
        What it holds.
    drawn : iterable of (Unit, UnitDraws)
        All of its units, in any order.
    provenance : mapping, optional
        Further attributes of the group.
    """
    group: Any = layout.create(MemoryStore(), plan, stored={**layout.attributes(plan), **(provenance or {})})
    for unit, draws in drawn:
        write_unit(group, plan, unit, draws)
    for point in range(plan.points):
        place = plan.place(point)

        def read(name: str, _point: int, place: tuple[int, ...] = place) -> Any:
            return group[name][place]

        for name, values in diagnose(read, plan, point).items():
            group[name][place] = values
    return Ensemble(group, plan)
