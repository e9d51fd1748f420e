"""Improved estimators: every image of the clusters by hand, all states of small lattices, and what is refused."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.exact import enumerate_states, state_probabilities
from spinlens.exact.enumeration import all_states
from spinlens.lattices import Lattice
from spinlens.models import XY, BlumeCapel, Clock, Ising, LatticeGas, Potts, RandomBondIsing, TransverseIsing
from spinlens.statistics import improved, improved_observables
from spinlens.statistics.fortuin_kasteleyn import ClusterBonds, label_clusters
from spinlens.testing.chance import plausible, uncounted, within

SYSTEMS = {
    "square": (Ising(), Lattice((4, 4)), 2.3, {}),
    "two couplings, one free edge": (Ising((1.0, 0.4)), Lattice((4, 3), ("free", "periodic")), 1.8, {}),
    "antiferromagnet with a seam": (Ising(-1.0), Lattice((4, 4), ("periodic", "antiperiodic")), 2.0, {}),
    "triangular": (Ising(), Lattice((4, 4), kind="triangular"), 3.6, {}),
    "three sublattices, frustrated": (Ising(-1.0), Lattice((3, 3), kind="triangular"), 1.2, {}),
    "random bonds": (RandomBondIsing(negative=0.4), Lattice((3, 3)), 1.5, {"sample": 2}),
    "lattice gas": (LatticeGas(4.0), Lattice((3, 3)), 2.5, {"chemical_potential": -8.0}),
    "Potts": (Potts(3), Lattice((3, 3)), 1.0, {}),
    "clock of three": (Clock(3), Lattice((3, 3), "free"), 0.6, {}),
}
"""Model, lattice, temperature and controls."""


def measured(model, lattice, codes, controls):
    """Return m^2, m^4 and the correlations of configurations (n, N) from the recorded sums and pairs by hand."""
    order = model.order_parameters(lattice)[0]
    tables = model.at(**controls).tables(lattice)
    lengths = order.size(dict(zip(tables.names, tables.sums(codes), strict=True)), lattice.sites)
    q, rows = model.space.states, codes.reshape(len(codes), *lattice.shape)
    found = [lengths**2, lengths**4]
    for axis, side in enumerate(lattice.shape):
        for distance in range(side // 2 + 1):
            here = np.arange(side if lattice.rules[axis] == "periodic" else side - distance)
            equal = rows.take(here, axis + 1) == rows.take((here + distance) % side, axis + 1)
            found.append(((q * equal - 1.0) / (q - 1.0)).reshape(len(codes), -1).mean(axis=1))
    return np.array(found)


def flat(found, name):
    """Return values and errors of one condition in the order of `measured`."""
    axes = [f"correlation_{axis}" for axis in "xyz" if f"correlation_{axis}" in found]
    names = [f"{name}_squared", f"{name}_fourth", *axes]
    return tuple(
        np.concatenate([np.atleast_1d(found[each + end].values.squeeze()) for each in names]) for end in ("", "_error")
    )


@pytest.mark.parametrize("name", SYSTEMS)
def test_average_over_all_images_of_the_clusters(name):
    model, lattice, temperature, controls = SYSTEMS[name]
    q, table, most = model.space.states, lattice.neighbours, 6
    bonds = ClusterBonds.of(model, lattice, model.order_parameters(lattice)[0], **controls)
    codes = np.random.default_rng(1).integers(0, q, size=(400, lattice.sites)).astype(np.uint8)
    # Cold, so that clusters are few.
    cold = 0.3 * temperature
    labels = np.empty(codes.shape, dtype=np.int32)
    label_clusters(
        codes, table.first, table.second, bonds.equal, bonds.probabilities(cold), np.random.default_rng(2), labels
    )
    found = improved.cluster_moments(bonds, lattice, codes, q, cold, np.random.default_rng(2))
    few = [k for k, row in enumerate(labels) if len(np.unique(row)) <= most][:8]
    assert len(few) == 8
    for k in few:
        roots, which = np.unique(labels[k], return_inverse=True)
        turns = np.array(list(product(range(q), repeat=len(roots))))[:, which]
        images = (codes[k] + turns) % q
        np.testing.assert_allclose(found[:, k], measured(model, lattice, images, controls).mean(axis=1), atol=1e-9)


def test_clusters_are_those_of_the_bonds_that_were_drawn():
    lattice, random = Lattice((5, 6), kind="triangular"), np.random.default_rng(3)
    table = lattice.neighbours
    codes = random.integers(0, 2, size=(20, 30)).astype(np.uint8)
    equal, chance = random.random(len(table.first)) < 0.7, random.random(len(table.first))
    labels = np.empty(codes.shape, dtype=np.int32)
    label_clusters(codes, table.first, table.second, equal, chance, np.random.default_rng(4), labels)
    again = np.random.default_rng(4)
    for row, found in zip(codes, labels, strict=True):
        satisfied = np.flatnonzero((row[table.first] == row[table.second]) == equal)
        active = satisfied[[again.random() < chance[bond] for bond in satisfied]]
        ends = (table.first[active], table.second[active])
        _, expected = connected_components(coo_array((np.ones(len(active)), ends), shape=(30, 30)), directed=False)
        np.testing.assert_array_equal(found[:, None] == found, expected[:, None] == expected)
        np.testing.assert_array_equal(found, [np.flatnonzero(expected == each)[0] for each in expected])


def compare(name):
    """Return whether estimates of independent draws agree with all states."""
    model, lattice, temperature, controls = SYSTEMS[name]
    probability = state_probabilities(model, lattice, temperature=temperature, **controls)
    states = all_states(model.space.states, lattice.sites).astype(np.uint8)
    picks = np.random.default_rng(4).choice(len(states), p=probability, size=(64, 40))
    grid = {control: np.array([value]) for control, value in (controls | {"temperature": temperature}).items()}
    codes = xr.DataArray(states[picks].reshape((1,) * len(grid) + picks.shape + lattice.shape))
    made = SimpleNamespace(
        model=model, lattice=lattice, grid=grid, plan=SimpleNamespace(seeds=(4,)), positions=dict,
        codes=lambda **index: codes,
    )  # fmt: skip
    found, error = flat(improved_observables(made), model.order_parameters(lattice)[0].name)
    exact = measured(model, lattice, states, controls) @ probability
    certain = error == 0
    assert np.allclose(found[certain], exact[certain])
    return within(found[~certain], exact[~certain], error[~certain])


@pytest.mark.parametrize("name", SYSTEMS)
def test_all_states(name):
    assert compare(name)


@pytest.mark.parametrize("name", ["square", "Potts"])
def test_wrong_probabilities_of_bonds_would_be_noticed(name, monkeypatch):
    monkeypatch.setattr(ClusterBonds, "probabilities", lambda bonds, t: 1.0 - np.exp(-bonds.gains / (2.0 * t)))
    with uncounted():
        assert not compare(name)


def test_errors_are_as_large_as_deviations_and_smaller_than_of_the_draws():
    lattice, temperatures = Lattice((4, 4)), np.linspace(2.0, 4.3, 24)
    made = simulate(
        Ising(), lattice, temperature=temperatures, chains=64, draws=20, recordings=20, interval=2, equilibration=200,
        seed=5, progress=False, exchange=False, algorithm="heat_bath",
    )  # fmt: skip
    found, plain = made.improved_observables(field=0.0), made.observables().sel(field=0.0)
    exact = [enumerate_states(Ising(), lattice, temperature=t)["magnetization_squared"] for t in temperatures]
    pulls = (found.magnetization_squared - exact) / found.magnetization_squared_error
    below = stats.chi2(len(temperatures)).cdf(float((pulls**2).sum()))
    assert plausible(2 * min(below, 1 - below))
    gain = plain.susceptibility_error / found.susceptibility_error
    assert (gain > 1).all()
    assert gain[-1] > 2
    np.testing.assert_allclose(found.susceptibility, 16 * found.magnetization_squared / temperatures, rtol=1e-12)
    expected = 1 - found.magnetization_fourth / (3 * found.magnetization_squared**2)
    assert np.all(abs(found.binder_cumulant - expected) < found.binder_cumulant_error)


def test_conditions_are_chosen_by_value_and_do_not_depend_on_blocks(monkeypatch):
    made = simulate(
        Ising(), (4, 4), temperature=[2.0, 3.0], field=[0.0, 0.1], chains=3, draws=8, recordings=8, equilibration=20,
        seed=6, progress=False, algorithm="heat_bath",
    )  # fmt: skip
    found = improved_observables(made, field=0.0)
    assert found.correlation_y.dims == ("temperature", "distance_y")
    assert float(found.field) == 0.0
    assert found.attrs == {"order_parameter": "magnetization"}
    assert found.correlation_x.attrs["long_name"] == "correlation along x"
    assert np.isfinite(found.binder_cumulant_error).all()
    monkeypatch.setattr(improved, "BLOCK", 100)
    assert improved_observables(made, field=0.0, temperature=3.0).equals(found.sel(temperature=3.0))
    with pytest.raises(InputError, match=r"field = 0.1: holds a site.*Choose the conditions"):
        improved_observables(made)
    with pytest.raises(InputError, match="not on the grid"):
        improved_observables(made, field=0.05)
    with pytest.raises(InputError, match="realisations = 0"):
        improved_observables(made, field=0.0, realisations=0)


@pytest.mark.parametrize(
    ("model", "lattice", "controls", "why"),
    [(Ising(), Lattice((3, 3), "skewed"), {}, "holds a site"),
     (LatticeGas(4.0), Lattice((3, 3), "free"), {"chemical_potential": -8.0}, "holds a site"),
     (Potts(3, -1.0), Lattice((4, 4)), {}, "several ways"), (Potts(3), Lattice((3, 3)), {"field": 0.1}, "has fields"),
     (BlumeCapel(), Lattice((3, 3)), {}, "more than whether"), (XY(), Lattice((3, 3)), {}, "more than whether"),
     (TransverseIsing(), Lattice((3,)), {"transverse_field": 1.0}, "no bonds")],
)  # fmt: skip
def test_what_has_no_free_clusters_is_refused(model, lattice, controls, why):
    with pytest.raises(InputError, match=why):
        ClusterBonds.of(model, lattice, model.order_parameters(lattice)[0], **controls)


def test_an_order_parameter_that_tells_colours_apart_is_refused():
    with pytest.raises(InputError, match="corners of a simplex"):
        ClusterBonds.of(LatticeGas(4.0), Lattice((3, 3)), LatticeGas().order_parameters(Lattice((3, 3)))[-1],
                        chemical_potential=-8.0)  # fmt: skip
