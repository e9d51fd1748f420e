"""Reweighting against conditions that were never simulated but are known exactly.

Numbers of one seed must lie within five standard errors, as there are many numbers and few groups; coverage over 200
seeds within four binomial ones.
"""

from functools import cache

import numpy as np
import pytest
from tests.chance import count, tail, within

from spinlens.errors import InputError
from spinlens.exact import enumerate_states
from spinlens.exact.ising import kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import OBSERVABLES, MultiHistogram, reweight
from spinlens.statistics.free_energies import _expected
from spinlens.statistics.histogram import count_pairs

SMALL = Lattice((4, 4))
TEMPERATURES, FIELDS = (2.0, 2.6, 3.4), (0.0, 0.25)


@cache
def grid(coupling=1.0, chains=48, recordings=300):
    """Return the recorded sums of a grid of six conditions, (field, temperature, chain, recording)."""
    plan = Plan(
        model=Ising(coupling), lattice=SMALL, temperature=TEMPERATURES, field=FIELDS, chains=chains, thin=recordings,
        interval=2, equilibration=100, seed=4,
    )  # fmt: skip
    draws = [run_unit(plan, unit) for unit in units(plan)]
    return np.stack([d.sums["bond_sum"] for d in draws]), np.stack([d.sums["spin_sum"] for d in draws])


def exact_draws(shape, *, temperature, field, seed):
    states = enumerate_states(Ising(), SMALL, temperature=temperature, field=field)
    picks = np.random.default_rng(seed).choice(len(states.probability), p=states.probability, size=shape)
    return states.sums["bond_sum"][picks], states.sums["spin_sum"][picks]


def pulls(found, exact, names=OBSERVABLES):
    return {
        name: (getattr(found, name).value - getattr(exact, name)) / getattr(found, name).error for name in names
    }  # fmt: skip


@pytest.mark.parametrize("coupling", [1.0, -1.0])
@pytest.mark.parametrize("chains", [48, 6])
@pytest.mark.parametrize(("temperature", "field"), [(2.0, 0.0), (2.3, 0.1), (3.0, 0.0), (3.6, 0.4), (2.2, -0.1)])
def test_six_conditions_tell_of_all_between(temperature, field, chains, coupling):
    bond_sum, spin_sum = (sums[:, :, :chains] for sums in grid(coupling))
    model = Ising(coupling)
    many = MultiHistogram(
        bond_sum, spin_sum, model=model, temperature=TEMPERATURES, field=np.array(FIELDS)[:, None], sites=16
    )
    found = many.observables(temperature=temperature, field=field)
    exact = enumerate_states(model, SMALL, temperature=temperature, field=field)
    # Six chains are cut into eighteen groups.
    degrees = 31 if chains > 32 else 17
    for name, pull in pulls(found, exact).items():
        assert within(pull, 0.0, 1.0, sigmas=5.0, degrees=degrees), (name, pull)
        assert 0 < getattr(found, name).error < 0.2, name
    first = enumerate_states(model, SMALL, temperature=2.0)
    assert within(found.log_z.value, exact.log_z - first.log_z, found.log_z.error, sigmas=5.0, degrees=degrees)
    assert 0 < found.log_z.error < 0.01


@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_log_z_of_the_conditions(coupling):
    many = MultiHistogram(
        *grid(coupling), model=Ising(coupling), temperature=TEMPERATURES, field=np.array(FIELDS)[:, None], sites=16
    )
    exact = [
        enumerate_states(Ising(coupling), SMALL, temperature=t, field=h).log_z for h in FIELDS for t in TEMPERATURES
    ]
    assert str(many.log_z[0]) == "0(0)"
    for found, value in zip(many.log_z[1:], exact[1:], strict=True):
        assert within(found.value, value - exact[0], found.error, sigmas=5.0, degrees=31)
        assert 0 < found.error < 0.01


def test_many_temperatures_against_kaufman():
    lattice, temperatures = Lattice((16, 16)), np.linspace(2.0, 2.8, 9)
    plan = Plan(
        model=Ising(), lattice=lattice, temperature=temperatures, chains=64, thin=100, interval=8, equilibration=400,
        seed=2,
    )  # fmt: skip
    draws = run_unit(plan, units(plan)[0])
    many = MultiHistogram(
        draws.sums["bond_sum"], draws.sums["spin_sum"], model=Ising(), temperature=temperatures, field=0.0, sites=lattice.sites
    )
    for temperature in (2.05, 2.2681, 2.75):
        found, exact = many.observables(temperature=temperature), kaufman_torus(lattice.shape, temperature=temperature)
        for name, pull in pulls(found, exact, ("energy", "specific_heat")).items():
            assert within(pull, 0.0, 1.0, sigmas=5.0, degrees=31), (name, pull)
        log_z = exact.log_z - kaufman_torus(lattice.shape, temperature=2.0).log_z
        assert within(found.log_z.value, log_z, found.log_z.error, sigmas=5.0, degrees=31)
        assert found.energy.error < 0.005


