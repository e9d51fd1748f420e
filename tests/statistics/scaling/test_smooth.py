"""Curves without energies against all states and against reweighting of the same draws; coverage of their errors."""

import numpy as np
import pytest
from tests.statistics.exact_draws import drawn, spins_per_site
from tests.statistics.scaling.known import crossing, exact, peak

from spinlens.errors import InputError
from spinlens.statistics import Configurations
from spinlens.statistics.scaling import FiniteSize, SmoothScan, smooth
from spinlens.testing.chance import count, tail, uncounted, within

SIDES = (3, 4)
TEMPERATURES = tuple(np.linspace(1.6, 3.2, 9).tolist())
BETWEEN = np.array([1.95, 2.37, 2.85])
NAMES = ("absolute_magnetization", "susceptibility_absolute", "binder_cumulant")
REPEATS = 60


def study(seed, **options):
    sizes = [drawn(side, TEMPERATURES, seed=seed, **options) for side in SIDES]
    return FiniteSize.from_configurations(sizes, [{"magnetization": spins_per_site(each)} for each in sizes])


def pulls_from_all_states(seed=2):
    found, deviations = study(seed, draws=200).observables(BETWEEN), []
    for side in SIDES:
        for t in BETWEEN:
            here = found.sel(size=side, temperature=t)
            deviations += [(float(here[n]) - exact(side, float(t), n)) / float(here[f"{n}_error"]) for n in NAMES]
    return np.array(deviations)


def test_curves_between_conditions_against_all_states():
    assert within(pulls_from_all_states(), 0.0, 1.0, sigmas=6.0, degrees=31)


def test_curves_that_are_shifted_by_a_condition_would_be_noticed(monkeypatch):
    right = SmoothScan.curves
    monkeypatch.setattr(SmoothScan, "curves", lambda self, values: right(self, values - 0.1))
    with uncounted():
        assert np.abs(pulls_from_all_states()).max() > 12


def test_at_the_conditions_estimates_are_those_of_the_recordings():
    sizes = [drawn(side, TEMPERATURES, seed=3, draws=100) for side in SIDES]
    moments = [{"magnetization": spins_per_site(each)} for each in sizes]
    smooth = FiniteSize.from_configurations(sizes, moments).observables(BETWEEN)
    arrays = {
        each.length: {"temperature": each.values, "energy": bonds(each), **numbers}
        for each, numbers in zip(sizes, moments, strict=True)
    }
    reweighted = FiniteSize.from_arrays(arrays, dimensions=2).observables(BETWEEN)
    for name in NAMES:
        apart = smooth[name] - reweighted[name]
        # Reweighting knows more of the same draws, so the errors of the smooth curves bound the difference.
        assert within(apart, 0.0, smooth[f"{name}_error"], sigmas=5.0, degrees=31), name
        assert np.all(smooth[f"{name}_error"] > 0.8 * reweighted[f"{name}_error"]), name


def bonds(found):
    spins = found.space.decode(found.codes).astype(float)
    return -sum((spins * np.roll(spins, 1, axis)).sum((-2, -1)) for axis in (-2, -1))


def pulls_of_crossings():
    place, height, _ = crossing()
    found = [study(1000 + seed, draws=300, tied=0.5).crossings("binder_cumulant")[0] for seed in range(REPEATS)]
    return np.array([
        [(each.place.value - place) / each.place.error, (each.height.value - height) / each.height.error]
        for each in found
    ])  # fmt: skip


def pulls_within_a_narrow_range(mixed):
    """Return pulls in the middle of 33 conditions that a spline averages over, with chains that are tied together."""
    t = tuple(np.linspace(2.2, 2.6, 33).tolist())
    found = []
    for seed in range(REPEATS):
        numbers = spins_per_site(drawn(3, t, seed=seed, draws=30, tied=0.9))
        if mixed:
            numbers = np.stack([np.roll(each, 3 * k, axis=0) for k, each in enumerate(numbers)])
        scan = SmoothScan(3, "temperature", t, {"magnetization": numbers}, dimensions=2)
        curve = scan.curves(np.array([2.4]))["absolute_magnetization"][0]
        found.append((curve[0] - exact(3, 2.4, "absolute_magnetization")) / np.sqrt(31 * curve[1:].var()))
    return np.array(found)[:, None]


def covers(pulls):
    """Return whether intervals hold the exact value at their rate: binomial, 4.5 standard errors of 0.06 either way."""
    count(3 * pulls.shape[1], tail(4.5))
    within_one, mean = (np.abs(pulls) < 1).mean(axis=0), np.abs(pulls.mean(axis=0))
    good = (np.abs(within_one - 0.68) < 4.5 * 0.06) & (mean < 4.5 / np.sqrt(REPEATS) + 0.1)
    return bool(np.all(good & ((np.abs(pulls) < 3).mean(axis=0) > 0.9)))


