"""An ensemble of draws that were made elsewhere: its sums are measured, its units are committed like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble.judgement import diagnose
from spinlens.ensemble.memory import in_memory
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.ensemble.writer import Writer
from spinlens.sampling import Plan, Unit, UnitDraws, units
from spinlens.sampling.chains import series_type


def imported_ensemble(
    plan: Plan, codes: NDArray[Any], provenance: Mapping[str, Any], *, out: Path | None = None
) -> Ensemble:
    """Store draws that were made elsewhere.

    Parameters
    ----------
    plan : Plan
        With the engine ``imported``.
    codes : ndarray (controls, temperature, chain, draw, *sides)
        Of the model's space.
    provenance : mapping
        Further attributes of the group: where they come from.
    out : path-like, optional
        A new directory; in memory where left out.
    """
    drawn = _units(plan, codes)
    if out is None:
        return in_memory(plan, drawn, provenance)
    writer = Writer(out, plan, provenance)
    try:
        for unit, draws in drawn:
            writer.commit(unit, draws)
        for point in writer.filled_points():
            writer.commit_diagnostics(point, diagnose(writer.read, plan, point))
    finally:
        writer.close()
    return open_ensemble(out)


def _units(plan: Plan, codes: NDArray[Any]) -> Iterator[tuple[Unit, UnitDraws]]:
    temperatures = len(plan.temperature)
    for unit in units(plan):
        chains = plan.blocks.chains_of(unit.block)
        here = codes[plan.place(unit.point)][:, chains.start : chains.stop]
        tables = plan.model_at(unit.point).tables(plan.lattice)
        sums = dict(zip(tables.names, tables.sums(here), strict=True))
        yield unit, UnitDraws(
            codes=plan.model.space.pack(here),
            sums={name: sums[name].astype(series_type(plan, name)) for name in plan.series},
            exchange_accepted=np.zeros(temperatures - 1, dtype=np.int64), exchange_offered=0,
            round_trips=np.zeros(len(chains), dtype=np.int32),
        )  # fmt: skip
