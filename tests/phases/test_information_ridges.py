"""Ridges of the Fisher information in a field against all states, and a learned one beside them."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.learning import Neighbours, Recipe
from spinlens.models import Ising
from spinlens.phases import information_ridges, ridge_of
from spinlens.statistics import Configurations, Indicator
from spinlens.testing.chance import uncounted, within

FIELDS, TEMPERATURES, SQUARE = (0.2, 0.6), np.linspace(1.4, 5.0, 19), Lattice((4, 4))


@cache
def ensemble():
    return simulate(Ising(), SQUARE, temperature=TEMPERATURES, field=list(FIELDS), chains=64, draws=60, recordings=300,
                    seed=2, progress=False)  # fmt: skip


def matrix(temperature, field):
    """Return the covariance of d ln p / dT and d ln p / dh over all states."""
    states = enumerate_states(Ising(), SQUARE, temperature=temperature, field=field).distribution
    bonds, spins, p = states.rows["bond_sum"], states.rows["spin_sum"], states.probability
    scores = np.stack([-(bonds + field * spins) / temperature**2, spins / temperature])
    apart = scores - (scores @ p)[:, None]
    return apart * p @ apart.T


def highest(of, field):
    found = minimize_scalar(lambda t: -of(matrix(t, field)), bounds=(1.4, 5.0), method="bounded")
    return found.x


OF = {
    "temperature_information": lambda m: m[0, 0], "field_information": lambda m: m[1, 1],
    "eigenvalue": lambda m: np.linalg.eigvalsh(m)[-1],
}  # fmt: skip


def test_ridges_are_where_all_states_say():
    found = information_ridges(ensemble())
    for name, of in OF.items():
        known = [highest(of, field) for field in FIELDS]
        assert within(found[name].values, known, found[f"{name}_error"].values, sigmas=6.0, degrees=31), name
    with uncounted():
        # The two informations peak at temperatures that are told apart.
        wrong = [highest(OF["field_information"], field) for field in FIELDS]
        assert not within(
            found["temperature_information"].values, wrong, found["temperature_information_error"].values, sigmas=6.0
        )


def test_a_learned_ridge_lies_on_that_of_the_temperature():
    learned = []
    for field in FIELDS:
        training, reading = Configurations.of(ensemble(), field=field).split(0.5)
        network = Neighbours(recipe=Recipe(epochs=2, batch=256)).fit(training)
        learned.append(network.indicator(reading))
    found = information_ridges(ensemble(), learned)
    known = [highest(OF["temperature_information"], field) for field in FIELDS]
    assert np.all(np.abs(found["learned"].values - known) < 5 * found["learned_error"].values)
    assert found["learned_error"].max() < 0.4
    with pytest.raises(InputError, match="one for each field"):
        information_ridges(ensemble(), learned[:1])


def test_a_curve_that_still_rises_has_no_ridge():
    rising = np.repeat(np.arange(1.0, 10.0)[None, None], 17, axis=1)
    assert np.isnan(ridge_of(Indicator("rising", "temperature", np.arange(9.0), rising)).value)
