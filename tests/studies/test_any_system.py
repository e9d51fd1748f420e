"""Systems of other spaces than two spins: their images, their ceilings, their disturbances, a study from end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.special import j0

from spinlens.ensemble import Ensemble, sample
from spinlens.errors import InputError
from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.phases.regions import ceiling, clean_splits, energies, features, region_of
from spinlens.phases.regions.energies import exact_distribution, recorded_distribution
from spinlens.sampling import Plan
from spinlens.spaces import Colours
from spinlens.studies.classify import configure, run_classify
from spinlens.studies.classify.disturbances import WAVE, disturb, permuted, shuffled
from spinlens.studies.classify.protocols import sampling_plan
from spinlens.studies.classify.systems import SYSTEMS
from spinlens.studies.directory import read_summary
from tests.studies.test_classify import TINY

SMALL = {"chains": 64, "draws": 1, "recordings": 1, "interval": 1, "equilibration": 4}
SIZES = dict.fromkeys(("train", "validation", "test"), (5, 5, 5, 5))
COUNTS = (15, 5, 7, 13)


def small_ensemble(name: str, *, side: int = 4, **changes: object) -> Ensemble:
    plan = sampling_plan(name, side=side, seed=2, step=0.25)
    return sample(replace(plan, **{**SMALL, **changes}), workers=1, progress=False)


@pytest.mark.parametrize("name", ["potts-10", "blume-capel-tricritical", "xy", "cubic", "random-field"])
def test_what_is_said_of_an_image_is_true(name: str) -> None:
    ensemble, system = small_ensemble(name), SYSTEMS[name]
    images = clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=40, unit=system.unit).large_test
    drawn = ensemble.spins().isel(dict.fromkeys(ensemble.plan.controls, 0))
    where = {"temperature": xr.DataArray(images.temperature), "chain": xr.DataArray(images.chain)}
    np.testing.assert_array_equal(drawn.sel(where).isel(draw=0), images.spins)
    np.testing.assert_array_equal(region_of(images.temperature, unit=system.unit), images.labels)
    model, lattice = ensemble.model.at(**system.controls), ensemble.lattice
    sums = model.tables(lattice).sums(model.space.codes(images.spins))
    strengths = model.strengths(lattice, **model.values_of_controls(system.controls))
    np.testing.assert_allclose(images.energy, -strengths @ sums / lattice.sites, atol=1e-9)
    for term, found in zip(model.terms(lattice), sums, strict=True):
        np.testing.assert_allclose(images.terms[term.name], found * term.unit / lattice.sites)
    np.testing.assert_array_equal(features(images, system.sufficient)[:, 0], (
        images.energy if system.sufficient[0] == "energy" else images.terms["bond_sum"]
    ))  # fmt: skip
    with pytest.raises(InputError, match="was not recorded"):
        features(images, ["bond_summ"])


@pytest.mark.parametrize("name", ["potts-3", "blume-capel-tricritical"])
def test_the_ceiling_from_chains_agrees_with_all_states(name: str) -> None:
    system = SYSTEMS[name]
    ensemble = small_ensemble(name, side=3, recordings=200, interval=2, equilibration=100)
    model, lattice = ensemble.model, ensemble.lattice
    found = enumerate_states(model, lattice, temperature=1.0, **system.controls).distribution
    assert found is not None
    levels = -model.strengths(lattice, **model.values_of_controls(system.controls)) @ np.array(
        [found.rows[term.name] for term in model.terms(lattice)], dtype=float
    )
    # At T = 1 the probability is that of g exp(-E).
    different, place = np.unique(levels.round(9), return_inverse=True)
    logarithms = np.log(np.bincount(place, weights=found.probability)) + different
    distribution = exact_distribution(different, logarithms, temperature=ensemble.temperature, sites=9)
    exact = ceiling(distribution, counts=COUNTS, unit=system.unit)
    estimated = ceiling(ensemble, counts=COUNTS, unit=system.unit)
    assert 0 < estimated.macro_f1.error < 5e-3
    assert abs(estimated.macro_f1.value - exact.macro_f1.value) < 4 * estimated.macro_f1.error
    with pytest.raises(InputError, match="Pass unit="):
        ceiling(ensemble, counts=COUNTS)


def test_joined_levels_keep_nearly_all_that_energies_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of normal energies whose best score is known from all levels, a few hundred levels lose next to nothing."""
    random, temperature = np.random.default_rng(0), np.linspace(0.5, 4.0, 8)
    energy = random.normal(10 * temperature[:, None, None], 6.0, (8, 64, 10))
    full = recorded_distribution(energy, temperature=temperature, sites=1)
    monkeypatch.setattr(energies, "MOST_LEVELS", 400)
    few = recorded_distribution(energy, temperature=temperature, sites=1)
    assert (len(full.energy), len(few.energy)) == (energy.size, 400)
    assert np.all(np.diff(few.energy) > 0)
    counts = few.weights[0]
    assert counts.min() >= energy.size // 400
    assert counts @ few.energy == pytest.approx(energy.sum())
    one, other = (ceiling(each, counts=(3, 2, 0, 1)).macro_f1.value for each in (full, few))
    assert abs(one - other) < 3e-3


