"""Ensembles over all four regions that are sampled in a moment."""

from __future__ import annotations

from dataclasses import replace

from spinlens.ensemble import Ensemble, sample
from spinlens.studies.classify.protocols import sampling_plan

SMALL = {"chains": 64, "draws": 4, "recordings": 100, "interval": 4, "equilibration": 200}


def small_ensemble(system: str, **changes: object) -> Ensemble:
    """Sample a system on 8 x 8 at 40 temperatures, in memory."""
    plan = sampling_plan(system, "clean", side=8, seed=3, step=0.1)
    return sample(replace(plan, **{**SMALL, **changes}), workers=1, progress=False)
