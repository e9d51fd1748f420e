"""The kernels agree with their scalar twin, code for code and word for word."""

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Clock, Potts
from spinlens.sampling.engines.table import clusters, narrow, reference, wide
from spinlens.sampling.engines.table.exponential import exponential, reference_exponential
from spinlens.sampling.engines.table.rules import weights_of
from spinlens.sampling.engines.table.slots import directed_slots
from spinlens.sampling.engines.table.tables import narrow_rules
from spinlens.symmetries import involutions
from tests.sampling.engines.table.systems import disordered, random_pairwise, start_codes, stream_of

SYSTEMS = {
    "potts": weights_of(Potts(5), Lattice((3, 4)), {"field": 0.3}),
    "spin_1": weights_of(BlumeCapel(), Lattice((3, 4), "free"), {"crystal_field": 0.2}),
    "clock": weights_of(Clock(6), Lattice((5,), "antiperiodic"), {}),
    "pairwise": weights_of(random_pairwise(4), Lattice((2, 3, 2)), {"mu": 1.0}),
    "disordered": disordered(9, 3, 14),
    "large": weights_of(Potts(9), Lattice((3, 4)), {}),
    "many": weights_of(Clock(37), Lattice((2, 3)), {}),
}
TEMPERATURES = np.array([0.7, 3.0])

SOME = np.arange(0, 64, 7)
"""Lanes that the twin follows; it is slow. Each vector of eight has one, at another place."""


def _streams(seed):
    streams = stream_of(seed, len(TEMPERATURES), 4, 64)
    return streams, streams[:, :, SOME]


@pytest.mark.parametrize("metropolis", [False, True])
@pytest.mark.parametrize("name", [name for name in SYSTEMS if name != "many"])
def test_narrow(name, metropolis):
    weights = SYSTEMS[name]
    rules = narrow_rules(directed_slots(weights), weights, 1 / TEMPERATURES, metropolis=metropolis)
    found = np.stack([start_codes(weights)] * 2)
    expected = found[:, :, SOME]
    streams, twins = _streams(1)
    narrow.sweep(
        found, streams, rules.tables, rules.begins, rules.multipliers, rules.kind, rules.neighbour, rules.bits, 3
    )  # fmt: skip
    for t in range(len(TEMPERATURES)):
        reference.narrow_sweep(expected[t], twins[t], rules, t, 3)
    assert np.array_equal(found[:, :, SOME], expected)
    assert np.array_equal(streams[:, :, SOME], twins)


@pytest.mark.parametrize("rule", ["heat_bath", "products", "metropolis"])
@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("factors", [1 / TEMPERATURES, np.array([1e4, 1e-9])], ids=["usual", "extreme"])
def test_wide(name, rule, factors):
    weights = SYSTEMS[name]
    slots = directed_slots(weights)
    found = np.stack([start_codes(weights)] * 2)
    expected = found[:, :, SOME]
    streams, twins = _streams(2)
    products = np.array([rule == "products" and factor < 10 for factor in factors])
    wide.sweep(
        found, streams, factors, slots.rows, weights.site_weights, weights.kind, slots.neighbour, slots.which,
        products, rule == "metropolis", 2,
    )  # fmt: skip
    for t, factor in enumerate(factors):
        reference.wide_sweep(
            expected[t], twins[t], factor, slots, weights, 2, metropolis=rule == "metropolis", products=products[t]
        )
    assert np.array_equal(found[:, :, SOME], expected)
    assert np.array_equal(streams[:, :, SOME], twins)


def test_products_are_used_where_they_cannot_vanish():
    weights = SYSTEMS["many"]
    slots = directed_slots(weights)
    usual = {"sites": 1000, "slots": slots.which.shape[1]}
    assert wide.products_suffice(slots.rows, weights.site_weights, np.array([1.0, 1e4]), **usual).tolist() == [
        True,
        False,
    ]
    assert not wide.products_suffice(slots.rows, weights.site_weights, np.ones(1), **{**usual, "sites": 2}).any()


CLUSTERS = {
    "potts": (Potts(4), {"field": 0.3}),
    "antiferromagnet": (Potts(3, coupling=-1.0), {"field": 0.2}),
    "spin_1": (BlumeCapel(), {"crystal_field": 0.2, "field": 0.1}),
    "clock": (Clock(6), {"field": 0.3}),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_clusters(name):
    model, controls = CLUSTERS[name]
    lattice = Lattice((3, 4))
    weights = weights_of(model, lattice, controls)
    slots, images = directed_slots(weights), involutions(model, lattice, model.strengths(lattice, **controls))
    assert len(images)
    found = np.ascontiguousarray(start_codes(weights).T)
    expected = found.copy()
    stream, twin = stream_of(3), stream_of(3)
    clusters.swendsen_wang(
        found, stream, 0.9, weights.first, weights.second, weights.which, weights.matrices, weights.kind,
        weights.site_weights, images, 3,
    )  # fmt: skip
    reference.swendsen_wang(expected, twin, 0.9, weights, images, 3)
    assert np.array_equal(found, expected)
    reached = clusters.wolff(
        found, stream, 0.9, slots.neighbour, slots.which, slots.rows, weights.kind, weights.site_weights, images, 3
    )
    assert reached == reference.wolff(expected, twin, 0.9, slots, weights, images, 3)
    assert np.array_equal(found, expected)
    assert np.array_equal(stream, twin)


def test_exponential():
    x = -np.concatenate([np.random.default_rng(0).random(500) * 800, [0.0, 708.0, 1e9, np.inf]])
    found = reference_exponential(x)
    assert np.array_equal(found, [exponential(value) for value in x])
    assert np.allclose(found[x > -700], np.exp(x[x > -700]), rtol=5e-16, atol=0)
    assert found[x <= -708].max() == 0.0
    assert exponential(0.0) == 1.0
