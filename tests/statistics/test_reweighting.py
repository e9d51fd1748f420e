"""Reweighting against conditions that were never simulated but are known exactly.

Numbers of one seed must lie within six standard errors, or more where there are few groups, as there are many numbers;
coverage over 200 seeds within 4.5 binomial ones.
"""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from tests.statistics.synthetic import boltzmann, boltzmann_grid

from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, LatticeGas, Potts
from spinlens.sampling import Plan, run_unit, units
from spinlens.statistics import MultiHistogram, observables, reweight
from spinlens.statistics.free_energies import _expected
from spinlens.testing.chance import count, tail, within

SMALL = Lattice((4, 4))
TEMPERATURES, FIELDS = (2.0, 2.6, 3.4), (0.0, 0.25)
GRID = {"temperature": TEMPERATURES, "field": np.array(FIELDS)[:, None]}


@cache
def grid(coupling=1.0, chains=48, recordings=300):
    """Return the recorded sums of a grid of six conditions, (field, temperature, chain, recording)."""
    plan = Plan(
        model=Ising(coupling), lattice=SMALL, temperature=TEMPERATURES, field=FIELDS, chains=chains,
        recordings=recordings,
        interval=2, equilibration=100, seed=4,
    )  # fmt: skip
    draws = [run_unit(plan, unit) for unit in units(plan)]
    return {name: np.stack([d.sums[name] for d in draws]) for name in draws[0].sums}


def names_of(found):
    return [name for name in found.data_vars if f"{name}_error" in found.data_vars and name != "log_z"]


def pulls(found, exact, names=None):
    # Rounding where an average is zero by symmetry and every recording says so.
    return {
        name: (found[name].values - exact[name]) / (found[f"{name}_error"].values + 1e-12)
        for name in names or names_of(found)
    }  # fmt: skip


@pytest.mark.parametrize("coupling", [1.0, -1.0])
@pytest.mark.parametrize("chains", [48, 6])
@pytest.mark.parametrize(("temperature", "field"), [(2.0, 0.0), (2.3, 0.1), (3.0, 0.0), (3.6, 0.4), (2.2, -0.1)])
def test_six_conditions_tell_of_all_between(temperature, field, chains, coupling):
    sums = {name: values[:, :, :chains] for name, values in grid(coupling).items()}
    model = Ising(coupling)
    many = MultiHistogram(sums, model=model, lattice=SMALL, **GRID)
    found = many.observables(temperature=temperature, field=field)
    exact = enumerate_states(model, SMALL, temperature=temperature, field=field)
    assert len(names_of(found)) == (7 if coupling > 0 else 12)
    # Six chains are cut into eighteen groups.
    degrees, sigmas = (31, 6.0) if chains > 32 else (17, 8.0)
    for name, pull in pulls(found, exact).items():
        assert within(pull, 0.0, 1.0, sigmas=sigmas, degrees=degrees), (name, pull)
        assert 0 < found[f"{name}_error"] < 0.2 * max(1.0, abs(exact[name])), name
    first = enumerate_states(model, SMALL, temperature=2.0)
    error = float(found.log_z_error)
    assert within(float(found.log_z), exact.log_z - first.log_z, error, sigmas=sigmas, degrees=degrees)
    assert 0 < error < 0.01


@pytest.mark.parametrize("coupling", [1.0, -1.0])
def test_log_z_of_the_conditions(coupling):
    many = MultiHistogram(grid(coupling), model=Ising(coupling), lattice=SMALL, **GRID)
    exact = [
        enumerate_states(Ising(coupling), SMALL, temperature=t, field=h).log_z for h in FIELDS for t in TEMPERATURES
    ]
    assert str(many.log_z[0]) == "0(0)"
    for found, value in zip(many.log_z[1:], exact[1:], strict=True):
        assert within(found.value, value - exact[0], found.error, sigmas=6.0, degrees=31)
        assert 0 < found.error < 0.01


