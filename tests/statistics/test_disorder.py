"""Averages over quenched samples, against sums over all states of the same few samples."""

from __future__ import annotations

import csv
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

import spinlens as sl
from spinlens.cli.main import run
from spinlens.errors import InputError
from spinlens.exact import enumerate_states, state_probabilities
from spinlens.exact.enumeration import all_states
from spinlens.lattices import Lattice
from spinlens.models import Ising, RandomBondIsing, RandomFieldIsing
from spinlens.models.disorder import Disordered
from spinlens.statistics import disorder_averages, overlaps, pair_overlaps
from spinlens.testing.chance import uncounted, within

Array = NDArray[np.float64]
LATTICE = Lattice((3, 3))
SITES, SAMPLES, GROUPS = 9, 4, 16
TEMPERATURES = (1.5, 3.0)
FIELDS = RandomFieldIsing(seed=4)
BONDS = RandomBondIsing(negative=0.3, seed=4)
POINTS: dict[str, tuple[Disordered, dict[str, float]]] = {
    "fields": (FIELDS, {"disorder": 1.2, "field": 0.1}),
    "bonds": (BONDS, {"field": 0.0}),
    "bonds in a field": (BONDS, {"field": 0.4}),
}


def exact_averages(model: Disordered, controls: dict[str, float], temperature: float) -> dict[str, float]:
    """Average what is known of each sample, by the definitions."""
    rows = []
    for sample in range(SAMPLES):
        at = enumerate_states(model, LATTICE, temperature=temperature, sample=sample, **controls)
        assert at.distribution is not None
        m = at.distribution.rows["spin_sum"] / SITES
        p = at.distribution.probability
        rows.append([at.energy, at.specific_heat, p @ m, p @ np.abs(m), p @ m**2, (p @ m) ** 2, p @ m**4])
    energy, heat, first, size, squared, apart, _ = np.mean(rows, axis=0)
    return {
        "energy": energy, "specific_heat": heat, "magnetization": first, "absolute_magnetization": size,
        "magnetization_squared": squared, "susceptibility": SITES * (squared - apart) / temperature,
        "disconnected_susceptibility": SITES * apart,
        "binder_cumulant": cumulant(np.array(rows)[:, 4], np.array(rows)[:, 6])[0],
    }  # fmt: skip


def exact_overlaps(model: Disordered, controls: dict[str, float], temperature: float) -> dict[str, float]:
    """Average over all pairs of states of each sample."""
    spins = 2.0 * all_states(2, SITES) - 1
    q, rows = spins @ spins.T / SITES, []
    for sample in range(SAMPLES):
        p = state_probabilities(model, LATTICE, temperature=temperature, sample=sample, **controls)
        rows.append([p @ np.abs(q) @ p, p @ q**2 @ p, p @ q**4 @ p])
    size, squared, _ = np.mean(rows, axis=0)
    return {
        "absolute_overlap": size, "overlap_squared": squared, "spin_glass_susceptibility": SITES * squared,
        "overlap_binder_cumulant": cumulant(np.array(rows)[:, 1], np.array(rows)[:, 2])[0],
    }  # fmt: skip


def cumulant(squared: Array, fourth: Array) -> tuple[float, float]:
    """Return 1 - [x^4] / (3 [x^2]^2) of samples with the bias of their number taken out, and its error."""

    def of(kept: NDArray[Any]) -> Any:
        return 1 - fourth[kept].mean() / (3 * squared[kept].mean() ** 2)

    every, n = np.arange(len(squared)), len(squared)
    without = np.array([of(every[every != left]) for left in every])
    return n * of(every) - (n - 1) * without.mean(), np.sqrt((n - 1) * without.var())


@lru_cache(maxsize=4)
def drawn(name: str) -> sl.Ensemble:
    model, controls = POINTS[name]
    return sl.simulate(
        model, LATTICE, temperature=TEMPERATURES, samples=SAMPLES, chains=64 * GROUPS, draws=8, recordings=32,
        interval=4, equilibration=64, progress=False, **controls,
    )  # fmt: skip


