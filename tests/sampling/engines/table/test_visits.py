"""Visits of tiny lattices without tables, and updates that are wrong; see tests/test_contracts.py for all others."""

import numpy as np
import pytest
from scipy import stats

from spinlens.lattices import Lattice
from spinlens.models import Ising, Potts
from spinlens.sampling.engines.table.rules import setting_of
from spinlens.sampling.engines.table.walkers import TableWalkers, connects
from spinlens.testing.chance import plausible, uncounted
from tests.sampling.engines.table.systems import numbers, probabilities, random_pairwise, stream_of

HERE = slice(0, 1)


def _walkers(model, lattice, algorithm, *, temperature, interval=4, seed=0, **controls):
    setting = setting_of(model, lattice, controls, temperature=[temperature], algorithms=[algorithm], interval=interval)
    start = np.random.default_rng(seed).integers(0, model.space.states, size=(1, 64, lattice.sites))
    return TableWalkers(setting, stream_of(seed, 1, 4, 64), start)


def _visits(walkers, rounds):
    """Return how often each state was met, with enough sweeps between that the visits are independent."""
    q = walkers.setting.weights.states
    found = np.zeros(q**walkers.setting.weights.sites, dtype=np.int64)
    for step in range(rounds + 8):
        walkers.sweep(HERE)
        if step == 7:
            walkers.freeze(HERE)
        if step >= 8:
            np.add.at(found, numbers(walkers.codes(HERE)[0], q), 1)
    return found


def _p_value(walkers, temperature, rounds=500):
    visits = _visits(walkers, rounds)
    expected = probabilities(walkers.setting.weights, temperature)[1] * visits.sum()
    rare = expected < 10
    if rare.any():
        visits, expected = (np.append(array[~rare], array[rare].sum()) for array in (visits, expected))
    kept = expected > 5
    return float(stats.chisquare(visits[kept], expected[kept] * visits[kept].sum() / expected[kept].sum()).pvalue)


@pytest.mark.parametrize("algorithm", ["heat_bath", "metropolis"])
def test_visits_without_tables(algorithm):
    walkers = _walkers(random_pairwise(4), Lattice((3,)), algorithm, temperature=1.5, interval=16, mu=1.0)
    walkers.rules = dict.fromkeys(walkers.rules)
    assert plausible(_p_value(walkers, 1.5))


def test_certain_moves_in_order_are_noticed():
    """Metropolis with two codes at no energy flips every site in every sweep; `check_metropolis` refuses it."""
    walkers = _walkers(Ising(1e-9), Lattice((2, 2)), "metropolis", temperature=1.0, interval=8)
    with uncounted():
        assert not plausible(_p_value(walkers, 1.0))


def test_a_wrong_threshold_is_noticed():
    walkers = _walkers(Potts(3), Lattice((2, 2)), "heat_bath", temperature=1.4, interval=4)
    (rules,) = walkers.rules.values()
    entries = rules.tables >> np.uint64(8)
    rules.tables[entries % np.uint64(1 << 54) != 0] += np.uint64(int(0.04 * 2**54) << 8)
    with uncounted():
        assert not plausible(_p_value(walkers, 1.4, rounds=2000))


def test_connections():
    assert connects(np.array([[1, 0, 2], [0, 2, 1]]))
    assert not connects(np.array([[2, 1, 0]]))
    assert not connects(np.empty((0, 3), dtype=np.int64))
