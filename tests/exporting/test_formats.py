"""What another library reads from an export is the ensemble: values, types, names, provenance; or there is nothing."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

import spinlens as sl
from spinlens.ensemble import Ensemble
from spinlens.errors import IncompleteError, InputError, MissingError
from spinlens.exporting import FORMATS, contents, hdf5
from spinlens.exporting.contents import Contents

NEEDS = {"netcdf": "h5netcdf", "hdf5": "h5py", "parquet": "pyarrow", "huggingface": "pyarrow"}
ARRAYS, FILES = ("netcdf", "zarr", "hdf5", "npz"), tuple(name for name in FORMATS if name != "images")


def needed(name: str) -> str:
    """Skip where the library of a format is not installed."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return name


def sampled() -> Ensemble:
    return sl.simulate(
        sl.Ising(), (6, 10), temperature=(1.5, 2.2, 3.0), field=(-0.2, 0.3), chains=70, draws=2, recordings=6,
        interval=2, equilibration=10, seed=1, progress=False,
    )  # fmt: skip


def angles() -> Ensemble:
    values = sl.Clock(6).space.values[np.random.default_rng(1).integers(6, size=(2, 5, 3, 7))]
    return sl.import_configurations(
        values, axes="temperature chain draw x", temperature=(0.5, 1.0), lattice=(7,), model=sl.Clock(6)
    )


def colours() -> Ensemble:
    values = np.random.default_rng(2).integers(3, size=(2, 4, 2, 3, 4))
    return sl.import_configurations(
        values, axes="temperature chain x y z", temperature=(0.5, 1.0), lattice=(2, 3, 4), model=sl.Potts(3)
    )


ENSEMBLES = {make.__name__: make for make in (sampled, angles, colours)}


