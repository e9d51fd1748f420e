"""Vortices: placed by hand, of independent angles, and half circles both ways."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import XY, Clock, Potts
from spinlens.statistics import vortex_density
from spinlens.statistics.vortices import _windings, vorticities
from spinlens.testing.chance import within


def test_half_circles_are_broken_evenly():
    """All closed walks of four steps, each half circle either way with equal weight."""
    for q in (4, 5, 6):
        for steps in product(range(q), repeat=3):
            walk = [*steps, -sum(steps) % q]
            ways = [[Fraction(s if 2 * s < q else s - q)] if 2 * s != q else [Fraction(s), Fraction(-s)] for s in walk]
            found = [abs(sum(each)) / q for each in product(*ways)]
            expected = sum(found, Fraction(0)) / len(found)
            assert _windings(np.array([walk]), q)[0] == float(expected), (q, walk)


@pytest.mark.parametrize(("kind", "plaquettes"), [("square", 49), ("triangular", 98)])
def test_one_vortex(kind, plaquettes):
    x, y = np.indices((8, 8)) - 3.4
    codes = np.rint(np.arctan2(y, x) * 4096 / (2 * np.pi)).astype(int) % 4096
    assert vorticities(XY(), Lattice((8, 8), "free", kind), codes) * plaquettes == pytest.approx(1)


def test_seams_hold_no_vortex_and_periodic_ones_do():
    """A turn by half a circle over each seam, spread evenly, is no vortex; without the seams it is seen."""
    codes = np.add.outer(np.arange(8) * 256, np.arange(8) * 256) % 4096
    assert vorticities(XY(), Lattice((8, 8), "antiperiodic"), codes) == 0
    assert vorticities(XY(), Lattice((8, 8), "antiperiodic", "triangular"), codes) == 0
    random = np.random.default_rng(0).integers(0, 4096, size=(300, 4, 4))
    turned, plain = (vorticities(XY(), Lattice((4, 4), edge), random) for edge in ("antiperiodic", "periodic"))
    assert (turned != plain).any()


@pytest.mark.parametrize(("shape", "kind", "share"), [((4, 4), "square", 1 / 3), ((4, 4), "triangular", 1 / 4),
                                                      ((3, 3, 3), "cubic", 1 / 3)])  # fmt: skip
def test_independent_angles(shape, kind, share):
    """Three steps from -1/2 to 1/2 of a circle leave that range by their sum in a third, two in a quarter of cases."""
    lattice = Lattice(shape, kind=kind)
    found = vorticities(XY(), lattice, np.random.default_rng(1).integers(0, 4096, size=(4000, *shape)))
    assert within(found.mean(), share, found.std() / np.sqrt(len(found)), degrees=None)


def test_ensembles():
    ensemble = simulate(Clock(8), (4, 4), temperature=[0.3, 1e6], chains=64, draws=8, equilibration=32, progress=False)
    found = vortex_density(ensemble)
    assert found.vortex_density.dims == ("field", "temperature")
    # Of eight angles: all walks of three steps, the fourth closes.
    steps = np.indices((8, 8, 8)).reshape(3, -1).T
    hot = _windings(np.column_stack([steps, -steps.sum(axis=1)]), 8).mean()
    assert within(found.vortex_density[0, 1], hot, found.vortex_density_error[0, 1])
    assert float(found.vortex_density[0, 0]) < 0.01
    assert found.vortex_density.attrs["long_name"] == "vortices per plaquette"


def test_what_has_no_vortices_is_refused():
    codes = np.zeros((2, 2), dtype=int)
    with pytest.raises(InputError, match="no angles"):
        vorticities(Potts(3), Lattice((2, 2)), codes)
    with pytest.raises(InputError, match="triangular"):
        vorticities(XY(), Lattice((2, 2), kind="honeycomb"), codes)
