"""Error bars against known answers.

Coverage is counted over 1,500 conditions of fixed seeds; the bounds are 4.5 binomial standard errors around
the rate that a jackknife with that many groups has (0.68 for 64 groups, 0.667 for 16), so that an error
wrong by 15 % fails.
"""

import doctest
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from tests.statistics.synthetic import boltzmann

from spinlens import statistics
from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, LatticeGas, Pairwise, Potts
from spinlens.statistics import observables
from spinlens.testing.chance import count, tail, within

LATTICE, TEMPERATURE, CONDITIONS = Lattice((4, 4)), 2.6, 1500
NAMES = (
    "energy", "magnetization", "absolute_magnetization", "specific_heat", "susceptibility", "susceptibility_absolute",
    "binder_cumulant",
)  # fmt: skip


@pytest.mark.parametrize("field", [0.0, 0.3])
@pytest.mark.parametrize(("chains", "recordings", "stay"), [(64, 24, 0.7), (64, 1, 0.0), (1, 1600, 0.5), (6, 400, 0.5)])
def test_intervals_cover_the_exact_values_at_their_rate(chains, recordings, stay, field):
    shape = (CONDITIONS, chains, recordings)
    condition = {"temperature": TEMPERATURE, "field": field}
    states, sums = boltzmann(Ising(), LATTICE, shape, seed=chains, stay=stay, **condition)
    result = observables(sums, model=Ising(), lattice=LATTICE, **condition)
    count(3 * len(NAMES), tail(4.5))
    for name in NAMES:
        deviation = result[name].values - states[name]
        pull = deviation / result[f"{name}_error"].values
        # A few dozen recordings are too few for the ratio of moments to be Gaussian.
        slack = 0.04 if recordings == 1 else 0.01
        inside = np.mean(np.abs(pull) < 1)
        assert 0.667 - 0.054 - slack < inside < 0.683 + 0.054, (name, inside)
        assert np.mean(np.abs(pull) < 2) > 0.92 - slack, name
        assert abs(deviation.mean()) < (0.1 + 4.5 / np.sqrt(CONDITIONS)) * deviation.std(), name


def test_forgetting_the_autocorrelation_would_be_noticed():
    shape, condition = (400, 64, 24), {"temperature": TEMPERATURE, "field": 0.3}
    states, sums = boltzmann(Ising(), LATTICE, shape, seed=9, stay=0.7, **condition)
    shuffled = np.random.default_rng(1).permuted(sums["bond_sum"].reshape(400, -1), axis=1).reshape(shape)
    sums = {**sums, "bond_sum": shuffled}
    result = observables(sums, model=Ising(), lattice=LATTICE, temperature=TEMPERATURE, field=0.0)
    exact = -states.averages["bond_sum"]
    assert np.mean(np.abs(result["energy"] - exact) < result["energy_error"]) < 0.5


def test_every_value_by_its_definition():
    generator = np.random.default_rng(4)
    bond_sum = generator.integers(-40, 40, (2, 3, 20, 5))
    spin_sum = generator.integers(-20, 20, (2, 3, 20, 5))
    temperature, field, lattice = np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.7]), Lattice((4, 5))
    sums = {"bond_sum": bond_sum, "spin_sum": spin_sum}
    result = observables(sums, model=Ising(1.5), lattice=lattice, temperature=temperature, field=field[:, None])
    e = (-1.5 * bond_sum - field[:, None, None, None] * spin_sum) / 20
    m = spin_sum / 20
    axes = (2, 3)
    assert result.attrs == {"order_parameter": "magnetization"}
    assert set(result.data_vars) == {name + end for name in NAMES for end in ("", "_error")}
    np.testing.assert_allclose(result["energy"], e.mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["magnetization"], m.mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["absolute_magnetization"], abs(m).mean(axes), rtol=1e-10)
    np.testing.assert_allclose(result["energy_error"], e.mean(3).std(2, ddof=1) / np.sqrt(20), rtol=1e-10)
    # The jackknife adds the variance of the mean back, which the plain variance lacks.
    unbiased = e.var(axes) + result["energy_error"].values ** 2
    np.testing.assert_allclose(result["specific_heat"], 20 * unbiased / temperature**2, rtol=1e-10)
    unbiased = (m.var(axes) + result["magnetization_error"].values ** 2)[1]
    np.testing.assert_allclose(result["susceptibility"][1], 20 * unbiased / temperature, rtol=1e-10)
    np.testing.assert_allclose(result["susceptibility"][0], 20 * (m[0] ** 2).mean((1, 2)) / temperature, rtol=1e-10)
    plain = 1 - (m**4).mean(axes) / (3 * (m**2).mean(axes) ** 2)
    np.testing.assert_allclose(result["binder_cumulant"], plain, atol=0.05)