MODELS = [
    # The control was zero, or one number, wherever it was simulated.
    (Ising(), SMALL, {}, {"temperature": 2.4, "field": 0.15}),
    (Ising((1.0, 0.5)), SMALL, {}, {"temperature": 2.4, "field": 0.1}),
    (Ising(-1.0, field_pattern="staggered"), SMALL, {"field": (0.0, 0.2)}, {"temperature": 2.4, "field": 0.1}),
    (BlumeCapel(), Lattice((3, 3)), {"crystal_field": (0.0, 0.5)},
     {"temperature": 2.4, "crystal_field": 0.3, "field": 0.1}),
    (LatticeGas(), SMALL, {"chemical_potential": (-8.0, -7.0)}, {"temperature": 2.6, "chemical_potential": -7.4}),
    (Potts(3), Lattice((3, 3)), {}, {"temperature": 2.4, "field": 0.2}),
    (Potts(6), Lattice((2, 3)), {}, {"temperature": 2.4, "field": 0.2}),
    (Clock(6), Lattice((2, 3)), {}, {"temperature": 2.4, "field": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "lattice", "controls", "target"), MODELS, ids=lambda part: getattr(part, "text", ""))
def test_any_control_of_every_model_against_all_states(model, lattice, controls, target):
    sums = boltzmann_grid(model, lattice, (64, 150), seed=7, temperature=TEMPERATURES, **controls)
    many = MultiHistogram(
        sums, model=model, lattice=lattice, temperature=TEMPERATURES,
        **{name: np.array(values)[:, None] for name, values in controls.items()},
    )  # fmt: skip
    found, exact = many.observables(**target), enumerate_states(model, lattice, **target)
    assert found.attrs["order_parameter"] == model.order_parameters(lattice)[0].name
    assert len(names_of(found)) > 5
    for name, pull in pulls(found, exact).items():
        assert within(float(pull), 0.0, 1.0, sigmas=6.0, degrees=31), (name, pull)
    start = {name: values[0] for name, values in controls.items()}
    first = enumerate_states(model, lattice, temperature=TEMPERATURES[0], **start)
    assert within(
        float(found.log_z), exact.log_z - first.log_z, float(found.log_z_error), sigmas=6.0, degrees=31
    )  # fmt: skip


def test_grids_of_conditions_at_once():
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    temperatures = np.linspace(2.0, 3.4, 5)
    found = many.observables(temperature=temperatures, field=[0.0, 0.1])
    assert dict(found.sizes) == {"field": 2, "temperature": 5}
    assert found["energy"].dims == ("field", "temperature")
    alone = many.observables(temperature=temperatures[3], field=0.1)
    for name in found.data_vars:
        assert found[name].values[1, 3] == alone[name]
    # Samples are what the errors are made of.
    samples = many.samples(temperature=temperatures, field=0.1)["binder_cumulant"]
    assert samples.dims == ("sample", "temperature")
    apart = samples[1:] - samples[1:].mean("sample")
    error = np.sqrt(31 / 32 * (apart**2).sum("sample"))
    np.testing.assert_allclose(error, found["binder_cumulant_error"][1], rtol=1e-9)


def test_what_is_left_out_stays_as_it_was_simulated():
    condition = {"temperature": 2.5, "field": 0.2}
    _, sums = boltzmann(Ising(), SMALL, (20, 50), seed=3, **condition)
    single = MultiHistogram(sums, model=Ising(), lattice=SMALL, **condition)
    assert single.observables(temperature=2.5).identical(single.observables(**condition))
    here = reweight(sums, to={"temperature": 2.5, "field": 0.0}, model=Ising(), lattice=SMALL, **condition)
    assert reweight(sums, to={"field": 0.0}, model=Ising(), lattice=SMALL, **condition).identical(here)
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    assert many.observables(temperature=2.5).identical(many.observables(temperature=2.5, field=0.0))
    with pytest.raises(InputError, match="lacks the temperature"):
        reweight(grid(), to={"field": 0.1}, model=Ising(), lattice=SMALL, **GRID)


def test_an_ensemble_needs_nothing_else():
    series = xr.Dataset(
        {name: (("field", "temperature", "chain", "recording"), values) for name, values in grid(-1.0).items()},
        coords={"field": list(FIELDS), "temperature": list(TEMPERATURES)},
    )
    ensemble = SimpleNamespace(series=series, model=Ising(-1.0), lattice=SMALL)
    many = MultiHistogram(grid(-1.0), model=Ising(-1.0), lattice=SMALL, **GRID)
    expected = many.observables(temperature=[2.2, 2.3], field=0.1)
    assert expected.identical(MultiHistogram.from_ensemble(ensemble).observables(temperature=[2.2, 2.3], field=0.1))
    assert expected.identical(reweight(ensemble, to={"temperature": [2.2, 2.3], "field": 0.1}))


def test_any_function_of_observables_with_its_error():
    temperatures = np.linspace(2.0, 3.2, 61)

    def peak(o):
        parabola = np.polyfit(temperatures, o["susceptibility_absolute"], 4)
        return temperatures[np.argmax(np.polyval(parabola, temperatures))]

    def crossing(o):
        # Where the cumulant is 0.6.
        return float(np.interp(-0.6, -o["binder_cumulant"], temperatures))

    at = [enumerate_states(Ising(), SMALL, temperature=t) for t in temperatures]
    exact = {name: np.array([e[name] for e in at]) for name in ("susceptibility_absolute", "binder_cumulant")}
    found = []
    for seed in range(40):
        sums = boltzmann_grid(Ising(), SMALL, (32, 60), seed=10 * seed, temperature=TEMPERATURES)
        many = MultiHistogram(sums, model=Ising(), lattice=SMALL, temperature=TEMPERATURES)
        both = many.jackknife(lambda o: {"peak": peak(o), "crossing": crossing(o)}, temperature=temperatures)
        found.append((both["crossing"].value - crossing(exact)) / both["crossing"].error)
    assert many.jackknife(crossing, temperature=temperatures) == both["crossing"]
    assert abs(both["peak"].value - peak(exact)) < 0.3
    assert both["peak"].error >= 0
    count(1, tail(4.0))
    assert abs(np.mean(np.abs(found) < 1) - 0.675) < 4 * np.sqrt(0.675 * 0.325 / 40)


def test_many_temperatures_against_kaufman():
    lattice, temperatures = Lattice((16, 16)), np.linspace(2.0, 2.8, 9)
    plan = Plan(
        model=Ising(), lattice=lattice, temperature=temperatures, chains=64, recordings=100, interval=8,
        equilibration=400,
        seed=2,
    )  # fmt: skip
    sums = run_unit(plan, units(plan)[0]).sums
    many = MultiHistogram(sums, model=Ising(), lattice=lattice, temperature=temperatures)
    cold = kaufman(Ising(), lattice, temperature=2.0)
    for temperature in (2.05, 2.2681, 2.75):
        found, exact = many.observables(temperature=temperature), kaufman(Ising(), lattice, temperature=temperature)
        for name, pull in pulls(found, exact, ("energy", "specific_heat")).items():
            assert within(float(pull), 0.0, 1.0, sigmas=6.0, degrees=31), (name, pull)
        log_z, error = exact.log_z - cold.log_z, float(found.log_z_error)
        assert within(float(found.log_z), log_z, error, sigmas=6.0, degrees=31)
        assert found.energy_error < 0.005


def test_the_equations_hold_and_leaving_a_group_out_is_solving_without_it():
    sums = {name: values[:, :, :20, :60] for name, values in grid().items()}
    mixture = MultiHistogram(sums, model=Ising(), lattice=SMALL, **GRID)._mixture
    found, _ = _expected(mixture.free, mixture.recordings, mixture.counts, mixture.exponents)
    np.testing.assert_allclose(np.exp(found), mixture.recordings, rtol=1e-9)
    kept = {name: values[:, :, np.arange(20) != 7] for name, values in sums.items()}
    without = MultiHistogram(kept, model=Ising(), lattice=SMALL, **GRID)._mixture
    np.testing.assert_allclose(
        np.exp(without.free - mixture.free), mixture.ratio[:, 7] / mixture.ratio[0, 7], rtol=1e-6
    )


def test_weights_without_groups_are_the_same_kept_or_not(monkeypatch):
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    kept = many.observables(temperature=2.5, field=0.1)
    monkeypatch.setattr("spinlens.statistics.mixture.KEPT", 0)
    monkeypatch.setattr("spinlens.statistics.free_energies.BLOCK", 1 << 10)
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    anew = many.observables(temperature=2.5, field=0.1)
    for name in kept.data_vars:
        np.testing.assert_allclose(anew[name], kept[name], rtol=1e-7, atol=1e-10)


def test_a_weight_of_one_changes_nothing():
    condition = {"temperature": 2.5, "field": 0.2}
    _, sums = boltzmann(Ising(), SMALL, (20, 50), seed=3, **condition)
    here = reweight(sums, to=condition, model=Ising(), lattice=SMALL, **condition)
    plain = observables(sums, model=Ising(), lattice=SMALL, **condition)
    for name in plain.data_vars:
        np.testing.assert_allclose(here[name], plain[name], rtol=1e-9)
    energy = (-sums["bond_sum"] - 0.2 * sums["spin_sum"]) / 16
    assert float(here.energy) == pytest.approx(energy.mean(), rel=1e-12)
    assert float(here.energy_error) == pytest.approx(energy.mean(1).std(ddof=1) / np.sqrt(20), rel=1e-9)
    assert float(here.effective_recordings) == pytest.approx(1000)
    assert float(here.log_z) == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize("chains", [64, 100, 5])
def test_intervals_of_reweighted_values_cover_at_their_rate(chains):
    target = {"temperature": 2.9, "field": 0.1}
    exact = enumerate_states(Ising(), SMALL, **target)
    found = []
    for seed in range(200):
        _, sums = boltzmann(Ising(), SMALL, (chains, 6400 // chains), temperature=2.5, field=0.0, seed=seed)
        result = reweight(sums, to=target, model=Ising(), lattice=SMALL, temperature=2.5)
        found.append([float(pull) for pull in pulls(result, exact).values()])
    inside = (np.abs(found) < 1).mean(axis=0)
    count(3 * inside.size, tail(4.5))
    # 0.667 is the rate of sixteen groups, 0.683 that of many; 4.5 binomial standard errors are 0.148.
    assert np.all((inside > 0.667 - 0.148) & (inside < 0.683 + 0.148)), inside
    assert np.all((np.abs(found) < 2).mean(axis=0) > 0.94 - 0.073)
    assert np.abs(np.mean(found, axis=0)).max() < 4.5 / np.sqrt(200) + 0.1


def test_a_wrong_temperature_is_noticed():
    _, sums = boltzmann(Ising(), SMALL, (64, 400), temperature=2.5, seed=1)
    wrong = reweight(sums, to={"temperature": 3.0}, model=Ising(), lattice=SMALL, temperature=2.55)
    exact = enumerate_states(Ising(), SMALL, temperature=3.0)
    assert abs(pulls(wrong, exact)["energy"]) > 5


def test_a_single_chain_of_one_recording_has_no_error():
    options = {"model": Ising(), "lattice": Lattice((2, 2)), "temperature": 1.0}
    with pytest.raises(InputError, match="only 1 of 1 recordings"):
        reweight({"bond_sum": [[4]], "spin_sum": [[4]]}, to={"temperature": 1.0}, **options)
    chain = np.full((1, 200), 4)
    found = reweight({"bond_sum": chain, "spin_sum": chain}, to={"temperature": 1.1}, **options)
    assert found.energy == -1
    assert found.energy_error == 0


@pytest.mark.parametrize(("temperature", "field"), [(1.2, 0.0), (6.0, 0.0), (2.3, 0.5)])
def test_far_from_what_was_simulated_is_refused(temperature, field):
    lattice = Lattice((16, 16))
    plan = Plan(model=Ising(), lattice=lattice, temperature=(2.3,), recordings=100, equilibration=200, seed=2)
    sums = run_unit(plan, units(plan)[0]).sums
    with pytest.raises(InputError, match="of 6400 recordings would count") as caught:
        reweight(
            sums, to={"temperature": temperature, "field": field}, model=Ising(), lattice=lattice, temperature=2.3
        )  # fmt: skip
    assert "\n" not in str(caught.value)


def test_the_edge_of_a_histogram_is_no_answer():
    # Hot recordings that happen to reach E / N = -1 and, reweighted to the cold, all sit there.
    bond_sum = np.random.default_rng(1).choice([0, 4, 8, 12, 16], p=[0.3, 0.3, 0.25, 0.145, 0.005], size=(64, 1000))
    sums = {"bond_sum": bond_sum, "spin_sum": 0 * bond_sum}
    with pytest.raises(InputError, match="outside of what was simulated"):
        reweight(sums, to={"temperature": 0.2}, model=Ising(), lattice=SMALL, temperature=4.0)


def test_conditions_without_overlap_are_refused():
    sums = boltzmann_grid(Ising(), SMALL, (32, 100), seed=1, temperature=[0.6], field=(3.0, -3.0))
    with pytest.raises(InputError, match=r"condition\[1\] = not connected to condition\[0\]"):
        MultiHistogram(sums, model=Ising(), lattice=SMALL, temperature=0.6, field=[[3.0], [-3.0]])


def test_prints_what_it_holds():
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    assert repr(many).startswith(
        "<MultiHistogram: Ising, J = 1, 4x4, periodic, 6 conditions, T = 2 to 3.4, field = 0 to 0.25, 86400 recordings"
    )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"temperature": -1.0}, "temperature = -1.0: must be > 0"),
        ({"temperature": "hot"}, "temperature = 'hot'"),
        ({"temperature": np.ones((2, 2))}, r"temperature\.shape"),
        ({"temperature": []}, r"temperature\.shape"),
        ({"temperature": 2.0, "field": np.nan}, "field = nan"),
        ({"temperature": 2.0, "filed": 0.1}, "Did you mean 'field'"),
    ],
)
def test_refuses_conditions_that_make_no_sense(target, message):
    many = MultiHistogram(grid(), model=Ising(), lattice=SMALL, **GRID)
    with pytest.raises(InputError, match=message):
        many.observables(**target)


def test_refuses_to_go_without_a_sum_that_the_energy_depends_on():
    bonds = {"bond_sum": np.zeros((16, 10), int)}
    with pytest.raises(InputError, match="lack 'spin_sum'"):
        MultiHistogram(bonds, model=Ising(), lattice=SMALL, temperature=2.0)


def test_many_like_conditions_are_connected() -> None:
    # Forty temperatures that all stay in the ground state split their recordings among each other.
    cold = np.full((40, 16, 4), 32)
    temperature = np.linspace(0.01, 0.4, 40)
    sums = {"bond_sum": cold, "spin_sum": cold // 2}
    between = MultiHistogram(sums, model=Ising(), lattice=SMALL, temperature=temperature)
    found = [each.value for each in between.log_z]
    np.testing.assert_allclose(found, 2 / temperature - 2 / temperature[0], atol=1e-9)
