"""Where recorded sums and the conditions that they belong to come together."""

import numpy as np
import pytest
import xarray as xr

from spinlens.errors import InputError
from spinlens.lattices import Lattice
from spinlens.models import BlumeCapel, Ising
from spinlens.statistics.recordings import recordings

LATTICE = Lattice((4, 4))


def sums(shape=(2, 3, 4, 5)):
    numbers = np.arange(np.prod(shape)).reshape(shape) % 17
    return {"bond_sum": numbers, "spin_sum": numbers - 8}


def test_conditions_broadcast_and_name_their_axes():
    found = recordings(
        sums(), model=Ising(), lattice=LATTICE, temperature=[1.0, 2.0, 3.0], field=np.array([[0.0], [0.5]])
    )
    np.testing.assert_array_equal(found.temperature, [1, 2, 3, 1, 2, 3])
    np.testing.assert_array_equal(found.controls["field"], [0, 0, 0, 0.5, 0.5, 0.5])
    assert found.dimensions == ("field", "temperature")
    assert found.sums["spin_sum"].shape == (6, 4, 5)
    assert [(here.start, here.stop, at) for here, at in found.runs()] == [
        (0, 3, {"field": 0.0}), (3, 6, {"field": 0.5}),
    ]  # fmt: skip
    temperature = np.arange(1.0, 7.0).reshape(2, 3)
    found = recordings(sums(), model=Ising(), lattice=LATTICE, temperature=temperature, field=0.5)
    assert found.dimensions == ("dim_0", "dim_1")
    assert found.coordinates["temperature"][0] == ("dim_0", "dim_1")
    assert found.coordinates["field"] == ((), 0.5)


def test_named_axes_are_taken_by_their_names():
    shape = (3, 3, 4, 5)
    dims = ("temperature", "field", "chain", "recording")
    arrays = {name: xr.DataArray(values, dims=dims) for name, values in sums(shape).items()}
    found = recordings(arrays, model=Ising(), lattice=LATTICE, temperature=[1.0, 2.0, 3.0], field=[0.0, 0.1, 0.2])
    np.testing.assert_array_equal(found.temperature.reshape(3, 3)[:, 0], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found.controls["field"].reshape(3, 3)[0], [0.0, 0.1, 0.2])
    field = xr.DataArray([0.0, 0.1, 0.2], dims="field")
    named = recordings(arrays, model=Ising(), lattice=LATTICE, temperature=1.0, field=field)
    np.testing.assert_array_equal(named.controls["field"], found.controls["field"])
    one = {name: values.isel(field=1).assign_coords(field=0.1) for name, values in arrays.items()}
    scalar = recordings(xr.Dataset(one), model=Ising(), lattice=LATTICE, temperature=[1.0, 2.0, 3.0])
    np.testing.assert_array_equal(scalar.controls["field"], 0.1)
    with pytest.raises(InputError, match=r"field\.dims"):
        recordings(arrays, model=Ising(), lattice=LATTICE, temperature=1.0, field=field.rename(field="h"))


def test_refuses_named_axes_that_are_not_alike():
    arrays = {name: xr.DataArray(v, dims=("a", "b", "chain", "recording")) for name, v in sums().items()}
    for other in (arrays["spin_sum"].rename(a="c"), arrays["spin_sum"].values):
        with pytest.raises(InputError, match=r"sums\['spin_sum'\]\.dims"):
            recordings({**arrays, "spin_sum": other}, model=Ising(), lattice=LATTICE, temperature=1.0)


def test_what_is_left_out_has_the_models_default():
    shape = (4, 5)
    found = recordings(
        {**sums(shape), "square_sum": np.ones(shape, int)}, model=BlumeCapel(), lattice=LATTICE, temperature=1,
        crystal_field=0.3,
    )  # fmt: skip
    assert found.controls_at(0) == {"crystal_field": 0.3, "field": 0.0}
    assert found.dimensions == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": [1.0, 2.0]}, r"temperature\.shape = \(2,\): must broadcast to \(2, 3\)"),
        ({"temperature": "hot"}, r"temperature\.shape"),
        ({"temperature": -1.0}, "temperature = -1.0: must be > 0"),
        ({"field": np.nan}, "field = nan: must be a finite number"),
        ({"temperature": None}, "Pass temperature="),
        ({"lattice": None}, "Pass lattice="),
        ({"filed": 1.0}, "Did you mean 'field'"),
    ],
)
def test_refuses_conditions_that_do_not_fit(changes, message):
    options = {"model": Ising(), "lattice": LATTICE, "temperature": 1.0, **changes}
    with pytest.raises(InputError, match=message):
        recordings(sums(), **options)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "must be an ensemble"),
        ({"bond_sum": np.zeros(4, int)}, "must be .*chain, recording"),
        ({"bond_sum": np.zeros((0, 4), int)}, "each at least 1"),
        ({**sums(), "spin_sum": np.zeros((2, 3, 4, 6), int)}, r"sums\['spin_sum'\]\.shape"),
        ({"bonds": np.zeros((4, 5), int)}, "is no sum of ising, which has bond_sum, spin_sum"),
        ({"bond_sum": np.full((4, 5), 0.25)}, r"sums\['bond_sum'\] = 0.25: is no total over the lattice"),
        ({"bond_sum": np.full((4, 5), np.nan)}, "is no total"),
        ({"bond_sum": np.full((4, 5), True)}, "is no total"),
    ],
)
def test_refuses_what_are_no_sums(wrong, message):
    with pytest.raises(InputError, match=message):
        recordings(wrong, model=Ising(), lattice=LATTICE, temperature=1.0)


def test_whole_numbers_may_come_as_floats():
    exact = {name: values.astype(float) for name, values in sums().items()}
    found = recordings(exact, model=Ising(), lattice=LATTICE, temperature=1.0)
    np.testing.assert_array_equal(found.sums["bond_sum"].reshape(2, 3, 4, 5), sums()["bond_sum"])
