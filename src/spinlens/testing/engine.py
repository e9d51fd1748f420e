"""What every engine keeps, for every model, lattice and algorithm that it does not refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.sampling import Plan, UnitDraws, run_unit, units
from spinlens.sampling.algorithms import LOCAL, PAST, UPDATES
from spinlens.sampling.engines import Engine
from spinlens.testing.cases import Case
from spinlens.testing.chance import plausible, within
from spinlens.testing.states import boltzmann, fit, orbits, probabilities, state_numbers, states_of, within_orbits

ALGORITHMS = (
    *UPDATES, PAST, "2 metropolis + heat_bath", "swendsen_wang + 3 metropolis", "seeded_clusters + heat_bath",
    "metropolis + 3 reflections",
)  # fmt: skip

INTERVAL = 16
"""Sweeps between draws: the small lattices of cases forget in fewer."""

CHAINS = 256
DRAWS = 48

RECORDINGS = {**dict.fromkeys((*LOCAL, "metropolis + 3 reflections"), 1200), PAST: 60}
"""Recordings of the larger lattice; draws from the past remember nothing of each other."""

HOTTER = 1.4
"""The second temperature, in units of the case's."""

SAMPLES = 64
"""Words of 64 chains that begin as exact draws."""

COPIES = 32
"""Words of 64 chains that sample a larger lattice."""

