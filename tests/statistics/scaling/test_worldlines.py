"""Recordings of worldlines between simulated conditions: every curve of a scan against eigenstates."""

from itertools import pairwise

import numpy as np
import pytest

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.exact import diagonalise
from spinlens.lattices import Lattice
from spinlens.models import TransverseIsing
from spinlens.statistics import derivatives
from spinlens.statistics.scaling import recorded_ensembles
from spinlens.statistics.scaling.scan import Scan
from spinlens.studies.find import find_transitions
from spinlens.testing.chance import within

RING = Lattice((4,))
GRIDS = {"transverse_field": (0.8, 1.1, 1.4), "field": (0.0, 0.15, 0.3)}


@pytest.fixture(scope="module", params=GRIDS)
def scanned(request):
    name = request.param
    ensemble = simulate(
        TransverseIsing(), RING, temperature=0.7, chains=64, recordings=256, interval=2, equilibration=60, seed=4,
        progress=False, **{name: GRIDS[name]},
    )  # fmt: skip
    return name, ensemble


def test_curves_and_weighted_recordings(scanned):
    """In between, the energy, its fluctuations and those of the magnetization, from a scan and from all histograms."""
    name, ensemble = scanned
    (recorded,) = recorded_ensembles([ensemble], control=name)
    scan, values = Scan(recorded), np.array([0.5 * (low + high) for low, high in pairwise(GRIDS[name])])
    curves = scan.curves(values)
    assert ("transverse_magnetization" in curves) == (name == "field")
    for k, value in enumerate(values):
        exact = diagonalise(ensemble.model, RING, temperature=0.7, **{name: value})
        weighted = ensemble.reweight(temperature=0.7, **{name: value})
        for quantity in ("energy", "specific_heat", "susceptibility", "binder_cumulant", "transverse_magnetization"):
            one, error = float(weighted[quantity].squeeze()), float(weighted[f"{quantity}_error"].squeeze())
            assert within(one, exact[quantity], error), (quantity, value)
            if quantity in curves:
                whole, *left_out = curves[quantity][k]
                error = np.sqrt((scan.groups - 1) * np.var(left_out))
                assert within(whole, exact[quantity], error), (quantity, value)


def test_slopes_in_the_controls(scanned):
    """d <n> / N by temperature and transverse field, by covariances, against differences of eigenstates."""
    name, ensemble = scanned
    found, step = derivatives(ensemble, of="kinks"), 1e-4
    at = {"temperature": 0.7, "transverse_field": 1.0, "field": 0.0, name: GRIDS[name][1]}
    here = found.sel({key: value for key, value in at.items() if key in found.dims}, method="nearest")
    for control in at:
        high, low = (
            diagonalise(ensemble.model, RING, **{**at, control: at[control] + sign * step}).averages["kinks"]
            for sign in (1, -1)
        )
        slope, error = float(here[f"by_{control}"].squeeze()), float(here[f"by_{control}_error"].squeeze())
        assert within(slope, (high - low) / (2 * step), error), control


def test_a_search_in_temperature_is_refused_before_anything_is_sampled():
    with pytest.raises(InputError, match="several sums along a curve"):
        find_transitions(TransverseIsing(), temperature=(0.5, 1.0), sizes=(4, 6), progress=False)
