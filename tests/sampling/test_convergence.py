"""Whether recordings are in equilibrium: sound ones pass, unsound ones do not, by processes that are known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from spinlens.errors import InputError
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising, Potts
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.convergence import LARGEST_DRIFT, Convergence, Verdict, _of_quarters, _of_spread, convergence
from spinlens.testing.chance import count, within

LATTICE, INTERVAL = Lattice((16, 16)), 8


def judge(values: Any, *, equilibration: int = 4096, dispersed: bool = False) -> Convergence:
    """Judge one quantity (temperature, chain, recording), as the energy."""
    # Scaled up, because sums are whole numbers.
    bonds = np.rint(1e6 * np.asarray(values)).astype(np.int64)
    sums = {"bond_sum": bonds, "spin_sum": np.zeros_like(bonds)}
    return convergence(
        sums, model=Ising(), lattice=LATTICE, interval=INTERVAL, equilibration=equilibration, dispersed=dispersed,
        field=0.0,
    )  # fmt: skip


def process(
    memory: float, *, conditions: int, chains: int = 64, recordings: int = 64, start: float | None = None, seed: int = 0
) -> np.ndarray:
    """Return a Gaussian process of mean 0, variance 1 and correlation exp(-t / memory), memory in sweeps.

    From equilibrium, or from a value in units of the standard deviation, at the first recording.
    """
    random = np.random.default_rng(seed)
    keep = np.exp(-INTERVAL / memory)
    found = random.normal(size=(conditions, chains, recordings)) * np.sqrt(1 - keep**2)
    found[..., 0] = random.normal(size=(conditions, chains)) if start is None else start
    for i in range(1, recordings):
        found[..., i] += keep * found[..., i - 1]
    return found


def rate(verdict: np.ndarray, which: Verdict) -> float:
    return float(np.mean(verdict == which))


def rarely(flagged: int, number: int, *, comparisons: int = 6) -> bool:
    """Return whether no more are flagged than the bound on drift's false alarms allows, but for one in 10^7 suites."""
    bound = comparisons * 2 * np.exp(-(LARGEST_DRIFT**2) / 2)
    allowed = int(stats.binom(number, bound).isf(1e-7))
    count(1, 1e-7)
    return flagged <= allowed < 0.03 * number + 6


@pytest.mark.parametrize("chains", [64, 256])
@pytest.mark.parametrize("memory", [1.0, 8.0, 30.0, 100.0])
def test_equilibrium_is_recognised_whatever_the_memory(memory: float, chains: int) -> None:
    found = judge(process(memory, conditions=200, chains=chains, seed=int(memory)))
    assert rarely(int((found.verdict != Verdict.EQUILIBRATED).sum()), 200)
    # The estimate is that of the integrated autocorrelation time of such a process, which has a closed form.
    keep = np.exp(-INTERVAL / memory)
    integrated = INTERVAL * (1 + keep) / (1 - keep) / 2
    np.testing.assert_allclose(np.median(found.memory), integrated, rtol=0.1)


@pytest.mark.parametrize("memory", [300.0, 1000.0, 1e5])
def test_a_window_shorter_than_the_memory_tells_nothing_against_the_chains(memory: float) -> None:
    found = judge(process(memory, conditions=200, seed=1), equilibration=10**6)
    assert rarely(int((found.verdict == Verdict.NOT_EQUILIBRATED).sum()), 200)
    assert memory < 512 or rate(found.verdict, Verdict.TOO_SHORT) > 0.9


@pytest.mark.parametrize("memory", [2000.0, 20000.0])
def test_chains_that_remember_longer_than_they_equilibrated_are_not_in_equilibrium(memory: float) -> None:
    found = judge(process(memory, conditions=200, recordings=256, seed=2), equilibration=256)
    assert rate(found.verdict, Verdict.EQUILIBRATED) == 0
    assert memory < 10**4 or rate(found.verdict, Verdict.NOT_EQUILIBRATED) > 0.95


@pytest.mark.parametrize("memory", [4.0, 30.0, 100.0])
def test_a_start_far_away_is_seen_at_any_speed(memory: float) -> None:
    found = judge(process(memory, conditions=200, start=12.0, seed=3), equilibration=0)
    assert rate(found.verdict, Verdict.NOT_EQUILIBRATED) == 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("memory", [1.0, 10.0, 30.0])
