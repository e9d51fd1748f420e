import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.exact.ising.finite_strip import ising_finite_strip
from spinlens.exact.ising.kaufman import kaufman_torus
from spinlens.exact.ising.onsager import onsager_lattice
from spinlens.exact.ising.square import square_couplings
from spinlens.exact.ising.transfer_matrix import ising_strip
from spinlens.lattices import Lattice
from spinlens.models import Ising


def written_out(model, width, *, temperature, field):
    """ln(lambda) / width from the full matrix over pairs of rows, not symmetrised."""
    rows = 1 - 2 * ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1)
    ring = (rows * np.roll(rows, 1, axis=1)).sum(axis=1)
    action = (model.coupling * (ring[:, None] + rows @ rows.T) + field * rows.sum(axis=1)[:, None]) / temperature
    return np.log(np.abs(np.linalg.eigvals(np.exp(action))).max()) / width


@pytest.mark.parametrize("coupling", [1.0, -0.6])
@pytest.mark.parametrize("width", [2, 3, 5, 8])
def test_free_energy_agrees_with_the_matrix_written_out(width, coupling):
    model = Ising(coupling)
    strip = ising_strip(model, width, temperature=1.9, field=0.35)
    assert strip.free_energy == pytest.approx(-1.9 * written_out(model, width, temperature=1.9, field=0.35), rel=1e-12)


MODELS = [Ising(), Ising((0.5, -0.9)), Ising(1.0, "staggered"), Ising((-0.7, 1.2), "staggered")]


def two_rows_written_out(model, width, across, *, temperature, field):
    """ln(lambda) / (2 width) from the matrix over two rows, with bonds and field signs put in site by site."""
    rows = 1 - 2 * ((np.arange(1 << width)[:, None] >> np.arange(width)) & 1)
    beyond = {"periodic": rows[:, 0], "antiperiodic": -rows[:, 0], "free": 0}
    ring = (rows[:, :-1] * rows[:, 1:]).sum(axis=1)
    ring = ring + (
        across[0] * rows[:, 0] + across[1] * rows[:, -1] if across not in beyond else beyond[across] * rows[:, -1]
    )
    signs = np.where(np.arange(width) % 2, -1, 1) if model.staggered else np.ones(width)
    along, over = square_couplings(model)
    product = np.eye(1 << width)
    for sign in (1, -1 if model.staggered else 1):
        action = along * rows @ rows.T + (over * ring + sign * field * rows @ signs)[:, None]
        product = product @ np.exp(action / temperature)
    return np.log(np.abs(np.linalg.eigvals(product)).max()) / width / 2


@pytest.mark.parametrize("across", ["periodic", "antiperiodic", "free", (1, -1), (-1, -1)], ids=str)
@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("width", [2, 5, 8])
def test_every_boundary_agrees_with_two_rows_written_out(width, model, across):
    def log_lambda(temperature, field):
        return two_rows_written_out(model, width, across, temperature=temperature, field=field)

    t, h, step = 2.1, 0.4, 1e-3
    strip = ising_strip(model, width, temperature=t, field=h, across=across)
    assert strip.free_energy == pytest.approx(-t * log_lambda(t, h), rel=1e-12)
    if width == 5:
        fields = [t * log_lambda(t, h + i * step) for i in (-2, -1, 0, 1, 2)]
        betas = [log_lambda(1 / (1 / t + i * step), h) for i in (-2, -1, 0, 1, 2)]
        slope, curve = np.array([1, -8, 0, 8, -1]) / (12 * step), np.array([-1, 16, -30, 16, -1]) / (12 * step**2)
        assert strip.magnetization == pytest.approx(fields @ slope, abs=1e-9)
        assert strip.susceptibility == pytest.approx(fields @ curve, abs=1e-7)
        assert strip.energy == pytest.approx(-(betas @ slope), abs=1e-9)
        assert strip.specific_heat == pytest.approx(betas @ curve / t**2, abs=1e-7)


def test_a_staggered_field_is_a_uniform_one_for_the_other_sign():
    # Reversing one sublattice of a strip that is even around.
    staggered = ising_strip(Ising(-1.0, "staggered"), 10, temperature=2.4, field=0.2)
    uniform = ising_strip(Ising(1.0), 10, temperature=2.4, field=0.2)
    for name in ("free_energy", "energy", "magnetization", "specific_heat", "susceptibility"):
        assert getattr(staggered, name) == pytest.approx(getattr(uniform, name), rel=1e-9)


def test_the_wall_between_opposite_walls_wanders():
    # The free energy of an interface is positive and that of like walls lower than of free edges.
    free_energies = {
        across: 14 * ising_strip(Ising(), 14, temperature=1.5, across=across).free_energy
        for across in ("free", (1, 1), (1, -1))
    }
    assert free_energies[1, 1] < free_energies[1, -1] < free_energies["free"]


@pytest.mark.parametrize("temperature", [1.4, 2.3, 3.5])
@pytest.mark.parametrize("width", [4, 7, 9])
def test_agrees_with_a_very_long_torus_at_zero_field(width, temperature):
    torus = kaufman_torus((4000, width), temperature)
    strip = ising_strip(Ising(), width, temperature=temperature)
    # In a long torus the two largest eigenvalues may both count: at most ln 2 in ln Z.
    assert strip.free_energy == pytest.approx(-temperature * torus.log_z, abs=temperature / 4000 / width)
    assert strip.energy == pytest.approx(torus.energy, abs=2e-4)
    if temperature > 2:
        assert strip.energy == pytest.approx(torus.energy, abs=1e-10)
        assert strip.specific_heat == pytest.approx(torus.specific_heat, rel=1e-7)
    assert strip.magnetization == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("coupling", [1.0, -1.0])