def scatter(parts: list[xr.Dataset], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return mean and standard error of what groups of chains found; their error over samples is another."""
    values = np.array([part[name].values.reshape(-1) for part in parts])
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize("name", POINTS)
def test_averages_are_those_of_the_same_samples(name: str) -> None:
    ensemble, (model, controls) = drawn(name), POINTS[name]
    parts = [
        disorder_averages(dict(ensemble.series.isel(chain=slice(k, k + 64)).data_vars), model=model, lattice=LATTICE)
        for k in range(0, 64 * GROUPS, 64)
    ]
    check(parts, [exact_averages(model, controls, t) for t in TEMPERATURES])
    whole = ensemble.disorder_averages()
    assert whole.attrs["samples"] == SAMPLES
    assert whole.energy.dims == tuple(name for name in ensemble.grid if name != "sample")


def test_two_recordings_of_two_chains_suffice() -> None:
    """The square of an average that two recordings measure is wrong by half of their variance: here it is not."""
    model, controls = POINTS["fields"]
    last = drawn("fields").series.isel(recording=[-1])
    parts = [
        disorder_averages(dict(last.isel(chain=slice(k, k + 2)).data_vars), model=model, lattice=LATTICE)
        for k in range(0, 600, 2)
    ]
    exact = [exact_averages(model, controls, t) for t in TEMPERATURES]
    check(parts, [{name: v for name, v in at.items() if "cumulant" not in name} for at in exact])


def check(parts: list[xr.Dataset], exact: list[dict[str, float]]) -> None:
    for key in exact[0]:
        value, error = scatter(parts, key)
        expected = [at[key] for at in exact]
        known_to_vanish = (error == 0).all() and np.allclose(expected, value, atol=1e-12)
        assert known_to_vanish or within(value, expected, error, sigmas=7.0, degrees=len(parts) - 1), key


@pytest.mark.parametrize("name", POINTS)
def test_overlaps_are_those_of_the_same_samples(name: str) -> None:
    ensemble, (model, controls) = drawn(name), POINTS[name]
    parts = [overlaps(_Part(ensemble, slice(k, k + 64))) for k in range(0, 64 * GROUPS, 64)]
    check(parts, [exact_overlaps(model, controls, t) for t in TEMPERATURES])


class _Part:
    """Some chains of an ensemble."""

    def __init__(self, ensemble: sl.Ensemble, chains: slice) -> None:
        self.model, self.lattice, self.grid = ensemble.model, ensemble.lattice, ensemble.grid
        self._ensemble, self._chains = ensemble, chains

    def codes(self, **index: Any) -> Any:
        return self._ensemble.codes(**index, chain=self._chains)


def test_the_square_of_a_measured_average_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spinlens.statistics.disorder.squared_mean", lambda series: float(series.mean() ** 2))
    with uncounted(), pytest.raises(AssertionError, match=r"specific_heat|susceptibility"):
        test_two_recordings_of_two_chains_suffice()


def test_a_chain_taken_for_its_own_replica_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(spins: Any) -> Any:
        values = spins.transpose(1, 0, 2)
        return (values @ values.transpose(0, 2, 1)).reshape(len(values), -1).T / values.shape[2]

    monkeypatch.setattr(sys.modules[overlaps.__module__], "pair_overlaps", wrong)
    with uncounted(), pytest.raises(AssertionError, match="overlap"):
        test_overlaps_are_those_of_the_same_samples("bonds")


def test_errors_are_those_of_samples() -> None:
    """Of what is linear they are the standard error of the samples' averages, whatever the chains scatter."""
    ensemble = drawn("fields")
    per_sample = ensemble.observables()["energy"].squeeze().transpose("sample", "temperature").values
    found = ensemble.disorder_averages()
    np.testing.assert_allclose(found.energy.values.reshape(-1), per_sample.mean(axis=0))
    expected = per_sample.std(axis=0, ddof=1) / np.sqrt(SAMPLES)
    np.testing.assert_allclose(found.energy_error.values.reshape(-1), expected)
    scattered = ensemble.observables()["energy_error"].values.max()
    assert expected.min() > 8 * scattered


def test_the_cumulants_error_is_that_of_its_jackknife() -> None:
    ensemble = drawn("bonds")
    codes = ensemble.codes(field=0, temperature=1).values.reshape(SAMPLES, -1, 8, SITES)
    q = np.array([pair_overlaps(2.0 * sample - 1.0) for sample in codes])
    expected = cumulant((q**2).mean(axis=(1, 2)), (q**4).mean(axis=(1, 2)))
    found = ensemble.overlaps().isel(field=0, temperature=1)
    assert np.allclose((found.overlap_binder_cumulant, found.overlap_binder_cumulant_error), expected)


def test_a_chain_has_no_overlap_with_itself() -> None:
    spins = np.array([[[1, 1, 1, 1]], [[1, 1, -1, -1]], [[-1, -1, -1, -1]]])
    np.testing.assert_array_equal(pair_overlaps(spins), [[0.0], [-1.0], [0.0]])


def test_what_cannot_be_known_is_no_number() -> None:
    ensemble = sl.simulate(FIELDS, (2, 2), temperature=2.0, samples=2, chains=1, recordings=4, progress=False)
    found = ensemble.disorder_averages()
    assert np.isnan(found.susceptibility).all()
    assert np.isfinite(found.energy_error).all()
    with pytest.raises(InputError, match="two chains"):
        ensemble.overlaps()
    single = sl.simulate(FIELDS, (2, 2), temperature=2.0, samples=1, recordings=4, progress=False).disorder_averages()
    assert np.isnan(single.energy_error).all()
    assert np.isfinite(single.susceptibility).all()


def test_bad_input_is_refused() -> None:
    pure = sl.simulate(Ising(), (2, 2), temperature=2.0, progress=False, equilibration=0)
    with pytest.raises(InputError, match="no quenched disorder"):
        pure.disorder_averages()
    with pytest.raises(InputError, match="no quenched disorder"):
        pure.overlaps()
    bare = {"bond_sum": np.zeros((2, 4, 4), int), "random_field_sum": np.zeros((2, 4, 4), int)}
    with pytest.raises(InputError, match="named axes"):
        disorder_averages(bare, model=FIELDS, lattice=Lattice((2, 2)), temperature=[2.0, 3.0])


def test_the_shell_prints_averages_over_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, model = tmp_path / "some.ens", "random-field-ising:distribution=bimodal,seed=3"
    for line in (
        ["simulate", "--model", model, "--shape", "3x3", "--temperature", "2,3", "--samples", "3", "--out", str(out)],
        ["observables", str(out), "--over-samples", "--csv"],
    ):
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            run(line)
        assert caught.value.code == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["temperature"] for row in rows] == ["2.0", "3.0"]
    found = sl.open_ensemble(out).disorder_averages()
    np.testing.assert_allclose([float(row["energy_error"]) for row in rows], found.energy_error.values.reshape(-1))
