"""Quenched samples on lattices of several vectors a row, by every way to sample them, against transfer matrices."""

from __future__ import annotations

import numpy as np
import pytest

import spinlens as sl
from spinlens.exact import finite_strip
from spinlens.lattices import Lattice
from spinlens.models import RandomBondIsing, RandomFieldIsing
from spinlens.models.disorder import Disordered
from spinlens.testing.chance import within

WIDE = Lattice((4, 37))
"""Three vectors of sites a half-row, the last one not full, and rows that are odd rings."""

CHAINS, SIGMAS = 256, 5.5

SYSTEMS: dict[str, tuple[Disordered, Lattice, dict[str, float]]] = {
    "gaussian": (RandomFieldIsing(seed=1), WIDE, {"disorder": 1.1, "field": 0.1}),
    "bimodal": (RandomFieldIsing("bimodal", seed=1), WIDE, {"disorder": 0.9, "field": 0.0}),
    "bimodal and uniform": (RandomFieldIsing("bimodal", seed=1), WIDE, {"disorder": 0.9, "field": 0.2}),
    "bonds": (RandomBondIsing(negative=0.3, seed=1), WIDE, {"field": 0.0}),
    "bonds in a field": (RandomBondIsing(negative=0.3, seed=1), WIDE, {"field": 0.3}),
    "bimodal, triangular": (
        RandomFieldIsing("bimodal", seed=2), Lattice((4, 20), ("periodic", "free"), "triangular"), {"disorder": 1.5}
    ),
    "bimodal, cubic": (RandomFieldIsing("bimodal", seed=2), Lattice((2, 2, 18)), {"disorder": 1.7}),
    "bonds, cubic": (RandomBondIsing(negative=0.5, seed=2), Lattice((2, 2, 18)), {"field": 0.2}),
    "gaussian, walls": (RandomFieldIsing(seed=2), Lattice((20, 4), ((1, -1), "periodic")), {"disorder": 0.8}),
}  # fmt: skip
WAYS = [
    ("auto", "bits"), ("heat_bath", "bits"), ("metropolis", "bits"), ("seeded_clusters + heat_bath", "bits"),
    ("metropolis + heat_bath", "table"), ("swendsen_wang + 7 heat_bath", "table"),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "engine"), WAYS)
@pytest.mark.parametrize("name", SYSTEMS)
def test_averages_of_each_sample_are_exact(name: str, algorithm: str, engine: str) -> None:
    model, lattice, controls = SYSTEMS[name]
    coldest = lattice.coordination.max() / 2
    temperatures = (coldest, 1.5 * coldest)
    ensemble = sl.sample(
        sl.Plan(
            model=model, lattice=lattice, temperature=temperatures, sample=[1, 4], algorithm=algorithm, engine=engine,
            chains=CHAINS, recordings=64, equilibration=512, interval=4, **controls,
        ),
        progress=False,
    )  # fmt: skip
    found, means = ensemble.observables(), ensemble.series.mean("recording")
    for sample in (1, 4):
        for t in temperatures:
            exact = finite_strip(model, lattice, temperature=t, sample=sample, **controls)
            here = {"sample": sample, "temperature": t}
            for key in ("energy", "magnetization"):
                value, error = (float(found[k].sel(here).squeeze()) for k in (key, f"{key}_error"))
                assert within(value, exact[key], error, sigmas=SIGMAS, degrees=CHAINS - 1), (key, sample, t)
            for key, average in exact.averages.items():
                chains = means[key].sel(here).squeeze().values / lattice.sites
                error = chains.std(ddof=1) / np.sqrt(CHAINS)
                assert within(chains.mean(), average, error, sigmas=SIGMAS, degrees=CHAINS - 1), (key, sample, t)


def test_auto_says_why_it_takes_single_spins() -> None:
    ensemble = sl.simulate(
        RandomFieldIsing(), (8, 8), temperature=1.0, disorder=[0.0, 1.0], equilibration=8, progress=False
    )
    assert [str(word) for word in ensemble.algorithm.values.reshape(-1)][1] == "15 metropolis + heat_bath"
    (reason,) = [text for text in ensemble.algorithm_reasons if "quenched" in text]
    assert "at 1 of 2 conditions" in reason
