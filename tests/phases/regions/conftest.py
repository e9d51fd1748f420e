"""Small ensembles of all systems."""

from __future__ import annotations

import pytest
from tests.phases.regions.small import small_ensemble

from spinlens.ensemble import Ensemble
from spinlens.studies.classify.systems import PUBLISHED


@pytest.fixture(scope="session")
def ensembles() -> dict[str, Ensemble]:
    """Return every published system on 8 x 8 at 40 temperatures."""
    return {name: small_ensemble(name) for name in PUBLISHED}


@pytest.fixture(scope="session")
def ensemble(ensembles: dict[str, Ensemble]) -> Ensemble:
    return ensembles["periodic"]