def test_the_equations_hold_and_leaving_a_group_out_is_solving_without_it():
    bond_sum, spin_sum = (sums[:, :, :20, :60] for sums in grid())
    options = {"model": Ising(), "temperature": TEMPERATURES, "field": np.array(FIELDS)[:, None], "sites": 16}
    many = MultiHistogram(bond_sum, spin_sum, **options)
    found, _ = _expected(many._free, many._recordings, many._weights, many._exponents)
    np.testing.assert_allclose(np.exp(found), many._recordings, rtol=1e-9)
    keep = np.arange(20) != 7
    without = MultiHistogram(bond_sum[:, :, keep], spin_sum[:, :, keep], **options)
    np.testing.assert_allclose(
        np.exp(without._free - many._free) * 19 / 20,
        many._ratio[:, 7] / many._ratio[0, 7] * 19 / 20,
        rtol=1e-6,
    )


def test_a_weight_of_one_changes_nothing():
    bond_sum, spin_sum = exact_draws((20, 50), temperature=2.5, field=0.2, seed=3)
    here = reweight(
        bond_sum, spin_sum, model=Ising(), temperature=2.5, field=0.2, to_temperature=2.5, to_field=0.2, sites=16
    )
    energy = (-bond_sum - 0.2 * spin_sum) / 16
    assert here.energy.value == pytest.approx(energy.mean(), rel=1e-12)
    assert here.energy.error == pytest.approx(energy.mean(1).std(ddof=1) / np.sqrt(20), rel=1e-9)
    assert here.effective_recordings == pytest.approx(1000)
    assert here.log_z.value == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("chains", [64, 100, 5])
