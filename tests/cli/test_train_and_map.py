"""`spinlens train` and `spinlens map` on an ensemble of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import spinlens as sl
from spinlens.cli.main import run
from spinlens.figures import draw_latent_maps


def spinlens(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        run([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("own")
    sl.simulate(
        sl.BlumeCapel(), sl.Lattice((8, 8)), temperature=[0.8, 1.2, 1.6, 2.4], crystal_field=[0.5, 1.5], chains=32,
        equilibration=64, seed=2, out=folder / "own.ens", progress=False,
    )  # fmt: skip
    settings = ("--set", "filters=[2,4]", "--set", "latent=3", "--set", "recipe.batch=16", "--set", "recipe.epochs=2")
    assert spinlens("train", folder / "own.ens", "--out", folder / "model", *settings) == 0
    return folder


def test_train_keeps_a_model_that_python_would_have_made(folder: Path) -> None:
    own = sl.TCVAE(3, filters=(2, 4), recipe=sl.Recipe(batch=16, epochs=2))
    own.fit(sl.open_ensemble(folder / "own.ens"), progress=False)
    ensemble = sl.open_ensemble(folder / "own.ens")
    np.testing.assert_array_equal(sl.load(folder / "model").encode(ensemble).mean, own.encode(ensemble).mean)


def test_map_writes_maps_and_a_figure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "maps.zarr"
    capsys.readouterr()
    assert spinlens("map", folder / "model", folder / "own.ens", "--out", out, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    maps = xr.open_zarr(out, consolidated=False)
    assert [row["nu_0"] for row in printed["conditions"]] == maps["nu_0"].values.ravel().tolist()
    assert set(printed["conditions"][0]) >= {"crystal_field", "temperature", "tau_1", "nu_0_spread"}
    assert maps.sizes["chain"] == 4, "the chains kept from training"
    assert (folder / "maps.png").is_file()
    assert spinlens("map", folder / "model", folder / "own.ens", "--out", out) == 2
    assert "exists already" in capsys.readouterr().err
    assert spinlens("map", folder / "model", folder / "own.ens", "--out", folder / "all.zarr", "--no-held-out") == 0
    assert xr.open_zarr(folder / "all.zarr", consolidated=False).sizes["chain"] == 32


def test_the_figure_shows_maps_over_a_control_and_curves_along_temperature(folder: Path) -> None:
    maps = sl.latent_maps(sl.load(folder / "model"), sl.open_ensemble(folder / "own.ens"), progress=False)
    over = draw_latent_maps(maps).axes
    assert [ax.get_xlabel() for ax in over[:6]] == [r"crystal field $\Delta\,/\,J$"] * 6
    np.testing.assert_allclose(over[0].collections[0].get_array(), maps["nu_0"].squeeze("field").values.T)
    along = draw_latent_maps(maps.isel(crystal_field=[0])).axes
    assert len(along) == 6
    np.testing.assert_allclose(along[3].lines[0].get_ydata(), maps["tau_0"].isel(crystal_field=0).values.ravel())


def test_bad_input(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for settings, said in (
        (("--set", "filters=[2,4,8,16]"), "multiples of 16"),
        (("--set", "filter=[2]"), "Did you mean 'filters'"),
        (("--set", "recipe.learning_rate=-1"), "learning_rate"),
        (("--set", "filters=[2]", "--set", "recipe.batch=4096"), "or fewer"),
    ):
        assert spinlens("train", folder / "own.ens", "--out", tmp_path / "model", *settings) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
        assert not (tmp_path / "model").exists()
    other = sl.simulate(sl.Potts(3), sl.Lattice((8, 8)), temperature=2.0, out=tmp_path / "p.ens", progress=False,
                        equilibration=8)  # fmt: skip
    assert other.path is not None
    assert spinlens("map", folder / "model", other.path, "--out", tmp_path / "maps.zarr") == 2
    assert "other values of a site" in capsys.readouterr().err
    assert not (tmp_path / "maps.zarr").exists()
