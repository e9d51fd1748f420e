"""The report groups and averages what it is shown, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from tests.phases.regions.interpretation.invented import invented

from spinlens.errors import InputError
from spinlens.exact import correlation_length
from spinlens.phases.regions import REGIONS
from spinlens.phases.regions.interpretation import attention_report

IMAGES = invented(200)
EDGES = (0.0, 1.0, 2.0, 4.0)


def look(spins: np.ndarray, factor: float = 1.0) -> xr.Dataset:
    """See the share of up spins of each image as distance, ten times as far in the second layer."""
    up = factor * (spins > 0).mean(axis=(1, 2))
    patches = spins[:, ::4, ::4] + 2.0
    patches = patches / patches.sum(axis=(1, 2), keepdims=True)
    return xr.Dataset(
        {
            "distance": (("layer", "image", "head"), np.stack([up, 10 * up])[..., None] * [1.0, 2.0, 3.0]),
            "attention": (("image", "row", "column"), patches),
            "rollout": (("image", "row", "column"), patches[:, ::-1]),
            "uniform_distance": ((), 3.5),
        }
    )


@pytest.fixture(scope="module")
def report() -> xr.Dataset:
    return attention_report(
        look, lambda spins: look(spins, 0.5), IMAGES, groups=EDGES, images_per_group=12,
        lengths=lambda temperature: correlation_length(temperature)[0],
    )  # fmt: skip


def test_means_and_errors_of_each_group_by_hand(report: xr.Dataset) -> None:
    assert dict(report["distance"].sizes) == {"network": 2, "layer": 2, "head": 3, "group": 3}
    for group, (low, high) in enumerate(pairwise(EDGES)):
        inside = (IMAGES.temperature > low) & (IMAGES.temperature <= high)
        up = (IMAGES.spins[inside][:12] > 0).mean(axis=(1, 2))
        here = report.isel(group=group)
        assert float(here["temperature"]) == pytest.approx(IMAGES.temperature[inside][:12].mean())
        assert int(here["images"]) == 12
        trained, untrained = here["distance"].sel(network="trained"), here["distance"].sel(network="untrained")
        np.testing.assert_allclose(trained, up.mean() * np.outer([1, 10], [1, 2, 3]))
        np.testing.assert_allclose(untrained, trained / 2)
        error = float(here["distance_error"].sel(network="trained")[1, 2])
        assert error == pytest.approx(30 * up.std(ddof=1) / np.sqrt(12))
    np.testing.assert_allclose(report["correlation_length"], correlation_length(report["temperature"].to_numpy())[0])
    assert float(report["uniform_distance"]) == 3.5


def test_examples_lie_in_the_middle_of_their_regions(report: xr.Dataset) -> None:
    assert report["region"].to_numpy().tolist() == list(REGIONS)
    middles = [0.5275, 1.587, 2.2195, 3.16]
    for place, middle in enumerate(middles):
        temperature = IMAGES.temperature[IMAGES.labels == place]
        found = float(report["example_temperature"][place])
        assert abs(found - middle) == np.abs(temperature - middle).min()
        spins = report["spins"].to_numpy()[place]
        assert any(np.array_equal(spins, image) for image in IMAGES.spins[IMAGES.temperature == found])
        np.testing.assert_array_equal(report["attention"][place], look(spins[None])["attention"][0])
        np.testing.assert_array_equal(report["rollout"][place], report["attention"][place][::-1])


def test_groups_without_images_are_left_out() -> None:
    cold = IMAGES[IMAGES.temperature < 1.0]
    found = attention_report(look, look, cold, groups=EDGES, images_per_group=1000)
    assert found.sizes["group"] == 1
    assert np.isnan(found["correlation_length"]).all()
    assert int(found["images"][0]) == len(cold)
    assert found["region"].to_numpy().tolist() == ["far_subcritical"]


def test_refusals() -> None:
    for groups in ((1.0,), (0.0, 2.0, 1.0)):
        with pytest.raises(InputError, match="ascending"):
            attention_report(look, look, IMAGES, groups=groups)
    with pytest.raises(InputError, match="images_per_group = 1"):
        attention_report(look, look, IMAGES, images_per_group=1)
    with pytest.raises(InputError, match="no group"):
        attention_report(look, look, IMAGES[:1])
