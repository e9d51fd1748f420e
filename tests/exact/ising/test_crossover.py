import doctest
from importlib import import_module

import numpy as np
import pytest
from tests.exact.reference import last_digit, read_rows

from spinlens.errors import InputError
from spinlens.exact.ising.crossover import crossover_lines
from spinlens.exact.ising.transfer_matrix import ising_strip
from spinlens.models import Ising
from spinlens.models.ising import CRITICAL_TEMPERATURE


@pytest.mark.parametrize("row", read_rows("crossover_lines.csv"), ids=lambda row: f"h={row['h']}")
def test_golden_values(row):
    lines = crossover_lines([float(row["h"])])
    for name, column in (("susceptibility_peak", "T_chi_max"), ("specific_heat_peak", "T_C_max")):
        # One unit in the last printed digit, and the rounding of that digit.
        assert abs(getattr(lines, name)[0] - float(row[column])) < 1.1 * max(last_digit(row[column]), 1e-4)


def test_the_examples_in_the_documentation():
    assert doctest.testmod(import_module("spinlens.exact.ising.crossover")).failed == 0


def test_it_is_a_maximum_found_by_scanning_as_well():
    lines = crossover_lines([0.5], width=8)
    grid = np.linspace(2.3, 6.0, 371)
    strips = [ising_strip(Ising(), 8, temperature=t, field=0.5) for t in grid]
    for name, place in (
        ("susceptibility", lines.susceptibility_peak),
        ("specific_heat", lines.specific_heat_peak),
    ):
        values = [getattr(strip, name) for strip in strips]
        assert abs(grid[np.argmax(values)] - place[0]) < 0.011


def test_even_in_the_field_ordered_and_critical_at_zero():
    lines = crossover_lines(np.array([-1.0, -0.2, 0.0, 0.2, 1.0]), width=8)
    for line in (lines.susceptibility_peak, lines.specific_heat_peak):
        np.testing.assert_array_equal(line, line[::-1])
        assert line[2] == CRITICAL_TEMPERATURE
        assert line[0] > line[1] > line[2]
    assert np.all(lines.susceptibility_peak[[0, 1]] > lines.specific_heat_peak[[0, 1]])


@pytest.mark.parametrize(("fields", "width"), [([np.nan], 8), ([0.1], 20)])
def test_refuses_bad_input(fields, width):
    with pytest.raises(InputError):
        crossover_lines(fields, width=width)
