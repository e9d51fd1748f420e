"""What follows from steps round a circle is what follows from pairs of angles."""

import numpy as np
import pytest

from spinlens.lattices import Lattice
from spinlens.models import XY, Clock, TermTables
from spinlens.symmetries import Symmetries, code_group, involutions, leaves_energies

SYSTEMS = [
    (Clock(6), Lattice((4, 4)), {}),
    (Clock(6, -1.0), Lattice((4, 4), ("antiperiodic", "periodic"), "triangular"), {}),
    (Clock(8), Lattice((4, 4), ((0, 0), "antiperiodic")), {"field": 0.2}),
    (Clock(6), Lattice((4, 4), "free", "honeycomb"), {}),
]


@pytest.mark.parametrize(("model", "lattice", "controls"), SYSTEMS)
def test_steps_say_what_pairs_say(model, lattice, controls, monkeypatch):
    codes = np.random.default_rng(1).integers(0, model.states, size=(20, *lattice.shape))
    strengths = model.strengths(lattice, **controls)

    def found():
        return (
            Symmetries.of(model, lattice, **controls), code_group(model, lattice, **controls).tolist(),
            involutions(model, lattice, strengths).tolist(), model.tables(lattice).sums(codes).tolist(),
        )  # fmt: skip

    assert model.tables(lattice).circular
    steps = found()
    monkeypatch.setattr(TermTables, "circular", property(lambda _: False))
    assert steps == found()


def test_thousands_of_angles():
    """Nothing makes tables of pairs: groups are shifts, ground states a few round the circle."""
    model, lattice = XY(), Lattice((6, 6), kind="triangular")
    group, q = code_group(model, lattice), model.states
    assert len(group) == 256
    assert np.array_equal(group[:, 0], np.arange(0, q, 16))
    tables, strengths = model.tables(lattice), model.strengths(lattice)
    assert leaves_energies(tables, strengths, -np.arange(q) % q)
    assert leaves_energies(tables, strengths, (7 - np.arange(q)) % q)
    assert not leaves_energies(tables, strengths, 3 * np.arange(q) % q)
    assert len(code_group(Clock(4093), lattice)) == 4093
    assert model.ground_states(lattice, field=0.5).tolist() == np.zeros((1, 6, 6)).tolist()
    frustrated = XY(-1.0).ground_states(lattice)
    total = XY(-1.0).energy_total(lattice, dict(zip(tables.names, tables.sums(frustrated), strict=False)))
    # Three sublattices 120 degrees apart, to a third of a code.
    assert np.allclose(total / lattice.sites, -1.5, atol=1e-5)


def test_units_and_bounds():
    terms = {term.name: term for term in XY().terms(Lattice((3, 4), ("free", "periodic")))}
    assert set(terms) == {"bond_sum", "cosine_sum", "sine_sum", "bond_sum_y", "current_sum_y"}
    assert not any(name.endswith("_x") for name in terms)
    row = terms["bond_sum"].table * terms["bond_sum"].unit
    assert np.abs(row - np.cos(2 * np.pi * np.arange(4096) / 4096)).max() <= 2.0**-31
    assert np.array_equal(row, -np.roll(row, 2048))
    assert not [term for term in Clock(4).terms(Lattice((3, 4))) if "_x" in term.name]
