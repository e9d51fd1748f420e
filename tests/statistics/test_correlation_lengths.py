"""Correlation lengths: of rings by Bessel functions, of small systems by all states, also at other temperatures."""

import numpy as np
import pytest
from scipy.special import iv

from spinlens.ensemble import simulate
from spinlens.errors import InputError, NoOverlapError
from spinlens.lattices import Lattice
from spinlens.models import XY, BlumeCapel, Clock, Ising, Potts
from spinlens.statistics import correlation_lengths
from spinlens.statistics.correlation_lengths import densities, order_of
from spinlens.testing.chance import within
from spinlens.testing.states import all_codes, literal_sums

SETTINGS = {"chains": 64, "draws": 200, "interval": 4, "equilibration": 64, "seed": 5, "progress": False}


def length_of(two_points, shape, axis):
    """Return the length from all two-point functions, (N, N)."""
    place, side = np.indices(shape)[axis].ravel(), shape[axis]
    wave = np.cos(2 * np.pi * np.subtract.outer(place, place) / side)
    return np.sqrt(two_points.sum() / (two_points * wave).sum() - 1) / (2 * np.sin(np.pi / side))


def ring(length, temperature):
    """Two-point functions of a ring of angles: one unit of current more on the way there, as exp(i (a - b)) asks."""
    n = np.arange(-40, 41)
    one, more = iv(n, 1 / temperature), iv(n + 1, 1 / temperature)
    found = [(more**r * one ** (length - r)).sum() / (one**length).sum() for r in range(length)]
    return np.array([[found[(j - i) % length] for j in range(length)] for i in range(length)])


def enumerated(model, lattice, temperature, **controls):
    """Two-point functions of the first order parameter, connected, from all states."""
    codes = all_codes(model, lattice)
    sums = literal_sums(model, lattice, codes)
    weight = model.factors(lattice, temperature=temperature, **controls) @ sums
    probability = np.exp(weight - weight.max())
    probability /= probability.sum()
    order = order_of(model, lattice)
    values = densities(model, lattice, order, codes)
    mean = np.einsum("s,dsi->di", probability, values)
    return (
        np.einsum("s,dsi,dsj->ij", probability, values, values)
        - mean.sum(axis=1) @ mean.sum(axis=1) / mean.shape[1] ** 2
    )


def test_rings_of_angles_here_and_at_temperatures_between():
    ensemble = simulate(XY(), (8,), temperature=[0.4, 0.7], **SETTINGS)
    here, between = correlation_lengths(ensemble), correlation_lengths(ensemble, temperature=[0.5, 0.66])
    for found in (here, between):
        for t in found.temperature.values:
            one = found.sel(temperature=t, field=0.0)
            exact = length_of(ring(8, t), (8,), 0)
            assert within(one.correlation_length_x, exact, one.correlation_length_x_error)
            assert float(one.correlation_length_x_error) < 0.03 * exact
    assert here.correlation_length_x.attrs["units"] == "sites"


@pytest.mark.parametrize("model", [Potts(3), Potts(3, -1.0), BlumeCapel(-1.0), Clock(5), Ising(-1.0)], ids=repr)
def test_what_sites_add_is_the_order_parameter(model):
    lattice = Lattice((4, 3))
    codes = np.random.default_rng(1).integers(0, model.space.states, size=(20, lattice.sites))
    order, tables = order_of(model, lattice), model.tables(lattice)
    sums = dict(zip(tables.names, tables.sums(codes), strict=True))
    assert np.allclose(densities(model, lattice, order, codes).mean(axis=-1).T, order.values(sums, lattice.sites))


@pytest.mark.parametrize(
    ("model", "lattice", "t", "controls"),
    [
        (Ising(), Lattice((4, 3)), 2.6, {"field": 0.2}), (Ising(-1.0), Lattice((4, 2)), 2.0, {}),
        (Clock(5), Lattice((3, 2)), 0.9, {}),
    ],
)  # fmt: skip
def test_every_model_is_asked_for_its_order_parameter(model, lattice, t, controls):
    found = correlation_lengths(simulate(model, lattice, temperature=t, **controls, **SETTINGS)).squeeze()
    pairs = enumerated(model, lattice, t, **controls)
    for axis, letter in enumerate("xy"):
        name = f"correlation_length_{letter}"
        exact = length_of(pairs, lattice.shape, axis)
        assert within(found[name], exact, found[f"{name}_error"]), name
        assert float(found[f"{name}_error"]) < 0.05 * exact


def test_what_cannot_be_asked_is_refused():
    few = {"chains": 4, "draws": 2, "equilibration": 4, "progress": False}
    with pytest.raises(InputError, match="periodic axes"):
        correlation_lengths(simulate(XY(), Lattice((8,), "free"), temperature=2.0, **few))
    with pytest.raises(NoOverlapError, match="draws"):
        correlation_lengths(simulate(XY(), (8,), temperature=2.0, **few), temperature=0.4)