def test_two_wells_that_chains_do_not_leave_are_seen(memory: float, share: float) -> None:
    # Between the wells lies this share of the variance, and a fifth of the chains is in the rarer one.
    rarer = np.random.default_rng(4).random((200, 64, 1)) < 0.2
    # The less of it, the longer is the window that shows it.
    within_wells = process(memory, conditions=200, recordings=64 if share > 0.2 else 256, seed=5)
    found = judge(np.sqrt(1 - share) * within_wells + np.sqrt(share) * (rarer - 0.2) / 0.4)
    assert rate(found.verdict, Verdict.EQUILIBRATED) < 0.02


def test_one_chain_of_many_that_stays_apart_is_seen() -> None:
    values = process(8.0, conditions=100, seed=6)
    values[:, 17] += 15.0
    assert rate(judge(values).verdict, Verdict.EQUILIBRATED) == 0


def test_chains_frozen_apart_remember_for_ever() -> None:
    found = judge(np.repeat(np.random.default_rng(7).normal(size=(3, 64, 1)), 64, axis=2))
    assert np.isinf(found.memory).all()
    assert rate(found.verdict, Verdict.NOT_EQUILIBRATED) == 1


def test_different_starts_that_still_differ_are_seen() -> None:
    values = process(8.0, conditions=200, seed=8)
    sound = judge(values, dispersed=True)
    assert rarely(int((sound.verdict != Verdict.EQUILIBRATED).sum()), 200, comparisons=7)
    values[:, ::2] += 0.35
    assert rate(judge(values, dispersed=True).verdict, Verdict.NOT_EQUILIBRATED) > 0.95
    # Without knowing the starts such a small shift is no more than some spread.
    assert rate(judge(values).verdict, Verdict.NOT_EQUILIBRATED) < 0.05


@pytest.mark.parametrize("probability", [0.0, 1e-4, 1e-3, 1e-2])
def test_rare_excitations_of_the_ground_state_are_no_memory(probability: float) -> None:
    excited = np.random.default_rng(9).random((800, 64, 64)) < probability
    found = judge(excited.astype(float))
    assert rarely(int((found.verdict != Verdict.EQUILIBRATED).sum()), 800)


def test_drift_keeps_its_bound_for_skewed_and_slow_processes() -> None:
    """The chance of a false alarm is bounded for any process that looks alike forwards and backwards."""
    values = np.exp(2 * process(200.0, conditions=4000, recordings=32, seed=10))
    found = judge(values).drift
    for z in (2.5, 3.5):
        bound = 5 * 2 * np.exp(-(z**2) / 2)
        expected = min(bound, 1.0) * len(found)
        count(1, float(stats.norm.sf(5)))
        assert (found > z).sum() < expected + 5 * np.sqrt(expected)


@pytest.mark.parametrize("memory", [0.02, 0.1, 0.5, 3.0])
def test_the_lengths_are_those_of_an_exponential(memory: float) -> None:
    """By numerical integration of exp(-abs(t - u) / memory) over a window of length 1."""

    def covariance(a: tuple[float, float], b: tuple[float, float]) -> float:
        def inner(t: float) -> float:
            here = [float(np.clip(t, *b))]
            return integrate.quad(lambda u: np.exp(-abs(t - u) / memory), *b, points=here, limit=200)[0]

        return integrate.quad(inner, *a, limit=200)[0] / ((a[1] - a[0]) * (b[1] - b[0]))

    first, last = (0.0, 0.25), (0.75, 1.0)
    share, between = covariance((0.0, 1.0), (0.0, 1.0)), covariance(first, last) / covariance(first, first)
    np.testing.assert_allclose(_of_spread(np.array([share])), memory, rtol=1e-3)
    if between > 1e-3:
        np.testing.assert_allclose(_of_quarters(np.array([between])), memory, rtol=1e-3)


