"""The public face: fit, encode, decode, sample, save, load and every refusal."""

from __future__ import annotations

import errno
import json
import os

import numpy as np
import pytest
import torch
from tests.learning.conftest import Spins, autoencoder, fit, striped

from spinlens.errors import DamagedError, InputError, SpinlensError
from spinlens.learning import TCVAE, load
from spinlens.learning.losses import TERMS


@pytest.fixture
def vae(ensemble):
    return fit(ensemble)


def test_latents_have_the_shape_of_the_ensemble(vae, ensemble):
    latents = vae.encode(ensemble)
    assert latents.mean.shape == latents.deviation.shape == (3, 2, 4, 3, 3)
    assert latents.mean.dtype == latents.deviation.dtype == np.float32
    assert (latents.deviation > 0).all()
    some = vae.encode(ensemble, chain=slice(1, 3))
    np.testing.assert_allclose(some.mean, latents.mean[:, :, 1:3], atol=1e-6)


def test_arrays_encode_as_the_ensemble(vae, ensemble):
    whole, part = vae.encode(ensemble), vae.encode(ensemble.values[1, 0, 2])
    np.testing.assert_allclose(part.mean, whole.mean[1, 0, 2], atol=1e-6)
    assert vae.encode(ensemble.values[0, 0, 0, 0]).mean.shape == (3,)


def test_decode_and_sample(vae):
    odds = vae.decode(np.zeros((2, 5, 3)))
    assert odds.shape == (2, 5, 16, 16, 2)
    assert ((odds > 0) & (odds < 1)).all()
    spins = vae.sample(7, seed=1)
    assert spins.shape == (7, 16, 16)
    assert spins.dtype == np.int8
    assert set(np.unique(spins)) == {-1, 1}
    np.testing.assert_array_equal(spins, vae.sample(7, seed=1))
    assert not np.array_equal(spins, vae.sample(7, seed=2))


def test_samples_follow_the_decoder(vae):
    with torch.no_grad():
        vae.network_.seed_weight.zero_()
        vae.network_.decoder_biases[3].fill_(1.0)
    up = vae.decode(np.zeros(3))[..., 1]
    spins = vae.sample(400, seed=3)
    z = (((spins == 1).mean(0) - up) / np.sqrt(up * (1 - up) / 400)).ravel()
    assert abs(z.mean()) < 5 / np.sqrt(z.size)
    assert z.std() == pytest.approx(1, abs=5 / np.sqrt(2 * z.size))


def test_training_learns(ensemble):
    vae = fit(ensemble, beta=1.0, epochs=60, learning_rate=3e-3)
    first, last = vae.history_[0]["loss"], vae.history_[-1]["loss"]
    assert last < first - 10
    means = vae.encode(ensemble).mean.reshape(-1, 3)
    ups = (ensemble.values == 1).mean((-1, -2)).ravel()
    assert max(abs(np.corrcoef(means[:, d], ups)[0, 1]) for d in range(3)) > 0.9


def test_history_holds_every_term(vae):
    assert [row["epoch"] for row in vae.history_] == [1, 2]
    for row in vae.history_:
        total = row["reconstruction"] + row["mutual_information"] + 8 * row["total_correlation"]
        assert row["loss"] == pytest.approx(total + row["dimension_wise_kl"], rel=1e-12)
        assert set(TERMS) <= set(row)


def test_held_out_chains_do_not_matter(ensemble, vae):
    other = ensemble.values.copy()
    other[:, :, 3] *= -1
    again = fit(Spins(other))
    assert weights_equal(vae, again)
    assert (vae.training_chains, vae.held_out_chains) == (slice(0, 3), slice(3, 4))
    other[:, :, 2] *= -1
    assert not weights_equal(vae, fit(Spins(other)))


def weights_equal(one, other):
    pairs = zip(one.network_.parameters(), other.network_.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_save_and_load(vae, ensemble, tmp_path):
    vae.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert weights_equal(vae, again)
    assert again.get_params() == vae.get_params() | {"filters": (4, 16, 64, 256)}
    assert again.history_ == vae.history_
    assert again.held_out_chains == vae.held_out_chains
    np.testing.assert_array_equal(again.encode(ensemble).mean, vae.encode(ensemble).mean)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "history.jsonl",
        "model.json",
        "weights.safetensors",
    ]
    found = json.loads((tmp_path / "model" / "model.json").read_text())
    assert found["ensemble"]["fingerprint"] == "a stand-in"
    assert found["parameters"]["seed"] == 3
    assert found["parameters"]["estimator"] == "mss_reference"
    assert found["provenance"]["versions"]


@pytest.mark.parametrize("where", [20, -1])
def test_a_flipped_byte_is_damage(vae, tmp_path, where):
    vae.save(tmp_path)
    path = tmp_path / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=r"weights\.safetensors"):
        load(tmp_path)


