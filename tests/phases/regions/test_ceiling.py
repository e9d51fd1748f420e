"""The ceiling is the best score by enumeration, by Kaufman's formula, and on simulated images."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.ensemble import RandomForestClassifier
from tests.lattices.rectangle import bond_sums

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.phases.regions import ceiling, clean_splits, energy_distribution, posterior, score, torus_distribution
from spinlens.phases.regions.energies import EnergyDistribution, exact_distribution, recorded_distribution
from spinlens.sampling import Plan, Unit, run_unit
from spinlens.statistics import Estimate
from spinlens.studies.classify.systems import PUBLISHED

TWO = (3, 0, 0, 2)
"""Three cold images for every two hot ones."""

COUNTS = (150, 50, 70, 130)
"""Of a test set."""

LEVELS = {-32: 2, -24: 32, -20: 64, -16: 424, -12: 1728, -8: 6688, -4: 13568, 0: 20524, 4: 13568, 8: 6688, 12: 1728,
          16: 424, 20: 64, 24: 32, 32: 2}  # fmt: skip
"""Density of states of the 4 x 4 torus: K. Binder, Physica 62, 508 (1972), doi:10.1016/0031-8914(72)90237-6."""


def two_temperatures(cold: float, hot: float) -> EnergyDistribution:
    logarithms = np.log(np.array(list(LEVELS.values()), dtype=float))
    return exact_distribution(list(LEVELS), logarithms, temperature=(cold, hot), sites=16)


def by_hand(cold: float, hot: float) -> dict[int, tuple[float, float]]:
    """Return the joint probability of each energy with cold and with hot, term by term."""
    joint = {}
    for energy, states in LEVELS.items():
        shares = []
        for share, temperature in ((3 / 5, cold), (2 / 5, hot)):
            z = sum(g * np.exp(-e / temperature) for e, g in LEVELS.items())
            shares.append(share * states * np.exp(-energy / temperature) / z)
        joint[energy] = (shares[0], shares[1])
    return joint


def best_by_brute_force(joint: dict[int, tuple[float, float]]) -> float:
    """Return the largest macro F1 of all 2^15 rules that choose a temperature for every energy."""
    table = np.array(list(joint.values()))
    rules = np.array(list(itertools.product((0, 1), repeat=len(table))))
    scores = []
    for label in (0, 1):
        chosen = rules == label
        hits, answered = chosen @ table[:, label], chosen @ table.sum(axis=1)
        scores.append(2 * hits / (table[:, label].sum() + answered))
    return float(np.mean(scores, axis=0).max())


def test_the_levels_of_four_by_four() -> None:
    states = np.array(list(itertools.product((-1, 1), repeat=16)), dtype=np.int8).reshape(-1, 4, 4)
    found = Counter((-sum(bond_sums(Lattice((4, 4)), states))).tolist())
    assert dict(found) == LEVELS


@pytest.mark.parametrize(("cold", "hot"), [(1.0, 3.0), (1.05, 2.4), (0.9, 2.33)])
def test_two_temperatures_enumerated_by_hand(cold: float, hot: float) -> None:
    best = ceiling(two_temperatures(cold, hot), counts=TWO)
    joint = by_hand(cold, hot)
    assert best.macro_f1.value == pytest.approx(best_by_brute_force(joint), rel=1e-12)
    assert best.macro_f1.error == 0.0
    assert best.most_probable.value <= best.macro_f1.value
    chosen = best.predict(np.array(list(joint)) / 16)
    assert set(chosen.tolist()) == {0, 3}
    for label, place in ((0, 0), (3, 1)):
        hits = sum(pair[place] for pair, answer in zip(joint.values(), chosen, strict=True) if answer == label)
        answered = sum(sum(pair) for pair, answer in zip(joint.values(), chosen, strict=True) if answer == label)
        assert best.f1[label].value == pytest.approx(2 * hits / (TWO[label] / 5 + answered), rel=1e-12)
    assert np.isnan(best.f1[1].value)
    assert best.confusion.sum() == pytest.approx(1)


def test_the_posterior_by_hand() -> None:
    belief = posterior(two_temperatures(1.0, 3.0), counts=TWO)
    joint = by_hand(1.0, 3.0)
    found = belief.predict_proba(np.array(list(joint)) / 16)
    wanted = np.array([[cold, 0, 0, hot] for cold, hot in joint.values()])
    np.testing.assert_allclose(found, wanted / wanted.sum(axis=1, keepdims=True), rtol=1e-10)


def test_the_ceiling_from_chains_agrees_with_the_exact_one() -> None:
    plan = Plan(
        model=Ising(), lattice=Lattice((4, 4)), temperature=(1.0, 1.6, 2.4, 3.0), recordings=400, interval=4, seed=2
    )
    bond_sum = run_unit(plan, Unit(0, 0)).sums["bond_sum"]
    estimated = ceiling(
        recorded_distribution(-plan.model.coupling * bond_sum, temperature=plan.temperature, sites=16),
        counts=(3, 1, 0, 2),
    )
    logarithms = np.log(np.array(list(LEVELS.values()), dtype=float))
    exact = ceiling(
        exact_distribution(list(LEVELS), logarithms, temperature=plan.temperature, sites=16), counts=(3, 1, 0, 2)
    )
    for one, other in ((estimated.macro_f1, exact.macro_f1), (estimated.most_probable, exact.most_probable)):
        assert 0 < one.error < 0.01
        assert abs(one.value - other.value) < 4 * one.error
    np.testing.assert_allclose(estimated.confusion, exact.confusion, atol=0.01)


def test_cuts_are_the_best_of_all_triples(ensemble: Ensemble) -> None:
    best = ceiling(ensemble, counts=COUNTS)
    distribution = best.posterior.distribution
    # The cumulative sums of 100 coarser places between levels: no triple of cuts there is better.
    joint = distribution.mixture(best.posterior.shares)[0] * best.posterior.proportions[:, None]
    inside = np.concatenate([np.zeros((4, 1)), joint.cumsum(axis=1)], axis=1)
    ends = np.arange(inside.shape[1])
    largest = 0.0
    for first, second, third in itertools.combinations_with_replacement(ends, 3):
        edges = np.array([0, first, second, third, ends[-1]])
        hits = np.array([inside[c, edges[c + 1]] - inside[c, edges[c]] for c in range(4)])
        answered = np.diff(inside.sum(axis=0)[edges])
        largest = max(largest, float(np.mean(2 * hits / (inside[:, -1] + answered))))
    assert best.macro_f1.value == pytest.approx(largest, rel=1e-12)
    assert best.macro_f1.value >= best.most_probable.value


@pytest.mark.parametrize("system", ["periodic", "antiferromagnet"])
def test_partition_functions_are_kaufmans(system: str, ensembles: dict[str, Ensemble]) -> None:
    found = energy_distribution(ensembles[system])
    exact = kaufman_torus((8, 8), found.temperature, coupling=-1.0 if system == "antiferromagnet" else 1.0)
    difference = found.log_partition - 64 * exact.log_z
    assert np.ptp(difference) < 0.15
    mean = found.probability @ found.energy / 64
    np.testing.assert_allclose(mean, exact.energy, atol=0.02)
    np.testing.assert_allclose(found.probability.sum(axis=1), 1)


def test_the_antiferromagnet_has_the_ceiling_of_the_ferromagnet(ensembles: dict[str, Ensemble]) -> None:
    one, other = (ceiling(ensembles[name], counts=COUNTS).macro_f1 for name in ("periodic", "antiferromagnet"))
    assert abs(one.value - other.value) < 4 * np.hypot(one.error, other.error)


@pytest.mark.parametrize("system", ["periodic", "antiferromagnet"])
def test_chains_give_the_exact_ceiling(system: str, ensembles: dict[str, Ensemble]) -> None:
    ensemble = ensembles[system]
    energies = torus_distribution(ensemble.model.coupling, ensemble.lattice, temperature=ensemble.temperature)
    exact = ceiling(energies, counts=COUNTS)
    found = ceiling(ensemble, counts=COUNTS)
    assert exact.macro_f1.error == 0
    assert 0 < found.macro_f1.error < 2e-3
    assert abs(found.macro_f1.value - exact.macro_f1.value) < 4 * found.macro_f1.error
    energies = np.linspace(-2, 0, 50)
    beliefs = [each.posterior.predict_proba(energies) for each in (found, exact)]
    np.testing.assert_allclose(*beliefs, atol=0.02)


@pytest.mark.parametrize("system", PUBLISHED)
def test_no_classifier_beats_the_ceiling(system: str, ensembles: dict[str, Ensemble]) -> None:
    ensemble = ensembles[system]
    best = ceiling(ensemble, counts=(1, 1, 1, 1))
    sizes = {"train": (300, 300, 150, 300), "validation": (1, 1, 1, 1), "test": (10, 10, 10, 10)}
    splits = clean_splits(ensemble, seed=1, trial=0, sizes=sizes, large_test=800)
    test = splits.large_test
    reached = score(test.labels, best.predict(test.energy)).macro_f1
    assert abs(reached.value - best.macro_f1.value) < 4 * reached.error

    def inputs(images: object) -> np.ndarray:
        flat = images.spins.reshape(len(images), -1)  # type: ignore[attr-defined]
        return np.column_stack([flat, images.energy, np.abs(images.magnetization)])  # type: ignore[attr-defined]

    forest = RandomForestClassifier(100, random_state=0).fit(inputs(splits.train), splits.train.labels)
    for images, answers in ((test, forest.predict(inputs(test))), (test, best.posterior.predict(test.energy))):
        rival = score(images.labels, answers).macro_f1
        assert rival.value < best.macro_f1.value + 4 * rival.error
        assert rival.value > 0.4


def test_errors_cover_the_exact_ceiling() -> None:
    logarithms = np.log(np.array(list(LEVELS.values()), dtype=float))
    temperature = np.array([1.0, 1.6, 2.2, 3.0])
    exact = exact_distribution(list(LEVELS), logarithms, temperature=temperature, sites=16)
    truth = ceiling(exact, counts=(1, 1, 1, 1)).macro_f1.value
    random = np.random.default_rng(7)
    pulls = []
    for _ in range(30):
        bonds = np.stack([-random.choice(exact.energy, size=(32, 60), p=row) for row in exact.probability])
        found = ceiling(
            recorded_distribution(-bonds, temperature=temperature, sites=16),
            counts=(1, 1, 1, 1),
        ).macro_f1
        pulls.append((found.value - truth) / found.error)
    # Thirty pulls: their spread is known to 13 %.
    assert 0.6 < np.std(pulls) < 1.5
    assert abs(np.mean(pulls)) < 1


def test_what_has_no_ceiling_is_refused(ensemble: Ensemble) -> None:
    distribution = two_temperatures(1.0, 3.0)
    with pytest.raises(InputError, match="none lies in the region critical"):
        ceiling(distribution, counts=(1, 0, 1, 1))
    with pytest.raises(InputError, match="periodic boundaries alone"):
        torus_distribution(1.0, Lattice.skewed((4, 4)), temperature=[1.0])
    with pytest.raises(InputError, match="share fewer"):
        recorded_distribution([[[-100] * 40] * 16, [[0] * 40] * 16], temperature=(1, 3), sites=64)


def test_mixtures_and_partition_functions_are_normalised() -> None:
    found = two_temperatures(1.0, 3.0)
    energies, states = np.array(list(LEVELS)), np.array(list(LEVELS.values()), dtype=float)
    wanted = [logsumexp(-energies / t, b=states) for t in (1.0, 3.0)]
    np.testing.assert_allclose(found.log_partition, wanted, rtol=1e-12)
    assert isinstance(ceiling(found, counts=TWO).macro_f1, Estimate)
    np.testing.assert_allclose(found.mixture(np.array([[0.5, 0.5]])).sum(axis=2), 1)
