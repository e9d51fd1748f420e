"""Splits share no chain, have the wanted counts, say what an image is, and refuse what cannot be split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import chisquare
from tests.lattices.rectangle import bond_sums
from tests.phases.regions.small import small_ensemble

from spinlens.ensemble import Ensemble, sample
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Potts
from spinlens.phases.regions import Labelled, Splits, clean_splits, published_splits, region_of
from spinlens.sampling import Plan
from spinlens.studies.classify.protocols import PUBLISHED_COUNTS
from spinlens.studies.classify.systems import PUBLISHED
from spinlens.testing.chance import plausible

SIZES = {"train": (40, 20, 10, 30), "validation": (20, 10, 6, 10), "test": (15, 5, 7, 13)}


@pytest.fixture(scope="module")
def clean(ensemble: Ensemble) -> Splits:
    return clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=300)


@pytest.fixture(scope="module")
def published() -> Splits:
    heated = small_ensemble("periodic", start="heated", exchange=False, draws=16, recordings=16)
    return published_splits(heated, seed=1, trial=3, sizes=SIZES, large_test=300)


def parts(splits: Splits) -> list[Labelled]:
    return [splits.train, splits.validation, splits.test, splits.large_test]


def places(images: Labelled) -> set[tuple[float, int, int]]:
    return set(zip(images.temperature.tolist(), images.chain.tolist(), images.draw.tolist(), strict=True))


def test_no_test_image_shares_a_chain_with_a_training_image(clean: Splits) -> None:
    chains = [set(part.chain.tolist()) for part in parts(clean)]
    assert not chains[0] & chains[1]
    for tests in chains[2:]:
        assert not tests & (chains[0] | chains[1])


def test_published_images_are_of_one_chain_and_the_large_test_set_of_the_others(published: Splits) -> None:
    for part in parts(published)[:3]:
        assert set(part.chain.tolist()) == {3}
    assert 3 not in published.large_test.chain
    assert len(np.unique(published.large_test.chain)) > 32


@pytest.mark.parametrize("name", ["clean", "published"])
def test_counts_and_no_image_twice(name: str, request: pytest.FixtureRequest) -> None:
    splits: Splits = request.getfixturevalue(name)
    for part, size in zip(parts(splits), ("train", "validation", "test"), strict=False):
        assert part.counts == SIZES[size]
    # Counts of 15, 5, 7, 13 have no common divisor, so the large set is a multiple of all 40.
    assert splits.large_test.counts == (120, 40, 56, 104)
    found = [places(part) for part in parts(splits)]
    assert sum(map(len, found)) == len(set.union(*found)) == sum(map(len, parts(splits)))


@pytest.mark.parametrize("system", PUBLISHED)
def test_what_is_said_of_an_image_is_true(system: str, ensembles: dict[str, Ensemble]) -> None:
    ensemble = ensembles[system]
    images = clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=40).test
    spins = ensemble.spins(field=0)
    where = {"temperature": xr.DataArray(images.temperature), "chain": xr.DataArray(images.chain)}
    stored = spins.sel(where, method=None).sel(draw=xr.DataArray(images.draw))
    np.testing.assert_array_equal(stored, images.spins)
    np.testing.assert_array_equal(region_of(images.temperature), images.labels)
    model, sites = ensemble.model, ensemble.lattice.sites
    bonds = sum(bond_sums(ensemble.lattice, images.spins))
    np.testing.assert_allclose(images.energy, -model.coupling * bonds / sites)
    pattern = ensemble.lattice.staggering if system == "antiferromagnet" else 1
    np.testing.assert_allclose(images.magnetization, (images.spins * pattern).mean((1, 2)))
    cold = images.temperature < 0.5
    assert np.all(images.energy[cold] < -1)


def test_every_place_is_equally_likely(ensemble: Ensemble) -> None:
    draws = [clean_splits(ensemble, seed=2, trial=k, sizes=SIZES, large_test=40).train for k in range(30)]
    temperature = np.concatenate([images.temperature[images.labels == 0] for images in draws])
    _, counts = np.unique(temperature, return_counts=True)
    assert len(counts) == 10
    assert plausible(chisquare(counts).pvalue)
    _, counts = np.unique(np.concatenate([images.draw for images in draws]), return_counts=True)
    assert plausible(chisquare(counts).pvalue)


def test_trials_differ_and_repeat(ensemble: Ensemble, clean: Splits) -> None:
    again = clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=300)
    for one, two in zip(parts(clean), parts(again), strict=True):
        np.testing.assert_array_equal(one.spins, two.spins)
    other = clean_splits(ensemble, seed=1, trial=1, sizes=SIZES, large_test=300)
    assert set(other.train.chain.tolist()) != set(clean.train.chain.tolist())


def test_fewer_labels_are_nested_and_have_every_region(ensemble: Ensemble, clean: Splits) -> None:
    before: set[tuple[float, int, int]] = set()
    for count in (10, 30, 100):
        part = clean_splits(ensemble, seed=1, trial=0, sizes=SIZES, large_test=300, labels=count)
        assert len(part.train) == count
        assert before < places(part.train)
        before = places(part.train)
        shares = np.array(part.train.counts) / count
        assert np.all(np.abs(shares - np.array(SIZES["train"]) / 100) <= 1 / count)
        assert places(part.large_test) == places(clean.large_test)


def test_the_published_sizes_start_with_every_region() -> None:
    ensemble = small_ensemble("periodic", draws=16, recordings=16, equilibration=0)
    splits = clean_splits(ensemble, seed=1, trial=0, sizes=PUBLISHED_COUNTS, labels=10, large_test=400)
    assert min(splits.train.counts) >= 1
    assert splits.test.counts == PUBLISHED_COUNTS["test"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"labels": 2}, "would have no image"),
        ({"labels": 0}, "1 to 100"),
        ({"labels": 101}, "1 to 100"),
        ({"sizes": {**SIZES, "train": (40, 20, 5000, 30)}}, "Simulate more"),
        ({"trial": -1}, "whole number"),
        ({"seed": -1}, "whole number"),
    ],
)
def test_what_cannot_be_split_is_refused(ensemble: Ensemble, change: dict, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        clean_splits(ensemble, **{"seed": 1, "trial": 0, "sizes": SIZES, "large_test": 40, **change})
    assert str(caught.value).count("\n") == 0


def test_ensembles_without_what_is_needed_are_refused(ensemble: Ensemble) -> None:
    with pytest.raises(InputError, match="a chain each"):
        clean_splits(small_ensemble("periodic", chains=2), seed=1, trial=0, sizes=SIZES)
    with pytest.raises(InputError, match="chain of its own"):
        published_splits(ensemble, seed=1, trial=64, sizes=SIZES)
    gap = tuple(t for t in ensemble.plan.temperature if not 2.119 < t < 2.32)
    with pytest.raises(InputError, match="none lies in the region critical"):
        clean_splits(small_ensemble("periodic", temperature=gap), seed=1, trial=0, sizes=SIZES, large_test=40)
    field = sample(replace(ensemble.plan, field=(0.5,), draws=1, equilibration=0), workers=1, progress=False)
    for split in (clean_splits, published_splits):
        with pytest.raises(InputError, match="zero field"):
            split(field, seed=1, trial=0, sizes=SIZES)
    colours = sample(Plan(model=Potts(3), lattice=Lattice((4, 4)), temperature=(1.0,)), workers=1, progress=False)
    with pytest.raises(InputError, match=r"unit = none for potts.*Pass unit="):
        clean_splits(colours, seed=1, trial=0, sizes=SIZES)
