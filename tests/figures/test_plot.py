"""Pictures in one line show the ensemble's own numbers, and the exact ones beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spinlens as sl
from spinlens.errors import InputError
from spinlens.exact import kaufman
from spinlens.figures import draw_latent_maps
from spinlens.phases.drawn import LatentMaps


@pytest.fixture(scope="module")
def ensemble() -> sl.Ensemble:
    return sl.simulate(
        sl.Ising(), (4, 4), temperature=np.linspace(1.5, 3.5, 5), field=(0.0, 0.5), chains=64, draws=1, recordings=32,
        seed=3, progress=False,
    )  # fmt: skip


def test_a_curve_is_the_table_with_its_errors_and_the_exact_curve(ensemble: sl.Ensemble) -> None:
    ax = ensemble.plot("energy", field=0.0)
    exact = next(line for line in ax.lines if line.get_label() == "exact, this lattice")
    at = exact.get_xdata()
    assert np.allclose(exact.get_ydata(), kaufman(sl.Ising(), ensemble.lattice, temperature=at)["energy"])
    found = ensemble.observables().sel(field=0.0)
    points = np.concatenate([bar.lines[0].get_xydata() for bar in ax.containers])
    points = points[np.argsort(points[:, 0])]
    assert np.array_equal(points, np.column_stack([ensemble.temperature, found["energy"]]))
    heights = sorted(float(np.ptp(s[:, 1])) for bar in ax.containers for s in bar.lines[2][0].get_segments())
    assert np.allclose(heights, np.sort(2 * found["energy_error"]))
    assert ax.get_xlabel() == "temperature (J / k_B)"


def test_a_map_is_the_table(ensemble: sl.Ensemble) -> None:
    ax = ensemble.plot("magnetization")
    shown = ax.collections[0].get_array().reshape(5, 2)
    assert np.allclose(shown, ensemble.observables()["magnetization"].T)


def test_snapshots_are_configurations(ensemble: sl.Ensemble) -> None:
    figure = ensemble.plot.snapshots(temperature=[1.4, 3.1], chain=2, field=0.5)
    for ax, place in zip(figure.axes, (0, 3), strict=True):
        shown = ax.images[0].get_array()
        assert np.array_equal(shown, ensemble.codes(field=1, temperature=place, chain=2, draw=0))


def test_a_histogram_is_of_all_recordings_and_beside_it_are_exact_probabilities(ensemble: sl.Ensemble) -> None:
    for name in ("energy", "magnetization"):
        ax = ensemble.plot.histogram(name, temperature=[2.0], field=0.5)
        steps, exact = ax.patches[0], ax.lines[0].get_ydata()
        values, edges, _ = steps.get_data()
        sums = ensemble.series.isel(field=1, temperature=1)
        total = -sums["bond_sum"] - 0.5 * sums["spin_sum"] if name == "energy" else sums["spin_sum"]
        assert np.array_equal(values, np.histogram(total / 16, edges)[0] / total.size)
        assert np.isclose(exact.sum(), 1)
        assert np.abs(values - exact).max() < 0.1


def test_maps_draw_themselves(maps) -> None:
    given = maps.assign(nu_0_spread=maps["nu_0"], absolute_magnetization=maps["magnetization"])
    whole = LatentMaps(given.data_vars, coords=given.coords, attrs=given.attrs)
    ours, drawn = whole.plot(), draw_latent_maps(whole)
    assert len(ours.axes) == len(drawn.axes)
    shown, expected = (figure.axes[0].collections[0].get_array() for figure in (ours, drawn))
    assert np.array_equal(shown, expected)
    assert callable(whole.plot.scatter)


def test_what_cannot_be_drawn_says_what_can(ensemble: sl.Ensemble) -> None:
    with pytest.raises(InputError, match="Did you mean 'magnetization'"):
        ensemble.plot("magnetisation")
    with pytest.raises(InputError, match="is none of field, temperature"):
        ensemble.plot("energy", pressure=1)
    with pytest.raises(InputError, match="is no number of a recording"):
        ensemble.plot.histogram("specific_heat")


def test_quantum_spins_along_a_transverse_field(tmp_path: Path) -> None:
    quantum = sl.open_ensemble(Path(__file__).parents[1] / "data" / "transverse_ising.ens")
    fields = quantum.grid["transverse_field"]
    figure = quantum.plot.snapshots(transverse_field=fields)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [f"transverse field = {value:g}" for value in fields]
    for k, ax in enumerate(figure.axes):
        codes = quantum.codes(transverse_field=k, field=0, temperature=0, chain=0, draw=-1).values
        assert np.array_equal(ax.images[0].get_array().ravel(), codes.ravel())
    (steps,) = quantum.plot.histogram("energy", temperature=quantum.temperature[:1]).patches
    shares, edges, _ = steps.get_data()
    # Kinks count in the energy; the histogram's mean is that of the table, up to the width of its bins.
    mean = float(quantum.observables().energy.isel(transverse_field=0, field=0, temperature=0))
    assert abs(np.average(0.5 * (edges[1:] + edges[:-1]), weights=shares) - mean) < np.diff(edges).max()
    with pytest.raises(InputError, match="along one of them"):
        quantum.plot.snapshots(temperature=[1, 2], transverse_field=[1, 2])
    with pytest.raises(InputError, match="is none of"):
        quantum.plot.snapshots(transverse_feild=1.0)
    # A page samples classical spins alone.
    assert '"sampler": null' in Path(quantum.report(tmp_path / "page.html")).read_text().replace('":null', '": null')
