"""The files are what they say, and reading them gives back what was sampled."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from zarr.storage import LocalStore

from spinlens.ensemble import Ensemble, open_ensemble, sample
from spinlens.ensemble.journal import Journal
from spinlens.ensemble.layout import specifications
from spinlens.sampling import run_unit, units
from spinlens.sampling.convergence import Verdict, convergence
from tests.ensemble.tiny import COMMITS, PLAN, contents

DIMENSIONS = ("field", "temperature", "chain", "draw", "x", "y")


@pytest.fixture(scope="module")
def ensemble(finished: Path) -> Ensemble:
    return open_ensemble(finished)


@pytest.fixture(scope="module")
def sampled() -> dict[str, np.ndarray]:
    """Return the draws without the store: spins +-1 and sums, over (field, temperature, chain, ...)."""
    draws = [[run_unit(PLAN, unit) for unit in units(PLAN) if unit.point == f] for f in range(3)]
    parts = [[{"spins": part.codes, **part.sums} for part in row] for row in draws]
    joined = {
        name: np.stack([np.concatenate([part[name] for part in row], axis=1) for row in parts])
        for name in ("spins", "bond_sum", "spin_sum")
    }
    bits = np.unpackbits(joined["spins"], axis=-1, count=10, bitorder="little")
    return {**joined, "spins": 2 * bits.astype(int) - 1}


def test_any_zarr_reader_opens_it(finished: Path, sampled: dict[str, np.ndarray]) -> None:
    group = zarr.open_group(finished, mode="r")
    spins = group["spins"]
    assert group.metadata.zarr_format == 3
    assert spins.metadata.dimension_names == DIMENSIONS
    assert spins.shape == (3, 3, 70, 2, 6, 2)
    assert spins.dtype == np.uint8
    packing = spins.attrs["packing"]
    assert packing == {"axis": "y", "bits_per_byte": 8, "bit_order": "little", "up": 1, "length": 10}
    up = np.unpackbits(
        spins[:],
        axis=DIMENSIONS.index(packing["axis"]),
        count=packing["length"],
        bitorder=packing["bit_order"],
    )
    np.testing.assert_array_equal(np.where(up == packing["up"], 1, -1), sampled["spins"])
    assert group.attrs["format"] == "spinlens-ensemble"
    assert group.attrs["format_version"] == 2
    assert group.attrs["plan"] == json.loads(json.dumps(PLAN.to_dict()))


def test_xarray_opens_it(finished: Path) -> None:
    with xr.open_zarr(finished) as stored:
        assert stored["bond_sum"].dims == ("field", "temperature", "chain", "recording")
        np.testing.assert_array_equal(stored["temperature"], PLAN.temperature)
        np.testing.assert_array_equal(stored["field"], PLAN.controls["field"])


def test_the_journal_lists_every_file_with_its_digest(finished: Path) -> None:
    entries = Journal(finished).read()
    assert len(entries) == COMMITS
    listed = {file: digest for entry in entries.values() for file, digest in entry.files.items()}
    assert set(listed) == set(contents(finished))
    # Chunks of zeros too.
    group = zarr.open_group(finished, mode="r")
    for name in specifications(PLAN):
        for index in np.ndindex(group[name].cdata_shape):
            assert f"{name}/c.{'.'.join(map(str, index))}" in listed
    for file, digest in listed.items():
        assert hashlib.sha256((finished / file).read_bytes()).hexdigest() == digest


def test_spins_are_those_that_were_sampled(ensemble: Ensemble, sampled: dict[str, np.ndarray]) -> None:
    spins = ensemble.spins()
    assert spins.dims == DIMENSIONS
    assert spins.dtype == np.int8
    assert dict(spins.sizes) == ensemble.sizes
    np.testing.assert_array_equal(spins, sampled["spins"])
    one = ensemble.spins(field=np.int64(1), temperature=-1, chain=slice(60, 68), draw=0)
    assert one.dims == ("chain", "x", "y")
    assert float(one["temperature"]) == 3.0
    np.testing.assert_array_equal(one["chain"], np.arange(60, 68))
    np.testing.assert_array_equal(one, sampled["spins"][1, -1, 60:68, 0])


def test_packed_spins_are_the_same_bits(ensemble: Ensemble, sampled: dict[str, np.ndarray]) -> None:
    packed = ensemble.packed(chain=slice(5, 66))
    up = (sampled["spins"][:, :, 5:66] > 0).astype(np.uint8)
    np.testing.assert_array_equal(packed, np.packbits(up, axis=-1, bitorder="little"))


@pytest.mark.parametrize("index", [{"field": 3}, {"temperature": -4}, {"chain": 70}])
def test_positions_outside_are_index_errors(ensemble: Ensemble, index: dict[str, int]) -> None:
    with pytest.raises(IndexError):
        ensemble.spins(**index)


def test_energies_and_magnetizations_belong_to_the_spins(ensemble: Ensemble) -> None:
    spins = ensemble.spins().astype(int)
    bonds = spins * spins.roll(x=1) + spins * spins.roll(y=1)
    energy = -(bonds.mean(("x", "y")) + spins["field"] * spins.mean(("x", "y")))
    xr.testing.assert_allclose(ensemble.energy, energy, rtol=1e-14)
    xr.testing.assert_allclose(ensemble.magnetization, spins.mean(("x", "y")))
    assert ensemble.energy.dims == ensemble.magnetization.dims == DIMENSIONS[:4]
    np.testing.assert_array_equal(ensemble.sums["bond_sum"], bonds.sum(("x", "y")))
    np.testing.assert_array_equal(ensemble.sums["spin_sum"], spins.sum(("x", "y")))


def test_series_hold_what_lies_between_the_draws(ensemble: Ensemble, sampled: dict[str, np.ndarray]) -> None:
    assert ensemble.series.sizes["recording"] == PLAN.recordings == 6
    for name in ("bond_sum", "spin_sum"):
        np.testing.assert_array_equal(ensemble.series[name], sampled[name])
        assert ensemble.series[name].dtype == np.int32


def test_observables_have_errors(ensemble: Ensemble) -> None:
    found = ensemble.observables()
    expected = ensemble.series["bond_sum"].mean(("chain", "recording")) / -60
    expected = expected - expected["field"] * ensemble.series["spin_sum"].mean(("chain", "recording")) / 60
    assert found["energy"].dims == ("field", "temperature")
    np.testing.assert_allclose(found["energy"], expected, rtol=1e-12)
    names = ("magnetization", "absolute_magnetization", "specific_heat", "susceptibility", "binder_cumulant")
    for name in names:
        assert np.all(found[f"{name}_error"] > 0)


def test_conditions_that_are_not_equilibrated_are_flagged(ensemble: Ensemble) -> None:
    diagnostics = ensemble.diagnostics
    assert set(diagnostics) == {"r_hat", "effective_sample_size", "verdict", "drift", "memory", "equilibrated"}
    assert dict(diagnostics.sizes) == {"field": 3, "temperature": 3}
    np.testing.assert_array_equal(diagnostics["equilibrated"], diagnostics["verdict"] == Verdict.EQUILIBRATED)
    # Six recordings after ten sweeps: the ground state is not forgotten, where there is anything to forget.
    assert not bool(diagnostics["equilibrated"].all())
    for i, field in enumerate(PLAN.controls["field"]):
        found = convergence(
            {name: ensemble.series[name].values[i] for name in PLAN.series}, model=PLAN.model, lattice=PLAN.lattice,
            interval=2, equilibration=10, dispersed=False, field=field,
        )  # fmt: skip
        for name in ("verdict", "drift", "memory"):
            np.testing.assert_array_equal(diagnostics[name][i], getattr(found, name))


def test_what_was_stored_of_mixing_is_what_it_always_was(ensemble: Ensemble) -> None:
    stored = ensemble._group["equilibrated"][:]
    diagnostics = ensemble.diagnostics
    np.testing.assert_array_equal(stored, (diagnostics["r_hat"] < 1.05) & (diagnostics["effective_sample_size"] >= 100))


def test_exchange_is_reported(ensemble: Ensemble) -> None:
    assert ensemble.exchange_acceptance.shape == (3, 2)
    assert np.all((ensemble.exchange_acceptance > 0) & (ensemble.exchange_acceptance <= 1))
    assert ensemble.round_trips.shape == (3, 70)


def test_one_dataset_holds_it_all(ensemble: Ensemble) -> None:
    dataset = ensemble.to_xarray()
    assert json.loads(dataset.attrs["configuration"]) == json.loads(json.dumps(PLAN.to_dict()))
    assert dataset.attrs["fingerprint"] == ensemble.fingerprint
    for name in ("bond_sum", "spin_sum", "energy", "magnetization", "r_hat", "equilibrated"):
        assert name in dataset


def test_it_introduces_itself(finished: Path, ensemble: Ensemble) -> None:
    text = repr(ensemble)
    assert "\n" not in text
    for part in ("J = 1", "6x10", "3 field", "3 temperature", "70 chain", "2 draw", str(finished)):
        assert part in text
    assert "missing" not in text
    html = ensemble._repr_html_()
    for part in ("6x10", "1.5 to 3", "auto", "conditions are", ensemble.fingerprint):
        assert part in html


def test_one_condition_is_read_without_the_others(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_ensemble(finished)
    read = []
    get = LocalStore.get

    async def watched(self: LocalStore, key: str, *arguments: object, **options: object) -> object:
        read.append(key)
        return await get(self, key, *arguments, **options)

    monkeypatch.setattr(LocalStore, "get", watched)
    opened.spins(field=1, chain=slice(0, 3))
    assert [key for key in read if "/c" in key] == ["spins/c.1.0.0.0.0.0"]


def test_in_memory_is_the_same_as_on_disk(ensemble: Ensemble) -> None:
    memory = sample(PLAN, workers=2, progress=False)
    assert memory.path is None
    assert memory.complete
    assert memory.fingerprint == ensemble.fingerprint
    assert "in memory" in repr(memory)
    xr.testing.assert_identical(memory.spins(), ensemble.spins())
    for part in ("series", "diagnostics", "exchange_acceptance", "round_trips", "energy"):
        xr.testing.assert_identical(getattr(memory, part), getattr(ensemble, part))
    xr.testing.assert_identical(memory.observables(), ensemble.observables())
