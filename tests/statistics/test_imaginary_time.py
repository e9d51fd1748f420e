"""Correlations in imaginary time and gaps beside eigenstates and free fermions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spinlens as sl
from spinlens.ensemble import Ensemble
from spinlens.errors import InputError
from spinlens.exact import diagonalise, excitation_gap, transverse_chain_gap
from spinlens.exact import time_correlation as exact_correlation
from spinlens.statistics import energy_gap, imaginary_time, time_correlation
from spinlens.statistics.imaginary_time import gap_of_spectrum
from spinlens.testing.chance import uncounted, within

RING = sl.Lattice((8,))
HEIGHT = 9


def pictures(lattice: sl.Lattice = RING, coupling: float = 1.0, **changes: Any) -> Ensemble:
    settings = {
        "temperature": [0.3, 0.5], "transverse_field": 1.2, "recordings": 40, "draws": 40, "interval": 1,
        "equilibration": 40, "raster": HEIGHT, "seed": 7, "progress": False, **changes,
    }  # fmt: skip
    return sl.simulate(sl.TransverseIsing(coupling), lattice, **settings)


@pytest.fixture(scope="module", params=[(1.0, 0.2), (-0.8, 0.0)], ids=["field", "staggered"])
def ring(request: pytest.FixtureRequest) -> Ensemble:
    coupling, field = request.param
    return pictures(coupling=coupling, field=field)


def known(ensemble: Ensemble, temperature: float) -> np.ndarray:
    """Return the connected correlation at every slice."""
    at = {name: float(values[0]) for name, values in ensemble.grid.items() if name != "temperature"}
    model, order = ensemble.model, ensemble.model.order_parameters(RING)[0].name
    mean = diagonalise(model, RING, temperature=temperature, **at)[order]
    times = np.arange(HEIGHT) / HEIGHT
    return exact_correlation(model, RING, times=times, temperature=temperature, **at) - RING.sites * mean**2


def agrees(ensemble: Ensemble) -> bool:
    """Return whether correlations are those of eigenstates, and gaps what those correlations say of it."""
    found, right = imaginary_time.time_correlation(ensemble), True
    gaps = [imaginary_time.energy_gap(ensemble, order=order) for order in (1, 2)]
    for temperature in ensemble.temperature:
        exact, here = known(ensemble, float(temperature)), found.sel(temperature=temperature).squeeze()
        right &= within(here.correlation.values, exact[: HEIGHT // 2 + 1], here.correlation_error.values)
        spectrum = np.fft.rfft(exact).real / HEIGHT
        for order, gap in enumerate(gaps, start=1):
            told = gap_of_spectrum(spectrum, height=HEIGHT, temperature=float(temperature), order=order)
            one = gap.sel(temperature=temperature).squeeze()
            right &= within(float(one.gap), float(told), float(one.gap_error))
            right &= float(one.gap_error) < 0.15 * told
    return right


def test_correlations_and_gaps_are_those_of_eigenstates(ring: Ensemble) -> None:
    """At two temperatures, in a field, where the average is taken out, and of a staggered magnetization."""
    assert agrees(ring)
    assert time_correlation(ring).u.values == pytest.approx(np.arange(HEIGHT // 2 + 1) / HEIGHT)


def test_one_excitation_is_told_exactly() -> None:
    for height, temperature, gap in ((4, 1.0, 3.0), (9, 0.1, 0.7), (32, 0.02, 0.05)):
        times = (np.arange(height) / height - 0.5) / temperature
        spectrum = np.fft.rfft(np.cosh(gap * times) / np.cosh(0.5 * gap / temperature)).real
        for order in (1, 2):
            assert gap_of_spectrum(spectrum, height=height, temperature=temperature, order=order) == pytest.approx(gap)


def test_the_gap_is_approached_from_above() -> None:
    model, at = sl.TransverseIsing(), {"transverse_field": 1.2}
    lowest = excitation_gap(model, RING, **at)
    assert lowest == pytest.approx(transverse_chain_gap(sites=8, **at), abs=1e-12)
    endless = transverse_chain_gap(transverse_field=1.5)
    assert transverse_chain_gap(transverse_field=1.5, sites=200) == pytest.approx(endless, abs=1e-12) == 1.0
    correlation = exact_correlation(model, RING, times=np.arange(32) / 32, temperature=0.1, **at)
    spectrum = np.fft.rfft(correlation).real
    told = [float(gap_of_spectrum(spectrum, height=32, temperature=0.1, order=order)) for order in (1, 2, 3)]
    assert told == sorted(told, reverse=True)
    assert lowest < told[-1] < told[0] < 1.01 * lowest


def test_long_rings_have_the_gap_of_free_fermions() -> None:
    """Far longer than can be diagonalised, and so cold that the gap is all that is seen."""
    ensemble = pictures(sl.Lattice((24,)), temperature=0.14, transverse_field=1.5, raster=24)
    found = energy_gap(ensemble, order=1).squeeze()
    assert within(float(found.gap), transverse_chain_gap(transverse_field=1.5, sites=24), float(found.gap_error))
    assert float(found.gap_error) < 0.05


def test_mistakes_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Averages that are not taken out, and frequencies of continuous time."""
    ensemble = pictures(field=0.2)
    with uncounted():
        with monkeypatch.context() as patch:
            patch.setattr(imaginary_time, "vanishes", lambda *_: True)
            assert not agrees(ensemble)
        times = (np.arange(HEIGHT) / HEIGHT - 0.5) / 0.1
        spectrum = np.fft.rfft(np.cosh(0.7 * times)).real
        with monkeypatch.context() as patch:
            patch.setattr(imaginary_time.np, "sin", lambda x: x)
            assert gap_of_spectrum(spectrum, height=HEIGHT, temperature=0.1, order=1) != pytest.approx(0.7, rel=1e-3)


def test_what_has_no_gap_says_why(ring: Ensemble) -> None:
    plain = sl.simulate(sl.TransverseIsing(), RING, temperature=1.0, equilibration=8, recordings=1, progress=False)
    for ask, words in (
        (lambda: energy_gap(plain), "show one imaginary time"), (lambda: energy_gap(ring, order=5), "from 1 to 4"),
        (lambda: time_correlation(ring, of="magnetisation"), "no order parameter"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            ask()
