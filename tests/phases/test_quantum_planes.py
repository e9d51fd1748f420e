"""The plane of transverse field and temperature of a ring: fluctuations beside free fermions, and what is said."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import spinlens as sl
from spinlens.phases import find_crossover, latent_maps, reweighted_ridges
from spinlens.phases.fluctuations import conjugate_profiles, specific_heat_profiles
from spinlens.phases.planes import known_apex, on_plane
from spinlens.testing.chance import within

SITES = 6
FIELDS, TEMPERATURES = (0.3, 0.5, 0.7, 0.9, 1.1, 1.4, 1.8), (0.3, 0.4, 0.5, 0.65, 0.8, 1.1, 1.5)
MODEL, RING = sl.TransverseIsing(), sl.Lattice((SITES,))


@pytest.fixture(scope="module")
def ring() -> Any:
    return sl.simulate(
        MODEL, RING, temperature=TEMPERATURES, transverse_field=FIELDS, chains=64, recordings=80, interval=1,
        draws=2, equilibration=24, seed=3, progress=False,
    )  # fmt: skip


class Ideal:
    """A network whose mean is the magnetization of a slice, and whose deviation follows the energy."""

    configuration: dict[str, Any] = {}  # noqa: RUF012
    estimator = "ideal"

    def encode(self, ensemble: Any, *, chain: slice, turned: Any = None) -> SimpleNamespace:
        spins = ensemble.spins().to_numpy()[..., chain, :, :].mean(axis=-1) * (1 if turned is None else -1)
        energy = np.asarray(ensemble.energy)[..., chain, :]
        pair = (np.stack([first, 0 * first], axis=-1).astype(np.float32) for first in (spins, energy))
        return SimpleNamespace(mean=next(pair), deviation=next(pair))


@pytest.fixture(scope="module")
def maps(ring: Any) -> xr.Dataset:
    return latent_maps(Ideal(), ring, progress=False)


def test_fluctuations_count_kinks(maps: xr.Dataset) -> None:
    """Specific heat and d<sx> / dGamma are those of free fermions: of kinks the variance alone would be far more."""
    plane, step = on_plane(maps), 1e-4
    found = {
        "heat": specific_heat_profiles(plane, resamples=200, seed=0),
        "response": conjugate_profiles(plane, "transverse_field", resamples=200, seed=0),
    }
    known = np.empty((2, len(FIELDS), len(TEMPERATURES)))
    for i, gamma in enumerate(FIELDS):
        for k, t in enumerate(TEMPERATURES):
            here, above, below = (
                sl.exact.transverse_chain(sites=SITES, temperature=t, transverse_field=gamma + shift)
                for shift in (0.0, step, -step)
            )
            known[0, i, k] = here.specific_heat
            known[1, i, k] = (above.transverse_magnetization - below.transverse_magnetization) / (2 * step)
    for values, exact in zip(found.values(), known, strict=True):
        assert within(values[:, 0], exact, values[:, 1:].std(axis=1))


def test_what_a_plane_in_imaginary_time_says(ring: Any, maps: xr.Dataset) -> None:
    found = find_crossover(maps, resamples=20, reweighted=reweighted_ridges(ring, on_plane(maps)))
    # Order breaks a symmetry in every column, and a theorem says that there is none above T = 0.
    assert maps["symmetric"].all()
    assert found.critical_temperature is None
    assert found.critical_line == {}
    assert found.reading == (
        "In one dimension forces of finite range order nothing above T = 0: transverse_field 0.3 to 1.8.",
    )
    # Nothing is reweighted along the temperature; free fermions know the line of the specific heat and the apex.
    assert not [name for name in found.lines if str(name).startswith("reweighted")]
    exact = found.lines["exact_specific_heat"].to_numpy()
    assert exact == pytest.approx(sl.exact.specific_heat_ridge(FIELDS))
    assert found.rows["exact_conjugate"].to_numpy() == pytest.approx(
        sl.exact.transverse_susceptibility_ridge(TEMPERATURES), nan_ok=True
    )
    assert set(found.apex) == {"tau_1", "nu_0", "susceptibility", "conjugate", "exact_conjugate"}
    assert abs(found.apex["exact_conjugate"].value - 1.0) < found.apex["exact_conjugate"].error < 0.2
    assert "Apex at T = 0 by conjugate: transverse_field" in str(found)
    summary = json.loads(json.dumps(found.to_dict()))
    assert summary["known_apex"] == {"value": 1.0, "error": 0.0, "source": "Pfeuty 1970"}
    assert found.exponent["tau_1"].value != found.exponent["tau_1"].value


def test_the_known_apex_is_that_of_the_lattice_the_coupling_and_the_field(maps: xr.Dataset) -> None:
    plane = on_plane(maps)
    known = known_apex(plane)
    assert known is not None
    assert known.value == 1.0
    assert known_apex(plane.assign_coords(field=0.5)) is None
    assert known_apex(plane.assign_attrs(zero_temperature="[]")) is None
    assert [each.lattice for each in MODEL.references()] == ["chain", "square"]
    assert all(not each.lattice for each in sl.TransverseIsing(2.0).references())
