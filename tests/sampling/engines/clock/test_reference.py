"""The kernels agree with their scalar twin, code for code and word for word, at every heat."""

import numpy as np
import pytest
from numba import njit

from spinlens.lattices import Lattice
from spinlens.models import XY, BlumeCapel, Clock, Pairwise, Potts
from spinlens.sampling.engines.clock import clusters, kernel, reference, vectors, wolff
from spinlens.sampling.engines.clock.form import Form, form_of
from spinlens.sampling.engines.clock.place import EXPONENTIAL, heat_of, place_of
from spinlens.sampling.engines.clock.sums import measure, tally

SYSTEMS = {
    "xy": (XY(), Lattice((3, 4)), {}),
    "turned": (Clock(6), Lattice((5,), "antiperiodic"), {}),
    "odd": (Clock(37), Lattice((2, 3, 2), ("twisted=5", "periodic", "twisted=30")), {"field": 0.3}),
    "held": (Clock(12, -1.0), Lattice((3, 3), ((0, 0), "periodic"), "triangular"), {"field": -0.7}),
    "two": (Clock(2), Lattice((3, 3)), {"field": 0.3}),
    "bricks": (XY(0.4), Lattice((4, 4), "antiperiodic", "honeycomb"), {"field": 2.0}),
}
TEMPERATURES = (1e-7, 0.02, 0.9, 1e9)
"""Where single precision never tells, seldom, mostly, always."""

SOME = np.arange(0, 64, 7)
"""Lanes that the twin follows; it is slow."""


def stream_of(seed):
    return np.random.default_rng(seed).integers(0, 2**64, size=(4, 64), dtype=np.uint64)


def form(name):
    model, lattice, controls = SYSTEMS[name]
    found = form_of(model, lattice, model.strengths(lattice, **controls))
    assert isinstance(found, Form)
    return found, place_of(found, lattice), model, lattice


@pytest.mark.parametrize("name", SYSTEMS)
def test_kernels(name):
    found, place, _, lattice = form(name)
    for temperature in TEMPERATURES:
        heat = heat_of(found, place, temperature)
        start = np.random.default_rng(2).integers(0, found.states, size=(lattice.sites, 64)).astype(np.uint16)
        for word in ("metropolis", "reflections"):
            codes, stream = start.copy(), stream_of(1)
            expected, twin = start[:, SOME].copy(), stream_of(1)[:, SOME]
            getattr(kernel, word)(codes, stream, place, heat, 3)
            getattr(reference, word)(expected, twin, place, heat, 3)
            assert np.array_equal(codes[:, SOME], expected), (word, temperature)
            assert np.array_equal(stream[:, SOME], twin), (word, temperature)
        codes, stream = start.copy(), stream_of(3)
        expected, twin = np.ascontiguousarray(start.T), stream_of(3)
        clusters.swendsen_wang(codes, stream, place, heat, 2)
        reference.swendsen_wang(expected, twin, place, heat, 2)
        chains = np.ascontiguousarray(codes.T)
        assert np.array_equal(chains, expected), temperature
        reached = wolff.wolff(chains, stream, place, heat, 2)
        assert reached == reference.wolff(expected, twin, place, heat, 2)
        assert np.array_equal(chains, expected), temperature
        assert np.array_equal(stream, twin), temperature


@pytest.mark.parametrize("name", SYSTEMS)
def test_sums(name):
    found, _, model, lattice = form(name)
    tables = model.tables(lattice)
    codes = np.random.default_rng(4).integers(0, found.states, size=(2, lattice.sites, 64)).astype(np.uint16)
    sums = np.ones((len(tables.terms), 2, 64), dtype=np.int64)
    measure(codes, tally(tables, found.shift), sums)
    assert np.array_equal(sums, tables.sums(codes.transpose(0, 2, 1)))


def test_reflections_undo_themselves_and_leave_the_energy_to_half_a_code():
    """The new angle is the old one's mirror image about a direction that does not depend on either."""
    found, place, model, lattice = form("xy")
    random, q = np.random.default_rng(5), found.states
    half = np.pi / q
    for codes in random.integers(0, q, size=(50, lattice.sites)):
        i = int(random.integers(lattice.sites))
        m = reference.axis_of(codes, i, place)
        other = codes.copy()
        other[i] = (m - codes[i]) % q
        assert reference.axis_of(other, i, place) == m
        before, after = (float(model.energy_total(lattice, _sums(model, lattice, c))) for c in (codes, other))
        # The local field is at most 4 long, and the axis off by half a code of rounding and a tenth of arithmetic.
        assert abs(after - before) <= 4 * 1.2 * half


def _sums(model, lattice, codes):
    tables = model.tables(lattice)
    return dict(zip(tables.names, tables.sums(codes), strict=True))


@njit
def _quick(x, found):
    for v in range(0, len(x), vectors.MANY):
        vectors.store_singles(found, v, kernel.quick_exponential(vectors.load_singles(x, v)))


@njit
def _axes(x, y, states, scale, offset, found):
    for v in range(0, len(x), vectors.MANY):
        code = kernel.axis_code(vectors.load_singles(x, v), vectors.load_singles(y, v), states, scale, offset)
        vectors.store_wholes(found, v, code)


def test_axes_point_along_the_field():
    angle = np.random.default_rng(6).random(320) * 2 * np.pi
    x, y = (3.7 * np.cos(angle)).astype(np.float32), (3.7 * np.sin(angle)).astype(np.float32)
    x[:4], y[:4] = (0, 0, 1, -1), (1, -1, 0, 0)
    found = np.empty(320, dtype=np.int32)
    for q in (5, 360, 4096):
        _axes(x, y, q, np.float32(np.float32(q) / np.float32(np.pi)), np.float32(2 * q + 0.5), found)
        away = (found - 2 * np.arctan2(y, x) * q / (2 * np.pi) + q / 2) % q - q / 2
        assert found.min() >= 0
        assert found.max() < q
        assert np.abs(away).max() < 0.65


def test_quick_weights_are_as_exact_as_they_say():
    x = -np.linspace(0, 20, 1600).astype(np.float32)
    found = np.empty_like(x)
    _quick(x, found)
    assert np.abs(found / np.exp(x.astype(np.float64)) - 1).max() < EXPONENTIAL


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Potts(6), "angles"), (BlumeCapel(), "angles"),
        (Pairwise((0, 1, 2), 1 - np.eye(3)), "angles"),
    ],
)  # fmt: skip
def test_what_has_no_cosines_is_refused(model, why):
    lattice = Lattice((3, 3))
    assert why in form_of(model, lattice, model.strengths(lattice))
