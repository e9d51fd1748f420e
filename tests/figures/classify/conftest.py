"""Small data for every figure of the classification study, without any network."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spinlens.phases.regions import REGIONS, Labelled, ScoreRow, posterior, region_of, temperatures
from spinlens.phases.regions.energies import exact_distribution
from spinlens.statistics import Estimate


@pytest.fixture(scope="session")
def images() -> Labelled:
    random = np.random.default_rng(0)
    temperature = np.round(random.uniform(0.01, 4.0, 300), 2)
    spins = np.where(random.random((300, 8, 8)) < temperature[:, None, None] / 9, -1, 1).astype(np.int8)
    nothing = np.zeros(300, np.int64)
    return Labelled(
        spins, region_of(temperature), temperature, nothing, nothing, energy=temperature / 3 - 2,
        magnetization=spins.mean((1, 2)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def belief():
    energy = np.arange(-128.0, 1.0, 4.0)
    log_degeneracy = 44 * (1 - (energy / 128) ** 2)
    distribution = exact_distribution(energy, log_degeneracy, temperature=temperatures(0.1), sites=64)
    return posterior(distribution, counts=(150, 50, 70, 130))


@pytest.fixture(scope="session")
def rows() -> list[ScoreRow]:
    row = {"pretrained": "none", "trials": 3, "test_images": 4000, "ceiling": Estimate(0.975, 0.001)}
    row |= {"logistic_regression": 0.966, "small_test_error": 0.012, "small_test_images": 400}
    return [
        ScoreRow(
            **row, system=system, protocol=protocol, network=network, macro_f1=Estimate(f1, 0.01),
            published=None if published is None else Estimate(*published),
        )
        for system in ("periodic", "skewed")
        for network, f1, published in (("vit", 0.95, (0.934, 0.008)), ("resnet-18", 0.88, None))
        for protocol in ("clean", "published")
    ]  # fmt: skip


@pytest.fixture(scope="session")
def efficiency() -> list[ScoreRow]:
    baseline = {10: 0.9, 100: 0.95, 600: None}
    return [
        ScoreRow(
            system="periodic", network="vit", pretrained=begun, protocol="clean", labels=labels, trials=3,
            macro_f1=Estimate(0.95 - cost / labels, 0.01), ceiling=Estimate(0.975, 0.0),
            logistic_regression=baseline[labels],
        )
        for begun, cost in (("none", 4.0), ("lattice", 1.0))
        for labels in (600, 10, 100)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def attention(images) -> xr.Dataset:
    random = np.random.default_rng(1)
    temperature = np.array([0.5, 1.5, 2.2, 2.3, 3.5])
    maps = random.dirichlet(np.ones(16), (2, 4)).reshape(2, 4, 4, 4)
    distance = random.uniform(2, 5, (2, 3, 2, 5))
    return xr.Dataset(
        {
            "distance": (("network", "layer", "head", "group"), distance),
            "distance_error": (("network", "layer", "head", "group"), 0.1 * np.ones_like(distance)),
            "uniform_distance": ((), 3.1),
            "temperature": ("group", temperature),
            "spins": (("region", "x", "y"), images.spins[:4]),
            "example_temperature": ("region", [0.5, 1.5, 2.2, 3.0]),
            "attention": (("region", "row", "column"), maps[0]),
            "rollout": (("region", "row", "column"), maps[1]),
        },
        coords={"network": ["trained", "untrained"], "region": list(REGIONS)},
    )


@pytest.fixture(scope="session")
def probes() -> xr.Dataset:
    r2 = np.array([[0.9, 0.8], [0.99, 0.95], [0.999, 0.97]])
    data = {"r2": (("layer", "quantity"), r2), "r2_error": (("layer", "quantity"), (1 - r2) / 10)}
    data |= {"raw_r2": ("quantity", [0.01, -0.02]), "raw_r2_error": ("quantity", [0.01, 0.01])}
    return xr.Dataset(data, coords={"layer": [0, 1, 2], "quantity": ["energy", "order"]})


@pytest.fixture(scope="session")
def dependence() -> xr.Dataset:
    energy = np.linspace(-2, 0, 60)
    noise = np.random.default_rng(2).normal(size=(3, 60))
    return xr.Dataset(
        {
            "difference": (("pair", "image"), 3 * energy + noise),
            "explained": ("pair", [0.7, 0.8, 0.9]),
            "energy": ("image", energy),
            "curve": (("pair", "point"), 3 * np.stack([energy] * 3)),
            "curve_energy": ("point", energy),
        }
    )


@pytest.fixture(scope="session")
def history() -> list[dict]:
    return [
        {"epoch": epoch, "loss": 3 / epoch, "hidden_loss": 1 / epoch, "validation_loss": 1.1 / epoch}
        for epoch in range(1, 5)
    ]
