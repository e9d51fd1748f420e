"""Eigenstates, free fermions, slices and matrices written out site by site: four ways to one quantum model."""

from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import expm

from spinlens.errors import InputError
from spinlens.exact import diagonalise, enumerate_states, finite_strip, slice_probabilities, transverse_chain
from spinlens.lattices import Lattice
from spinlens.models import Ising, TransverseIsing

SX, SZ = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([-1.0, 1.0])


def on(site, matrix, sites):
    """The matrix on one site; that of site 0 is the last factor, so that its code changes fastest."""
    return reduce(np.kron, [matrix if k == site else np.eye(2) for k in reversed(range(sites))])


def written_out(coupling, lattice, transverse_field, field):
    """H from its definition, with sz of every site."""
    n, table = lattice.sites, lattice.neighbours
    sz = [on(i, SZ, n) for i in range(n)]
    h = -sum(transverse_field * on(i, SX, n) + field * sz[i] for i in range(n))
    for i, j, turned in zip(table.first, table.second, table.turned, strict=True):
        h -= coupling * (-1 if turned else 1) * sz[i] @ sz[j]
    for i, value in zip(table.wall_site, table.wall_value, strict=True):
        h -= coupling * value * sz[i]
    return h, sz


SYSTEMS = [
    (1.0, Lattice((4,)), 0.9, 0.3),
    (-0.8, Lattice((2, 3), "free", "triangular"), 1.4, 0.2),
    (1.0, Lattice((2, 3), ((1, -1), "antiperiodic")), 0.6, 0.0),
    (1.0, Lattice((2, 2)), 2.5, 0.0),
]


@pytest.mark.parametrize(("coupling", "lattice", "gamma", "field"), SYSTEMS)
def test_eigenstates_are_those_of_the_matrix_written_out(coupling, lattice, gamma, field):
    model, n, t, step = TransverseIsing(coupling), lattice.sites, 0.7, 1e-4
    found = diagonalise(model, lattice, temperature=t, transverse_field=gamma, field=field)

    def density(gamma=gamma, field=field, t=t):
        h, _ = written_out(coupling, lattice, gamma, field)
        return expm(-h / t)

    h, sz = written_out(coupling, lattice, gamma, field)
    rho, z = density(), np.trace(density())
    assert found.log_z == pytest.approx(np.log(z) / n, rel=1e-12)
    assert found.energy == pytest.approx(np.trace(rho @ h) / z / n, rel=1e-12)
    assert found.transverse_magnetization == pytest.approx(
        np.mean([np.trace(rho @ on(i, SX, n)) for i in range(n)]) / z, rel=1e-11
    )
    assert np.allclose(
        slice_probabilities(model, lattice, temperature=t, transverse_field=gamma, field=field), np.diag(rho) / z
    )
    m = sum(sz) / n
    assert found.magnetization == pytest.approx(np.trace(rho @ m) / z, abs=1e-12)
    assert found.magnetization_squared_of_slices == pytest.approx(np.trace(rho @ m @ m) / z, rel=1e-12)
    # Kubo's susceptibility is a slope, and so are specific heat and the number of kinks.
    slopes = [(np.trace(density(field=field + s) @ m) / np.trace(density(field=field + s))) for s in (step, -step)]
    prefix = "" if coupling > 0 else "magnetization_"
    assert found[f"{prefix}susceptibility"] == pytest.approx((slopes[0] - slopes[1]) / (2 * step), rel=1e-6)
    heats = [np.trace(density(t=t + s) @ h) / np.trace(density(t=t + s)) / n for s in (step, -step)]
    assert found.specific_heat == pytest.approx((heats[0] - heats[1]) / (2 * step), rel=1e-6)
    logs = [np.log(np.trace(density(gamma=gamma * np.exp(s)))) / n for s in (step, -step)]
    assert found.averages["kinks"] == pytest.approx((logs[0] - logs[1]) / (2 * step), rel=1e-6)


def test_without_transverse_field_it_is_the_ising_model():
    """All names, the fourth moment of averages over imaginary time among them."""
    lattice, condition = Lattice((5,)), {"temperature": 1.3, "field": 0.4}
    classical = enumerate_states(Ising(), lattice, **condition)
    found = diagonalise(TransverseIsing(), lattice, transverse_field=1e-5, **condition)
    shared = set(classical) & set(found)
    assert {"energy", "specific_heat", "susceptibility", "binder_cumulant", "magnetization_squared"} <= shared
    for name in shared:
        assert found[name] == pytest.approx(classical[name], rel=1e-8), name
    assert found.transverse_magnetization < 1e-4


