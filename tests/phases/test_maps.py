import numpy as np
import pytest
import xarray as xr

from spinlens.errors import InputError
from spinlens.phases import latent_maps


@pytest.fixture
def maps(fakes):
    ensemble = fakes.ensemble(field=np.linspace(-2, 2, 5), temperature=np.linspace(1, 5, 9))
    return latent_maps(fakes.encoder(), ensemble, progress=False)


def test_signs_and_shapes(maps):
    assert dict(maps.sizes) == {"field": 5, "temperature": 9, "chain": 8, "component": 3, "latent": 3}
    assert maps["nu_0"].sel(field=2.0).mean() > 0 > maps["nu_0"].sel(field=-2.0).mean()
    zero = maps.sel(field=0.0)
    assert zero["tau_0"][-1] > zero["tau_0"][0]
    assert 2 <= int(zero["tau_1"].to_numpy().argmax()) <= 6
    assert float(maps["nu_explained_variance_ratio"].sum()) == pytest.approx(1)
    assert maps.attrs["estimator"] == "mss"
    assert maps["temperature"].attrs["units"]


def test_spread_and_chain_means_agree_with_the_map(maps):
    np.testing.assert_allclose(maps["nu_0_chain"].mean("chain"), maps["nu_0"], atol=1e-12)
    assert (maps["nu_0_spread"] > 0).all()


def test_chain_moments_are_those_of_the_series(fakes, maps):
    ensemble = fakes.ensemble(field=np.linspace(-2, 2, 5), temperature=np.linspace(1, 5, 9))
    spin, bond = (ensemble.series[name].to_numpy() for name in ("spin_sum", "bond_sum"))
    energy = (-bond - np.linspace(-2, 2, 5)[:, None, None, None] * spin) / 16
    np.testing.assert_allclose(maps["energy_square_chain"], (energy**2).mean(-1))
    np.testing.assert_allclose(maps["energy_chain"], energy.mean(-1))
    np.testing.assert_allclose(maps["magnetization_square_chain"], ((spin / 16) ** 2).mean(-1))
    np.testing.assert_allclose(maps["absolute_magnetization_chain"], np.abs(spin / 16).mean(-1))


def test_flags_come_along(maps):
    assert not maps["equilibrated"][0, 0]
    assert maps["equilibrated"][1:].all()


def test_a_choice_of_chains(fakes):
    ensemble = fakes.ensemble(field=[-1.0, 0.0, 1.0], temperature=np.linspace(1, 5, 9))
    chosen = latent_maps(fakes.encoder(), ensemble, chain=slice(5, None), progress=False)
    assert chosen["chain"].to_numpy().tolist() == [5, 6, 7]
    assert chosen["energy_chain"].shape == (3, 9, 3)
    with pytest.raises(InputError, match=r"^chain = "):
        latent_maps(fakes.encoder(), ensemble, chain=slice(8, None), progress=False)


def test_one_latent_is_refused(fakes):
    ensemble = fakes.ensemble(field=[0.0, 1.0], temperature=[1.0, 2.0])
    with pytest.raises(InputError, match=r"^latent = 1: "):
        latent_maps(fakes.encoder(latent=1), ensemble, progress=False)


def test_maps_survive_zarr(maps, tmp_path):
    maps.to_zarr(tmp_path / "maps.zarr", zarr_format=3, consolidated=False)
    again = xr.open_zarr(tmp_path / "maps.zarr", consolidated=False).load()
    xr.testing.assert_identical(again, xr.Dataset(maps.data_vars, maps.coords, maps.attrs))


def test_noise_of_idle_latents_does_not_hide_tau_1(fakes):
    ensemble = fakes.ensemble(field=np.linspace(-2, 2, 9), temperature=np.linspace(1, 5, 17), chains=64)
    truth = np.exp(-((ensemble.temperature - 3) ** 2))

    def follows(**choice):
        maps = latent_maps(fakes.encoder(latent=8, noise=0.08), ensemble, progress=False, **choice)
        return np.corrcoef(maps["tau_1"].mean("field"), truth)[0, 1]

    assert follows() > 0.95 > 0.7 > follows(deviations_of="configurations")


def test_an_unknown_choice_of_deviations(fakes):
    ensemble = fakes.ensemble(field=[0.0, 1.0], temperature=[1.0, 2.0])
    with pytest.raises(InputError, match=r"^deviations_of = condition: .*Did you mean 'conditions'"):
        latent_maps(fakes.encoder(), ensemble, deviations_of="condition", progress=False)


def test_a_network_that_sees_up_and_down_differently_gives_symmetric_maps(fakes):
    ensemble = fakes.ensemble(field=np.linspace(-2, 2, 5), temperature=np.linspace(1, 5, 9))
    maps = latent_maps(fakes.encoder(lopsided=0.2), ensemble, progress=False)
    difference = np.abs(maps["tau_0"].values - maps["tau_0"].values[::-1]).mean()
    assert difference < 0.05 * np.ptp(maps["tau_0"].values)
