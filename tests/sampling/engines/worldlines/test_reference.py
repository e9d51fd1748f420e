"""The kernels agree with their scalar twin, kink for kink and word for word, and with sums bond by bond."""

from bisect import bisect_right

import numpy as np
import pytest
from scipy import stats

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import TICKS, Ising, TransverseIsing
from spinlens.sampling import Plan, run_unit, units
from spinlens.sampling.engines.worldlines import counting, kernel, reference
from spinlens.sampling.engines.worldlines.arrivals import MOST, arrivals
from spinlens.sampling.engines.worldlines.form import Form, form_of, tally_of
from spinlens.sampling.engines.worldlines.place import heat_of, place_of, room_for

SYSTEMS = {
    "ring": (TransverseIsing(), Lattice((5,)), {"transverse_field": 2.0}),
    "held": (TransverseIsing(-0.7), Lattice((2, 3), ((1, -1), "antiperiodic")), {"field": -0.4}),
    "free": (TransverseIsing(), Lattice((3, 3), "free", "triangular"), {"transverse_field": 3.0, "field": 0.3}),
}
TEMPERATURES = (0.02, 1.0, 50.0)
"""More windows than are drawn at once, one or two, hardly any arrival."""


@pytest.mark.parametrize("name", SYSTEMS)
def test_kernels(name):
    model, lattice, controls = SYSTEMS[name]
    form = form_of(model, lattice, model.strengths(lattice, **controls))
    assert isinstance(form, Form)
    place, counted = place_of(form, lattice), tally_of(model, lattice)
    tally = (counted.bonds, counted.sites, counted.events)
    for temperature in TEMPERATURES:
        heat = heat_of(form, temperature)
        random = np.random.default_rng(3)
        start = random.integers(0, 2, size=(2, lattice.sites)).astype(np.uint8)
        first = np.zeros((2, lattice.sites + 1), dtype=np.int64)
        times = np.zeros((2, room_for(form, lattice, temperature)), dtype=np.uint32)
        streams = random.integers(0, 2**64, size=(4, 64), dtype=np.uint64)
        twin, slots = streams[:, :1].copy(), np.array([1])
        worldlines = [(int(code), []) for code in start[1]]
        for _ in range(4):
            assert kernel.swendsen_wang(start, first, times, slots, streams, place, heat, 1)
            worldlines = reference.swendsen_wang(worldlines, twin, place, heat)
            found = [(int(start[1, i]), times[1, first[1, i] : first[1, i + 1]].tolist()) for i in range(lattice.sites)]
            assert found == worldlines
            assert np.array_equal(streams[:, :1], twin)
        sums = np.zeros((len(counted.events), 1, 1), dtype=np.int64)
        counting.measure(start, first, times, slots[None], place, tally, sums)
        assert sums[:, 0, 0].tolist() == reference.sums(worldlines, place, tally)
    assert model.tables(lattice).names == ("bond_integral", "spin_integral", *_staggered(model), "kinks")


def _staggered(model):
    return ("staggered_integral",) if model.coupling < 0 else ()


def test_ticks_at_the_seam_of_imaginary_time():
    """Kinks at tick 0 lie between the last tick and the first: the code that is kept is the one behind."""
    worldlines = [(1, [0, 7]), (0, [3, TICKS - 1])]
    start = np.array([[1, 0]], dtype=np.uint8)
    times = np.array([[0, 7, 3, TICKS - 1]], dtype=np.uint32)
    model, lattice = TransverseIsing(), Lattice((2,), "free")
    counted = tally_of(model, lattice)
    place = place_of(form_of(model, lattice, model.strengths(lattice)), lattice)
    tally, sums = (counted.bonds, counted.sites, counted.events), np.zeros((3, 1, 1), dtype=np.int64)
    counting.measure(start, np.array([[0, 2, 4]]), times, np.array([[0]]), place, tally, sums)
    # Up for 7 ticks; up from 3 to the last but one; both equal from 3 to 7, and where both are down in the last tick.
    spins = [2 * 7 - TICKS, 2 * (TICKS - 4) - TICKS]
    assert sums[:, 0, 0].tolist() == [2 * (4 + 1) - TICKS, sum(spins), 4]
    assert sums[:, 0, 0].tolist() == reference.sums(worldlines, place, tally)