MODELS = [
    (Ising(), Lattice((3, 3)), {"field": 0.2}),
    (Ising(), Lattice((3, 4), ((1, 1), "free")), {}),
    (Ising((1.0, 0.5)), LATTICE, {}),
    (Ising(-1.0), LATTICE, {"field": 0.7}),
    (Ising(-1.0, field_pattern="staggered"), LATTICE, {"field": 0.2}),
    (Ising((1.0, -0.5)), LATTICE, {}),
    (Ising(-1.0), Lattice((3, 6), kind="triangular"), {}),
    (LatticeGas(4.0), LATTICE, {"chemical_potential": -7.5}),
    (BlumeCapel(), Lattice((3, 3)), {"crystal_field": 0.5, "field": 0.1}),
    (BlumeCapel(1.0, 0.5), Lattice((3, 3)), {"crystal_field": -0.5}),
    (Potts(3), Lattice((3, 3)), {}),
    (Potts(3, -1.0), Lattice((2, 4)), {"field": 0.4}),
    (Potts(5), Lattice((2, 3)), {"field": 0.3}),
    (Clock(6), Lattice((2, 3)), {"field": 0.3}),
    (Clock(4, -1.0), Lattice((2, 4)), {}),
    (Pairwise((0, 1, 2), 1.0 - np.eye(3), {"chemical_potential": [0, 1, 1]}), Lattice((3, 3)),
     {"chemical_potential": 0.3}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "lattice", "controls"), MODELS, ids=lambda part: getattr(part, "text", None))
def test_every_observable_of_every_model_against_all_states(model, lattice, controls):
    condition = {"temperature": 1.7, **controls}
    exact, sums = boltzmann(model, lattice, (64, 100), seed=3, **condition)
    result = observables(sums, model=model, lattice=lattice, **condition)
    names = [name for name in result.data_vars if not name.endswith("_error")]
    orders = model.order_parameters(lattice)
    assert result.attrs["order_parameter"] == orders[0].name
    moduli = len(model.stiffnesses(lattice))
    assert len(names) == 2 + moduli + sum(4 + (order.components == 1) for order in orders)
    for name in names:
        found, error = float(result[name]), float(result[f"{name}_error"])
        # Where a symmetry says that an average is zero the estimate is of <m^2>, as the exact variance is.
        assert within(found, exact[name], error + 1e-12, sigmas=6.0), (name, found, exact[name], error)


def test_the_cumulant_is_zero_for_gaussian_fluctuations_and_known_in_full_order():
    for states, order in ((3, 0.5), (2, 2 / 3), (5, 1 / 3)):
        model, lattice = Potts(states), Lattice((20, 20))
        generator = np.random.default_rng(1)
        cold = {name: np.full((16, 4), 400 * (k == 1)) for k, name in enumerate(model.tables(lattice).names)}
        result = observables(cold, model=model, lattice=lattice, temperature=0.1)
        assert float(result["binder_cumulant"]) == pytest.approx(order, abs=1e-12)
        colours = generator.multinomial(400, np.full(states, 1 / states), size=(200, 500))
        hot = {"bond_sum": colours[..., 0]} | {f"count_{c}": colours[..., c] for c in range(states - 1)}
        result = observables(hot, model=model, lattice=lattice, temperature=1e6)
        # The multinomial is Gaussian up to 1 / N.
        error = float(result["binder_cumulant_error"])
        assert within(float(result["binder_cumulant"]), 0.0, error + 0.003, degrees=None)