LEVEL = 1e-6
"""Probability with which a right engine fails one test of goodness of fit; there are hundreds of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """An engine, a case, and an algorithm that the engine does not refuse."""

    engine: Engine
    case: Case
    algorithm: str

    def __str__(self) -> str:
        """Name the trial in a report of tests."""
        return f"{self.engine.name}, {self.algorithm}, {self.case}"


def trials(engines: Sequence[Engine], cases: Sequence[Case]) -> list[Trial]:
    """Return all that engines say they can sample.

    Raises
    ------
    ValueError
        If all of them refuse a case, which would then be tried on nothing.
    """
    every = [Trial(engine, case, word) for engine in engines for case in cases for word in ALGORITHMS]
    found = [trial for trial in every if _accepted(trial)]
    if alone := {str(case) for case in cases} - {str(trial.case) for trial in found}:
        raise ValueError(f"No engine takes {', '.join(sorted(alone))}.")
    return found


def _accepted(trial: Trial) -> bool:
    try:
        _plan(trial)
    except InputError:
        return False
    return True


class _LeftOff(Exception):
    """A unit was abandoned on purpose."""


class _Halfway:
    """Abandons a unit in its fourth interval, and hands out what it was; see `spinlens.sampling.chains.Keeper`."""

    def __init__(self) -> None:
        self.intervals = 0
        self.kept: dict[str, NDArray[Any]] = {}

    def load(self) -> Mapping[str, NDArray[Any]]:
        return self.kept

    def due(self) -> bool:
        self.intervals += 1
        return self.intervals == 4

    def save(self, arrays: Mapping[str, NDArray[Any]], fraction: float) -> None:
        self.kept = {name: array.copy() for name, array in arrays.items()}
        raise _LeftOff(fraction)


class EngineContract:
    """Subclass it and parametrise ``trial`` with `trials`."""

    def test_all_states(self, trial: Trial) -> None:
        """States are visited as often as Boltzmann says, at two temperatures that exchange replicas."""
        case = trial.case
        visited, _ = _visits(trial)
        _, _, energy = states_of(case)
        exact = [probabilities(case, case.temperature * hotter) for hotter in (1.0, HOTTER)]
        for states, p in zip(visited, exact, strict=True):
            assert plausible(fit(np.bincount(states, minlength=p.size), p), level=LEVEL)
        # Replicas that were swapped stay independent.
        for kind in (energy > energy.min() + 1e-9, np.arange(energy.size) % 2 == 1):
            joint = np.bincount(2 * kind[visited[0]] + kind[visited[1]], minlength=4)
            p = np.outer(*(np.array([q[~kind].sum(), q[kind].sum()]) for q in exact)).reshape(-1)
            assert plausible(fit(joint, p), level=LEVEL)

    def test_orbits(self, trial: Trial) -> None:
        """States that are images of each other under a symmetry are visited equally often."""
        orbit = orbits(trial.case)
        if np.bincount(orbit).max() == 1:
            pytest.skip("no symmetry is left")
        for states in _visits(trial)[0]:
            assert plausible(within_orbits(np.bincount(states, minlength=orbit.size), orbit), level=LEVEL)

    def test_recorded_sums(self, trial: Trial) -> None:
        """What is counted on the way are the sums of what is stored."""
        case = trial.case
        _skip_worldlines(case)
        _, draws = _visits(trial)
        codes = case.model.space.unpack(draws.codes, case.lattice.shape[-1])
        sums = case.there.tables(case.lattice).sums(codes)
        for name, expected in zip(case.model.tables(case.lattice).names, sums, strict=True):
            assert np.array_equal(draws.sums[name], expected), name

    def test_chains_differ_and_come_back(self, trial: Trial) -> None:
        """No two chains of a block, and no two blocks, are copies; the same unit gives the same bytes."""
        plan = _plan(trial, chains=128, draws=32, exchange=False, start="ground")
        first, second, again = (run_unit(plan, units(plan)[k]).codes for k in (0, 1, 0))
        assert np.array_equal(first, again)
        chains = np.concatenate([first[0], second[0]]).reshape(128, -1)
        assert len(np.unique(chains, axis=0)) == 128

    def test_it_goes_on_where_it_was_left(self, trial: Trial) -> None:
        """`Walkers.state` is everything that changes: put into others of the same unit, they draw the same bytes."""
        temperature = (trial.case.temperature, HOTTER * trial.case.temperature)
        plan = _plan(trial, temperature=temperature, chains=64, draws=5, interval=3, equilibration=9)
        whole, keeper = run_unit(plan, units(plan)[0]), _Halfway()
        with pytest.raises(_LeftOff):
            run_unit(plan, units(plan)[0], keeper=keeper)
        rest = run_unit(plan, units(plan)[0], keeper=keeper)
        assert keeper.intervals == 3 + 5
        assert np.array_equal(rest.codes, whole.codes)
        assert all(np.array_equal(rest.sums[name], series) for name, series in whole.sums.items())

    def test_a_sweep_leaves_the_distribution(self, trial: Trial) -> None:
        """Exact draws are exact draws after a sweep: pi P = pi, whatever the chains have forgotten."""
        engine, case = trial.engine, trial.case
        _skip_worldlines(case)
        plan = _plan(trial, temperature=_alike(case.temperature, SAMPLES), interval=1, exchange=False)
        codes, _, energy = states_of(case)
        p, random = boltzmann(energy, case.temperature), np.random.default_rng(7)

        def start(_: int) -> NDArray[Any]:
            drawn = codes[random.choice(len(p), p=p, size=64)]
            return drawn.reshape(64, *case.lattice.shape).astype(case.model.space.code_type)

        here = slice(0, SAMPLES)
        walkers = engine.walkers(plan, 0, 0, start, [here])
        walkers.sweep(here)
        packed = walkers.packed(here, 64)
        found = case.model.space.unpack(packed, case.lattice.shape[-1]).reshape(SAMPLES * 64, -1)
        numbers = state_numbers(found, case.model.space.states)
        assert plausible(fit(np.bincount(numbers, minlength=p.size), p), level=LEVEL)

    def test_cold_limit(self, trial: Trial) -> None:
        """Cold chains stay in the ground states."""
        case = trial.case
        _skip_worldlines(case)
        if case.frustrated:
            pytest.skip("the ground states are not among the simple ones")
        levels = np.unique(states_of(case)[2].round(9))
        try:
            cold = _run(trial, temperature=(float(levels[1] - levels[0]) / 60,), start="ground")
        except InputError as refused:
            pytest.skip(f"refused: {refused.why}")
        assert np.allclose(_energy(case, cold), levels[0])

    def test_hot_limit(self, trial: Trial) -> None:
        """Very hot chains visit all states equally."""
        case = trial.case
        _, sums, energy = states_of(case)
        hot = replace(trial, case=replace(case, temperature=float(np.ptp(energy)) * 1e7))
        if not _accepted(hot):
            pytest.skip("refused: sweeps whose moves are nearly certain reverse the configuration")
        drawn = _run(hot, start="ground", draws=256, interval=4)
        for name, values in zip(case.model.tables(case.lattice).names, sums, strict=True):
            means = drawn.sums[name][0].mean(axis=1)
            if np.ptp(values):
                assert within(means.mean(), values.mean(), means.std(ddof=1) / np.sqrt(len(means)), sigmas=5.5), name

    def test_known_averages(self, trial: Trial) -> None:
        """Averages of a larger lattice are those known from elsewhere, with errors that notice 0.2 % of the energy.

        Clusters, which cost more and share their tables with `test_all_states`, are held to 0.6 %.
        """
        golden, local = trial.case.golden, trial.algorithm in LOCAL
        if golden is None:
            pytest.skip("no averages of a larger lattice are given")
        larger = Case(trial.case.model, golden.lattice, golden.temperature, golden.controls)
        if not _accepted(replace(trial, case=larger)):
            pytest.skip("refused on the larger lattice at these controls")
        plan = _plan(
            trial, lattice=golden.lattice, temperature=_alike(golden.temperature, COPIES),
            controls=dict(golden.controls), recordings=RECORDINGS.get(trial.algorithm, 300),
            interval=4 if local else 2,
            equilibration=400, exchange=False,
        )  # fmt: skip
        sums = {n: series.reshape(COPIES * 64, -1) for n, series in run_unit(plan, units(plan)[0]).sums.items()}
        found = {"energy": plan.model.energy_total(plan.lattice, sums, **golden.controls) / plan.lattice.sites} | {
            f"absolute_{order.name}": order.size(sums, plan.lattice.sites)
            for order in plan.model.order_parameters(plan.lattice)
        }
        for name in set(golden.values) & set(found):
            means = found[name].mean(axis=1)
            error = means.std(ddof=1) / np.sqrt(len(means))
            sigmas = 4.0 if name == "energy" else 5.0
            assert within(means.mean(), golden.values[name], error, sigmas=sigmas, degrees=len(means) - 1), name
            noticed = 0.002 if local else 0.006
            assert name != "energy" or 4 * error < noticed * abs(golden.values[name]), "too few samples"

    def test_what_it_refuses(self, trial: Trial) -> None:
        """A refusal is a reason in words; a choice is something that is not refused, with its reason."""
        engine, case = trial.engine, trial.case
        reasons = {algorithm: engine.refuses(case.model, case.lattice, algorithm) for algorithm in ALGORITHMS}
        assert reasons[trial.algorithm] is None
        assert all(reason is None or " " in reason for reason in reasons.values())
        controls = case.model.values_of_controls(case.controls)
        choice = engine.choose(case.model, case.lattice, temperature=case.temperature, controls=controls)
        assert engine.refuses(case.model, case.lattice, choice.algorithm) is None
        assert " " in choice.reason


def _skip_worldlines(case: Case) -> None:
    if case.model.imaginary_time:
        pytest.skip("what is stored is one time of worldlines, which does not say what they are at others")


def _plan(trial: Trial, **changes: Any) -> Plan:
    case = trial.case
    settings = {
        "model": case.model, "lattice": case.lattice, "temperature": (case.temperature,), "controls": case.controls,
        "chains": 64, "draws": 1, "recordings": changes.get("draws", 1), "interval": INTERVAL,
        "equilibration": 16 * INTERVAL,
        "algorithm": trial.algorithm, "start": "random", "seed": 5, "engine": trial.engine.name, **changes,
    }  # fmt: skip
    settings["controls"] = {name: (value,) for name, value in settings["controls"].items()}
    return Plan(**settings)


def _alike(temperature: float, count: int) -> tuple[float, ...]:
    """Return temperatures that no statistics tell apart, so that one unit of work holds many words of chains."""
    return tuple((temperature * (1.0 + 1e-11 * np.arange(count))).tolist())


def _run(trial: Trial, **changes: Any) -> UnitDraws:
    plan = _plan(trial, **changes)
    return run_unit(plan, units(plan)[0])


@lru_cache(maxsize=256)
def _visits(trial: Trial) -> tuple[NDArray[np.int64], UnitDraws]:
    """Return the numbers (2, draws) of the states drawn at two temperatures, and what the last unit yielded."""
    case = trial.case
    plan = _plan(trial, temperature=(case.temperature, HOTTER * case.temperature), chains=CHAINS, draws=DRAWS)
    drawn = [run_unit(plan, unit) for unit in units(plan)]
    codes = [case.model.space.unpack(part.codes, case.lattice.shape[-1]) for part in drawn]
    q = case.model.space.states
    return np.concatenate([state_numbers(c.reshape(2, -1, case.lattice.sites), q) for c in codes], axis=1), drawn[-1]


def _energy(case: Case, draws: UnitDraws) -> Any:
    return case.model.energy_total(case.lattice, draws.sums, **case.controls)