def test_points_at_equal_ticks_are_one():
    """Cuts where a kink is, or another cut, and at both ends of the circle, where random ones hardly ever are."""
    kinks = [[0, 7], [], [3, TICKS - 1], []]
    cuts = [[0, 0, 5, 7, 7, 9], [], [3, TICKS - 1], [0, 1, 2, 3, 4, 4, TICKS - 1]]
    start, sites, halved = np.array([1, 0, 1, 1], dtype=np.uint8), len(kinks), 2
    first = np.cumsum([0, *map(len, kinks)])
    times = np.array([tick for each in kinks for tick in each], dtype=np.uint32)
    drawn = [(i << 32) + tick for i, each in enumerate(cuts) for tick in each]
    points, code, index = np.zeros(64, np.uint32), np.zeros(64, np.uint8), np.zeros(sites * 5, np.uint32)
    offset, count = np.zeros(sites + 1, np.int64), np.zeros(sites, np.int64)
    drawn = np.array([*drawn, sites << 32], dtype=np.uint64)
    kernel._cut(start, first, times, drawn, points, code, offset, count, halved, index)
    for i, (base, n) in enumerate(zip(offset, count, strict=False)):
        expected, worldline = sorted({*kinks[i], *cuts[i]}), (int(start[i]), kinks[i])
        assert points[base : base + n].tolist() == expected
        behind = [reference.code_at(worldline, tick) for tick in expected or [0]]
        assert code[base : offset[i + 1]].tolist() == behind
        for tick in {0, TICKS // 4, TICKS - 1, *expected, *(tick + 1 for tick in expected if tick < TICKS - 1)}:
            given = map(np.uint64, (base, offset[i + 1] - 1, 32 - halved))
            found = kernel._segment(points, *given, index, np.uint64(5 * i), np.uint64(tick))
            assert found - base == (bisect_right(expected, tick) - 1) % max(1, len(expected))


def test_arrivals_are_those_of_poisson():
    rates = (0.0, 1e-4, 0.7, 1.0, 13.0)
    found = arrivals(rates)
    assert found.halvings.tolist() == [-1, 0, 0, 0, 4]
    for rate, halvings, row in list(zip(rates, found.halvings, found.thresholds, strict=True))[1:]:
        expected = stats.poisson(rate / 2**halvings).cdf(np.arange(MOST))
        assert np.allclose(row / 2.0**64, expected, rtol=1e-13)
        assert row[-1] == 2**64 - 1


def test_room_holds_by_a_bound():
    """The chance of more kinks than find room, of Poisson's distribution, which bounds that of the kinks."""
    form, lattice = Form(np.zeros(1), np.zeros(2), 1.3), Lattice((4,))
    for temperature in (100.0, 1.0, 0.01):
        room = room_for(form, lattice, temperature)
        expected = lattice.sites * form.kinks / temperature
        assert stats.poisson(expected).sf(room) < 1e-30
        assert stats.poisson(expected).sf(room / 2) > 1e-80


def test_heated_chains_take_their_worldlines_along():
    """The first sums of a temperature are those of worldlines that the one below has left, not of new ones."""
    model, lattice = TransverseIsing(), Lattice((6,))
    plan = Plan(model=model, lattice=lattice, temperature=(0.2, 0.2 + 1e-9), transverse_field=(2.0,), start="heated",
                exchange=False, equilibration=0, recordings=1, interval=1, draws=1)  # fmt: skip
    kinks = run_unit(plan, units(plan)[0]).sums["kinks"][:, :, 0]
    assert kinks[1].mean() > 1.2 * kinks[0].mean() > 0


def test_what_is_refused():
    for controls, why in (
        ({"transverse_field": (0.0, 1.0)}, "without kinks"),
        ({"transverse_field": -1.0}, "its sign"),
    ):
        with pytest.raises(InputError, match=why):
            Plan(model=TransverseIsing(), lattice=Lattice((4,)), temperature=1.0, **controls)
    for changes, why in (
        ({"temperature": 1e-9}, "find room"),
        ({"algorithm": "metropolis"}, "has swendsen_wang alone"),
        ({"engine": "bits"}, "worldlines"),
    ):
        with pytest.raises(InputError, match=why):
            Plan(**{"model": TransverseIsing(), "lattice": Lattice((4,)), "temperature": 1.0, **changes})
    with pytest.raises(InputError, match="without imaginary time"):
        Plan(model=Ising(), lattice=Lattice((4,)), temperature=1.0, engine="worldlines")
