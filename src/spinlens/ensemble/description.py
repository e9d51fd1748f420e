"""What an ensemble holds, in plain values for people and machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from spinlens.ensemble.exchange_gaps import exchange_gaps
from spinlens.ensemble.judgement import summarise
from spinlens.ensemble.reader import Ensemble, open_ensemble
from spinlens.sampling import units


def describe(path: Path | str) -> dict[str, Any]:
    """Return the description that ``spinlens info`` prints, as JSON types.

    Raises
    ------
    InputError
        If there is no ensemble.
    """
    ensemble = open_ensemble(path)
    plan = ensemble.plan
    description: dict[str, Any] = {
        "path": str(path),
        "model": plan.model.text,
        "shape": list(plan.lattice.shape),
        "kind": plan.lattice.kind,
        "boundary": plan.lattice.boundary_text,
        **{name: _grid(np.array(values)) for name, values in plan.grid.items()},
        "chains": plan.chains,
        "draws": plan.draws,
        "configurations": plan.conditions * plan.chains * plan.draws,
        "recordings": plan.recordings,
        "interval": plan.interval,
        "equilibration": plan.equilibration,
        "engine": plan.engine,
        "algorithm": plan.algorithm,
        **({"algorithm_reasons": ensemble.algorithm_reasons} if plan.algorithm == "auto" else {}),
        "exchange": plan.exchange,
        "start": plan.start,
        "seed": plan.seed,
        "fingerprint": ensemble.fingerprint,
        "bytes": sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file()),
        "units": len(units(plan)),
        "missing": len(ensemble.missing_units),
    }
    return description | (_state(ensemble) if ensemble.complete else {"complete": False})


def equilibration_summary(ensemble: Ensemble) -> dict[str, Any]:
    """Return which conditions are not equilibrated or cannot be told, and what to do, as JSON types.

    With where no replicas cross, see `spinlens.ensemble.exchange_gaps`.
    """
    return {**summarise(ensemble.diagnostics, ensemble.plan), "uncrossed": exchange_gaps(ensemble)}


def _state(ensemble: Ensemble) -> dict[str, Any]:
    sizes = ensemble.diagnostics["effective_sample_size"].values
    acceptance = ensemble.exchange_acceptance.values
    exchanged = ensemble.plan.exchange and acceptance.shape[-1] > 0
    return {
        "complete": True,
        **equilibration_summary(ensemble),
        "smallest_effective_sample_size": float(sizes.min()) if np.isfinite(sizes).all() else None,
        "smallest_exchange_acceptance": float(acceptance.min()) if exchanged else None,
        "round_trips": int(ensemble.round_trips.sum()),
    }


def _grid(values: np.ndarray) -> dict[str, Any]:
    return {"first": float(values[0]), "last": float(values[-1]), "count": int(values.size)}
