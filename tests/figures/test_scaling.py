import numpy as np
import pytest
from tests.statistics.scaling.known import study

from spinlens import figures
from spinlens.errors import InputError


def test_every_size_has_a_line_a_band_and_its_crossing():
    found = study(1, chains=64, recordings=500)
    ax = figures.draw_sizes(found, "binder_cumulant")
    lines = [line for line in ax.lines if str(line.get_label()).startswith("L = ")]
    assert [line.get_label() for line in lines] == ["L = 3", "L = 4"]
    at = lines[0].get_xdata()
    expected = found.observables(at)["binder_cumulant"].values
    for line, row in zip(lines, expected, strict=True):
        np.testing.assert_allclose(line.get_ydata(), row)
    (crossing,) = found.crossings()
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    assert points.get_xdata()[0] == pytest.approx(crossing.place.value, rel=1e-6)
    assert points.get_ydata()[0] == pytest.approx(crossing.height.value, rel=1e-6)
    assert ax.get_xlabel() == "temperature"
    assert "Binder cumulant" in ax.get_ylabel()


def test_curves_that_do_not_cross_are_drawn_without_points():
    ax = figures.draw_sizes(study(1), "specific_heat", between=(2.0, 2.1))
    assert all(line.get_marker() != "o" for line in ax.lines)
    assert ax.get_xlim() == (2.0, 2.1)


def test_an_observable_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="is none of energy"):
        figures.draw_sizes(study(1), "entropy")
