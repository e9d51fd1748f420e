"""Fisher information against oracles; optimal indicators against each other and against brute force."""

from functools import cache

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from spinlens.ensemble import simulate
from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising
from spinlens.phases import Optimum, cramer_rao, efficiency, exact_fisher_information, fisher_information
from spinlens.statistics import Indicator, information
from spinlens.testing.chance import uncounted, within

TEMPERATURES = np.linspace(1.8, 3.0, 7)
SQUARE = Lattice((4, 4))


@cache
def ensemble():
    return simulate(Ising(), SQUARE, temperature=TEMPERATURES, field=[0.0, 0.3], chains=64, draws=200, recordings=200,
                    seed=3, progress=False)  # fmt: skip


def test_that_of_recordings_is_that_of_all_states():
    for field in (0.0, 0.3):
        found = fisher_information(ensemble(), field=field)
        known = exact_fisher_information(Ising(), SQUARE, values=TEMPERATURES, field=field)
        assert within(found.curve, known, found.error, sigmas=6.0, degrees=31)
    along = fisher_information(ensemble(), control="field", temperature=TEMPERATURES[3])
    known = exact_fisher_information(Ising(), SQUARE, control="field", values=[0.0, 0.3], temperature=TEMPERATURES[3])
    assert within(along.curve, known, along.error, sigmas=6.0, degrees=31)


def test_without_the_slope_of_the_strengths_it_would_be_noticed(monkeypatch):
    monkeypatch.setattr("spinlens.phases.ceilings._slopes", lambda model, lattice, control, controls: np.array(
        model.factors(lattice, **controls)))  # fmt: skip
    known = np.array([16 * kaufman(Ising(), SQUARE, temperature=t)["specific_heat"] / t**2 for t in TEMPERATURES])
    found = fisher_information(ensemble(), field=0.0)
    with uncounted():
        assert not within(found.curve, known, found.error, sigmas=6.0, degrees=31)


def test_every_way_to_the_exact_information_agrees():
    by_states = exact_fisher_information(Ising(), SQUARE, values=TEMPERATURES)
    by_heat = [16 * float(kaufman(Ising(), SQUARE, temperature=t)["specific_heat"]) / t**2 for t in TEMPERATURES]
    np.testing.assert_allclose(by_states, by_heat, rtol=1e-6)
    large = exact_fisher_information(Ising(), Lattice((16, 16)), values=[2.3])
    heat = kaufman(Ising(), Lattice((16, 16)), temperature=2.3)["specific_heat"]
    np.testing.assert_allclose(large, 256 * heat / 2.3**2, rtol=1e-12)
    # In a field the susceptibility, whatever the model: d ln p / dh = M / T.
    spin_one = exact_fisher_information(
        BlumeCapel(), Lattice((2, 3)), control="crystal_field", values=[0.4], temperature=1.2
    )
    states = enumerate_states(BlumeCapel(), Lattice((2, 3)), temperature=1.2, crystal_field=0.4)
    (squares,) = (rows for name, rows in states.distribution.rows.items() if "squared" in name or "square" in name)
    p = states.distribution.probability
    assert spin_one[0] == pytest.approx((p @ squares**2 - (p @ squares) ** 2) / 1.2**2, rel=1e-6)
    assert cramer_rao(4.0, 25) == pytest.approx(0.1)


def test_states_energies_and_recordings_give_the_same_optimum():
    states = Optimum.of_states(Ising(), SQUARE, values=TEMPERATURES)
    torus = Optimum.of_torus((4, 4), TEMPERATURES)
    recorded = Optimum.of_ensemble(ensemble(), field=0.0)
    for name in ("prediction", "prediction_information", "confusion", "neighbours", "information"):
        # All rows of sums know no more of the temperature than energies do.
        np.testing.assert_allclose(getattr(states, name), getattr(torus, name), rtol=1e-7, err_msg=name)
        np.testing.assert_allclose(getattr(recorded, name), getattr(torus, name), rtol=0.1, err_msg=name)


def test_small_steps_have_the_fisher_information():
    close = np.array([2.3, 2.31])
    found = Optimum.of_states(Ising(), SQUARE, values=close)
    known = exact_fisher_information(Ising(), SQUARE, values=[2.305])[0]
    for name in ("neighbours", "information", "prediction_information"):
        assert getattr(found, name)[0] == pytest.approx(known, rel=1e-3), name


def test_no_number_tells_more_than_the_best():
    found = Optimum.of_states(Ising(), SQUARE, values=TEMPERATURES)
    generator = np.random.default_rng(1)
    low, high = found.probability[:-1], found.probability[1:]
    for _ in range(200):
        number = generator.normal(size=low.shape[1])
        apart = (high - low) @ number
        both = 0.5 * (low + high)
        variance = both @ number**2 - (both @ number) ** 2
        assert np.all(apart**2 / variance / np.diff(TEMPERATURES) ** 2 <= found.information * (1 + 1e-9))
        rule = number > 0
        accuracy = [(found.probability[: k + 1] @ ~rule).sum() + (found.probability[k + 1 :] @ rule).sum()
                    for k in range(len(TEMPERATURES) - 1)]  # fmt: skip
        assert np.all(np.array(accuracy) / len(TEMPERATURES) <= found.confusion + 1e-12)
    assert np.all(found.prediction_information <= found.information * (1 + 1e-9))


def test_the_energy_is_fully_efficient_and_the_order_is_not():
    from spinlens.phases.indicators import energies

    field = float(ensemble().grid["field"][0])
    best = Optimum.of_torus((4, 4), TEMPERATURES)
    energy = information("energy", "temperature", TEMPERATURES, [energies(ensemble(), field=field)])
    assert within(energy.curve, best.information, energy.error, sigmas=6.0, degrees=31)
    order = np.abs(ensemble().magnetization.sel(field=0.0).values)
    told = information("order", "temperature", TEMPERATURES, [order])
    share = efficiency(told, best.information)
    assert share.value + 5 * share.error < 1.0
    single = efficiency(told, best.information, at=2.5)
    k = int(np.abs(best.between - 2.5).argmin())
    assert single.value == pytest.approx(told.curve[k] / best.information[k])
    with pytest.raises(InputError, match="over the same values as the indicator"):
        efficiency(told, best.information[1:])


def test_trainings_and_chains_are_both_in_the_error():
    samples = np.zeros((3, 17, 2))
    samples[:, :, 0] = np.array([0.0, 1.0, 2.0])[:, None]
    samples[:, 1:, 1] = np.random.default_rng(2).normal(size=16)
    found = Indicator("one", "temperature", np.array([1.0, 2.0]), samples)
    assert found.error[0] == pytest.approx(1.0)
    assert found.of_trainings[1] == 0
    assert found.error[1] == pytest.approx(np.sqrt(15) * samples[0, 1:, 1].std())


def test_levels_of_hardly_any_probability_count_for_nothing():
    least = np.nextafter(0.0, 1.0)
    low, high = np.array([0.25, 0.75, 0.0]), np.array([0.5, 0.5, 0.0])
    plain = Optimum("temperature", np.array([1.0, 2.0]), np.stack([low, high])).neighbours
    also = Optimum("temperature", np.array([1.0, 2.0]), np.stack([np.array([0.25, 0.75, least]), high])).neighbours
    assert also == pytest.approx(plain)
    assert plain == pytest.approx(8 * jensenshannon(low, high) ** 2)
