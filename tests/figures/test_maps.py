import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure

from spinlens import figures
from spinlens.errors import InputError
from spinlens.figures.maps import cell_edges

NAMES = ("nu_0", "magnetization", "tau_0", "energy", "tau_1", "specific_heat")


@pytest.mark.parametrize("name", NAMES)
def test_a_map_shows_its_values_where_they_belong(maps, name):
    ax = getattr(figures, f"draw_{name}")(maps)
    mesh = ax.collections[0]
    np.testing.assert_array_equal(mesh.get_array().reshape(17, 9), maps[name].to_numpy().T)
    assert "field" in ax.get_xlabel()
    assert "temperature" in ax.get_ylabel()
    assert ax.get_title(loc="left")
    assert ax.get_xlim() == (-1.125, 1.125)


@pytest.mark.parametrize("name", ["nu_0", "magnetization"])
def test_signed_maps_are_symmetric_about_zero(maps, name):
    mesh = getattr(figures, f"draw_{name}")(maps + 0.2).collections[0]
    low, high = mesh.get_clim()
    assert low == -high


def test_conditions_that_are_not_equilibrated_are_marked_and_said(maps):
    ax = figures.draw_tau_0(maps)
    patches = [one for one in ax.collections if isinstance(one, PatchCollection)]
    assert all(len(one.get_paths()) == 2 for one in patches)
    corners = patches[0].get_paths()[0].get_extents()
    assert corners.x0 < maps["field"][2] < corners.x1
    assert corners.y0 < maps["temperature"][3] < corners.y1
    assert "not equilibrated: 2 of 153" in ax.get_legend().get_texts()[0].get_text()


def test_conditions_that_are_too_short_to_tell_are_counted_by_themselves(maps):
    verdict = xr.where(maps["equilibrated"], 1, 2)
    verdict[tuple(np.argwhere(verdict.to_numpy() == 2)[0])] = 0
    flags = {"flag_values": [0, 1, 2], "flag_meanings": "too_short_to_tell equilibrated not_equilibrated"}
    ax = figures.draw_tau_0(maps.assign(verdict=verdict.assign_attrs(flags)))
    said = ax.get_legend().get_texts()[0].get_text()
    assert said == "not equilibrated: 1, too short to tell: 1 of 153 conditions"


def test_nothing_is_marked_where_all_is_well(maps):
    clean = maps.assign(equilibrated=maps["equilibrated"] | True)
    ax = figures.draw_tau_0(clean)
    assert ax.get_legend() is None
    assert not [one for one in ax.collections if isinstance(one, PatchCollection)]


def test_it_draws_on_given_axes(maps):
    ax = Figure().add_subplot()
    assert figures.draw_energy(maps, ax) is ax
    assert figures.draw_energy(maps, ax=ax) is ax


def test_a_missing_variable_is_named(maps):
    with pytest.raises(InputError, match=r"^map = tau_1: "):
        figures.draw_tau_1(maps.drop_vars("tau_1"))


def test_cell_edges():
    np.testing.assert_allclose(cell_edges(np.array([1.0, 2.0, 4.0])), [0.5, 1.5, 3.0, 5.0])
    np.testing.assert_allclose(cell_edges(np.array([0.0])), [-0.5, 0.5])
