"""Error bars against known answers.

Coverage is counted over 1,500 conditions of fixed seeds; the bounds are four binomial standard errors around
the rate that a jackknife with that many groups has (0.68 for 64 groups, 0.667 for 16), so that an error
wrong by 15 % fails.
"""

import numpy as np
import pytest
from tests.chance import count, tail
from tests.statistics.synthetic import sticky

from spinlens.errors import InputError
from spinlens.exact.enumeration import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.statistics.fluctuations import OBSERVABLES, observables

LATTICE, TEMPERATURE, CONDITIONS = Lattice((4, 4)), 2.6, 1500


def boltzmann_series(shape, *, field, stay, seed):
    """Exact draws of (bond sum, spin sum) on a tiny lattice, repeated for a while."""
    states = enumerate_states(Ising(), LATTICE, temperature=TEMPERATURE, field=field)
    picks = sticky(
        np.random.default_rng(seed),
        shape,
        lambda generator, size: generator.choice(len(states.probability), p=states.probability, size=size),
        stay=stay,
    )
    return states, states.bond_sum[picks], states.spin_sum[picks]


@pytest.mark.parametrize("field", [0.0, 0.3])
@pytest.mark.parametrize(("chains", "recordings", "stay"), [(64, 24, 0.7), (64, 1, 0.0), (1, 1600, 0.5), (6, 400, 0.5)])
def test_intervals_cover_the_exact_values_at_their_rate(chains, recordings, stay, field):
    shape = (CONDITIONS, chains, recordings)
    states, bond_sum, spin_sum = boltzmann_series(shape, field=field, stay=stay, seed=chains)
    result = observables(
        bond_sum[None],
        spin_sum[None],
        model=Ising(),
        temperature=np.full(CONDITIONS, TEMPERATURE),
        field=[field],
        sites=16,
    )
    count(3 * len(OBSERVABLES), tail(4.0))
    for name in OBSERVABLES:
        pull = (result[name][0] - getattr(states, name)) / result[f"{name}_error"][0]
        # A few dozen recordings are too few for the ratio of moments to be Gaussian.
        slack = 0.04 if recordings == 1 else 0.01
        within = np.mean(np.abs(pull) < 1)
        assert 0.667 - 0.048 - slack < within < 0.683 + 0.048, (name, within)
        assert np.mean(np.abs(pull) < 2) > 0.92 - slack, name
        deviation = result[name][0] - getattr(states, name)
        assert abs(deviation.mean()) < (0.1 + 4 / np.sqrt(CONDITIONS)) * deviation.std(), name


def test_forgetting_the_autocorrelation_would_be_noticed():
    shape = (400, 64, 24)
    states, bond_sum, spin_sum = boltzmann_series(shape, field=0.3, stay=0.7, seed=9)
    shuffled = np.random.default_rng(1).permuted(bond_sum.reshape(400, -1), axis=1).reshape(shape)
    result = observables(
        shuffled[None],
        spin_sum[None],
        model=Ising(),
        temperature=np.full(400, TEMPERATURE),
        field=[0.0],
        sites=16,
    )
    exact = -(states.probability @ states.bond_sum) / 16
    assert np.mean(np.abs(result["energy"][0] - exact) < result["energy_error"][0]) < 0.5


def test_every_value_by_its_definition():
    generator = np.random.default_rng(4)
    bond_sum, spin_sum = (
        generator.integers(-40, 40, (2, 3, 20, 5)),
        generator.integers(-20, 20, (2, 3, 20, 5)),
    )
    temperature, field, sites = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.7]), 20
    result = observables(bond_sum, spin_sum, model=Ising(-1.5), temperature=temperature, field=field, sites=sites)
    e = (1.5 * bond_sum - field[:, None, None, None] * spin_sum) / sites
    m = spin_sum / sites
    axes = (2, 3)
    np.testing.assert_allclose(result["energy"], e.mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["magnetization"], m.mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["absolute_magnetization"], abs(m).mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["energy_error"], e.mean(3).std(2, ddof=1) / np.sqrt(20), rtol=1e-10)
    # The jackknife adds the variance of the mean back, which the plain variance lacks.
    unbiased = e.var(axes) + result["energy_error"] ** 2
    np.testing.assert_allclose(result["specific_heat"], sites * unbiased / temperature**2, rtol=1e-10)
    unbiased = (m.var(axes) + result["magnetization_error"] ** 2)[1]
    np.testing.assert_allclose(result["susceptibility"][1], sites * unbiased / temperature, rtol=1e-10)
    np.testing.assert_allclose(result["susceptibility"][0], sites * (m[0] ** 2).mean((1, 2)) / temperature, rtol=1e-10)
    plain = 1 - (m**4).mean(axes) / (3 * (m**2).mean(axes) ** 2)
    np.testing.assert_allclose(result["binder_cumulant"], plain, atol=0.05)


def test_the_ground_state_has_no_fluctuations():
    spin_sum = np.full((2, 1, 64, 8), 1024)
    result = observables(2 * spin_sum, spin_sum, model=Ising(), temperature=[1.0], field=[0.0, 0.3], sites=1024)
    np.testing.assert_array_equal(result["specific_heat"], 0)
    np.testing.assert_array_equal(result["specific_heat_error"], 0)
    np.testing.assert_array_equal(result["susceptibility_absolute"], 0)
    np.testing.assert_array_equal(result["energy"][:, 0], [-2.0, -2.3])
    np.testing.assert_allclose(result["binder_cumulant"], 2 / 3, rtol=1e-12)


def test_a_single_recording_has_a_value_and_no_error():
    one = np.full((1, 1, 1, 1), 4)
    result = observables(one, one, model=Ising(), temperature=[1.0], field=[0.0], sites=4)
    assert result["energy"] == -1
    assert np.isnan(result["energy_error"])


@pytest.mark.parametrize(
    ("shape", "other"),
    [
        ((1, 2, 4), (1, 2, 4)),
        ((1, 2, 4, 4), (1, 2, 4, 5)),
        ((2, 1, 4, 4), (2, 1, 4, 4)),
        ((1, 2, 0, 4), (1, 2, 0, 4)),
    ],
)
def test_refuses_shapes_that_do_not_fit(shape, other):
    with pytest.raises(InputError, match="shape"):
        observables(
            np.zeros(shape, int),
            np.zeros(other, int),
            model=Ising(),
            temperature=[1.0, 2.0],
            field=[0.0],
            sites=4,
        )
