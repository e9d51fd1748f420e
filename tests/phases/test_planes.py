"""Planes of two controls of any model: which columns have a symmetry, what is averaged, what components are called."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr

import spinlens as sl
from spinlens.errors import EquilibrationWarning, InputError
from spinlens.phases import find_crossover, latent_maps, reweighted_ridges
from spinlens.phases.fluctuations import variance_profiles
from spinlens.phases.maps import _chain_moments
from spinlens.phases.planes import axes, known_transitions, on_plane
from spinlens.symmetries import may_break, reverses

SMALL = sl.Lattice((2, 4))
SYSTEMS: dict[str, tuple[sl.Model, dict[str, float]]] = {
    "spins": (sl.Ising(), {"field": 0.0}),
    "spins in a field": (sl.Ising(), {"field": 0.3}),
    "antiferromagnet": (sl.Ising(-1.0), {"field": 0.0}),
    "antiferromagnet in a field": (sl.Ising(-1.0), {"field": 0.7}),
    "antiferromagnet in a staggered field": (sl.Ising(-1.0, "staggered"), {"field": 0.7}),
    "stripes in a field": (sl.Ising((1.0, -0.5)), {"field": 0.4}),
    "spin 1": (sl.BlumeCapel(), {"crystal_field": 0.8}),
    "spin 1 in a field": (sl.BlumeCapel(), {"crystal_field": 0.8, "field": -0.2}),
    "colours": (sl.Potts(3), {"field": 0.0}),
    "colours in a field": (sl.Potts(3), {"field": 0.2}),
    "lattice gas at its symmetric point": (sl.LatticeGas(), {"chemical_potential": -2.0}),
    "random fields": (sl.RandomFieldIsing(), {"disorder": 0.5, "sample": 3}),
    "random fields without disorder": (sl.RandomFieldIsing(), {"disorder": 0.0, "sample": 3}),
}
TEMPERATURE = 1.3


def states(model: sl.Model, lattice: sl.Lattice) -> np.ndarray:
    """Return the codes of all configurations, (states, *shape)."""
    every = np.array(list(product(range(model.space.states), repeat=lattice.sites)), dtype=np.uint8)
    return every.reshape(-1, *lattice.shape)


def energies(model: sl.Model, lattice: sl.Lattice, codes: np.ndarray, **controls: float) -> np.ndarray:
    sums = model.at(**controls).tables(lattice).sums(codes)
    return -model.strengths(lattice, **model.values_of_controls(controls)) @ sums


@pytest.mark.parametrize("name", SYSTEMS)
def test_order_breaks_a_symmetry_where_the_exact_average_is_zero(name: str) -> None:
    model, controls = SYSTEMS[name]
    lattice = sl.Lattice((2, 3)) if model.space.states == 3 else SMALL
    codes, here = states(model, lattice), model.at(**controls)
    energy = energies(model, lattice, codes, **controls)
    weight = np.exp(-(energy - energy.min()) / TEMPERATURE)
    order = model.order_parameters(lattice)[0]
    sums = dict(zip(here.tables(lattice).names, here.tables(lattice).sums(codes), strict=True))
    average = weight @ order.values(sums, lattice.sites) / weight.sum()
    assert may_break(order, model, lattice, **controls) == bool((np.abs(average) < 1e-12).all())


@pytest.mark.parametrize(
    ("model", "control"),
    [(sl.Ising(), "field"), (sl.Ising(-1.0), "field"), (sl.BlumeCapel(), "field"), (sl.BlumeCapel(), "crystal_field"),
     (sl.Potts(2), "field"), (sl.RandomFieldIsing(), "field")],
)  # fmt: skip
def test_a_turn_reverses_a_control_where_it_does_so_for_every_configuration(model: sl.Model, control: str) -> None:
    lattice = sl.Lattice((2, 2))
    codes, turn = states(model, lattice), model.space.turn
    expected = turn is not None and np.allclose(
        energies(model, lattice, turn[codes], **{control: 0.4}), energies(model, lattice, codes, **{control: -0.4})
    )
    assert reverses(model, lattice, control) == expected


def test_fluctuations_of_samples_are_thermal_ones() -> None:
    """[<e^2> - <e>^2], exactly, however far samples' averages are apart; the variance of all together is larger."""
    rng = np.random.default_rng(0)
    energy = rng.normal(size=(2, 5, 3, 7, 4)) + 10.0 * rng.normal(size=(2, 5, 3, 1, 1))
    names = ("disorder", "sample", "temperature", "chain")
    maps = xr.Dataset(
        {"energy_chain": (names, energy.mean(-1)), "energy_square_chain": (names, (energy**2).mean(-1)),
         "tau_0": (names[:3], energy.mean((-1, -2))), "symmetric": (names[:2], np.zeros((2, 5), bool))},
        coords={"disorder": [0.5, 1.0], "sample": np.arange(5), "temperature": [1.0, 2.0, 3.0]},
        attrs={"sites": 1, "quenched": "sample"},
    )  # fmt: skip
    plane = on_plane(maps)
    assert (axes(plane), plane.sizes["chain"]) == (("disorder", "temperature"), 5)
    found = variance_profiles(plane, "energy", resamples=2, seed=0)[:, 0]
    np.testing.assert_allclose(found, energy.var(axis=(-1, -2)).mean(axis=1), rtol=1e-9)
    assert (found < 0.1 * energy.var(axis=(1, 3, 4))).all()


def test_a_plane_has_two_axes() -> None:
    maps = xr.Dataset({"tau_0": (("a", "b", "temperature"), np.zeros((2, 2, 2)))})
    with pytest.raises(InputError, match="two controls"):
        on_plane(maps)


