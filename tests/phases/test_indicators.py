"""Order without a model: any wave vector, any space; overlaps; a transition from configurations alone."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from tests.statistics.exact_draws import drawn, spins_per_site
from tests.statistics.scaling.known import crossing

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import Ising, Potts
from spinlens.phases import PrincipalOrder, latent_orders, pair_overlaps, transition_from_configurations
from spinlens.spaces import Angles, Discrete
from spinlens.statistics import Configurations

TEMPERATURES = tuple(np.linspace(1.6, 3.2, 9).tolist())


def test_the_first_component_is_the_magnetization():
    found = drawn(4, TEMPERATURES, seed=1, chains=16, draws=60)
    order = PrincipalOrder().fit(found).transform(found)
    m = spins_per_site(found)
    slope = np.polyfit(m.ravel(), order.ravel(), 1)[0]
    assert abs(np.corrcoef(m.ravel(), order.ravel())[0, 1]) > 0.999
    # Per site, along the unit vector (-1, 1) / sqrt(2) of the shares of both values.
    assert abs(slope) == pytest.approx(np.sqrt(0.5), rel=0.02)


@pytest.mark.parametrize("sides", [(6,), (4, 6), (4, 4, 4)])
def test_staggered_order_is_seen_in_its_cell_and_in_no_smaller_one(sides):
    generator = np.random.default_rng(2)
    signs = (-1) ** np.indices(sides).sum(axis=0)
    ordered = generator.choice([-1, 1], size=(2, 16, 8) + (1,) * len(sides)) * signs
    random = generator.choice([-1, 1], size=ordered.shape)
    spins = np.where(generator.random(ordered.shape) < 0.8, ordered, random)
    spins[1] = random[1]
    found = Configurations.from_arrays(spins, temperature=[1.0, 5.0])
    staggered = np.abs((spins * signs).mean(axis=tuple(range(3, spins.ndim))))
    order = np.abs(PrincipalOrder(2, components=1).fit(found).transform(found))
    assert np.corrcoef(staggered.ravel(), order.ravel())[0, 1] > 0.95
    uniform = np.abs(PrincipalOrder(1, components=1).fit(found).transform(found))
    assert np.abs(np.corrcoef(staggered.ravel(), uniform.ravel())[0, 1]) < 0.5
    with pytest.raises(InputError, match="the shortest side"):
        PrincipalOrder(7).fit(found)


def test_colours_have_as_many_components_as_their_order():
    ensemble = simulate(Potts(3), Lattice((6, 6)), temperature=[0.7, 2.0], chains=64, draws=8, seed=1, progress=False)
    found = Configurations.of(ensemble)
    order = PrincipalOrder().fit(found).transform(found)
    assert order.shape == (2, 64, 8, 2)
    # Numbers in place of colours are the same to it: no value is nearer to one than to another.
    numbers = Configurations(found.codes, found.values, Discrete((0, 1, 2)))
    np.testing.assert_allclose(PrincipalOrder().fit(numbers).transform(numbers), order, atol=1e-12)
    size = np.linalg.norm(order, axis=-1)
    assert size[0].min() > 2 * size[1].mean()


def test_many_angles_are_looked_up_and_few_are_counted(monkeypatch):
    codes = np.random.default_rng(3).integers(0, 100, size=(3, 16, 2, 4, 4))
    codes[2] = codes[2, :, :, :1, :1]
    given = Configurations(codes, np.arange(1.0, 4.0), Angles(100))
    looked_up = PrincipalOrder().fit(given).transform(given)
    monkeypatch.setattr("spinlens.phases.indicators.principal.MOST_COUNTED", 100)
    assert looked_up.shape == (3, 16, 2, 2)
    assert PrincipalOrder().fit(given).transform(given) == pytest.approx(looked_up, abs=1e-12)


def test_latents_of_an_encoder_are_read_by_their_components():
    found = drawn(4, TEMPERATURES, seed=8, chains=16, draws=30)
    m = spins_per_site(found)

    def encode(values):
        np.testing.assert_array_equal(values, found.space.decode(found.codes))
        order, noise = values.mean(axis=(-2, -1)), 0.1 * np.random.default_rng(1).normal(size=(*m.shape, 3))
        mean, deviation = noise.copy(), 0.1 * np.abs(noise)
        mean[..., 1] += order
        deviation[..., 2] += np.abs(order)
        return SimpleNamespace(mean=mean, deviation=deviation)

    latents = latent_orders(SimpleNamespace(encode=encode), found)
    assert abs(np.corrcoef(latents["nu_0"].ravel(), m.ravel())[0, 1]) > 0.95
    # Larger where it is hot, where this encoder's deviation is smaller.
    assert np.corrcoef(latents["tau_0"].ravel(), np.abs(m).ravel())[0, 1] < -0.95


def test_overlaps_of_independent_chains():
    found = drawn(4, (1.2, 50.0), seed=3, chains=65, draws=50)
    overlap = pair_overlaps(found)
    spins = found.space.decode(found.codes).astype(float)
    expected = (spins[:, 0:64:2] * spins[:, 1:64:2]).mean(axis=(-2, -1))
    np.testing.assert_allclose(overlap, expected, atol=1e-12)
    three = Configurations(np.arange(9, dtype=np.uint8).reshape(1, 1, 1, 9).repeat(2, 0).repeat(2, 1) % 3,
                           np.array([1.0, 2.0]), Potts(3).space)  # fmt: skip
    assert np.all(pair_overlaps(three) == 1)


def test_the_crossing_of_two_tori_without_a_hamiltonian():
    sizes = [drawn(side, TEMPERATURES, seed=4, chains=64, draws=400) for side in (3, 4)]
    found = transition_from_configurations(sizes)
    place, _, _ = crossing()
    names = [each.observable for each in found.findings]
    assert sorted(names) == ["overlap", "principal order"]
    order = next(each for each in found.findings if each.observable == "principal order")
    assert abs(order.limit.value - place) < 5 * order.limit.statistical
    assert found.error**2 == pytest.approx(found.chains**2 + found.networks**2 + found.choices**2)
    with pytest.raises(InputError, match="at least two sizes"):
        transition_from_configurations(sizes[:1])


class Shaken(BaseEstimator):
    """A network as far as `transition_from_configurations` knows it: a seed, and something that depends on it."""

    seen: ClassVar[list] = []

    def __init__(self, seed=0):
        self.seed = seed

    def fit(self, found):
        self.seen.append((self.seed, found.codes))
        self.order_ = PrincipalOrder(components=1).fit(found)
        return self

    def transform(self, found):
        self.seen.append((self.seed, found.codes))
        order = self.order_.transform(found)
        noise = np.random.default_rng(self.seed).normal(size=order.shape)
        return order + 0.02 * noise


def test_networks_read_chains_that_they_did_not_learn_from():
    sizes = [drawn(side, TEMPERATURES, seed=7, chains=64, draws=400) for side in (3, 4)]
    found = transition_from_configurations(sizes, observers={"network": Shaken(seed=5)}, trainings=3)
    assert found.networks > 0
    assert [seed for seed, _ in Shaken.seen] == [5, 5, 5, 6, 6, 6, 7, 7, 7]
    learned, *readings = (codes for _, codes in Shaken.seen[:3])
    np.testing.assert_array_equal(learned, sizes[1].codes[:, :32])
    for size, codes in zip(sizes, readings, strict=True):
        np.testing.assert_array_equal(codes, size.codes[:, 32:])


def test_without_an_order_there_is_no_transition():
    generator = np.random.default_rng(5)
    sizes = [
        Configurations(generator.integers(0, 2, size=(9, 32, 20, side, side)), np.array(TEMPERATURES), Ising().space)
        for side in (4, 8)
    ]
    with pytest.raises(InputError, match="show no transition"):
        transition_from_configurations(sizes)
    # Conditions in any order are as good as none.
    shuffled = [drawn(side, TEMPERATURES, seed=6, chains=32, draws=40) for side in (3, 4)]
    order = generator.permutation(len(TEMPERATURES) * 32)
    mixed = [
        Configurations(each.codes.reshape(-1, *each.codes.shape[2:])[order].reshape(each.codes.shape), each.values,
                       each.space) for each in shuffled
    ]  # fmt: skip
    with pytest.raises(InputError, match="show no transition"):
        transition_from_configurations(mixed)