def test_cut_missing_or_foreign_files_are_damage(vae, tmp_path):
    vae.save(tmp_path)
    path, model = tmp_path / "weights.safetensors", tmp_path / "model.json"
    whole, text = path.read_bytes(), model.read_text()
    path.write_bytes(whole[:-100])
    with pytest.raises(DamagedError, match="cannot be read"):
        load(tmp_path)
    path.write_bytes(whole)
    model.write_text(text.replace('"latent": 3', '"latent": 4'))
    with pytest.raises(DamagedError, match=r"disagree on parameters\.latent"):
        load(tmp_path)
    model.write_text(text[:-5])
    with pytest.raises(DamagedError, match="is not JSON"):
        load(tmp_path)
    model.write_text("{}")
    with pytest.raises(DamagedError, match="does not describe an estimator"):
        load(tmp_path)
    model.write_text(text)
    path.unlink()
    with pytest.raises(DamagedError, match="is missing"):
        load(tmp_path)
    model.unlink()
    with pytest.raises(InputError, match="holds no model"):
        load(tmp_path)


def test_weights_of_another_shape_are_damage(vae, tmp_path):
    from spinlens.learning.checkpoint import write_tensors

    vae.save(tmp_path)
    tensors = dict(vae.network_.state_dict())
    tensors["head_bias"] = torch.zeros(4)
    write_tensors(tmp_path / "weights.safetensors", tensors, vae.configuration)
    with pytest.raises(DamagedError, match="does not fit model"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"latent": 0}, "latent = 0"),
        ({"latent": 2.5}, "latent"),
        ({"beta": -1}, "beta = -1"),
        ({"alpha": float("nan")}, "alpha"),
        ({"dimension_weight": float("inf")}, "dimension_weight"),
        ({"estimator": "mss_referense"}, "Did you mean 'mss_reference'"),
        ({"filters": ()}, "filters"),
        ({"filters": (4, 0)}, r"filters\[1\]"),
    ],
)
def test_the_network_and_its_loss_are_checked(ensemble, choices, message):
    with pytest.raises(InputError, match=message):
        TCVAE(**choices).fit(ensemble)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"seed": -1}, "seed = -1"),
        ({"seed": 1.5}, "seed"),
        ({"epochs": 0}, "recipe.epochs = 0"),
        ({"batch": 3}, "recipe.batch = 3"),
        ({"batch": 55}, "Take 54 or fewer"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'"),
        ({"held_out": 1.0}, "held_out = 1.0"),
        ({"precision": "float16"}, "precision"),
        ({"device": "toaster"}, "device = toaster: cannot be used"),
        ({"device": "meta"}, "device = meta: cannot be used"),
    ],
)
def test_recipe_is_checked_before_anything_is_written(ensemble, choices, message, tmp_path):
    with pytest.raises(InputError, match=message):
        fit(ensemble, tmp_path / "model", **choices)
    assert not (tmp_path / "model").exists()


def test_one_chain_cannot_be_split():
    with pytest.raises(InputError, match="there must be two"):
        fit(Spins(striped((2, 2, 1, 30, 16, 16))))


def test_a_lattice_that_does_not_fit():
    with pytest.raises(InputError, match="multiples of 16"):
        fit(Spins(striped((2, 2, 2, 10, 16, 24))))
    assert fit(Spins(striped((2, 2, 2, 10, 16, 24))), filters=(2, 4, 8)).history_


def test_wrong_input_to_a_trained_network(vae):
    with pytest.raises(InputError, match="trained on sides 16 x 16"):
        vae.encode(np.ones((2, 32, 32)))
    with pytest.raises(InputError, match="is none of the values"):
        vae.encode(np.zeros((2, 16, 16)))
    with pytest.raises(InputError, match="must hold 3 latents"):
        vae.decode(np.zeros(4))
    with pytest.raises(InputError, match="count"):
        vae.sample(0, seed=1)


def test_an_untrained_network_says_so(ensemble):
    with pytest.raises(InputError, match="not trained yet"):
        TCVAE().encode(ensemble)
    assert repr(autoencoder()).startswith("TCVAE(held_out=0.25, latent=3")


def test_a_disk_that_cannot_be_written(ensemble, tmp_path, monkeypatch, vae):
    with pytest.raises(InputError, match="Choose another place"):
        vae.save("/proc/nothing/here")
    out = tmp_path / "model"
    sync = os.fsync

    def full(descriptor):
        if out.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SpinlensError, match="cannot be written: No space left on device"):
            fit(ensemble, out)
    assert weights_equal(vae, fit(ensemble, out))


def test_a_damaged_history(vae, tmp_path):
    vae.save(tmp_path)
    (tmp_path / "history.jsonl").write_text("{")
    with pytest.raises(DamagedError, match=r"history\.jsonl is not JSON lines"):
        load(tmp_path)
