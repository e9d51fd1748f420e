import itertools

import numpy as np
import pytest
from tests.exact.reference import read_rows
from tests.lattices.rectangle import list_bonds, torus_bonds

from spinlens.errors import InputError
from spinlens.exact.enumeration import count_states, enumerate_states, state_probabilities
from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE

BOUNDARIES = {
    "PP": "periodic",
    "AP(x)": ("antiperiodic", "periodic"),
    "+/- walls": "skewed",
    "+/+ walls": ((1, 1), "periodic"),
}
COLUMNS = {
    "energy": "energy",
    "specific_heat": "specific_heat",
    "m": "magnetization",
    "abs_m": "absolute_magnetization",
    "m2": "magnetization_squared",
    "U4": "binder_cumulant",
    "m_s2": "staggered_magnetization_squared",
}


@pytest.mark.parametrize(
    "row", read_rows("enumeration_4x4.csv"), ids=lambda row: f"{row['boundary']} J={row['J']} h={row['h']}"
)
def test_golden_values_for_every_boundary(row):
    temperature = CRITICAL_TEMPERATURE if row["T"] == "Tc" else float(row["T"])
    states = enumerate_states(
        Ising(float(row["J"])),
        Lattice((4, 4), boundary=BOUNDARIES[row["boundary"]]),
        temperature=temperature,
        field=float(row["h"]),
    )
    assert 16 * states.log_z == pytest.approx(float(row["log_z"]), abs=6e-10)
    for column, name in COLUMNS.items():
        if float(row["J"]) < 0 and name == "binder_cumulant":
            # The model's order parameter is the staggered magnetization.
            name = "magnetization_binder_cumulant"
        if float(row["J"]) < 0 or not name.startswith("staggered"):
            assert states[name] == pytest.approx(float(row[column]), abs=6e-10)


def brute_force(model, shape, *, temperature, field):
    """Sum over states with the spins written out, one state after another."""
    weights, energies, spin_sums = [], [], []
    for spins in itertools.product([-1, 1], repeat=shape[0] * shape[1]):
        s = np.array(spins).reshape(shape)
        bond_sum = int((s * np.roll(s, -1, 0)).sum() + (s * np.roll(s, -1, 1)).sum())
        energies.append(-model.coupling * bond_sum - field * s.sum())
        spin_sums.append(s.sum())
        weights.append(np.exp(-energies[-1] / temperature))
    return np.array(weights), np.array(energies), np.array(spin_sums)


@pytest.mark.parametrize("shape", [(2, 3), (3, 3), (2, 2)])
def test_agrees_with_written_out_states(shape):
    model, sites = Ising(-0.8), shape[0] * shape[1]
    weights, energies, spin_sums = brute_force(model, shape, temperature=1.7, field=0.3)
    p = weights / weights.sum()
    states = enumerate_states(model, Lattice(shape), temperature=1.7, field=0.3)
    assert states.log_z == pytest.approx(np.log(weights.sum()) / sites, abs=1e-13)
    assert states.energy == pytest.approx(p @ energies / sites, abs=1e-13)
    variance = p @ spin_sums**2 - (p @ spin_sums) ** 2
    assert states.magnetization_susceptibility == pytest.approx(variance / sites / 1.7, abs=1e-13)
    absolute = p @ spin_sums**2 - (p @ np.abs(spin_sums)) ** 2
    assert states.magnetization_susceptibility_absolute == pytest.approx(absolute / sites / 1.7, abs=1e-13)
    # itertools runs the last site fastest; in a state's index the first site is the lowest bit.
    index = [
        int("".join("1" if s > 0 else "0" for s in spins[::-1]), 2)
        for spins in itertools.product([-1, 1], repeat=sites)
    ]
    listed = state_probabilities(model, Lattice(shape), temperature=1.7, field=0.3)
    np.testing.assert_allclose(listed[index], p, rtol=1e-12)


def test_derivatives_of_log_z():
    lattice, t, h, step = Lattice((3, 4)), 2.2, 0.4, 1e-4

    def free(temperature, field):
        return -temperature * enumerate_states(Ising(), lattice, temperature=temperature, field=field).log_z

    states = enumerate_states(Ising(), lattice, temperature=t, field=h)
    assert states.magnetization == pytest.approx((free(t, h - step) - free(t, h + step)) / (2 * step), rel=1e-6)
    up, down = (enumerate_states(Ising(), lattice, temperature=t, field=h + s) for s in (step, -step))
    assert states.susceptibility == pytest.approx((up.magnetization - down.magnetization) / (2 * step), rel=1e-6)
    hot, cold = (enumerate_states(Ising(), lattice, temperature=t + s, field=h) for s in (step, -step))
    assert states.specific_heat == pytest.approx((hot.energy - cold.energy) / (2 * step), rel=1e-6)


def test_joint_distribution_holds_every_state_once():
    lattice = Lattice((4, 4))
    assert count_states(Ising(), lattice).count.sum() == 1 << 16
    states = enumerate_states(Ising(), lattice, temperature=2.0, field=0.5)
    assert states.distribution is not None
    rows, probability = states.distribution.rows, states.distribution.probability
    assert probability.sum() == pytest.approx(1.0, abs=1e-14)
    assert len(set(zip(rows["bond_sum"].tolist(), rows["spin_sum"].tolist(), strict=True))) == len(probability)
    assert probability @ rows["spin_sum"] / 16 == pytest.approx(states.magnetization)
    energy = -(probability @ (rows["bond_sum"] + 0.5 * rows["spin_sum"])) / 16
    assert energy == pytest.approx(states.energy)


def test_field_reversal_and_limits():
    lattice = Lattice((3, 4))
    up = enumerate_states(Ising(), lattice, temperature=1.5, field=0.7)
    down = enumerate_states(Ising(), lattice, temperature=1.5, field=-0.7)
    assert up.magnetization == pytest.approx(-down.magnetization)
    assert up.log_z == pytest.approx(down.log_z)
    assert enumerate_states(Ising(), lattice, temperature=1e9).log_z == pytest.approx(np.log(2))
    assert enumerate_states(Ising(), lattice, temperature=1e-3).energy == pytest.approx(-2.0)


def test_bonds_of_the_lattice():
    assert len(list_bonds(Lattice((3, 4)))) == Lattice((3, 4)).bonds
    assert sum(sign for *_, sign in torus_bonds((3, 4), seams=(True, True)).pairs) == 24 - 2 * (4 + 3)


@pytest.mark.parametrize(
    ("shape", "temperature", "field", "message"),
    [
        ((5, 5), 2.0, 0.0, "2\\^25"),
        ((3, 3), -1.0, 0.0, "temperature"),
        ((3, 3), [1.0], 0.0, "one number"),
        ((3, 3), 1.0, np.nan, "field"),
    ],
)
def test_refuses_bad_input(shape, temperature, field, message):
    with pytest.raises(InputError, match=message):
        enumerate_states(Ising(), Lattice(shape), temperature=temperature, field=field)


def test_a_result_prints_its_numbers_and_not_its_distribution() -> None:
    found = enumerate_states(Ising(), Lattice((4, 4)), temperature=2.0)
    lines = repr(found).splitlines()
    assert lines[0] == "Thermodynamics"
    assert [line.split()[0] for line in lines[1:]] == list(found)
    assert float(lines[1 + list(found).index("energy")].split()[1]) == pytest.approx(found["energy"], rel=1e-9)
