"""Small ensembles of all systems."""

from __future__ import annotations

import pytest

from spinlens.ensemble import Ensemble
from spinlens.regions import SYSTEMS
from tests.regions.small import small_ensemble


@pytest.fixture(scope="session")
def ensembles() -> dict[str, Ensemble]:
    """Return every system on 8 x 8 at 40 temperatures."""
    return {name: small_ensemble(name) for name in SYSTEMS}


@pytest.fixture(scope="session")
def ensemble(ensembles: dict[str, Ensemble]) -> Ensemble:
    return ensembles["periodic"]
