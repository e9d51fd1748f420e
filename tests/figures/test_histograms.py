import numpy as np
import pytest

from spinlens import figures
from spinlens.errors import InputError
from spinlens.figures.histograms import histogram

NAMES = ("spin_error", "absolute_spin_error", "kl_divergence")


@pytest.mark.parametrize("name", NAMES)
def test_shares_and_the_mean_are_drawn(reconstruction, name):
    ax = getattr(figures, f"draw_{name}")(reconstruction)
    edges, share = histogram(reconstruction, name)
    assert share.sum() == pytest.approx(1)
    drawn = ax.patches[1].get_data()
    np.testing.assert_array_equal(drawn.edges, edges)
    np.testing.assert_allclose(drawn.values[share > 0], share[share > 0])
    assert ax.lines[0].get_xdata()[0] == float(reconstruction[f"mean_{name}"])
    assert any("mean" in text.get_text() for text in ax.texts)
    assert "share" in ax.get_ylabel()


def test_the_mean_comes_from_the_bins_where_it_is_not_given(reconstruction):
    ax = figures.draw_spin_error(reconstruction.drop_vars("mean_spin_error"))
    assert ax.lines[0].get_xdata()[0] == pytest.approx(float(reconstruction["mean_spin_error"]), abs=0.01)


def test_outliers_beyond_the_axis_are_said(reconstruction):
    ax = figures.draw_kl_divergence(reconstruction)
    assert ax.get_xlim()[1] < float(reconstruction["kl_divergence_edge"][-1])
    assert "lie outside" in ax.get_xlabel()


def test_bad_input(reconstruction):
    with pytest.raises(InputError, match=r"^histogram = spin_error: "):
        figures.draw_spin_error(reconstruction.drop_vars("spin_error"))
    with pytest.raises(InputError, match=r"histogram is empty"):
        figures.draw_spin_error(reconstruction.assign(spin_error=0 * reconstruction["spin_error"]))
