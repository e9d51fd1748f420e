"""Synthetic maps and ensembles with known answers."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE

SITES = 32 * 32


def cone(field: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """A paramagnetic cone whose tip rises most steeply at the critical temperature, with a slope of its own on top."""
    tip = CRITICAL_TEMPERATURE + 0.9 * np.abs(field[:, None]) ** (8 / 15)
    return np.tanh((temperature - tip) / 0.15) + 0.3 * temperature


def ridge(field: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """A ridge at `ridge_line`, wider for stronger fields and skewed."""
    distance = (temperature - ridge_line(field)[:, None]) / (0.25 + 0.2 * np.abs(field[:, None]))
    return np.exp(-(distance**2) / (1 + 0.3 * np.tanh(distance)))


def ridge_line(field: np.ndarray) -> np.ndarray:
    return CRITICAL_TEMPERATURE + 1.3 * np.abs(field) ** 0.64


def build(
    *,
    seed: int = 0,
    noise: float = 0.3,
    chains: int = 64,
    field: np.ndarray | None = None,
    temperature: np.ndarray | None = None,
    tau_0: Callable[[np.ndarray, np.ndarray], np.ndarray] = cone,
    tau_1: Callable[[np.ndarray, np.ndarray], np.ndarray] = ridge,
) -> xr.Dataset:
    """Return maps as `latent_maps` gives them, with Gaussian noise between chains."""
    field = np.linspace(-1, 1, 17) if field is None else np.asarray(field, float)
    temperature = np.linspace(1, 5, 65) if temperature is None else np.asarray(temperature, float)
    rng = np.random.default_rng(seed)
    shape = (len(field), len(temperature), chains)
    magnetization = np.tanh(3 * field[:, None] / temperature)
    maps = xr.Dataset(coords={"field": field, "temperature": temperature, "chain": np.arange(chains)})

    def add(name: str, truth: np.ndarray, spread: Any) -> None:
        values = truth[..., None] + spread * rng.normal(size=shape)
        maps[f"{name}_chain"] = (("field", "temperature", "chain"), values)
        maps[name] = maps[f"{name}_chain"].mean("chain")

    add("nu_0", np.tanh(2 * magnetization), 0.05)
    add("tau_0", tau_0(field, temperature), noise)
    add("tau_1", tau_1(field, temperature), noise)
    maps["magnetization"] = (("field", "temperature"), magnetization)
    # Fluctuations with the same ridge as tau_1: C = 0.2 + ridge, chi = the same.
    size = 0.2 + ridge(field, temperature)[..., None]
    tip = CRITICAL_TEMPERATURE + 0.9 * np.abs(field[:, None]) ** (8 / 15)
    order = 0.5 * (1 - np.tanh((temperature - tip) / 0.2))[..., None, None]
    for name, scale, mean in (("energy", temperature**2, 0.0), ("magnetization", temperature, order)):
        values = mean + rng.normal(size=(*shape, 16)) * np.sqrt(size * scale[None, :, None] / SITES)[..., None]
        for part, power in ((name, values), (f"{name}_square", values**2), (f"absolute_{name}", values)):
            maps[f"{part}_chain"] = (("field", "temperature", "chain"), power.mean(axis=-1))
    for symbol in ("nu", "tau"):
        maps[f"{symbol}_explained_variance_ratio"] = ("component", [0.8, 0.15, 0.05])
    maps["symmetric"] = ("field", field == 0)
    return maps.assign_attrs(
        mirrored=["field"],
        sites=SITES,
        shape=[32, 32],
        coupling=1.0,
        critical_temperature=CRITICAL_TEMPERATURE,
        order_parameter="magnetization",
    )


@pytest.fixture(scope="session")
def make_maps() -> Callable[..., xr.Dataset]:
    return build


@pytest.fixture(scope="session")
def true_line() -> Callable[[np.ndarray], np.ndarray]:
    return ridge_line


class FakeEnsemble:
    """The face of an ensemble that this room looks at, over independent spins in a field."""

    def __init__(self, *, field: Any, temperature: Any, chains: int = 8, draws: int = 2, seed: int = 0) -> None:
        self.field, self.temperature = np.asarray(field, float), np.asarray(temperature, float)
        self.model, self.lattice = Ising(), Lattice((4, 4))
        self.grid = {"field": self.field, "temperature": self.temperature}
        self.plan = SimpleNamespace(series=("bond_sum", "spin_sum"))
        lengths = (len(self.field), len(self.temperature), chains, draws, 4, 4)
        self.sizes = dict(zip(("field", "temperature", "chain", "draw", "x", "y"), lengths, strict=True))
        self.configuration, self.fingerprint = {"seed": seed}, "abc"
        rng = np.random.default_rng(seed)
        up = 1 / (1 + np.exp(-2 * self.field[:, None] / self.temperature))
        shape = (len(self.field), len(self.temperature), chains, 3 * draws)
        spin = 2 * rng.binomial(16, up[..., None, None], size=shape) - 16
        dimensions = ("field", "temperature", "chain", "recording")
        bond = rng.integers(-16, 17, size=shape) * 2
        self.series = xr.Dataset({"bond_sum": (dimensions, bond), "spin_sum": (dimensions, spin)})
        kept = spin[..., 2::3]
        self.sums = xr.Dataset({"spin_sum": (("field", "temperature", "chain", "draw"), kept)})
        self.energy = -(bond[..., 2::3] + self.field[:, None, None, None] * kept) / 16
        self.order_parameter = xr.DataArray(kept / 16, dims=("field", "temperature", "chain", "draw"))

    def observables(self) -> xr.Dataset:
        mean = self.order_parameter.mean(("chain", "draw"))
        return xr.Dataset({"magnetization": mean, "magnetization_error": 0 * mean})

    @property
    def diagnostics(self) -> xr.Dataset:
        flags = np.ones((len(self.field), len(self.temperature)), bool)
        flags[0, 0] = False
        return xr.Dataset({"equilibrated": (("field", "temperature"), flags)})


class FakeEncoder:
    """Latents with known physics: nu_0 is -m, tau_0 falls with m^2, tau_1 has a ditch; all mixed by a rotation."""

    configuration: dict[str, Any] = {"beta": 8.0}  # noqa: RUF012
    estimator = "mss"

    def __init__(self, latent: int = 3, noise: float = 0.01, lopsided: float = 0.0) -> None:
        self.latent, self.noise, self.lopsided = latent, noise, lopsided

    def encode(self, ensemble: FakeEnsemble, *, chain: slice, turned: Any = None) -> SimpleNamespace:
        m = np.asarray(ensemble.order_parameter)[:, :, chain] * (1 if turned is None else -1)
        rng = np.random.default_rng(5)
        mean = 0.01 * rng.normal(size=(*m.shape, self.latent))
        size = np.where(np.arange(self.latent) < 2, 0.01, self.noise)
        deviation = 0.5 + size * rng.normal(size=(*m.shape, self.latent))
        rotation = np.linalg.qr(rng.normal(size=(self.latent, self.latent)))[0]
        step = np.tanh(ensemble.temperature - 3)[:, None, None]
        ditch = np.exp(-((ensemble.temperature - 3) ** 2))[:, None, None]
        mean[..., 0] -= m
        deviation[..., 0] -= 0.3 * step + self.lopsided * m
        if self.latent > 1:
            deviation[..., 1] -= 0.1 * ditch
        return SimpleNamespace(
            mean=(mean @ rotation).astype(np.float32), deviation=(deviation @ rotation).astype(np.float32)
        )


@pytest.fixture(scope="session")
def fakes() -> SimpleNamespace:
    return SimpleNamespace(ensemble=FakeEnsemble, encoder=FakeEncoder)