@pytest.mark.parametrize(
    ("width", "temperature", "field"), [(5, 2.0, 0.6), (8, 2.6, 0.1), (10, 3.5, 1.4), (10, 0.8, 0.2)]
)
def test_derivatives_are_those_of_the_free_energy(width, temperature, field, coupling):
    model, step = Ising(coupling), 1e-3

    def values(name, dt, dh):
        return (
            np.array(
                [
                    getattr(
                        ising_strip(model, width, temperature=temperature + i * dt, field=field + i * dh),
                        name,
                    )
                    for i in (-2, -1, 1, 2)
                ]
            )
            @ np.array([1, -8, 8, -1])
            / (12 * step)
        )

    strip = ising_strip(model, width, temperature=temperature, field=field)
    entropy = (strip.energy - strip.free_energy) / temperature
    assert strip.magnetization == pytest.approx(-values("free_energy", 0, step), rel=1e-6)
    assert entropy == pytest.approx(-values("free_energy", step, 0), rel=1e-6, abs=1e-9)
    assert strip.susceptibility == pytest.approx(values("magnetization", 0, step), rel=1e-6)
    assert strip.specific_heat == pytest.approx(values("energy", step, 0), rel=1e-6)


def test_wide_strips_approach_the_infinite_lattice():
    strip, plane = ising_strip(Ising(), 14, temperature=4.0), onsager_lattice(4.0)
    assert strip.energy == pytest.approx(plane.energy, abs=2e-5)
    assert strip.specific_heat == pytest.approx(plane.specific_heat, rel=1e-3)


@pytest.mark.parametrize("temperature", [0.4, 0.7, 1.0])
def test_a_cold_strip_without_field_has_the_heat_of_the_plane(temperature):
    strip, plane = ising_strip(Ising(), 10, temperature=temperature), onsager_lattice(temperature)
    assert strip.energy == pytest.approx(plane.energy, rel=1e-6)
    assert strip.specific_heat == pytest.approx(plane.specific_heat, rel=1e-3)


def test_field_reversal_and_cold_limits():
    up = ising_strip(Ising(), 8, temperature=2.0, field=0.3)
    down = ising_strip(Ising(), 8, temperature=2.0, field=-0.3)
    assert up.magnetization == pytest.approx(-down.magnetization)
    assert up.susceptibility == pytest.approx(down.susceptibility)
    frozen = ising_strip(Ising(), 10, temperature=0.05, field=0.3)
    assert (frozen.energy, frozen.magnetization) == (pytest.approx(-2.3), pytest.approx(1.0))
    assert frozen.susceptibility == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(ising_strip(Ising(), 10, temperature=0.05).susceptibility)


@pytest.mark.parametrize(
    ("width", "temperature", "field", "message"),
    [
        (1, 2.0, 0.0, "width"),
        (15, 2.0, 0.0, "width"),
        (4.0, 2.0, 0.0, "width"),
        (4, 0.0, 0.0, "temperature"),
        (4, 2.0, np.inf, "field"),
        (4, [2.0], 0.0, "one number"),
    ],
)
def test_refuses_bad_input(width, temperature, field, message):
    with pytest.raises(InputError, match=message):
        ising_strip(Ising(), width, temperature=temperature, field=field)


@pytest.mark.parametrize("across", ["periodik", None, (1, -1, 1)])
def test_refuses_unknown_boundaries(across):
    with pytest.raises(InputError, match="across"):
        ising_strip(Ising(), 4, temperature=2.0, across=across)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("width", [3, 6, 10])
@pytest.mark.parametrize("across", [(1, -1), (-1, 1)], ids=str)
def test_an_interface_between_walls_is_in_the_middle_or_refused(width, across):
    for temperature in (0.02, 0.05):
        with pytest.raises(InputError, match="cannot be told apart") as caught:
            ising_strip(Ising(), width, temperature=temperature, across=across)
        assert "\n" not in str(caught.value)
    cold = ising_strip(Ising(), width, temperature=0.1, across=across)
    assert cold.magnetization == pytest.approx(0.0, abs=1e-12)
    # An interface of width + 1 places costs two, and hops by one place for the price of two: exp(-2 / T) a row.
    places = 2.0 * np.arange(width + 1) - width
    hops = 2.0 * np.cos(np.pi * np.arange(1, width + 2) / (width + 2)) * np.exp(-2 / 0.1)
    modes = np.sin(np.pi * np.outer(np.arange(1, width + 2), np.arange(1, width + 2)) / (width + 2))
    modes /= np.linalg.norm(modes, axis=0)
    overlaps = (modes[:, 1:].T @ (places * modes[:, 0])) ** 2
    expected = 2 / 0.1 * (overlaps / (hops[0] - hops[1:])).sum() / width
    assert cold.susceptibility == pytest.approx(expected, rel=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("across", ["periodic", "antiperiodic", "free", (1, -1), (1, 1)], ids=str)
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_cold_is_exact_or_refused(model, across):
    # A finite strip has its free energy from positive sums alone; one more row, of many, is the infinite one.
    answers = 0
    for temperature in (0.05, 0.1, 0.2, 0.4):
        for field in (0.0, 0.3):
            try:
                strip = ising_strip(model, 6, temperature=temperature, field=field, across=across)
            except InputError as error:
                assert "cannot be told apart" in str(error)  # noqa: PT017
                continue
            short, long = (
                ising_finite_strip(
                    model, Lattice((rows, 6), boundary=("free", across)), temperature=temperature, field=field
                )
                for rows in (60, 62)
            )
            two_rows = 62 * long.free_energy - 60 * short.free_energy
            assert strip.free_energy == pytest.approx(two_rows / 2, abs=2e-3)
            answers += 1
    assert answers >= 2
