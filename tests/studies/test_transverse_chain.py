"""Regions along a transverse field: images are worldlines, and the number of kinks tells all that there is to tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from spinlens.ensemble import Ensemble, sample
from spinlens.errors import InputError
from spinlens.exact import transverse_chain
from spinlens.phases.regions import ceiling, clean_splits, features, region_of
from spinlens.phases.regions.energies import axis_of, energy_distribution
from spinlens.studies.classify import configure, run_classify
from spinlens.studies.classify.protocols import sampling_plan
from spinlens.studies.classify.systems import SYSTEMS
from spinlens.studies.directory import read_summary
from spinlens.symmetries import Symmetries
from spinlens.testing.chance import within
from tests.studies.test_classify import TINY

NAME, SIDE = "transverse-chain", 6
SYSTEM = SYSTEMS[NAME]


@pytest.fixture(scope="module")
def ring() -> Ensemble:
    plan = sampling_plan(NAME, side=SIDE, seed=2, step=0.125)
    settings: dict[str, Any] = {"draws": 2, "recordings": 60, "interval": 1, "equilibration": 16, "chains": 64}
    return sample(replace(plan, **settings), workers=1, progress=False)


def test_what_is_said_of_an_image_is_true(ring: Ensemble) -> None:
    sizes = dict.fromkeys(("train", "validation", "test"), (5, 5, 5, 5))
    images = clean_splits(ring, seed=1, trial=0, sizes=sizes, large_test=40, unit=SYSTEM.unit).large_test
    assert (axis_of(ring.plan), images.spins.shape[1:]) == ("transverse_field", (SIDE, SIDE))
    where = {"transverse_field": xr.DataArray(images.temperature), "chain": xr.DataArray(images.chain)}
    index = {"draw": xr.DataArray(images.draw), "field": 0, "temperature": 0}
    np.testing.assert_array_equal(ring.spins().isel(index).sel(where), images.spins)
    np.testing.assert_array_equal(ring.sums["kinks"].isel(index).sel(where) / SIDE, images.energy)
    np.testing.assert_array_equal(features(images, ["kinks"])[:, 0], images.energy)
    # The edges lie at the published shares of the transition at T = 0, where Gamma is J.
    shares = images.temperature * 2.269185314213022
    np.testing.assert_array_equal(np.digitize(shares.round(9), (1.055, 2.119, 2.320), right=True), images.labels)
    np.testing.assert_array_equal(region_of(images.temperature, unit=SYSTEM.unit), images.labels)


def test_kinks_are_distributed_as_the_transverse_field_drives_them(ring: Ensemble) -> None:
    """One g(n) for all fields, p(n) ~ g(n) Gamma^n: means and ln Z of free fermions, with errors of whole chains."""
    found = energy_distribution(ring)
    fields = ring.grid["transverse_field"]
    np.testing.assert_allclose(np.diff(found.rate), np.diff(np.log(fields)), rtol=1e-12)
    table = found.kernel[None] * found.weights[:, None, :]
    means = (table @ found.energy) / table.sum(axis=-1)
    exact = [transverse_chain(sites=SIDE, temperature=0.25, transverse_field=float(g)) for g in fields]
    kinks = SIDE * fields * np.array([each.transverse_magnetization for each in exact]) / 0.25
    error = np.sqrt((found.groups - 1) * means[1:].var(axis=0))
    # Between neighbouring fields the histograms are the same recordings.
    assert within(means[0, ::4], kinks[::4], error[::4])
    log_z = SIDE * np.array([each.log_z for each in exact])
    assert np.abs((found.log_partition - log_z) - (found.log_partition - log_z).mean()).max() < 0.1
    top = ceiling(ring, counts=(15, 5, 7, 13), unit=SYSTEM.unit)
    assert 0.4 < top.macro_f1.value < 1.0
    assert (np.diff(top.cuts) > 0).all()
    assert (np.diff(top.posterior.predict_proba(np.array([0.5, 2.0, 5.0]))[:, 3]) > 0).all()


def test_images_have_the_symmetries_of_sliced_imaginary_time() -> None:
    model, lattice, controls = SYSTEM.drawn(8)
    found = Symmetries.of(model, lattice, **controls)
    assert (lattice.shape, lattice.kind, lattice.boundary_text) == ((8, 8), "square", "periodic")
    # Space and imaginary time cannot be exchanged, but each be shifted and reflected.
    assert found.transposition is None
    assert found.flip
    assert all(each is not None for each in (*found.translations, *found.reflections))
    sliced = SYSTEM.model.trotter(8, SYSTEM.lattice(8), temperature=0.25, transverse_field=1.0)
    assert model.coupling == sliced.model.coupling[::-1]


def test_a_study_of_worldlines_from_end_to_end(tmp_path: Path) -> None:
    images = {**TINY["images"], "interval": 1, "equilibration": 16, "recordings": 8, "step": 0.2}
    own = {"images": {name: images[name] for name in ("side", "interval", "equilibration", "recordings", "step")}}
    changes = {
        **TINY, "trials": 1, "systems": [NAME], "own": {NAME: {**own, "vit": {"network": {"patch": 4}}}},
        "images": TINY["images"], "analysis": {**TINY["analysis"], "label_systems": [], "seeing_systems": []},
    }  # fmt: skip
    with pytest.raises(InputError, match="no pretraining is made for pictures of worldlines"):
        configure("quick", changes=changes)
    run_classify(configure("quick", changes=changes, pretrained="none"), out=tmp_path / "study", workers=1,
                 progress=False)  # fmt: skip
    summary = read_summary(tmp_path / "study")
    (row,) = summary["rows"]
    assert (row["network"], row["pretrained"]) == ("vit", "none")
    assert 0 < row["ceiling_error"] < 0.02
    assert row["naive_regression"] < row["ceiling"]
    assert (tmp_path / "study" / "figures" / f"microstates_{NAME}.png").stat().st_size > 10_000
    described = summary["systems"][NAME]
    assert (described["transition"], described["ceiling"]) == (1.0, "from the chains")
