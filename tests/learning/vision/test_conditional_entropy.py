"""The entropy of a hidden spin, against the sum over all states."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lattices.rectangle import bond_sums

from spinlens.errors import InputError
from spinlens.exact.enumeration import state_probabilities
from spinlens.lattices import Lattice
from spinlens.learning.vision.conditional_entropy import log_odds, single_spin_entropy
from spinlens.models import Ising, RandomFieldIsing

CASES = [
    (Ising(), "periodic", 0.0),
    (Ising(-1.0), "periodic", 0.4),
    (Ising(), "antiperiodic", 0.0),
    (Ising(), "skewed", 0.3),
    (Ising((1.0, -0.5)), ((1, 1), "free"), 0.2),
    (Ising(-1.0, field_pattern="staggered"), "free", 0.7),
]


def all_states(lattice):
    bits = (np.arange(1 << lattice.sites)[:, None] >> np.arange(lattice.sites)) & 1
    return (2 * bits - 1).astype(np.int8).reshape(-1, *lattice.shape)


def enumerated(model, lattice, temperature, field):
    """Mean over the sites of H(s_i | all others), from the probabilities of all states alone."""
    p = state_probabilities(model, lattice, temperature=temperature, field=field)
    states = np.arange(len(p))
    partners = [p[states ^ (1 << site)] for site in range(lattice.sites)]
    return float(np.mean([-(p * np.log(p / (p + partner))).sum() for partner in partners]))


@pytest.mark.parametrize(("model", "boundary", "field"), CASES)
@pytest.mark.parametrize("temperature", [0.8, 2.5])
def test_floor_against_enumeration(model, boundary, field, temperature):
    lattice = Lattice((3, 4), boundary)
    p = state_probabilities(model, lattice, temperature=temperature, field=field)
    floor = single_spin_entropy(all_states(lattice), model=model, lattice=lattice, temperature=temperature, field=field)
    exact = enumerated(model, lattice, temperature, field)
    assert float(p @ floor) == pytest.approx(exact, rel=1e-10)
    # A temperature that is wrong by 1 % is another entropy: the test can fail.
    wrong = {"temperature": 1.01 * temperature, "field": field}
    assert float(p @ single_spin_entropy(all_states(lattice), model=model, lattice=lattice, **wrong)) != pytest.approx(
        exact, rel=1e-4
    )


@pytest.mark.parametrize(("model", "boundary", "field"), CASES)
def test_flipping_a_spin_costs_twice_its_local_field(model, boundary, field):
    lattice = Lattice((4, 5), boundary)
    spins = np.random.default_rng(0).choice([-1, 1], (1, 4, 5)).astype(np.int8)
    flipped = np.repeat(spins, 20, 0)
    flipped.reshape(20, -1)[np.arange(20), np.arange(20)] *= -1

    def energy(s):
        x, y = bond_sums(lattice, s)
        staggered = (s * lattice.staggering).sum((1, 2), dtype=np.int64)
        total = s.sum((1, 2), dtype=np.int64)
        sums = {"bond_sum": x + y, "bond_sum_x": x, "spin_sum": total, "staggered_sum": staggered}
        return model.energy_total(lattice, sums, field=field)

    conditions = {"temperature": np.array([2.0]), "controls": {"field": np.array([field])}}
    cost = 2.0 * spins * log_odds(model, lattice, spins, **conditions)
    np.testing.assert_allclose(energy(flipped) - energy(spins), cost.ravel(), rtol=0, atol=1e-12)


def test_each_configuration_is_read_by_the_fields_of_its_sample():
    model, lattice = RandomFieldIsing(seed=2), Lattice((3, 3))
    spins = np.repeat(np.random.default_rng(0).choice([-1, 1], (1, 3, 3)).astype(np.int8), 2, 0)
    controls = {"disorder": np.ones(2), "field": np.zeros(2), "sample": np.array([1.0, 4.0])}
    odds = log_odds(model, lattice, spins, temperature=np.full(2, 1.5), controls=controls)
    fields = [model.at(sample=k).random_fields(lattice) for k in (1, 4)]
    neighbours = sum(np.roll(spins[0].astype(int), step, axis) for axis in (0, 1) for step in (1, -1))
    np.testing.assert_allclose(odds, [2 * (neighbours + h) / 1.5 for h in fields])


def test_one_temperature_for_each_configuration_and_no_overflow():
    lattice = Lattice((4, 4))
    spins = np.ones((3, 4, 4), np.int8)
    floor = single_spin_entropy(spins, model=Ising(), lattice=lattice, temperature=[0.001, 2.0, 1e9])
    x = 4.0
    expected = np.log1p(np.exp(-x)) + x / (1 + np.exp(x))
    np.testing.assert_allclose(floor, [0.0, expected, np.log(2)], atol=1e-12)


def test_what_is_refused():
    lattice, spins = Lattice((4, 4)), np.ones((3, 4, 4), np.int8)
    with pytest.raises(InputError, match="temperature = None"):
        single_spin_entropy(spins, model=Ising(), lattice=lattice)
    with pytest.raises(InputError, match="must be > 0"):
        single_spin_entropy(spins, model=Ising(), lattice=lattice, temperature=0.0)
    with pytest.raises(InputError, match="one for each of 3 images"):
        single_spin_entropy(spins, model=Ising(), lattice=lattice, temperature=[1.0, 2.0])
    with pytest.raises(InputError, match=r"must be \(n, 4, 4\)"):
        single_spin_entropy(spins[:, :3], model=Ising(), lattice=lattice, temperature=1.0)
