import numpy as np
import pytest
from tests.sampling.boundaries import BOUNDARIES

from spinlens.errors import InputError
from spinlens.exact import enumerate_states
from spinlens.exact.ising import ising_finite_strip, ising_strip, kaufman_torus
from spinlens.lattices import Lattice
from spinlens.models import Ising

MODELS = [
    (Ising(1.0), 0.0),
    (Ising(-0.7), 0.4),
    (Ising((1.0, -0.3)), -0.2),
    (Ising((-0.6, 1.1), "staggered"), 0.5),
]


@pytest.mark.parametrize(("model", "field"), MODELS, ids=str)
@pytest.mark.parametrize("shape", [(2, 2), (3, 4), (5, 3), (2, 7)], ids=str)
@pytest.mark.parametrize("boundary", BOUNDARIES.values(), ids=BOUNDARIES.keys())
def test_agrees_with_the_sum_over_all_states(boundary, shape, model, field):
    lattice = Lattice(shape, boundary=boundary)
    strip = ising_finite_strip(model, lattice, temperature=1.7, field=field)
    states = enumerate_states(model, lattice, temperature=1.7, field=field)
    kind = "staggered_magnetization" if model.staggered else "magnetization"
    mean, squared = getattr(states, kind), getattr(states, f"{kind}_squared")
    assert strip.free_energy == pytest.approx(-1.7 * states.log_z, abs=1e-12)
    assert strip.energy == pytest.approx(states.energy, abs=1e-12)
    assert strip.specific_heat == pytest.approx(states.specific_heat, abs=1e-11)
    assert strip.magnetization == pytest.approx(mean, abs=1e-12)
    assert strip.susceptibility == pytest.approx(lattice.sites * (squared - mean**2) / 1.7, abs=1e-11)


@pytest.mark.parametrize("boundary", ["periodic", ("antiperiodic", "periodic"), ("periodic", "antiperiodic")], ids=str)
@pytest.mark.parametrize("shape", [(6, 8), (7, 30)], ids=str)
def test_agrees_with_kaufman_on_longer_rings(shape, boundary):
    lattice = Lattice(shape, boundary=boundary)
    for coupling in (1.0, -1.0):
        exact = kaufman_torus(shape, 2.1, coupling=coupling, seams=lattice.seams)
        strip = ising_finite_strip(Ising(coupling), lattice, temperature=2.1)
        assert strip.free_energy == pytest.approx(-2.1 * exact.log_z, abs=1e-12)
        assert strip.energy == pytest.approx(exact.energy, abs=1e-11)
        assert strip.specific_heat == pytest.approx(exact.specific_heat, abs=1e-9)


@pytest.mark.parametrize("across", ["periodic", "antiperiodic", "free", (1, -1), (-1, -1)], ids=str)
def test_a_long_strip_approaches_the_infinite_one(across):
    # Ends cost a fixed amount, so that one more row, twice, leaves the infinite strip's values.
    model, width, lengths = Ising((0.8, 1.0)), 12, (60, 61)
    lattices = [Lattice((length, width), boundary=("free", across)) for length in lengths]
    strips = [ising_finite_strip(model, lattice, temperature=2.6, field=0.3) for lattice in lattices]
    infinite = ising_strip(model, width, temperature=2.6, field=0.3, across=across)
    for name in ("free_energy", "energy", "magnetization", "specific_heat", "susceptibility"):
        one_row = lengths[1] * getattr(strips[1], name) - lengths[0] * getattr(strips[0], name)
        assert one_row == pytest.approx(getattr(infinite, name), abs=1e-9)


def test_skewed_walls_on_a_wide_lattice():
    # Fourteen sites round, walls at the ends: turned by a quarter it is the same lattice.
    skewed = ising_finite_strip(Ising((1.0, 0.5)), Lattice.skewed((20, 14)), temperature=2.0, field=0.1)
    turned = Lattice((14, 20), boundary=("periodic", (1, -1)))
    other = ising_finite_strip(Ising((0.5, 1.0)), turned, temperature=2.0, field=0.1)
    assert skewed == other
    reversed_walls = Lattice((20, 14), boundary=((-1, 1), "periodic"))
    mirrored = ising_finite_strip(Ising((1.0, 0.5)), reversed_walls, temperature=2.0, field=0.1)
    assert skewed.energy == pytest.approx(mirrored.energy, rel=1e-13)


def test_limits():
    hot = ising_finite_strip(Ising(), Lattice((20, 6), boundary="free"), temperature=1e8, field=1.0)
    assert hot.free_energy / -1e8 == pytest.approx(np.log(2.0))
    cold = ising_finite_strip(Ising(), Lattice((9, 8)), temperature=0.05, field=0.5)
    assert (cold.energy, cold.magnetization) == (pytest.approx(-2.5), pytest.approx(1.0))
    assert cold.specific_heat == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("lattice", "options", "message"),
    [
        (Lattice((11, 11)), {}, "too wide"),
        (Lattice((15, 15), boundary="free"), {}, "too wide"),
        (Lattice((20, 12), boundary=("antiperiodic", "free")), {}, "too wide"),
        (Lattice((4, 4)), {"temperature": 0.0}, "temperature"),
        (Lattice((4, 4)), {"temperature": [1.0]}, "one number"),
        (Lattice((4, 4)), {"field": np.nan}, "field"),
        (Lattice((4, 4)), {"field": "a"}, "field"),
        (Lattice((30, 8), boundary=((1, -1), "antiperiodic")), {"temperature": 1e-2}, "vanish"),
        (Lattice((8, 4), boundary=("antiperiodic", "periodic")), {"temperature": 1e-2}, "vanish"),
        (Lattice((4, 4), boundary="antiperiodic"), {"temperature": 1e-2}, "vanish"),
        (Lattice((5, 5)), {"temperature": 1e-2, "model": Ising(-1.0)}, "vanish"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("error")
def test_refuses_bad_input(lattice, options, message):
    with pytest.raises(InputError, match=message) as caught:
        ising_finite_strip(**{"model": Ising(), "temperature": 2.0, **options}, lattice=lattice)
    assert "\n" not in str(caught.value)