@pytest.mark.parametrize("gamma", [0.4, 1.0, 1.7])
def test_rings_are_free_fermions(gamma):
    for sites, coupling in ((2, 1.0), (5, 1.0), (6, -1.3), (7, 0.8)):
        for t in (0.2, 1.5):
            found = diagonalise(TransverseIsing(coupling), Lattice((sites,)), temperature=t, transverse_field=gamma)
            ring = transverse_chain(temperature=t, transverse_field=gamma, coupling=coupling, sites=sites)
            for name, value in ring.items():
                assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-12), (sites, name)
    infinite, large = (transverse_chain(temperature=0.5, transverse_field=gamma, sites=n) for n in (None, 600))
    for name, value in infinite.items():
        assert large[name] == pytest.approx(value, rel=1e-9), name


def test_printed_values():
    """Of another program, to its digits."""
    for (gamma, b), log_z, energy, turned in (
        ((1.0, 2), 21.091634449, -1.25553131, 0.585601611),
        ((1.0, 8), 82.201295444, -1.277236857, 0.617195955),
        ((0.5, 2), 17.7348252, -1.054555387, 0.263574492),
    ):
        ring = transverse_chain(temperature=1 / b, transverse_field=gamma, sites=8)
        assert [8 * ring.log_z, ring.energy, ring.transverse_magnetization] == pytest.approx(
            [log_z, energy, turned], rel=2e-9
        )
    for b, energy in ((2, -1.2381122500), (8, -1.2711872282)):
        assert transverse_chain(temperature=1 / b).energy == pytest.approx(energy, rel=1e-9)
    # Cold: the integral of the energies of all fermions, 4 / pi at Gamma = J.
    assert transverse_chain(temperature=1e-4).energy == pytest.approx(-4 / np.pi, rel=1e-6)


def sliced(slices, ring):
    """Energy, <sx> and ln Z of a ring at T = 1/2 in slices."""
    cut = TransverseIsing().trotter(slices, ring, temperature=0.5)
    found = finite_strip(cut.model, cut.lattice, temperature=cut.temperature, field=cut.field)
    equal = found.averages["bond_sum"] - found.averages["bond_sum_x"]
    return [cut.energy(found.energy, equal), cut.transverse_magnetization(equal), cut.log_z(found.log_z)]


def test_slices_of_imaginary_time_become_continuous():
    """A printed value; errors fall with the square of the number of slices, what is left after that with the fourth."""
    model, ring = TransverseIsing(), Lattice((6,))
    assert sliced(10, Lattice((8,)))[0] == pytest.approx(-1.2884909, rel=1e-7)
    exact = diagonalise(model, ring, temperature=0.5)
    for *values, limit in zip(
        *(sliced(slices, ring) for slices in (10, 20, 40)),
        (exact.energy, exact.transverse_magnetization, exact.log_z), strict=True,
    ):  # fmt: skip
        once = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(values)]
        assert abs(once[1] - limit) < 0.1 * abs(once[0] - limit) < 0.02 * abs(values[0] - limit)
        assert (16 * once[1] - once[0]) / 15 == pytest.approx(limit, rel=2e-6)
    # Two dimensions become three; a field, and edges that are free.
    square, condition = Lattice((2, 2), "free"), {"temperature": 0.9, "transverse_field": 0.7, "field": 0.3}
    logs = []
    for slices in (4, 8):
        cut = model.trotter(slices, square, **condition)
        found = finite_strip(cut.model, cut.lattice, temperature=cut.temperature, field=cut.field)
        logs.append(cut.log_z(found.log_z))
    assert (4 * logs[1] - logs[0]) / 3 == pytest.approx(diagonalise(model, square, **condition).log_z, rel=1e-4)


def test_what_is_refused():
    model, ring = TransverseIsing(), Lattice((4,))
    for wrong, why in (
        (lambda: enumerate_states(model, ring, temperature=1.0), "diagonalise takes it"),
        (lambda: diagonalise(Ising(), ring, temperature=1.0), "enumerate_states takes it"),
        (lambda: diagonalise(model, Lattice((13,)), temperature=1.0), "up to 12 sites"),
        (lambda: diagonalise(model, ring, temperature=1.0, transverse_field=0.0), "must be > 0"),
        (lambda: transverse_chain(temperature=1.0, transverse_field=-1.0), "must be a finite number > 0"),
        (lambda: transverse_chain(temperature=1.0, coupling=-1.0, sites=5), "odd rings are frustrated"),
        (lambda: model.trotter(1, ring, temperature=1.0), "whole number >= 2"),
        (lambda: model.trotter(4, Lattice((2, 2), kind="triangular"), temperature=1.0), "no further axis"),
    ):
        with pytest.raises(InputError, match=why):
            wrong()
