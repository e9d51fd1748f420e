"""The regions are those of the published study."""

from __future__ import annotations

import numpy as np
import pytest

from spinlens.errors import InputError
from spinlens.phases.regions import REGIONS, bounds, region_of, temperatures
from spinlens.phases.regions.labels import EDGES


def test_regions_by_temperature() -> None:
    values = [0.01, 1.05, 1.06, 2.11, 2.12, 2.32, 2.33, 4.0]
    np.testing.assert_array_equal(region_of(values), [0, 0, 1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(region_of(list(EDGES)), [0, 1, 2])
    assert region_of(2.0).shape == ()
    assert region_of(np.full((2, 3), 3.0)).shape == (2, 3)


def test_rounding_errors_do_not_move_an_edge() -> None:
    above = np.nextafter(2.32, 3.0)
    assert above > EDGES[2]
    assert region_of(above) == REGIONS.index("critical")


def test_the_grid() -> None:
    grid = temperatures()
    assert (len(grid), grid[0], grid[231], grid[-1]) == (400, 0.01, 2.32, 4.0)
    np.testing.assert_array_equal(np.bincount(region_of(grid)), [105, 106, 21, 168])
    with pytest.raises(InputError, match="divide 4"):
        temperatures(0.03)


def test_edges_keep_their_shares_of_the_transition() -> None:
    """0.4649, 0.9338 and 1.0224 times it, whatever the unit, and no rounding moves the grid across them."""
    for unit in (1.0, 0.7012315679302166 / 2.269185314213022, 1.9882):
        grid = temperatures(0.05, unit=unit)
        np.testing.assert_array_equal(region_of(grid, unit=unit), region_of(temperatures(0.05)))
        np.testing.assert_allclose(bounds(unit), np.array([0, 1.055, 2.119, 2.32, 4.0]) * unit)
        np.testing.assert_array_equal(region_of(bounds(unit)[1:], unit=unit), [0, 1, 2, 3])


@pytest.mark.parametrize("wrong", [0.0, 4.01, -1.0, float("nan"), "hot", [1.0, 5.0]])
def test_other_temperatures_have_no_region(wrong: object) -> None:
    with pytest.raises(InputError) as caught:
        region_of(wrong)
    assert caught.value.what == "temperature"
