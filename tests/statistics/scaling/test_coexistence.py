"""Two Gaussian phases, whose weights and energies are known at every temperature."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.statistics.scaling import FiniteSize
from spinlens.statistics.scaling.coexistence import _split
from spinlens.testing.chance import count, tail

ORDERED, DISORDERED, CENTRE = -1.6, -1.0, 0.7
SIDES = (10, 14, 20)
TEMPERATURES = np.linspace(0.68, 0.72, 9)


def recorded(side, seed, chains=32, recordings=150, spread=0.6):
    generator, sites = np.random.default_rng([seed, side]), side**2
    width = spread * sites**0.5
    energies = []
    for t in TEMPERATURES:
        apart = 1 / t - 1 / CENTRE
        share = 1 / (1 + np.exp(-sites * apart * (DISORDERED - ORDERED)))
        ordered = generator.random((chains, recordings)) < share
        mean = np.where(ordered, ORDERED, DISORDERED) * sites - apart * width**2
        energies.append(np.rint(mean + width * generator.normal(size=mean.shape)))
    return {"temperature": TEMPERATURES, "energy": np.array(energies)}


@cache
def study(seed):
    return FiniteSize.from_arrays({side: recorded(side, seed) for side in SIDES}, dimensions=2)


def test_phases_weigh_the_same_where_they_should():
    pulls = []
    for seed in range(40):
        for each in study(seed).coexistence():
            if each.size > 10:
                pulls.append([
                    (each.place.value - CENTRE) / each.place.error,
                    (each.energies[0].value - ORDERED) / each.energies[0].error,
                    (each.latent_heat.value - (DISORDERED - ORDERED)) / each.latent_heat.error,
                ])  # fmt: skip
    inside = (np.abs(pulls) < 1).mean(axis=0)
    count(6, tail(4.5))
    # 80 intervals of two sizes: 4.5 binomial standard errors are 0.234.
    assert np.all(np.abs(inside - 0.68) < 0.234), inside
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 4.5 / np.sqrt(80) + 0.1)
    # Errors that are half of what they should be would be noticed.
    assert np.all((2 * np.abs(pulls) < 1).mean(axis=0) < 0.68 - 0.234)


def test_the_infinite_system():
    found = study(1)
    heat = found.latent_heat(by="coexistence")
    assert abs(heat.value - (DISORDERED - ORDERED)) < 5 * heat.error
    assert heat.error < 0.02
    # Gaussian phases of width s add 4 s^2 to the square of the distance, a correction in 1 / L^d.
    peaks = found.latent_heat()
    assert abs(peaks.value - (DISORDERED - ORDERED)) < 5 * peaks.error
    assert peaks.error < 0.03
    place = found.critical_temperature(by="coexistence")
    assert abs(place.value - CENTRE) < 5 * place.error
    growth = found.growth("specific_heat")
    assert abs(growth.value - 2) < 5 * growth.error + 0.1
    table = str(found.coexistence())
    assert table.startswith("coexistence of two phases\nL = 10: at 0.")
    assert [each.size for each in found.peaks("energy_cumulant", minimum=True)] == list(SIDES)


def test_barriers_grow_with_the_valley():
    sizes = {side: recorded(side, 1, recordings=400, spread=1.3) for side in SIDES[:2]}
    for each in FiniteSize.from_arrays(sizes, dimensions=2).coexistence():
        distance = (DISORDERED - ORDERED) * each.size / 1.3
        # Two Gaussians of equal weight: half of a peak over two tails.
        exact = distance**2 / 8 - np.log(2)
        assert abs(each.barrier.value - exact) < 5 * each.barrier.error + 0.05, (each, exact)
    # Phases that nothing was recorded between have no barrier that is known.
    assert np.isnan(study(1).coexistence()[2].barrier.value)


def test_one_peak_is_no_coexistence():
    generator, sizes = np.random.default_rng(3), {}
    for side in SIDES:
        middle = -1.3 * side**2 - (1 / TEMPERATURES - 1 / CENTRE) * (0.6 * side) ** 2
        noise = generator.normal(size=(len(TEMPERATURES), 32, 300))
        sizes[side] = {"temperature": TEMPERATURES, "energy": np.rint(middle[:, None, None] + 0.6 * side * noise)}
    for scan in FiniteSize.from_arrays(sizes, dimensions=2).scans:
        with pytest.raises(InputError, match=f"latent heat = none seen at L = {scan.length}: the energy has one peak"):
            _split(scan, CENTRE, (0.68, 0.72))


def test_a_range_without_coexistence_says_so():
    cold = {side: {n: v[:3] for n, v in recorded(side, 1).items()} for side in SIDES}
    with pytest.raises(InputError, match="Look, or simulate, at higher temperature"):
        FiniteSize.from_arrays(cold, dimensions=2).coexistence()
    with pytest.raises(InputError, match="must be 'peaks' or 'coexistence'"):
        study(1).latent_heat(by="eye")