def test_intervals_of_reweighted_values_cover_at_their_rate(chains):
    temperature, field = 2.9, 0.1
    exact = enumerate_states(Ising(), SMALL, temperature=temperature, field=field)
    found = []
    for seed in range(200):
        sums = exact_draws((chains, 6400 // chains), temperature=2.5, field=0.0, seed=seed)
        result = reweight(
            *sums, model=Ising(), temperature=2.5, field=0.0, to_temperature=temperature, to_field=field, sites=16
        )
        found.append(list(pulls(result, exact).values()))
    inside = (np.abs(found) < 1).mean(axis=0)
    count(3 * inside.size, tail(4.0))
    # 0.667 is the rate of sixteen groups, 0.683 that of many; four binomial standard errors are 0.132.
    assert np.all((inside > 0.667 - 0.132) & (inside < 0.683 + 0.132)), inside
    assert np.all((np.abs(found) < 2).mean(axis=0) > 0.94 - 0.065)
    assert np.abs(np.mean(found, axis=0)).max() < 4 / np.sqrt(200) + 0.1


def test_a_wrong_temperature_is_noticed():
    sums = exact_draws((64, 400), temperature=2.5, field=0.0, seed=1)
    wrong = reweight(*sums, model=Ising(), temperature=2.55, field=0.0, to_temperature=3.0, to_field=0.0, sites=16)
    exact = enumerate_states(Ising(), SMALL, temperature=3.0)
    assert abs(pulls(wrong, exact)["energy"]) > 5


def test_a_single_chain_of_one_recording_has_no_error():
    with pytest.raises(InputError, match="only 1 of 1 recordings"):
        reweight([[4]], [[4]], model=Ising(), temperature=1.0, field=0.0, to_temperature=1.0, to_field=0.0, sites=4)
    chain = np.full((1, 200), 4)
    found = reweight(chain, chain, model=Ising(), temperature=1.0, field=0.0, to_temperature=1.1, to_field=0.0, sites=4)
    assert found.energy.value == -1
    assert found.energy.error == 0


@pytest.mark.parametrize(("temperature", "field"), [(1.2, 0.0), (6.0, 0.0), (2.3, 0.5)])
def test_far_from_what_was_simulated_is_refused(temperature, field):
    lattice = Lattice((16, 16))
    plan = Plan(model=Ising(), lattice=lattice, temperature=(2.3,), thin=100, equilibration=200, seed=2)
    draws = run_unit(plan, units(plan)[0])
    with pytest.raises(InputError, match="of 6400 recordings would count") as caught:
        reweight(
            draws.sums["bond_sum"][0], draws.sums["spin_sum"][0], model=Ising(), temperature=2.3, field=0.0,
            to_temperature=temperature, to_field=field, sites=256,
        )  # fmt: skip
    assert "\n" not in str(caught.value)


def test_the_edge_of_a_histogram_is_no_answer():
    # Hot recordings that happen to reach E / N = -1 and, reweighted to the cold, all sit there.
    bond_sum = np.random.default_rng(1).choice([0, 4, 8, 12, 16], p=[0.3, 0.3, 0.25, 0.145, 0.005], size=(64, 1000))
    with pytest.raises(InputError, match="outside of what was simulated"):
        reweight(
            bond_sum, 0 * bond_sum, model=Ising(), temperature=4.0, field=0.0, to_temperature=0.2, to_field=0.0,
            sites=16,
        )  # fmt: skip


def test_conditions_without_overlap_are_refused():
    sums = [exact_draws((32, 100), temperature=t, field=h, seed=1) for t, h in ((0.6, 3.0), (0.6, -3.0))]
    bond_sum, spin_sum = (np.stack(parts) for parts in zip(*sums, strict=True))
    with pytest.raises(InputError, match=r"condition\[1\] = not connected to condition\[0\]"):
        MultiHistogram(bond_sum, spin_sum, model=Ising(), temperature=0.6, field=[3.0, -3.0], sites=16)


def test_pairs_are_counted_exactly_in_either_sign():
    generator = np.random.default_rng(3)
    bond_sum, spin_sum = generator.integers(-3, 4, (2, 40, 30)), generator.integers(-2, 3, (2, 40, 30))
    histogram = count_pairs(bond_sum.astype(np.int32), spin_sum.astype(np.int32))
    assert histogram.counts.shape == (32, 35)
    assert histogram.recordings.sum() == 2400
    for pair in range(35):
        same = (bond_sum == histogram.sums["bond_sum"][pair]) & (spin_sum == histogram.sums["spin_sum"][pair])
        assert histogram.counts[:, [pair]].sum() == same.sum()
    np.testing.assert_allclose(histogram.mean_spin_sum, spin_sum.mean(axis=(1, 2)))


def test_no_recording_is_left_out_of_blocks_of_time():
    sums = np.random.default_rng(3).integers(-3, 4, (2, 3, 37))
    histogram = count_pairs(sums, sums)
    assert histogram.counts.sum() == 2 * 3 * 37
    np.testing.assert_array_equal(histogram.recordings.sum(axis=1), [111, 111])
    assert histogram.recordings.shape == (2, 18)


def test_memory_grows_with_pairs_and_not_with_recordings():
    import tracemalloc

    sums = exact_draws((32, 20_000), temperature=2.5, field=0.0, seed=1)
    sums = [values[None].astype(np.int32) for values in sums]
    tracemalloc.start()
    histogram = count_pairs(*sums)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert histogram.counts.nnz < 32 * 100
    # One group at a time is unpacked: a thirty-second of the recordings, in eight bytes and sorted.
    assert peak < 0.5 * sum(values.nbytes for values in sums)


def test_prints_values_with_errors():
    sums = exact_draws((32, 100), temperature=2.5, field=0.0, seed=1)
    printed = str(
        reweight(*sums, model=Ising(), temperature=2.5, field=0.0, to_temperature=2.6, to_field=0.1, sites=16)
    )
    assert printed.startswith("T = 2.6, h = 0.1\nenergy                   -1.")
    assert printed.count("(") == 8


@pytest.mark.parametrize(
    ("shape", "changes", "what"),
    [
        ((4,), {}, "shape"),
        ((0, 4), {}, "shape"),
        ((2, 4, 5), {"temperature": [1.0, 2.0, 3.0]}, "temperature.shape"),
        ((4, 5), {"temperature": -1.0}, "temperature"),
        ((4, 5), {"temperature": "hot"}, "temperature"),
        ((4, 5), {"field": np.nan}, "field"),
    ],
)
def test_refuses_what_does_not_fit(shape, changes, what):
    options = {"model": Ising(), "temperature": 1.0, "field": 0.0, "sites": 4, **changes}
    with pytest.raises(InputError, match=what):
        MultiHistogram(np.zeros(shape, int), np.zeros(shape, int), **options)


def test_many_like_conditions_are_connected() -> None:
    # Forty temperatures that all stay in the ground state split their recordings among each other.
    cold = np.full((40, 16, 4), 32)
    temperature = np.linspace(0.01, 0.4, 40)
    between = MultiHistogram(cold, cold // 2, model=Ising(), temperature=temperature, field=0.0, sites=16)
    found = [each.value for each in between.log_z]
    np.testing.assert_allclose(found, 2 / temperature - 2 / temperature[0], atol=1e-9)