@pytest.mark.parametrize(("chains", "recordings"), [(1, 200), (4, 64), (64, 1), (64, 3), (31, 8)])
def test_too_little_is_too_short_to_tell(chains: int, recordings: int) -> None:
    values = process(100.0 if recordings > 3 else 1.0, conditions=20, chains=chains, recordings=recordings, seed=11)
    assert rate(judge(values).verdict, Verdict.EQUILIBRATED) < 0.2


def test_few_chains_pass_where_they_mix_within_the_window() -> None:
    assert (
        rate(judge(process(8.0, conditions=50, chains=4, recordings=1000, seed=12)).verdict, Verdict.EQUILIBRATED) == 1
    )


def test_refuses_other_shapes() -> None:
    with pytest.raises(InputError, match="temperature, chain, recording"):
        judge(np.zeros((4, 4)))


def sampled(plan: Plan) -> tuple[Convergence, dict[str, np.ndarray]]:
    parts = [run_unit(plan, unit).sums for unit in units(plan)]
    sums = {name: np.concatenate([part[name] for part in parts], axis=1) for name in plan.series}
    found = convergence(
        sums, model=plan.model, lattice=plan.lattice, interval=plan.interval, equilibration=plan.equilibration,
        dispersed=plan.start == "dispersed", **plan.point_controls(0),
    )  # fmt: skip
    return found, sums


SOUND = [(8, 64, 12), (8, 256, 4), (16, 64, 12), (16, 256, 4), (32, 64, 6), (64, 64, 2)]


@pytest.mark.parametrize(("side", "chains", "seeds"), SOUND)
def test_default_plans_around_the_transition_are_sound_and_said_to_be(side: int, chains: int, seeds: int) -> None:
    temperature = np.linspace(2.0, 2.5, 6)
    exact = kaufman_torus((side, side), temperature).energy
    flagged, energies = 0, []
    for seed in range(seeds):
        plan = Plan(model=Ising(), lattice=Lattice((side, side)), temperature=temperature, chains=chains, seed=seed)
        found, sums = sampled(plan)
        flagged += int((found.verdict != Verdict.EQUILIBRATED).sum())
        energies.append(-sums["bond_sum"].mean(axis=-1) / side**2)
    means = np.concatenate(energies, axis=1)
    error = means.std(axis=1, ddof=1) / np.sqrt(means.shape[1])
    assert within(means.mean(axis=1), exact, error, degrees=means.shape[1] - 1)
    assert rarely(flagged, 6 * seeds, comparisons=12)


CRITICAL = 2.269185
UNSOUND: dict[str, dict[str, Any]] = {
    "ground state, at the transition": {"temperature": CRITICAL, "equilibration": 0},
    "ground state, above the transition": {"temperature": 2.4, "equilibration": 0},
    "ground state, far above": {"temperature": 3.0, "equilibration": 0},
    "too short an equilibration": {"temperature": CRITICAL, "equilibration": 64},
    "random and cold": {"temperature": 0.8, "start": "random"},
    "dispersed and cold": {"temperature": 0.8, "start": "dispersed"},
    "a field too weak to turn chains": {"temperature": 1.2, "field": 0.02, "start": "random"},
    "both phases of a first-order transition": {
        "model": Potts(10), "temperature": 1 / np.log(1 + np.sqrt(10)), "start": "dispersed"
    },
}  # fmt: skip


@pytest.mark.parametrize("case", UNSOUND)
def test_unsound_runs_are_not_said_to_be_sound(case: str) -> None:
    options = {"model": Ising(), "algorithm": "heat_bath", **UNSOUND[case]}
    found = [sampled(Plan(lattice=Lattice((32, 32)), seed=seed, **options))[0].verdict[0] for seed in range(8)]
    assert Verdict.EQUILIBRATED not in found


def test_slow_chains_pass_when_they_are_recorded_for_long_enough() -> None:
    options = {"model": Ising(), "lattice": Lattice((32, 32)), "temperature": CRITICAL, "algorithm": "heat_bath"}
    short, long = (
        [sampled(Plan(recordings=n, seed=seed, **options))[0].verdict[0] for seed in range(8)] for n in (8, 128)
    )
    assert Verdict.NOT_EQUILIBRATED not in short
    assert short.count(Verdict.TOO_SHORT) >= 6
    assert long.count(Verdict.EQUILIBRATED) >= 7
