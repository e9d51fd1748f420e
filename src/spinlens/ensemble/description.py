"""What an ensemble holds, in plain values for people and machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

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
    """Return how many conditions are flagged as not equilibrated, which, and the worst R-hat, as JSON types.

    What is not finite (nothing could be known, or chains are frozen apart) is None; such conditions are flagged.
    """
    diagnostics = ensemble.diagnostics
    flagged = np.argwhere(~diagnostics["equilibrated"].values)
    r_hat = diagnostics["r_hat"].values
    return {
        "conditions": int(r_hat.size),
        "flagged_conditions": len(flagged),
        "worst_r_hat": float(r_hat.max()) if np.isfinite(r_hat).all() else None,
        "flagged": [
            {name: values[i] for (name, values), i in zip(ensemble.plan.grid.items(), place, strict=True)}
            for place in flagged.tolist()
        ],
    }


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
