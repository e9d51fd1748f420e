import numpy as np
import pytest

from spinlens.statistics.jackknife import FEWEST_GROUPS, group_sums, jackknife


def variance(means):
    return {"mean": means[0], "variance": means[1] - means[0] ** 2}


def moments(values):
    return np.stack([values, values**2], axis=-3)


def test_takes_the_bias_of_a_variance_out_exactly():
    values = np.random.default_rng(1).normal(size=(30, 1))
    result = jackknife(variance, *group_sums(moments(values)))
    assert result["variance"] == pytest.approx(values.var(ddof=1), rel=1e-10)
    assert result["mean"] == pytest.approx(values.mean(), rel=1e-10)
    assert result["mean_error"] == pytest.approx(values.std(ddof=1) / np.sqrt(30), rel=1e-10)


@pytest.mark.parametrize(
    ("chains", "recordings", "groups"),
    [(64, 1, 64), (16, 7, 16), (15, 40, 30), (5, 40, 20), (1, 100, 16), (1, 9, 9), (3, 2, 6)],
)
def test_groups_are_chains_or_blocks_of_time(chains, recordings, groups):
    values = np.arange(chains * recordings, dtype=float).reshape(chains, recordings)
    sums, counts = group_sums(moments(values))
    assert sums.shape == (2, groups)
    assert counts.sum() == chains * recordings
    assert sums[0].sum() == values.sum()
    assert counts.max() - counts.min() <= 1
    first = int(counts[0])
    assert sums[0, 0] == values[0, :first].sum()
    if chains * recordings >= FEWEST_GROUPS:
        assert groups >= FEWEST_GROUPS


def test_one_group_has_no_error():
    result = jackknife(variance, *group_sums(moments(np.ones((1, 1)))))
    assert result["mean"] == 1.0
    assert np.isnan(result["mean_error"])


def test_the_statistic_gets_averages_with_and_without_groups_along_the_last_axis():
    values = np.random.default_rng(2).normal(size=(5, 33, 20))
    shapes = []

    def mean(means):
        shapes.append(means.shape)
        return {"mean": means[0]}

    found = jackknife(mean, *group_sums(values[:, None]))
    assert shapes == [(1, 5), (1, 5, 33)]
    np.testing.assert_allclose(found["mean"], values.mean((1, 2)), rtol=1e-10)
