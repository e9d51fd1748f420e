"""Energies of neighbours from configurations alone: known ones are found, others are refused."""

import numpy as np
import pytest
from tests.statistics.exact_draws import drawn

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, Potts
from spinlens.phases.local_model import LearnedPairs, _exchange, _features, learn_pairs, transition_of_local_model
from spinlens.statistics import Configurations
from spinlens.testing.chance import uncounted, within


def configurations(model, sides, temperature, *, seed, draws=16, **controls):
    ensemble = simulate(model, Lattice(sides), temperature=temperature, chains=64, draws=draws, seed=seed,
                        progress=False, **controls)  # fmt: skip
    return Configurations.of(ensemble)


@pytest.mark.parametrize("states", [2, 3, 4])
@pytest.mark.parametrize("near", [2, 4, 6])
def test_exchanged_energies_give_exchanged_probabilities(states, near):
    generator = np.random.default_rng(states)
    theta = generator.normal(size=states - 1 + states * (states - 1) // 2)
    permutation = tuple(generator.permutation(states).tolist())
    features = _features(states, near)[0]
    cells = np.arange(len(features))
    numbers = np.stack([cells // (near + 1) ** (a - 1) % (near + 1) for a in range(1, states)], axis=-1)
    possible = numbers.sum(axis=1) <= near
    numbers = np.concatenate([near - numbers.sum(axis=1, keepdims=True), numbers], axis=1)[possible]
    turned = numbers[:, permutation]
    place = (turned[:, 1:] * (near + 1) ** np.arange(states - 1)).sum(axis=1)

    def shares(parameters, here):
        weight = np.exp(features[here] @ parameters)
        return weight / weight.sum(axis=-1, keepdims=True)

    original = shares(theta, cells[possible])
    exchanged = shares(_exchange(permutation, near) @ theta, place)
    np.testing.assert_allclose(exchanged, original[:, permutation], rtol=1e-10)


def test_energies_of_spins_are_those_that_they_were_drawn_with():
    found = learn_pairs(drawn(4, (1.8, 2.3, 3.0), seed=1, chains=64, draws=400))
    assert found.symmetric == ((0, 1), (1, 0))
    assert within(found.bond[0, 1], 1.0, found.scale, degrees=31)
    np.testing.assert_allclose(found.bond, found.bond[0, 1] * np.array([[-1, 1], [1, -1]]), atol=1e-12)


def test_energies_of_colours_and_of_spins_one():
    colours = learn_pairs(drawn(3, (0.8, 1.1, 1.6), seed=2, chains=64, draws=200, model=Potts(3)))
    assert len(colours.symmetric) == 6
    apart = colours.bond[0, 1] - colours.bond[0, 0]
    assert within(apart, 1.0, colours.scale, degrees=31)
    spins = learn_pairs(drawn(3, (0.9, 1.3, 2.0), seed=3, chains=64, draws=400, model=BlumeCapel(), crystal_field=0.4))
    # Up and down are exchanged, nought is not; a site's own energy 0.4 s^2 is shared among its four bonds.
    assert spins.symmetric == ((0, 1, 2), (2, 1, 0))
    s = np.array([-1.0, 0.0, 1.0])
    expected = -np.outer(s, s) + 0.1 * (s[:, None] ** 2 + s**2)
    assert np.abs(spins.bond - (expected - expected.mean())).max() < 0.03


def test_a_field_is_seen_and_not_averaged_away():
    found = learn_pairs(configurations(Ising(), (8, 8), [2.0, 2.6, 3.4], seed=4, field=0.1))
    assert found.symmetric == ((0, 1),)
    # -h s of both ends, a quarter of each: -0.05 for two spins up, 0.05 for two down.
    assert found.bond[0, 0] - found.bond[1, 1] == pytest.approx(0.1, abs=0.02)


def test_what_is_no_energy_of_neighbours_is_refused():
    triangular = simulate(Ising(), Lattice((8, 8), kind="triangular"), temperature=[3.0, 4.0, 5.0], chains=64, draws=16,
                          seed=5, progress=False)  # fmt: skip
    with uncounted(), pytest.raises(InputError, match="are not those of energies of neighbours"):
        learn_pairs(Configurations.of(triangular))
    found = drawn(4, (1.8, 2.3, 3.0), seed=1, chains=64, draws=400)
    with uncounted(), pytest.raises(InputError, match="are not those of energies of neighbours"):
        learn_pairs(Configurations(found.codes, found.values * np.array([1.0, 1.0, 1.05]), found.space))
    with pytest.raises(InputError, match="over temperatures, periodic"):
        learn_pairs(found.blocks(2))


def test_one_size_has_its_transition_by_others():
    one = configurations(Ising(), (12, 12), np.linspace(1.6, 3.2, 13), seed=6)
    found = transition_of_local_model(one, sizes=(4, 6, 8), draws=60)
    # What three small sizes leave open is in the error; a model of other energies would be off by far more.
    assert abs(found.value - 2 / np.log(1 + np.sqrt(2))) < 4 * found.error
    assert found.error < 0.1
    assert isinstance(learn_pairs(one), LearnedPairs)
