"""Derivatives against differences of exact averages."""

import numpy as np
import pytest
import xarray as xr
from tests.statistics.synthetic import boltzmann

from spinlens.errors import InputError
from spinlens.exact import enumerate_states
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Ising, LatticeGas, Potts
from spinlens.statistics import derivatives
from spinlens.testing.chance import count, tail, within

SMALL = Lattice((3, 3))
CASES = [
    (Ising(), "spin_sum", {"field": 0.3}),
    (Ising((1.0, 0.5)), "bond_sum_x", {"field": 0.1}),
    (BlumeCapel(1.0, 0.3), "square_sum", {"crystal_field": 0.7, "field": 0.2}),
    (LatticeGas(), "particle_sum", {"chemical_potential": -7.0}),
    (Potts(3), "count_0", {"field": 0.4}),
    (Clock(3), "cosine_sum", {"field": 0.4}),
]


def unit(model, name):
    return next(term.unit for term in model.terms(SMALL) if term.name == name)


def slope(model, name, condition, control, step=1e-4):
    up, down = (
        enumerate_states(model, SMALL, **{**condition, control: condition[control] + s}).averages[name]
        for s in (step, -step)
    )
    return unit(model, name) * (up - down) / (2 * step)


@pytest.mark.parametrize(("model", "name", "controls"), CASES, ids=lambda part: getattr(part, "text", None))
def test_in_temperature_and_controls_against_differences(model, name, controls):
    condition = {"temperature": 2.2, **controls}
    exact, sums = boltzmann(model, SMALL, (64, 300), seed=2, **condition)
    found = derivatives(sums, of=name, model=model, lattice=SMALL, **condition)
    for control in condition:
        expected = slope(model, name, condition, control)
        assert within(float(found[f"by_{control}"]), expected, float(found[f"by_{control}_error"]), sigmas=5.0), control
        assert 0 < found[f"by_{control}_error"] < 0.2 * max(1.0, abs(expected))
    rows, p = exact.distribution.rows, exact.distribution.probability
    for other in sums:
        a, s = unit(model, name) * rows[name], unit(model, other) * rows[other]
        covariance = p @ (a * s) - (p @ a) * (p @ s)
        assert within(float(found[f"by_{other}"]), covariance / 9, float(found[f"by_{other}_error"]), sigmas=5.0), other


def test_intervals_cover_at_their_rate():
    condition = {"temperature": 2.5, "field": 0.2}
    _, sums = boltzmann(Ising(), SMALL, (600, 64, 30), seed=5, stay=0.5, **condition)
    found = derivatives(sums, of="bond_sum", model=Ising(), lattice=SMALL, **condition)
    expected = {control: slope(Ising(), "bond_sum", condition, control) for control in condition}
    count(2, tail(4.0))
    for control, value in expected.items():
        pull = (found[f"by_{control}"].values - value) / found[f"by_{control}_error"].values
        assert abs(np.mean(np.abs(pull) < 1) - 0.68) < 4 * np.sqrt(0.68 * 0.32 / 600) + 0.01, control


def test_of_anything_that_was_recorded_beside_the_sums():
    condition = {"temperature": 2.5, "field": 0.2}
    _, sums = boltzmann(Ising(), SMALL, (2, 64, 30), seed=5, **condition)
    named = derivatives(sums, of="spin_sum", model=Ising(), lattice=SMALL, **condition)
    given = derivatives(sums, of=sums["spin_sum"] / 9, model=Ising(), lattice=SMALL, **condition)
    xr.testing.assert_allclose(named, given, rtol=1e-10)
    with pytest.raises(InputError, match=r"of\.shape"):
        derivatives(sums, of=sums["spin_sum"][0], model=Ising(), lattice=SMALL, **condition)


def test_what_was_not_recorded():
    _, sums = boltzmann(Ising(), SMALL, (64, 30), seed=5, temperature=2.5)
    bonds = {"bond_sum": sums["bond_sum"]}
    found = derivatives(bonds, of="bond_sum", model=Ising(), lattice=SMALL, temperature=2.5)
    assert set(found.data_vars) == {"by_bond_sum", "by_bond_sum_error", "by_temperature", "by_temperature_error"}
    with pytest.raises(InputError, match="lack 'spin_sum'"):
        derivatives(bonds, of="bond_sum", model=Ising(), lattice=SMALL, temperature=2.5, field=0.1)
    with pytest.raises(InputError, match="Did you mean 'spin_sum'"):
        derivatives(sums, of="spins", model=Ising(), lattice=SMALL, temperature=2.5)
