"""Small ensembles over all four regions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spinlens.ensemble import Ensemble, sample
from spinlens.regions import SYSTEMS, sampling_plan

SMALL = {"chains": 64, "draws": 4, "thin": 25, "interval": 4, "equilibration": 200}


def small_ensemble(system: str, **changes: object) -> Ensemble:
    plan = sampling_plan(system, "clean", side=8, seed=3, step=0.1)
    return sample(replace(plan, **{**SMALL, **changes}), workers=1, progress=False)


@pytest.fixture(scope="session")
def ensembles() -> dict[str, Ensemble]:
    """Return every system on 8 x 8 at 40 temperatures."""
    return {name: small_ensemble(name) for name in SYSTEMS}


@pytest.fixture(scope="session")
def ensemble(ensembles: dict[str, Ensemble]) -> Ensemble:
    return ensembles["periodic"]
