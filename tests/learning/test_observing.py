"""Small networks beside what a reader that knows the likelihood reaches, on exact draws of small tori."""

from functools import cache

import numpy as np
import pytest
import torch
from tests.statistics.exact_draws import drawn

import spinlens as sl
from spinlens.errors import InputError
from spinlens.exact import state_probabilities
from spinlens.lattices import Lattice
from spinlens.learning import Confusion, Neighbours, Prediction
from spinlens.learning.observing import indicator_of_trainings, trained
from spinlens.learning.settings import Recipe
from spinlens.models import Ising
from spinlens.spaces import Colours
from spinlens.statistics import Configurations
from spinlens.testing.chance import uncounted, within

TEMPERATURES = tuple(np.linspace(1.6, 3.2, 9).tolist())
LONG = Recipe(epochs=6, batch=256)


@cache
def halves():
    return drawn(4, TEMPERATURES, seed=1, chains=64, draws=60).split(0.5)


@cache
def fitted(kind):
    return kind(recipe=LONG).fit(halves()[0])


def best():
    """Return p(state | T) of all 2^16 states, summed over states of equal energy."""
    states = np.arange(2**16)[:, None] // 2 ** np.arange(16) % 2 * 2 - 1
    grid = states.reshape(-1, 4, 4)
    energy = sum((grid * np.roll(grid, 1, axis)).sum((1, 2)) for axis in (1, 2))
    _, level = np.unique(energy, return_inverse=True)
    rows = [state_probabilities(Ising(), Lattice((4, 4)), temperature=t) for t in TEMPERATURES]
    return np.array([np.bincount(level, weights=row) for row in rows])


def divergence(p, q):
    middle = 0.5 * (p + q)
    return 0.5 * sum(np.sum(np.where(r > 0, r * np.log(np.where(r > 0, r, 1) / middle), 0), axis=1) for r in (p, q))


def test_neighbours_reach_the_information_and_do_not_pass_it():
    found, p = fitted(Neighbours).indicator(halves()[1]), best()
    ceiling = 8 * divergence(p[:-1], p[1:]) / np.diff(TEMPERATURES) ** 2
    assert np.all(found.curve < ceiling + 5 * found.error)
    # Together: the mean over all pairs is at least two thirds of the best, and not above it.
    share = found.curve.sum() / ceiling.sum()
    error = np.sqrt(31 * found.samples[0, 1:].sum(axis=1).var()) / ceiling.sum()
    assert share > 0.67
    assert share < 1 + 5 * error


def test_a_network_that_reads_its_own_training_is_seen():
    few, other = drawn(4, TEMPERATURES, seed=2, chains=32, draws=2).split(0.5)
    learned = Neighbours(width=64, recipe=Recipe(epochs=400, batch=288, learning_rate=0.02, weight_decay=0.0)).fit(few)
    p = best()
    ceiling = 8 * divergence(p[:-1], p[1:]) / np.diff(TEMPERATURES) ** 2
    own, kept = learned.indicator(few), learned.indicator(other)
    error = np.sqrt(15 * own.samples[0, 1:].sum(axis=1).var())
    assert own.curve.sum() > ceiling.sum() + 5 * error
    assert kept.curve.sum() < ceiling.sum()


def test_predictions_and_confusion_stay_below_the_best_reader():
    reading, p = halves()[1], best()
    values = np.array(TEMPERATURES)
    told = fitted(Prediction).information(reading)
    both = p[1:] + p[:-1]
    apart = np.where(both > 0, (p[1:] - p[:-1]) ** 2 / np.where(both > 0, both, 1), 0).sum(axis=1)
    ceiling = 2 * apart / np.diff(values) ** 2
    assert np.all(told.curve < ceiling + 5 * told.error)
    assert told.curve.sum() > 0.67 * ceiling.sum()
    mean = p @ (values @ p / p.sum(axis=0))
    slope = fitted(Prediction).indicator(reading)
    assert np.abs(slope.curve - np.diff(mean) / np.diff(values)).max() < 0.1
    below = np.cumsum(p, axis=0)[:-1]
    most = np.maximum(below, p.sum(axis=0) - below).sum(axis=1) / len(values)
    accuracy = fitted(Confusion).indicator(reading)
    assert within(np.maximum(accuracy.curve, most), most, accuracy.of_chains, degrees=31)
    assert np.all(accuracy.curve > most - 0.02)


def test_one_network_reads_every_size_and_blocks():
    network = fitted(Prediction)
    for side in (3, 4):
        other = drawn(side, TEMPERATURES, seed=3, chains=16, draws=4)
        found = network.transform(other)
        assert found.shape == (9, 16, 4)
        assert found[-1].mean() > found[0].mean()
        # A translation is the same to it, round the edges of a torus.
        rolled = Configurations(np.roll(other.codes, 1, axis=-1), other.values, other.space)
        np.testing.assert_allclose(network.transform(rolled), found, atol=1e-4)
    blocks = drawn(4, TEMPERATURES, seed=3, chains=16, draws=4).blocks(2)
    assert network.transform(blocks).shape == (9, 16, 16)


@pytest.mark.parametrize("sides", [(6,), (4, 4, 4)])
def test_any_space_in_one_to_three_dimensions(sides):
    generator = np.random.default_rng(4)
    codes = generator.integers(0, 3, size=(3, 16, 20, *sides), dtype=np.uint8)
    codes[0] = 0
    found = Configurations(codes, np.array([1.0, 2.0, 3.0]), Colours(3), "field")
    training, reading = found.split(0.5)
    told = Confusion(recipe=Recipe(epochs=20, batch=64)).fit(training).indicator(
        Configurations(found.codes, found.values, found.space, "field"))  # fmt: skip
    assert told.control == "field"
    assert told.curve[0] > 0.95
    with pytest.raises(InputError, match="need at least 16"):
        fitted(Confusion).indicator(halves()[1].of_chains(slice(0, 8)))
    with pytest.raises(InputError, match="other values of a site"):
        fitted(Prediction).transform(reading)


def test_trainings_differ_by_their_seeds_alone_and_come_back_from_disk(tmp_path):
    training, reading = halves()
    short = Neighbours(recipe=Recipe(epochs=1, batch=512))
    several = trained(short, training, trainings=2)
    found = indicator_of_trainings(several, reading)
    assert found.samples.shape == (2, 33, 8)
    assert np.all(found.of_trainings > 0)
    again = Neighbours(recipe=short.recipe, seed=1).fit(training, out=tmp_path / "net")
    np.testing.assert_array_equal(again.outputs(reading), several[1].outputs(reading))
    loaded = sl.load(tmp_path / "net")
    np.testing.assert_array_equal(loaded.outputs(reading), several[1].outputs(reading))
    before = torch.random.get_rng_state()
    Neighbours(recipe=short.recipe).fit(training)
    assert torch.equal(before, torch.random.get_rng_state())
    with pytest.raises(InputError, match="must be those that were trained on"):
        loaded.indicator(Configurations(reading.codes, reading.values + 1, reading.space))


def test_labels_in_another_order_would_be_noticed():
    training, reading = halves()
    order = np.random.default_rng(5).permutation(len(TEMPERATURES))
    shuffled = Configurations(training.codes[order], training.values, training.space)
    told = Neighbours(recipe=LONG).fit(shuffled).indicator(reading)
    with uncounted():
        assert told.curve.sum() < 0.2 * fitted(Neighbours).indicator(reading).curve.sum()
