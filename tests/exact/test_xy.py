"""Currents on bonds against angles: closed forms of rings, clocks of so many angles that none of them counts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import iv

from spinlens.errors import InputError
from spinlens.exact import enumerate_states, finite_strip, kaufman, xy
from spinlens.lattices import Lattice
from spinlens.models import XY, Clock, Ising, Potts, clock
from spinlens.statistics.observables import observables


@pytest.mark.parametrize("temperature", [0.3, 0.8929, 5.0])
def test_rings_are_sums_of_bessel_functions(temperature):
    n = np.arange(-60, 61)
    weight = iv(n, 1 / temperature) ** 7
    found = xy(XY(), Lattice((7,)), temperature=temperature)
    assert found.log_z * 7 == pytest.approx(np.log(weight.sum()), rel=1e-9)
    assert found.helicity_modulus_x == pytest.approx(7 * temperature * (n * n * weight).sum() / weight.sum(), rel=1e-6)


def test_small_tori_are_those_of_many_angles():
    """The clock's discrete angles change less than 1e-9: a second way that knows of no currents."""
    for shape, temperature, q in (((2, 2), 0.8929, 24), ((2, 2), 2.0, 24), ((3,), 0.6, 40)):
        lattice = Lattice(shape)
        found = xy(XY(), lattice, temperature=temperature)
        other = enumerate_states(Clock(q), lattice, temperature=temperature)
        for name in found:
            expected = other[name] + (temperature if name == "free_energy" else -1 if name == "log_z" else 0) * (
                np.log(q) if name in ("free_energy", "log_z") else 0
            )
            assert found[name] == pytest.approx(expected, rel=2e-7), name


def test_printed_values_of_tori():
    """As other programs found them, to their digits; sides of two have both bonds of each pair."""
    values = {(2, 2): (4.458001762, 0.808544564), (3, 3): (8.180369742, 0.746929828)}
    for shape, (log_z, modulus) in values.items():
        found = xy(XY(), Lattice(shape), temperature=0.8929)
        assert found.log_z * np.prod(shape) == pytest.approx(log_z, rel=1e-9)
        assert found.helicity_modulus_x == pytest.approx(modulus, rel=5e-8)
        assert found.helicity_modulus_y == pytest.approx(modulus, rel=5e-8)


def test_a_twist_gives_each_winding_its_phase():
    """By tables of angles that know of no currents: of rings, of a torus, and half a turn as one twist among others."""
    n = np.arange(-40, 41)
    weight = iv(n, 1 / 0.7) ** 5
    for steps in (1, 5, 16, 24):
        twisted, ratio = Lattice((5,), f"twisted={steps}"), (np.cos(2 * np.pi * steps / 48 * n) * weight).sum()
        found = np.exp(5 * finite_strip(Clock(48), twisted, temperature=0.7).log_z - 5 * np.log(48))
        assert found == pytest.approx(ratio, rel=1e-8), steps
        continuous = Lattice((5,), f"twisted={steps * 256 // 3}")
        if steps % 3 == 0:
            assert xy(XY(), continuous, temperature=0.7).log_z == pytest.approx(np.log(ratio) / 5, rel=1e-9)
    for shape, q, t, rules in (
        ((3, 3), 8, 4.0, ("twisted=512", "twisted=1")), ((3, 2), 12, 2.0, ("antiperiodic", "twisted=6"))
    ):  # fmt: skip
        one, other = (Lattice(shape, (rule, "periodic")) for rule in rules)
        found, expected = xy(XY(), one, temperature=t), finite_strip(Clock(q), other, temperature=t)
        assert found.log_z == pytest.approx(expected.log_z - np.log(q), rel=2e-7)
        assert found.energy == pytest.approx(expected.energy, rel=2e-6)
        assert "helicity_modulus_x" not in found


def test_the_modulus_is_the_curvature_of_the_free_energy_in_a_twist():
    """Y N / 2 is the rise of the free energy over the square of the step from site to site."""
    step, t = 32, 0.8929
    for shape in ((7,), (3, 3), (6, 2)):
        rest = ("periodic",) * (len(shape) - 1)
        plain = xy(XY(), Lattice(shape), temperature=t)
        twisted = [xy(XY(), Lattice(shape, (f"twisted={n * step}", *rest)), temperature=t) for n in (1, 2)]
        rise = [(found.free_energy - plain.free_energy) * np.prod(shape) for found in twisted]
        second = 2 * (16 * rise[0] - rise[1]) / (12 * (2 * np.pi * step / 4096) ** 2)
        assert plain.helicity_modulus_x == pytest.approx(second * shape[0] ** 2 / np.prod(shape), rel=1e-6)


def test_few_angles_are_ising_and_potts_models():
    lattice, t = Lattice((3, 3)), 1.7
    assert finite_strip(Clock(4), lattice, temperature=t).energy == pytest.approx(
        2 * finite_strip(Ising(0.5), lattice, temperature=t).energy, rel=1e-12
    )
    assert float(kaufman(Ising(0.5), Lattice((3, 3)), temperature=t).energy) * 2 == pytest.approx(
        finite_strip(Clock(4), lattice, temperature=t).energy, rel=1e-9
    )
    assert finite_strip(Clock(3), lattice, temperature=t).energy == pytest.approx(
        1 + finite_strip(Potts(3, 1.5), lattice, temperature=t).energy, rel=1e-8
    )
    assert finite_strip(Clock(2), lattice, temperature=t).energy == pytest.approx(
        finite_strip(Ising(), lattice, temperature=t).energy, rel=1e-12
    )


def test_estimates_of_the_modulus_know_the_coupling():
    """In units of J: three times the coupling at three times the temperature is three times as stiff."""
    model, scaled, lattice = Clock(6), Clock(6, 3.0), Lattice((2, 3))
    one = enumerate_states(model, lattice, temperature=0.8)
    three = enumerate_states(scaled, lattice, temperature=2.4)
    assert three["helicity_modulus_y"] == pytest.approx(3 * one["helicity_modulus_y"], rel=1e-12)
    found = [
        observables(
            {n: np.arange(64 * 4).reshape(64, 4) % 5 << 28 for n in m.tables(lattice).names}, model=m, lattice=lattice,
            temperature=t,
        )["helicity_modulus_y"]
        for m, t in ((model, 0.8), (scaled, 2.4))
    ]  # fmt: skip
    assert float(found[1]) == pytest.approx(3 * float(found[0]), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((Clock(6), Lattice((3,))), "not the XY model"),
        ((XY(), Lattice((5, 6))), "at most 4 sites"),
        ((XY(), Lattice((3, 4), "free")), "periodic"),
    ],
)
def test_what_cannot_be_solved_is_refused(arguments, why):
    with pytest.raises(InputError, match=why):
        xy(*arguments, temperature=1.0)
    with pytest.raises(InputError, match="above"):
        xy(XY(), Lattice((4,)), temperature=1e-3)


@pytest.mark.parametrize("mistake", ["current", "stretch", "both"])
def test_a_modulus_without_the_coupling_is_noticed(mistake, monkeypatch):
    def wrong(terms, coupling):
        found = right(terms, coupling)
        parts = {"current": ("current_unit",), "stretch": ("unit",), "both": ("unit", "current_unit")}[mistake]
        return tuple(replace(one, **{part: getattr(one, part) / coupling for part in parts}) for one in found)

    right = clock.stiffnesses
    monkeypatch.setattr(clock, "stiffnesses", wrong)
    with pytest.raises(AssertionError):
        test_estimates_of_the_modulus_know_the_coupling()