@pytest.fixture(scope="module")
def spin_one() -> Any:
    """A plane of the Blume-Capel model on a small lattice, with every recording drawn."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EquilibrationWarning)
        return sl.simulate(
            sl.BlumeCapel(), (8, 8), temperature=np.linspace(0.5, 3.1, 14), crystal_field=[0.0, 1.0, 3.0], chains=32,
            draws=32, recordings=32, equilibration=300, seed=5, progress=False,
        )  # fmt: skip


class Ideal:
    """A network whose means are the dipole and the quadrupole, and whose deviations follow the energy."""

    configuration: dict[str, Any] = {}  # noqa: RUF012
    estimator = "ideal"

    def encode(self, ensemble: Any, *, chain: slice, turned: Any = None) -> SimpleNamespace:
        sign = 1 if turned is None else -1
        m, q = (np.asarray(ensemble.sums[f"{name}_sum"])[..., chain, :] / 64 for name in ("spin", "square"))
        energy = np.asarray(ensemble.energy)[..., chain, :]
        mean = np.stack([-sign * m, 0.2 * q, 0 * m], axis=-1)
        deviation = np.stack([0.2 * energy, 0 * m, 0 * m], axis=-1)
        return SimpleNamespace(mean=mean.astype(np.float32), deviation=deviation.astype(np.float32))


@pytest.fixture(scope="module")
def maps(spin_one: Any) -> xr.Dataset:
    return latent_maps(Ideal(), spin_one, progress=False)


def test_what_a_control_couples_to_is_the_derivative_of_the_energy(spin_one: Any) -> None:
    moments = _chain_moments(spin_one, slice(None))
    square = spin_one.series["square_sum"].to_numpy() / 64
    np.testing.assert_allclose(moments["conjugate_crystal_field_chain"], -square.mean(-1))
    np.testing.assert_allclose(moments["conjugate_crystal_field_square_chain"], (square**2).mean(-1))
    np.testing.assert_allclose(moments["conjugate_field_chain"], moments["magnetization_chain"])


def test_an_ideal_network_finds_the_ridges_of_thermodynamics_and_its_components_have_their_names(
    maps: xr.Dataset,
) -> None:
    found = find_crossover(maps, resamples=20)
    assert (found.across, found.along) == ("crystal_field", "temperature")
    named = {name: part.name for name, part in found.components.items()}
    assert (named["nu_0"], named["nu_1"]) == ("magnetization", "quadrupole")
    assert found.components["tau_0"].correlations["energy"] > 0.9999 > found.components["nu_1"].correlations["energy"]
    # Its order parameter is the model's, and so is its fluctuation over T.
    lines = found.lines.isel(crystal_field=slice(0, 2))
    variance = variance_profiles(on_plane(maps), "learned_order", resamples=2, seed=0)[:2, 0]
    exactly = maps["susceptibility_absolute"].isel(field=0).to_numpy()[:2] * maps["temperature"].to_numpy()
    np.testing.assert_allclose(variance, exactly, rtol=0.01, atol=0.003)
    np.testing.assert_allclose(lines["nu_0"], lines["susceptibility"], rtol=0.1)


def test_columns_have_transitions_beside_what_is_known_or_a_sentence(maps: xr.Dataset) -> None:
    found = find_crossover(maps, resamples=20)
    assert sorted(found.critical_line) == [0.0, 1.0]
    assert [found.critical_line[at].exact for at in (0.0, 1.0)] == [1.69356, 1.39729]
    assert found.reading == (
        "No transition between temperature 0.5 and 3.1 at crystal_field 3: the lattice is disordered throughout.",
    )
    rows = found.to_dict()
    assert [row["crystal_field"] for row in rows["crossover"]] == [0.0, 1.0, 3.0]
    assert rows["plane"] == ["crystal_field", "temperature"]
    assert "disordered throughout" in str(found)
    assert rows["exponent"]["tau_1"]["value"] is None


def test_references_are_those_of_the_couplings(maps: xr.Dataset) -> None:
    known = known_transitions(on_plane(maps))
    assert known[1.96581].quantity == "tricritical temperature"
    assert set(known) == {-1.0, 0.0, 1.0, 1.75, 1.96581}
    assert all(not reference.lattice for reference in sl.BlumeCapel(2.0).references())
    assert [each.lattice for each in sl.Ising().references()] == ["square", "triangular", "honeycomb", "cubic"]


def test_a_theorem_is_said_where_it_holds() -> None:
    model = sl.RandomFieldIsing()
    assert "Aizenman" in model.order_excluded(sl.Lattice((4, 4)), disorder=0.1)
    assert not model.order_excluded(sl.Lattice((4, 4)), disorder=0.0)
    assert not model.order_excluded(sl.Lattice((4, 4, 4)), disorder=0.1)
    assert "one dimension" in sl.Ising().order_excluded(sl.Lattice((8,)))


def test_reweighted_ridges_are_those_of_the_measured_fluctuations(spin_one: Any, maps: xr.Dataset) -> None:
    """Peaks of the histograms' own curves, beside splines through fluctuations; the highest measured one is near."""
    plane = on_plane(maps)
    found = reweighted_ridges(spin_one, plane)
    temperature = plane["temperature"].to_numpy()
    for name, measured in (("specific_heat", "specific_heat"), ("susceptibility", "susceptibility_absolute")):
        for column in range(2):
            highest = temperature[plane[measured].to_numpy()[column].argmax()]
            assert abs(found[f"reweighted_{name}"].to_numpy()[column] - highest) < 0.2
    splines = find_crossover(maps, reweighted=found, resamples=20).lines
    close = np.abs(splines["reweighted_specific_heat"] - splines["specific_heat"])[:2]
    assert (close < 4 * np.hypot(splines["specific_heat_error"], splines["reweighted_specific_heat_error"])[:2]).all()
