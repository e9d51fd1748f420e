"""Rows of sums are counted exactly, in little memory."""

import tracemalloc

import numpy as np
import pytest
from tests.statistics.synthetic import boltzmann

from spinlens.lattices import Lattice
from spinlens.models import Ising
from spinlens.statistics.histogram import _unique_inverse, count_rows


def test_pairs_are_counted_exactly_in_either_sign():
    generator = np.random.default_rng(3)
    bond_sum, spin_sum = generator.integers(-3, 4, (2, 40, 30)), generator.integers(-2, 3, (2, 40, 30))
    histogram = count_rows([bond_sum.astype(np.int32), spin_sum.astype(np.int32)])
    assert histogram.counts.shape == (32, 35)
    assert histogram.recordings.sum() == 2400
    for place, (bond, spin) in enumerate(histogram.rows):
        assert histogram.counts[:, [place]].sum() == ((bond_sum == bond) & (spin_sum == spin)).sum()
    np.testing.assert_allclose(histogram.means[:, 1], spin_sum.mean(axis=(1, 2)))


@pytest.mark.parametrize("large", [1, 1 << 20, 1 << 40])
def test_many_columns_of_any_size_are_told_apart(large):
    generator = np.random.default_rng(4)
    rows = generator.integers(-2, 3, (4000, 5)) * large
    found, inverse = _unique_inverse(rows)
    expected, places = np.unique(rows, axis=0, return_inverse=True)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(inverse, places.reshape(-1))


def test_no_recording_is_left_out_of_blocks_of_time():
    sums = np.random.default_rng(3).integers(-3, 4, (2, 3, 37))
    histogram = count_rows([sums, sums])
    assert histogram.counts.sum() == 2 * 3 * 37
    np.testing.assert_array_equal(histogram.recordings.sum(axis=1), [111, 111])
    assert histogram.recordings.shape == (2, 18)


def test_memory_grows_with_rows_and_not_with_recordings():
    _, sums = boltzmann(Ising(), Lattice((4, 4)), (32, 20_000), temperature=2.5, seed=1)
    columns = [values[None].astype(np.int32) for values in sums.values()]
    tracemalloc.start()
    histogram = count_rows(columns)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert histogram.counts.nnz < 32 * 100
    assert histogram.rows.dtype == np.int16
    # One group at a time is unpacked: a thirty-second of the recordings, in eight bytes and sorted.
    assert peak < 0.5 * sum(values.nbytes for values in columns)