@pytest.fixture(scope="module")
def made() -> dict[str, Ensemble]:
    return {name: make() for name, make in ENSEMBLES.items()}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be read and written in several pieces, also of chains."""
    monkeypatch.setattr(contents, "PIECE_BYTES", 10000)


def read_hdf5(path: Path) -> xr.Dataset:
    import h5py

    with h5py.File(path) as file:
        arrays = {name: ([axis.label for axis in array.dims], array[()]) for name, array in file.items()}
        spins = file["spins"]
        assert [axis[0].name for axis in spins.dims if len(axis)] == [f"/{axis.label}" for axis in spins.dims if axis]
        assert len(spins.dims[0]) == 1
        return xr.Dataset(arrays, attrs=dict(file.attrs))


def read_npz(path: Path) -> xr.Dataset:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        dimensions, attributes = (json.loads(str(archive[name])) for name in ("dimensions", "attributes"))
        return xr.Dataset({name: (axes, archive[name]) for name, axes in dimensions.items()}, attrs=attributes)


READERS: dict[str, Callable[[Path], xr.Dataset]] = {
    "netcdf": lambda path: xr.load_dataset(path, engine="h5netcdf"),
    "zarr": lambda path: xr.open_zarr(path, chunks=None).load(),
    "hdf5": read_hdf5,
    "npz": read_npz,
}


@pytest.mark.parametrize("format", ARRAYS)
@pytest.mark.parametrize("name", ENSEMBLES)
def test_arrays_are_those_of_the_ensemble(format: str, name: str, made: dict[str, Ensemble], tmp_path: Path) -> None:
    ensemble = made[name]
    found = READERS[needed(format)](sl.export(ensemble, tmp_path / "out", format=format, progress=False))
    recorded, spins = ensemble.series, ensemble.spins()
    expected = {"spins": spins, **recorded.data_vars}
    for array, values in expected.items():
        assert found[array].dims == values.dims
        assert found[array].dtype == values.dtype
        np.testing.assert_array_equal(found[array], values)
    kept = found["energy"].isel(recording=found["recording_of_draw"].values)
    np.testing.assert_array_equal(kept, ensemble.energy)
    order = ensemble.order_parameter
    at_draws = found[str(order.name)].isel(recording=found["recording_of_draw"].values)
    np.testing.assert_array_equal(at_draws, order)
    for axis, values in ensemble.grid.items():
        np.testing.assert_array_equal(found[axis], values)
    for each in ("verdict", "r_hat", "memory"):
        np.testing.assert_array_equal(found[each], ensemble.diagnostics[each])
    assert json.loads(found.attrs["ensemble"])["plan"] == ensemble.configuration
    assert found.attrs["fingerprint"] == ensemble.fingerprint


def test_a_part_of_it(made: dict[str, Ensemble], tmp_path: Path) -> None:
    ensemble = made["sampled"]
    found = read_npz(sl.export(ensemble, tmp_path / "out", format="npz", chains=65, draws=1, progress=False))
    np.testing.assert_array_equal(found["spins"], ensemble.spins(chain=slice(65), draw=slice(1)))
    np.testing.assert_array_equal(found["spin_sum"], ensemble.series["spin_sum"][:, :, :65, :3])


def test_rows_of_recordings(made: dict[str, Ensemble], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow.parquet import read_table

    ensemble = made["sampled"]
    table = read_table(sl.export(ensemble, tmp_path / "out", format="parquet", progress=False))
    shape = tuple(ensemble.series["bond_sum"].shape)
    for name, values in ensemble.series.data_vars.items():
        column = table[name].to_numpy()
        assert column.dtype == values.dtype
        np.testing.assert_array_equal(column.reshape(shape), values)
    for axis, name in enumerate(("field", "temperature", "chain", "recording")):
        values = ensemble.grid[name] if name in ensemble.grid else np.arange(shape[axis])
        np.testing.assert_array_equal(
            table[name].to_numpy().reshape(shape),
            np.broadcast_to(values.reshape([-1 if k == axis else 1 for k in range(4)]), shape),
        )
    kept = table.filter(table["draw"].is_valid())
    assert kept["draw"].to_pylist()[:4] == [0, 1, 0, 1]
    np.testing.assert_array_equal(kept["energy"].to_numpy().reshape(ensemble.energy.shape), ensemble.energy)
    assert json.loads(table.schema.metadata[b"ensemble"])["plan"] == ensemble.configuration


@pytest.mark.parametrize("name", ENSEMBLES)
def test_a_data_set_with_its_card(name: str, made: dict[str, Ensemble], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow.parquet import read_table

    ensemble = made[name]
    out = sl.export(ensemble, tmp_path / "out", format="huggingface", progress=False)
    card = yaml.safe_load((out / "README.md").read_text().split("---\n")[1])
    (split,) = card["configs"][0]["data_files"]
    shards = sorted(out.glob(split["path"]))
    tables = [read_table(path) for path in shards]
    assert sum(table.num_rows for table in tables) == card["dataset_info"]["splits"][0]["num_examples"]
    features = {each["name"]: each for each in card["dataset_info"]["features"]}
    assert list(features) == tables[0].column_names
    spins, kind, axes = ensemble.spins(), tables[0].schema.field("spins").type, ensemble.lattice.axes
    said = features["spins"].get("dtype", {}).get(f"array{axes}_d", {})
    assert said == {} or said == {"shape": list(ensemble.lattice.shape), "dtype": spins.dtype.name}
    for _ in range(axes):
        kind = kind.value_type
    assert kind.to_pandas_dtype() == spins.dtype
    rows = np.concatenate([np.array(table["spins"].to_pylist()) for table in tables])
    np.testing.assert_array_equal(rows.reshape(spins.shape), spins)
    energy = np.concatenate([table["energy"].to_numpy() for table in tables])
    np.testing.assert_array_equal(energy.reshape(ensemble.energy.shape), ensemble.energy)


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))], ids=repr)
def test_half_an_export_is_none(
    format: str, error: BaseException, made: dict[str, Ensemble], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real = tmp_path / "out", Contents.points

    def interrupted(self: Contents) -> Iterator[Any]:
        yield next(real(self))
        assert [path.name for path in tmp_path.iterdir()] == [".out.partial"]
        raise error

    monkeypatch.setattr(Contents, "points", interrupted)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else IncompleteError
    with pytest.raises(expected) as caught:
        sl.export(made["sampled"], out, format=needed(format), progress=False)
    assert isinstance(error, KeyboardInterrupt) or "the disk is full" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Contents, "points", real)
    sl.export(made["sampled"], out, format=format, progress=False)
    before = [path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    with pytest.raises(InputError, match="exists already"):
        sl.export(made["sampled"], out, format=format, progress=False)
    assert before == [path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("format", ["netcdf", "hdf5"])
@pytest.mark.parametrize("writes", [0, 5, 40])
def test_hdf5_on_a_full_disk_is_an_error_and_no_crash(
    format: str, writes: int, made: dict[str, Ensemble], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, real = [writes], os.pwrite

    def full(*arguments: Any) -> int:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(hdf5.os, "pwrite", full)
    with pytest.raises(IncompleteError, match="the disk is full"):
        sl.export(made["sampled"], tmp_path / "out", format=needed(format), progress=False)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_refused(
    made: dict[str, Ensemble], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for out, why in {
        "s3://bucket/x": "on this machine",
        tmp_path / "loop": "cannot be used",
        "/proc/x": "cannot",
    }.items():
        for format in ("npz", "zarr", "images"):
            with pytest.raises(InputError, match=why):
                sl.export(made["sampled"], out, format=format, progress=False)
    with pytest.raises(InputError, match="Did you mean 'netcdf'"):
        sl.export(made["sampled"], tmp_path / "out", format="netcdf4", progress=False)
    with pytest.raises(InputError, match="npz has none"):
        sl.export(made["sampled"], tmp_path / "out", format="npz", classes="regions", progress=False)
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    with pytest.raises(MissingError, match=r"spinlens\[export\]"):
        sl.export(made["sampled"], tmp_path / "out", format="netcdf", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]
