"""Small maps, a crossover and a reconstruction, without any network."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spinlens.phases import find_crossover


@pytest.fixture(scope="session")
def maps() -> xr.Dataset:
    field, temperature, chains = np.linspace(-1, 1, 9), np.linspace(1, 5, 17), 8
    rng = np.random.default_rng(0)
    shape = (9, 17, chains)
    dimensions = ("field", "temperature")
    away = temperature - 2.3 - np.abs(field[:, None])
    m = np.tanh(3 * field[:, None] / temperature)
    data = {"nu_0": np.tanh(2 * m), "tau_0": np.tanh(2 * away), "tau_1": np.exp(-(away**2))}
    data |= {"magnetization": m, "energy": np.tanh(away) - 1, "specific_heat": np.exp(-(away**2)) + 0.1}
    result = xr.Dataset({name: (dimensions, values) for name, values in data.items()})
    for name in ("nu_0", "tau_0", "tau_1"):
        noisy = data[name][..., None] + 0.02 * rng.normal(size=shape)
        result[f"{name}_chain"] = ((*dimensions, "chain"), noisy)
    fluctuation = (0.1 + np.exp(-(away**2)))[..., None] * np.ones(shape) / 1024
    for name in ("energy", "magnetization", "absolute_magnetization"):
        result[f"{name}_chain"] = ((*dimensions, "chain"), 0.001 * rng.normal(size=shape))
        result[f"{name}_square_chain"] = ((*dimensions, "chain"), fluctuation)
    flags = np.ones((9, 17), bool)
    flags[2, 3:5] = False
    result["equilibrated"] = (dimensions, flags)
    for symbol in ("nu", "tau"):
        result[f"{symbol}_explained_variance_ratio"] = ("component", [0.8, 0.15, 0.05])
    result["symmetric"] = ("field", field == 0)
    result = result.assign_coords(field=field, temperature=temperature, chain=np.arange(chains))
    return result.assign_attrs(
        mirrored=["field"],
        sites=1024,
        shape=[32, 32],
        coupling=1.0,
        critical_temperature=2 / np.log(1 + np.sqrt(2)),
        order_parameter="magnetization",
    )


@pytest.fixture(scope="session")
def crossover(maps):
    return find_crossover(maps, resamples=10)


@pytest.fixture(scope="session")
def reconstruction() -> xr.Dataset:
    rng = np.random.default_rng(0)
    error = rng.beta(0.7, 8, size=20_000) * rng.choice([-1, 1], 20_000)
    divergence = rng.gamma(4, 0.5, 5_000)
    result = xr.Dataset()
    for name, values, edges in (
        ("spin_error", error, np.linspace(-1, 1, 51)),
        ("absolute_spin_error", np.abs(error), np.linspace(0, 1, 51)),
        ("kl_divergence", divergence, np.linspace(divergence.min(), divergence.max(), 51)),
    ):
        result[name] = (f"{name}_bin", np.histogram(values, edges)[0])
        result[f"{name}_edge"] = (f"{name}_edges", edges)
        result[f"mean_{name}"] = values.mean()
    return result
