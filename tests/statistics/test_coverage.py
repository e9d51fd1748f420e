"""Error bars of the whole way, from the real sampler to printed errors, against enumeration over 200 seeds.

For each of 16 pairs of condition and observable, and for each observable at all conditions together, the share of
intervals that hold the exact value must lie within 4.5 binomial standard errors (over 200 seeds 0.149 for one standard
error, 0.069 for 1.96 of them) of the rate of 32 groups of chains, 0.675 and 0.941 (Student's t), or of the Gaussian
0.683 and 0.950.
"""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import integrated_autocorrelation_time, observables
from spinlens.testing.chance import count, tail

LATTICE, SEEDS = Lattice((4, 4)), 200
NAMES = ("energy", "specific_heat", "absolute_magnetization", "binder_cumulant")
TEMPERATURES, FIELDS = (1.9, 2.6), (0.0, 0.3)


@pytest.fixture(scope="module")
def sums() -> dict[str, np.ndarray]:
    """Return recorded sums, (seed, field, temperature, chain, recording); successive recordings are correlated."""
    found = []
    for seed in range(SEEDS):
        plan = Plan(
            model=Ising(), lattice=LATTICE, temperature=TEMPERATURES, field=FIELDS, chains=32, recordings=120,
            interval=1,
            equilibration=60, seed=seed,
        )  # fmt: skip
        draws = [run_unit(plan, unit) for unit in units(plan)]
        found.append(draws)
    return {name: np.array([[d.sums[name] for d in draws] for draws in found]) for name in ("bond_sum", "spin_sum")}


def pulls(sums: dict[str, np.ndarray]) -> dict[tuple[str, float, float], np.ndarray]:
    """Return (estimate - exact) / error of every seed, for each observable, field and temperature."""
    results = observables(
        sums, model=Ising(), lattice=LATTICE, temperature=TEMPERATURES, field=np.array(FIELDS)[:, None]
    )
    found = {}
    for f, field in enumerate(FIELDS):
        for t, temperature in enumerate(TEMPERATURES):
            exact = enumerate_states(Ising(), LATTICE, temperature=temperature, field=field)
            for name in NAMES:
                deviation = results[name].values[:, f, t] - exact[name]
                found[name, field, temperature] = deviation / results[f"{name}_error"].values[:, f, t]
    return found


def misses(found: dict[tuple[str, float, float], np.ndarray]) -> list[tuple]:
    """Return the observables whose intervals do not cover at their rate, with the two rates."""
    # The conditions are independent of each other: 800 intervals for each observable.
    together = {(name,): np.concatenate([pull for key, pull in found.items() if key[0] == name]) for name in NAMES}
    wrong = []
    for key, pull in {**found, **together}.items():
        slack = 4.5 / np.sqrt(len(pull))
        one, two = np.mean(np.abs(pull) < 1), np.mean(np.abs(pull) < 1.96)
        good = 0.675 - 0.47 * slack < one < 0.683 + 0.47 * slack and 0.941 - 0.236 * slack < two < 0.950 + 0.218 * slack
        if not good:
            wrong.append((*key, one, two))
    return wrong


def test_intervals_cover_the_exact_values_at_their_rate(sums: dict[str, np.ndarray]) -> None:
    found = pulls(sums)
    count(4 * (len(found) + len(NAMES)) + len(found), tail(4.5))
    assert misses(found) == []
    # All seeds together know the mean fourteen times better than one error bar; a tenth of one is left to bias.
    for key, pull in found.items():
        assert abs(pull.mean()) < 4.5 / np.sqrt(SEEDS) + 0.1, key


def test_errors_that_forget_the_autocorrelation_would_be_noticed(sums: dict[str, np.ndarray]) -> None:
    assert integrated_autocorrelation_time(sums["bond_sum"][0, 0, 0]).value > 0.7
    generator = np.random.default_rng(1)
    order = generator.permuted(np.broadcast_to(np.arange(32 * 120), (SEEDS, 32 * 120)), axis=1)[:, None, None]
    shuffled = {
        name: np.take_along_axis(values.reshape(*values.shape[:3], -1), order, axis=-1).reshape(values.shape)
        for name, values in sums.items()
    }
    wrong = misses(pulls(shuffled))
    assert {key[0] for key in wrong} == set(NAMES)


def test_errors_that_are_a_quarter_too_large_would_be_noticed(sums: dict[str, np.ndarray]) -> None:
    wrong = misses({key: pull / 1.25 for key, pull in pulls(sums).items()})
    assert {key[0] for key in wrong} == set(NAMES)
