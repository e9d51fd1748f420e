"""Any space on one to three sides: the likelihood, the convolutions and their mirror images, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import special
from tests.learning.conftest import autoencoder

import spinlens as sl
from spinlens.errors import InputError
from spinlens.learning import TCVAE, Recipe, load
from spinlens.learning.batches import last_of_each
from spinlens.learning.channels import Channels, configurations, see
from spinlens.learning.fitting import symmetry_group
from spinlens.learning.network import Network
from spinlens.phases import latent_maps
from spinlens.spaces import Angles, Binary, Colours, Discrete, Space

SPACES = [Binary(), Binary(0, 1), Discrete((-1, 0, 1)), Discrete((0, 1, 5, 7)), Colours(2), Colours(5), Angles(6)]
SMALL = Recipe(epochs=2, batch=16, learning_rate=1e-3)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.text)
def test_the_cross_entropy_is_that_of_the_exponential_family(space: Space) -> None:
    random = np.random.default_rng(3)
    network = Network((4, 6), 2, (2,), channels=Channels.of(space))
    codes = random.integers(0, space.states, size=(5, 4, 6))
    natural = 3 * random.normal(size=(5, 4, 6, space.dimensions))
    scores = natural @ space.statistics(np.arange(space.states)).T
    odds = special.log_softmax(scores, axis=-1)
    expected = -np.take_along_axis(odds, codes[..., None], -1).sum() / 5
    given = torch.from_numpy(natural).float()
    assert float(network.cross_entropy(given, see(network.channels, codes))) == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(network.log_probabilities(given).numpy(), odds, atol=1e-4)


def test_a_certain_mistake_is_finite() -> None:
    network = Network((2, 2), 2, (2,))
    natural, down = torch.full((1, 2, 2, 1), 1e4), torch.zeros(1, 2, 2, 1)
    assert float(network.cross_entropy(natural, down)) == pytest.approx(4e4)


@pytest.mark.parametrize("padding", ["zeros", "periodic"])
@pytest.mark.parametrize("shape", [(8,), (4, 6), (4, 8, 6)], ids=str)
def test_the_mirror_image_is_the_transpose_and_periodic_ones_move_along(shape: tuple[int, ...], padding: str) -> None:
    random = np.random.default_rng(4)
    network = Network(shape, 2, (3,), padding=padding)
    fine, coarse = (torch.from_numpy(random.normal(size=(1, c, *s))) for c, s in
                    ((2, shape), (3, [side // 2 for side in shape])))  # fmt: skip
    weight, bias = torch.from_numpy(random.normal(size=(3, 2, *[3] * len(shape)))), torch.zeros(1).double()
    down, up = network._halve(fine, weight, bias.expand(3)), network._double(coarse, weight, bias.expand(2))
    assert down.shape == coarse.shape
    assert up.shape == fine.shape
    assert float((down * coarse).sum()) == pytest.approx(float((fine * up).sum()), rel=1e-12)
    for axis in range(2, fine.ndim):
        moved = network._halve(fine.roll(2, axis), weight, bias.expand(3))
        assert torch.allclose(moved, down.roll(1, axis)) == (padding == "periodic")


@pytest.mark.parametrize(
    ("model", "lattice", "controls"),
    [
        (sl.Potts(3), sl.Lattice((8, 8), kind="triangular"), {}),
        (sl.BlumeCapel(), sl.Lattice((8, 8)), {"crystal_field": [0.5, 1.5]}),
        (sl.Ising(), sl.Lattice((4, 4, 4)), {}),
        (sl.Clock(6), sl.Lattice((8,)), {}),
        (sl.LatticeGas(), sl.Lattice((8, 8), "free"), {"chemical_potential": [-8.0, -7.0]}),
    ],
    ids=lambda value: value.text if hasattr(value, "text") else "",
)
def test_any_model_trains_comes_back_and_is_mapped(model, lattice, controls, tmp_path) -> None:  # type: ignore[no-untyped-def]
    ensemble = sl.simulate(
        model,
        lattice,
        temperature=[1.5, 2.0, 3.0, 4.0, 6.0],
        chains=32,
        equilibration=64,
        seed=2,
        progress=False,
        **controls,
    )
    padding = "zeros" if "free" in lattice.rules else "periodic"
    vae = TCVAE(latent=3, filters=(2, 4), padding=padding, recipe=SMALL, seed=5)
    vae.fit(ensemble, out=tmp_path / "model", progress=False)
    assert vae.history_[-1]["loss"] < vae.history_[0]["loss"] + 5
    again = load(tmp_path / "model")
    latents = again.encode(ensemble).mean
    np.testing.assert_array_equal(latents, vae.encode(ensemble).mean)
    values = np.asarray(ensemble.spins())
    np.testing.assert_allclose(again.encode(values).mean, latents, atol=1e-5)
    assert np.isin(again.sample(4, seed=1), model.space.values).all()
    maps = sl.latent_maps(again, ensemble, progress=False)
    assert maps["nu_0"].dims == tuple(ensemble.grid)
    assert np.isfinite(maps["tau_1"]).all()
    order = model.order_parameters(lattice)[0].name
    sites, series = lattice.sites, ensemble.series
    energy = np.stack([
        model.energy_total(lattice, {n: series[n].values[place] for n in map(str, series)}, **point).mean(-1) / sites
        for place, point in zip(np.ndindex(series["bond_sum" if "bond_sum" in series else "pair_sum"].shape[:-3]),
                                [{}] if not controls else [{name: v} for name, vs in controls.items() for v in vs],
                                strict=True)
    ]).reshape(maps["energy_chain"].shape)  # fmt: skip
    np.testing.assert_allclose(maps["energy_chain"], energy)
    assert f"absolute_{order}_chain" in maps


def test_arrays_of_other_programs() -> None:
    values = np.random.default_rng(1).choice([-1, 0, 1], size=(64, 8, 8), p=[0.6, 0.2, 0.2])
    vae = TCVAE(latent=2, filters=(2, 4), recipe=SMALL).fit(values, progress=False)
    assert vae.transform(values).shape == (64, 2)
    again = TCVAE(latent=2, filters=(2, 4), recipe=SMALL).fit(values.tolist(), progress=False)
    np.testing.assert_array_equal(again.transform(values.tolist()), vae.transform(values))
    assert vae.held_out_chains == slice(56, 64)
    with pytest.raises(InputError, match="which may be exchanged"):
        TCVAE(filters=(2, 4), symmetric=True, recipe=SMALL).fit(values, progress=False)
    with pytest.raises(InputError, match="is none of the values"):
        vae.transform(np.full((1, 8, 8), 2))
    with pytest.raises(InputError, match="must be an ensemble or an array"):
        configurations(np.float64(1.0))


def test_no_symmetry_is_assumed_of_arrays() -> None:
    occupied = np.random.default_rng(1).integers(0, 2, size=(16, 8, 8))
    assert symmetry_group(occupied, 2, symmetric=None).tolist() == [[0, 1]]
    assert symmetry_group(occupied, 2, symmetric=True).tolist() == [[0, 1], [1, 0]]
    ensemble = sl.simulate(sl.Potts(3), sl.Lattice((4, 4)), temperature=2.0, equilibration=8, progress=False)
    assert len(symmetry_group(ensemble, 3, symmetric=None)) == 6
    assert len(symmetry_group(ensemble, 3, symmetric=False)) == 1


def test_what_does_not_fit() -> None:
    short = {"temperature": [2.0, 3.0], "chains": 8, "equilibration": 8, "progress": False}
    walls = sl.simulate(sl.Ising(), sl.Lattice((8, 8), ((1, 1), "periodic")), **short)
    with pytest.raises(InputError, match="no permutation of values is a symmetry"):
        TCVAE(filters=(2,), symmetric=True, recipe=SMALL).fit(walls, progress=False)
    with pytest.raises(InputError, match="Take padding='zeros'"):
        TCVAE(filters=(2,), padding="periodic", recipe=SMALL).fit(walls, progress=False)
    vae = TCVAE(latent=2, filters=(2,), recipe=Recipe(epochs=1, batch=4)).fit(walls, progress=False)
    potts = sl.simulate(sl.Potts(2), sl.Lattice((8, 8)), **short)
    with pytest.raises(InputError, match="was trained on other values of a site"):
        vae.encode(potts)


CONDITIONS = {"temperature": np.repeat([1.0, 2.0, 3.0], 20), "field": np.tile(np.repeat([0.0, 0.5], 10), 3)}


def marked() -> np.ndarray:
    """Return spins whose first two rows write their place in binary."""
    values = np.where(np.random.default_rng(1).random((60, 8, 8)) < 0.5, 1, -1)
    values[:, 0] = 2 * ((np.arange(60)[:, None] >> np.arange(8)) & 1) - 1
    return values


def test_the_last_of_each_condition_are_held_out() -> None:
    values = marked()
    again, trained, kept = last_of_each(values, 0.2, CONDITIONS)
    place = ((again[:, 0] + 1) // 2 << np.arange(8)).sum(axis=1)
    assert sorted(place) == list(range(60))
    assert (trained, kept) == (slice(0, 48), slice(48, 60))
    np.testing.assert_array_equal(place[kept], [each for start in range(0, 60, 10) for each in (start + 8, start + 9)])
    # In any order of the configurations.
    shuffled = np.random.default_rng(2).permutation(60)
    other, _, _ = last_of_each(values[shuffled], 0.2, {name: each[shuffled] for name, each in CONDITIONS.items()})
    held = ((other[kept, 0] + 1) // 2 << np.arange(8)).sum(axis=1)
    assert np.unique(held // 10, return_counts=True)[1].tolist() == [2] * 6
    same, _, last = last_of_each(values, 0.2, {})
    assert same is values
    assert last == slice(48, 60)


def test_conditions_decide_what_is_trained_on() -> None:
    values = marked()
    order = last_of_each(values, 0.2, CONDITIONS)[0]
    first, by_hand, other = (autoencoder(batch=16, filters=(4, 8), held_out=0.2) for _ in range(3))
    first.fit(values, progress=False, **CONDITIONS)
    by_hand.fit(order, progress=False)
    np.testing.assert_array_equal(first.transform(values), by_hand.transform(values))
    assert (first.transform(values) != other.fit(values, progress=False).transform(values)).any()


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"temperature": np.ones(59)}, r"temperature = shape \(59,\): must hold a finite number for each of the 60"),
        ({"temperature": 2.0}, r"temperature = shape \(\): must hold"),
        ({"temperature": np.full(60, np.nan)}, "must hold a finite number"),
        ({"temperature": ["hot"] * 60}, "must hold a finite number"),
        ({"temperature": np.r_[np.ones(59), 7.0]}, "1 at temperature = 7: some configurations of each condition"),
        ({"epochs": np.ones(60)}, "is a setting, not a condition"),
        ({"seed": 3}, "seed = 3: is a setting, not a condition"),
    ],
)
def test_conditions_that_do_not_fit(conditions: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        autoencoder(batch=16, filters=(4, 8)).fit(marked(), progress=False, **conditions)


def test_an_ensemble_has_conditions_and_an_array_has_no_maps(ensemble) -> None:
    with pytest.raises(InputError, match=r"temperature = .*an ensemble knows its conditions"):
        autoencoder().fit(ensemble, temperature=np.ones(3), progress=False)
    with pytest.raises(InputError, match="maps are over conditions"):
        latent_maps(autoencoder(), marked(), progress=False)
