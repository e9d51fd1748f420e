"""The probabilities in the tables: exactly those of the weights, and stationary."""

from fractions import Fraction

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising, Potts
from spinlens.sampling.engines.table.alias import alias_tables, column_bits, drawn_probabilities
from spinlens.sampling.engines.table.rules import weights_of
from spinlens.sampling.engines.table.slots import directed_slots
from spinlens.sampling.engines.table.tables import narrow_rules
from tests.sampling.engines.table.systems import numbers, probabilities, states_of, systems

SYSTEMS = systems()


@pytest.mark.parametrize("states", [2, 3, 4, 7, 64, 256])
def test_columns_reproduce_probabilities(states):
    random = np.random.default_rng(states)
    rows = np.concatenate([random.dirichlet(np.full(states, a), size=3) for a in (0.05, 1.0, 50.0)])
    rows = np.concatenate([rows, np.eye(states)[:2], np.full((1, states), 1 / states)])
    for row, table in zip(rows, alias_tables(rows), strict=True):
        found = drawn_probabilities(table, states)
        assert len(table) == 1 << column_bits(states)
        assert sum(found) == 1
        largest = int(np.argmax(row))
        for c, (have, want) in enumerate(zip(found, row.tolist(), strict=True)):
            assert abs(have - Fraction(want)) <= Fraction(
                2.0 ** (-48 if states > 64 else -50) if c == largest else 2.0**-56
            )


def _drawn(rules, states):
    """Return for each site and configuration the exact distribution of the new code, (N, S, q)."""
    columns = 1 << rules.bits
    found = np.empty((len(rules.kind), len(states), states.max() + 1))
    for i, kind in enumerate(rules.kind):
        place = rules.begins[kind] + states[:, rules.neighbour[i]] @ rules.multipliers[kind].astype(np.int64)
        for p in np.unique(place):
            drawn = drawn_probabilities(rules.tables[0, p : p + columns], found.shape[2])
            found[i, place == p] = [float(value) for value in drawn]
    return found


def _sweep_matrix(rules, weights):
    """Return the transition matrix of one sweep, (S, S), from the tables alone."""
    q, states = weights.states, states_of(weights)
    matrix = np.eye(len(states))
    drawn = _drawn(rules, states)
    for i in range(weights.sites):
        step = np.zeros((len(states), len(states)))
        for c in range(q):
            after = states.copy()
            after[:, i] = c
            step[np.arange(len(states)), numbers(after, q)] += drawn[i, :, c]
        matrix = matrix @ step
    return matrix


@pytest.mark.parametrize("metropolis", [False, True])
@pytest.mark.parametrize("name", SYSTEMS)
def test_one_sweep_leaves_the_distribution(name, metropolis):
    weights, temperature = SYSTEMS[name]
    rules = narrow_rules(directed_slots(weights), weights, np.array([1 / temperature]), metropolis=metropolis)
    p = probabilities(weights, temperature)[1]
    matrix = _sweep_matrix(rules, weights)
    assert np.allclose(matrix.sum(axis=1), 1.0, atol=1e-13)
    assert np.abs(p @ matrix - p).max() < 1e-12


@pytest.mark.parametrize("wrong", ["next code if equal", "threshold", "bond"])
def test_wrong_rules_are_noticed(wrong):
    weights, temperature = SYSTEMS["potts"]
    p = probabilities(weights, temperature)[1]
    factor = np.array([1 / temperature])
    rules = narrow_rules(directed_slots(weights), weights, factor, metropolis=wrong == "next code if equal")
    if wrong == "threshold":
        # Every threshold 1 % of a column too high.
        entries = rules.tables >> np.uint64(8)
        kept = entries % np.uint64(1 << 54) != 0
        rules.tables[kept] += np.uint64(int(0.01 * 2**54) << 8)
    elif wrong == "bond":
        rules.multipliers[:, 0] = 0
    else:
        # The proposal: any code, and the next one where it is the own.
        rules.tables[0] = alias_tables(_next_code_if_equal(weights, temperature)).reshape(-1)
    assert np.abs(p @ _sweep_matrix(rules, weights) - p).max() > 1e-4


def _next_code_if_equal(weights, temperature):
    rows = []
    for number in range(3**5):
        own, around = number % 3, [number // 3**k % 3 for k in range(1, 5)]
        weight = np.array([around.count(c) for c in range(3)]) / temperature
        proposal = np.full(3, 1 / 3)
        proposal[own] = 0.0
        proposal[(own + 1) % 3] += 1 / 3
        row = proposal * np.minimum(1, np.exp(weight - weight[own]))
        row[own] = 1 - row.sum()
        rows.append(row)
    return np.array(rows)


def test_sums_of_codes_where_they_decide():
    spin = weights_of(BlumeCapel(), Lattice((4, 4)), {})
    rules = narrow_rules(directed_slots(spin), spin, np.array([1.0]), metropolis=False)
    assert rules.tables.shape[1] == 9 << 2
    assert set(rules.multipliers[0].tolist()) == {1 << 2}
    potts = weights_of(Potts(3), Lattice((4, 4)), {})
    assert narrow_rules(directed_slots(potts), potts, np.array([1.0]), metropolis=False).tables.shape[1] == 81 << 2
    ising = weights_of(Ising((1.0, 0.5)), Lattice((4, 4)), {})
    assert narrow_rules(directed_slots(ising), ising, np.array([1.0]), metropolis=False).tables.shape[1] == 9 << 1


def test_tables_that_would_be_too_large():
    potts = weights_of(Potts(16), Lattice((4, 4, 4)), {})
    assert narrow_rules(directed_slots(potts), potts, np.array([1.0]), metropolis=False) is None
