import json

import numpy as np
import pytest
from sklearn.decomposition import PCA

from spinlens.errors import InputError
from spinlens.phases import components as room
from spinlens.phases.components import Components, orient_deviations, orient_mean, principal_components


@pytest.fixture
def latent():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(3000, 4)) * [3, 1, 0.3, 0.1] @ np.linalg.qr(rng.normal(size=(4, 4)))[0]
    return (mixed + 7).astype(np.float32).reshape(10, 30, 10, 1, 4)


def test_streaming_in_blocks_equals_the_full_decomposition(latent, monkeypatch):
    monkeypatch.setattr(room, "ROWS_PER_BLOCK", 101)
    found = principal_components(latent)
    full = PCA().fit(latent.reshape(-1, 4).astype(np.float64))
    np.testing.assert_allclose(found.shares, full.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(np.abs(np.sum(found.directions * full.components_, axis=1)), 1, rtol=1e-9)
    np.testing.assert_allclose(found.mean, full.mean_, rtol=1e-9)


def test_projection_removes_the_mean_and_keeps_the_variance(latent):
    found = principal_components(latent)
    projected = found.project(latent, 1)
    assert projected.shape == latent.shape[:-1]
    assert projected.mean() == pytest.approx(0, abs=1e-5)
    total = latent.reshape(-1, 4).astype(float).var(axis=0).sum()
    assert projected.var() / total == pytest.approx(found.shares[1], rel=1e-5)


def test_components_survive_json(latent):
    found = principal_components(latent)
    text = json.dumps({name: array.tolist() for name, array in found.to_arrays().items()})
    again = Components.from_arrays(json.loads(text))
    for name, array in found.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array)


@pytest.mark.parametrize("sign", [1, -1])
def test_signs_follow_the_physics_whatever_the_decomposition_gave(sign):
    plain = Components(np.zeros(2), np.eye(2), np.array([0.7, 0.3]))
    m = np.linspace(-1, 1, 24).reshape(2, 3, 4, 1)
    assert orient_mean(plain, sign * m, m).directions[0, 0] == sign
    field, temperature = np.array([-1.0, 0.0, 1.0]), np.linspace(1, 5, 21)
    tau_0 = sign * np.tile(np.tanh(temperature - 2.3), (3, 1))
    tau_1 = sign * np.exp(-((temperature - 2.5 - abs(field[:, None])) ** 2))
    oriented = orient_deviations(plain, tau_0, tau_1, field)
    assert oriented.directions[0, 0] == sign
    assert oriented.directions[1, 1] == sign


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (np.zeros((3, 1, 1, 1, 3)), "points"),
        (np.full((9, 1, 1, 1, 3), np.nan), "latent"),
        (np.ones((9, 1, 1, 1, 3)), "latent variance"),
    ],
)
def test_unusable_latents_are_refused(values, word):
    with pytest.raises(InputError, match=rf"^{word} = "):
        principal_components(values)