def test_shuffled_and_permuted_images_keep_what_they_must() -> None:
    ensemble = small_ensemble("potts-10")
    images = clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=40, unit=SYSTEMS["potts-10"].unit).test
    names = disturb(images, "permuted", ensemble, seed=3)
    assert (names.spins != images.spins).any(axis=(1, 2)).mean() > 0.9
    np.testing.assert_allclose(names.energy, images.energy, atol=1e-12)
    np.testing.assert_allclose(names.magnetization, images.magnetization, atol=1e-9)
    places = disturb(images, "shuffled", ensemble, seed=3)
    np.testing.assert_array_equal(np.sort(places.spins.reshape(20, -1)), np.sort(images.spins.reshape(20, -1)))
    assert np.abs(places.energy - images.energy).max() > 0.1
    random, codes = np.random.default_rng(0), np.arange(12).reshape(1, 3, 4)
    assert sorted(permuted(codes, Colours(12), random).ravel()) == sorted(shuffled(codes, Colours(12), random).ravel())


def test_a_spin_wave_costs_what_theory_says() -> None:
    """Of angles that are all alike the order becomes J_0(A), and a bond along the wave J_0(2 A sin(pi / L))."""
    side = 12
    plan = Plan(model=SYSTEMS["xy"].model, lattice=Lattice((side, side)), temperature=(1e-6,), chains=64, recordings=1,
                draws=1, equilibration=4, exchange=False)  # fmt: skip
    ensemble = sample(plan, workers=1, progress=False)
    images = clean_splits(
        sample(replace(plan, temperature=(1e-6, 1.5, 2.2, 3.0)), workers=1, progress=False), seed=0, trial=0,
        sizes=SIZES, large_test=20, unit=1.0,
    ).test  # fmt: skip
    cold = replace(images, spins=np.zeros_like(images.spins))
    found = disturb(cold, "spin_waves", ensemble, seed=1)
    np.testing.assert_allclose(found.magnetization, j0(WAVE), atol=1e-3)
    np.testing.assert_allclose(found.energy, -1 - j0(2 * WAVE * np.sin(np.pi / side)), atol=1e-4)


def test_a_study_of_angles_from_end_to_end(tmp_path: Path) -> None:
    own = {"images": {"side": 6, "step": 0.05}, "vit": {"network": {"patch": 3}}}
    changes = {
        **TINY, "trials": 1, "systems": ["xy"], "own": {"xy": own},
        "analysis": {**TINY["analysis"], "label_systems": []},
        "pretraining": {"recipe": {"epochs": 1}, "task": {"bond_weight": 0.0}},
    }  # fmt: skip
    configuration = configure("quick", changes=changes)
    assert (configuration.images.side, configuration.of("xy").images.side) == (8, 6)
    run_classify(configuration, out=tmp_path / "study", workers=1, progress=False)
    summary = read_summary(tmp_path / "study")
    (row,) = summary["rows"]
    assert (row["network"], row["pretrained"]) == ("vit", "lattice")
    assert 0 < row["ceiling_error"] < 0.01
    assert row["naive_regression"] < row["logistic_regression"] < row["ceiling"] + 0.05
    assert {each["disturbance"] for each in summary["disturbances"]} == {"shuffled", "spin_waves"}
    described = summary["systems"]["xy"]
    assert (described["transition"], described["ceiling"]) == (0.8929, "from the chains")
    assert described["edges"][1] / described["transition"] == pytest.approx(1.055 / 2.269185314213022)
    assert summary["seeing"]["xy"]["vit"]["attention"]["correlation_length"][0] is None
    for name in ("microstates_xy", "attention_xy_vit", "disturbances", "posterior_xy_vit"):
        assert (tmp_path / "study" / "figures" / f"{name}.png").stat().st_size > 10_000


def test_systems_have_the_same_numbers_of_images() -> None:
    with pytest.raises(InputError, match=r"own\.images\.train .* the same numbers of images"):
        configure("quick", changes={"systems": ["xy"], "own": {"xy": {"images": {"train": [1, 1, 1, 1]}}}})
    with pytest.raises(InputError, match="Did you mean 'potts-3'"):
        configure("quick", changes={"own": {"potts3": {}}})
