"""Histograms and numbers of the reconstruction against whole-array arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from tests.learning.conftest import fit

from spinlens.errors import InputError
from spinlens.learning import reconstruction


@pytest.fixture
def vae(ensemble):
    return fit(ensemble)


@pytest.mark.parametrize("chain", [None, slice(0, 2)])
def test_against_the_whole_array(vae, ensemble, chain, monkeypatch):
    monkeypatch.setattr("spinlens.learning.reconstruct.CHUNK", 5)
    data = reconstruction(vae, ensemble, chain=chain, bins=50)
    kept = slice(3, 4) if chain is None else chain
    truth = (ensemble.values[:, :, kept] == 1).astype(float)
    latents = vae.encode(ensemble, chain=kept)
    up = vae.decode(latents.mean)[..., 1].astype(float)
    error = truth - up
    count = truth[..., 0, 0].size
    assert data.attrs["configurations"] == count
    for name, values, edges in (
        ("spin_error", error, np.linspace(-1, 1, 51)),
        ("absolute_spin_error", np.abs(error), np.linspace(0, 1, 51)),
    ):
        assert int(data[name].sum()) == error.size
        expected = np.histogram(values, edges)[0]
        assert np.abs(data[name].values - expected).sum() <= 4  # float32 values that touch an edge
        np.testing.assert_allclose(data[f"{name}_edge"], edges)
        np.testing.assert_allclose(data[f"{name}_bin"], 0.5 * (edges[1:] + edges[:-1]))
    variance = latents.deviation.astype(float) ** 2
    kl = 0.5 * (latents.mean.astype(float) ** 2 + variance - np.log(variance) - 1).sum(-1)
    assert float(data.mean_kl_divergence) == pytest.approx(kl.mean(), rel=1e-5)
    np.testing.assert_allclose(data.kl_divergence_quantile, np.quantile(kl, [0.01, 0.5, 0.99]), rtol=1e-4)
    assert int(data.kl_divergence.sum()) == count
    entropy = -(truth * np.log(up) + (1 - truth) * np.log(1 - up)).sum() / count
    assert float(data.cross_entropy) == pytest.approx(entropy, rel=1e-5)
    assert float(data.mean_spin_error) == pytest.approx(error.mean(), abs=1e-6)
    assert float(data.mean_absolute_spin_error) == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert float(data.spin_accuracy) == pytest.approx(((up > 0.5) == truth).mean(), abs=1e-12)


def test_no_chains(vae, ensemble):
    with pytest.raises(InputError, match="names no chains"):
        reconstruction(vae, ensemble, chain=slice(9, 12))