def test_errors_cover_at_their_rate():
    assert covers(pulls_of_crossings())
    assert covers(pulls_within_a_narrow_range(mixed=False))


def test_errors_that_take_tied_chains_for_independent_ones_would_be_noticed():
    with uncounted():
        assert not covers(pulls_within_a_narrow_range(mixed=True))


def test_peaks_are_where_all_states_say():
    found = study(2, draws=400).peaks("susceptibility_absolute", between=(1.7, 3.1))
    for side, each in zip(SIDES, found, strict=True):
        place, height = peak(side, "susceptibility_absolute")
        assert within(each.place.value, place, each.place.error, degrees=31)
        assert within(each.height.value, height, each.height.error, degrees=31)


def test_a_vector_has_the_cumulant_of_its_components():
    generator = np.random.default_rng(4)
    gaussian = generator.normal(size=(7, 32, 400, 2))
    angle = 2 * np.pi * generator.random((7, 32, 400))
    ordered = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    scan = SmoothScan(4, "field", np.arange(7.0), {"order": gaussian, "other": ordered}, dimensions=2)
    assert scan.names == ("absolute_order", "susceptibility", "susceptibility_absolute", "binder_cumulant",
                          "absolute_other", "other_susceptibility", "other_susceptibility_absolute",
                          "other_binder_cumulant")  # fmt: skip
    curves = scan.curves(np.array([2.5]))
    error = np.sqrt(31 * curves["binder_cumulant"][0, 1:].var())
    assert within(curves["binder_cumulant"][0, 0], 0.0, error, degrees=31)
    assert curves["other_binder_cumulant"][0, 0] == pytest.approx(0.5)
    # N times the variance of both components, not divided by a temperature that is not there.
    error = np.sqrt(31 * curves["susceptibility"][0, 1:].var())
    assert within(curves["susceptibility"][0, 0], 32.0, error, degrees=31)


def sharp_step():
    """Return estimates, truth and errors of a step within three conditions, a cumulant's, with its uneven noise."""
    t = np.linspace(1, 5, 65)
    high = 1 / (1 + np.exp((2.36 - t) / 0.03))
    truth = 0.36 - 0.66 * high
    noise = (0.02 + 3 * high)[:, None, None] * np.random.default_rng(6).normal(size=(65, 32, 200))
    scan = SmoothScan(16, "temperature", t, {"order": truth[:, None, None] + noise}, dimensions=2)
    here = slice(16, 28)
    curve = scan.curves(t[here])["order"]
    return curve[:, 0], truth[here], np.sqrt(31 * curve[:, 1:].var(axis=1))


def test_a_sharp_step_is_not_smoothed_away():
    assert within(*sharp_step(), sigmas=6.0, degrees=31)


def test_a_spline_that_takes_the_step_for_noise_would_be_noticed(monkeypatch):
    right = smooth.smoothing_splines
    monkeypatch.setattr(smooth, "smoothing_splines", lambda *given, known: right(*given, known=not known))
    with uncounted():
        assert not within(*sharp_step(), sigmas=6.0, degrees=31)


def test_refusals():
    sizes = [drawn(side, TEMPERATURES, seed=1, draws=4) for side in SIDES]
    numbers = [{"magnetization": spins_per_site(each)} for each in sizes]
    found = FiniteSize.from_configurations(sizes, numbers)
    with pytest.raises(InputError, match="phases are told apart by them"):
        found.coexistence()
    with pytest.raises(InputError, match="lies outside of what was simulated"):
        found.observables([1.5])
    with pytest.raises(InputError, match="a curve along temperature needs at least 7"):
        SmoothScan(3, "temperature", TEMPERATURES[:5], {"m": np.zeros((5, 16, 2))}, dimensions=2)
    with pytest.raises(InputError, match="at least 16"):
        SmoothScan(3, "temperature", TEMPERATURES, {"m": np.zeros((9, 15, 2))}, dimensions=2)
    with pytest.raises(InputError, match="not finite"):
        SmoothScan(3, "temperature", TEMPERATURES, {"m": np.full((9, 16, 2), np.nan)}, dimensions=2)
    other = Configurations(sizes[1].codes, sizes[1].values, sizes[1].space, "field")
    with pytest.raises(InputError, match="differ from temperature in 2 dimensions"):
        FiniteSize.from_configurations([sizes[0], other], numbers)