def test_an_antiferromagnet_has_the_fluctuations_of_its_staggered_magnetization():
    _, sums = boltzmann(Ising(-1.0), LATTICE, (64, 100), seed=1, temperature=1.0, field=0.5)
    result = observables(sums, model=Ising(-1.0), lattice=LATTICE, temperature=1.0, field=0.5)
    assert result.attrs["order_parameter"] == "staggered_magnetization"
    assert 0.6 < result["binder_cumulant"] < 2 / 3 + 0.01
    assert result["magnetization_binder_cumulant"] < 0.3
    # Without the sums that it is made of it is left out, and nothing takes its name.
    del sums["staggered_sum"]
    old = observables(sums, model=Ising(-1.0), lattice=LATTICE, temperature=1.0, field=0.5)
    assert old.attrs == {}
    assert "binder_cumulant" not in old
    assert old["magnetization_binder_cumulant"] == result["magnetization_binder_cumulant"]


def test_the_ground_state_has_no_fluctuations():
    spin_sum, lattice = np.full((2, 1, 64, 8), 1024), Lattice((32, 32))
    sums = {"bond_sum": 2 * spin_sum, "spin_sum": spin_sum}
    result = observables(sums, model=Ising(), lattice=lattice, temperature=[1.0], field=[[0.0], [0.3]])
    np.testing.assert_array_equal(result["specific_heat"], 0)
    np.testing.assert_array_equal(result["specific_heat_error"], 0)
    np.testing.assert_array_equal(result["susceptibility_absolute"], 0)
    np.testing.assert_array_equal(result["energy"][:, 0], [-2.0, -2.3])
    np.testing.assert_allclose(result["binder_cumulant"], 2 / 3, rtol=1e-12)


def test_a_single_recording_has_a_value_and_no_error():
    one = {"bond_sum": [[4]], "spin_sum": [[4]]}
    result = observables(one, model=Ising(), lattice=Lattice((2, 2)), temperature=1.0)
    assert result["energy"] == -1
    assert np.isnan(result["energy_error"])


def test_an_ensemble_needs_nothing_else():
    _, sums = boltzmann(Ising(), LATTICE, (2, 3, 16, 8), seed=1, temperature=2.0)
    dims = ("field", "temperature", "chain", "recording")
    series = xr.Dataset(
        {name: (dims, values) for name, values in sums.items()},
        coords={"field": [0.0, 0.1], "temperature": [2.0, 2.1, 2.2], "chain": np.arange(16)},
    )
    ensemble = SimpleNamespace(series=series, model=Ising(), lattice=LATTICE)
    expected = observables(
        sums, model=Ising(), lattice=LATTICE, temperature=[2.0, 2.1, 2.2], field=np.array([[0.0], [0.1]])
    )
    assert expected.identical(observables(ensemble))
    turned = series.transpose("recording", "temperature", "chain", "field")
    assert expected.transpose("temperature", "field").identical(observables(turned, model=Ising(), lattice=LATTICE))
    with pytest.raises(InputError, match=r"temperature = 2\.0: an ensemble says itself"):
        observables(ensemble, temperature=2.0)


def test_names_are_functions_and_classes():
    names = dir(statistics)
    assert sorted(names) == sorted(statistics.__all__)
    # Finite-size scaling is a room of its own within the room.
    assert all(callable(getattr(statistics, name)) for name in names if name != "scaling")


@pytest.mark.parametrize("module", ["observables", "jackknife", "estimate"])
def test_the_examples_in_the_documentation(module):
    result = doctest.testmod(import_module(f"spinlens.statistics.{module}"))
    assert result.failed == 0
    assert result.attempted > 0


def test_variables_say_what_they_are() -> None:
    ensemble = simulate(
        BlumeCapel(), (4, 4), temperature=[1.5, 2.0], crystal_field=[0.5], equilibration=8, draws=4, progress=False
    )
    found = ensemble.observables()
    for name, part in {**found.data_vars, **found.coords}.items():
        assert part.attrs["long_name"], name
        assert part.attrs["units"], name
    words = found["quadrupole_susceptibility_error"].attrs["long_name"]
    assert words == "standard error of the susceptibility of the quadrupole"
    assert found["susceptibility"].attrs == {"long_name": "susceptibility of the magnetization", "units": "1 / J"}
    assert found["crystal_field"].attrs["units"] == "J"
    assert ensemble.energy.attrs == {"long_name": "energy per site", "units": "J"}
    assert ensemble.reweight(temperature=1.7)["specific_heat"].attrs["units"] == "k_B"
