"""Classifiers with scikit-learn's conventions: they learn, keep the best, save, load, and refuse in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

import spinlens as sl
from spinlens.errors import DamagedError, InputError, SpinlensError
from spinlens.learning import Head, Recipe, Transformer, load
from spinlens.learning.choices import choose_precision
from spinlens.learning.settings import NATIVE, PUBLISHED, Masking
from spinlens.learning.vision import Pretraining, ResNet, VisionTransformer
from spinlens.learning.vision.classifier import Classifier
from spinlens.symmetries import Symmetries

from .conftest import arranged, labelled, transformer

IMAGES, LABELS = labelled(64)
OTHERS, OTHER_LABELS = labelled(48, seed=1)
WIDE = Symmetries.none((4, 8))


def fit(estimator, symmetries=None, **more):
    return estimator.fit(IMAGES, LABELS, symmetries=symmetries, progress=False, **more)


@pytest.mark.parametrize(
    "estimator", [transformer(), ResNet(recipe=Recipe(epochs=12, batch=8, learning_rate=3e-3))], ids=["vit", "resnet"]
)
def test_it_learns_and_keeps_the_conventions(estimator, symmetries):
    twin = clone(estimator)
    assert twin.get_params() == estimator.get_params()
    with pytest.raises(InputError, match=r"was not trained yet\. Call fit"):
        estimator.predict(IMAGES)
    fit(estimator, symmetries, validation=(OTHERS, OTHER_LABELS))
    check_is_fitted(estimator)
    assert estimator.classes_.tolist() == ["cold", "hot"]
    assert estimator.score(OTHERS, OTHER_LABELS) >= 0.8
    probabilities = estimator.predict_proba(OTHERS)
    np.testing.assert_allclose(probabilities.sum(1), 1.0, rtol=1e-12)
    assert (estimator.predict(OTHERS) == estimator.classes_[probabilities.argmax(1)]).all()
    assert estimator.logits(OTHERS).dtype == np.float32
    assert min(row["validation_loss"] for row in estimator.history_) < 0.6


def test_the_seed_decides(symmetries):
    one, same, other = (fit(transformer(epochs=1, seed=seed), symmetries).logits(OTHERS) for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).all()


def test_augmentation_makes_a_difference_and_is_that_of_the_ensemble(symmetries):
    plain = fit(transformer(epochs=1, augment=False)).logits(OTHERS)
    assert not (plain == fit(transformer(epochs=1), symmetries).logits(OTHERS)).all()
    with pytest.raises(InputError, match="an array does not say which symmetries"):
        fit(transformer())


def test_an_ensemble_is_read_in_the_order_of_its_dimensions():
    lattice = sl.Lattice((8, 8), "antiperiodic")
    ensemble = sl.simulate(
        sl.Ising(), lattice, temperature=[1.0, 8.0], field=[0.0, 0.5], chains=3, draws=2, equilibration=64, seed=1,
        workers=1, progress=False,
    )  # fmt: skip
    spins = ensemble.spins().transpose("field", "temperature", "chain", "draw", "x", "y").values.reshape(-1, 8, 8)
    labels = np.broadcast_to(np.array(["cold", "hot"])[None, :, None, None], (2, 2, 3, 2))
    estimator = transformer(epochs=1, batch=8).fit(ensemble, labels, progress=False)
    assert (estimator.logits(ensemble) == estimator.logits(spins)).all()
    # The stem sees across the seam, and augmentation is that of the larger field: no flips, no translations.
    assert estimator.configuration["architecture"]["boundary"] == "antiperiodic"
    assert estimator.configuration["symmetries"]["flip"] is False
    assert estimator.configuration["symmetries"]["translations"] == [None, None]


def test_the_best_weights_are_kept(symmetries):
    """Validation labels that are all wrong: the better the training, the worse they do, and an early epoch is kept."""
    wrong = np.where(OTHER_LABELS == "hot", "cold", "hot")
    estimator = fit(transformer(precision="float32"), symmetries, validation=(OTHERS, wrong))
    losses = [row["validation_loss"] for row in estimator.history_]
    right = np.searchsorted(estimator.classes_, wrong)
    probability = estimator.predict_proba(OTHERS)[np.arange(len(right)), right]
    assert -np.log(probability).mean() == pytest.approx(min(losses), rel=1e-5)
    assert losses[-1] > min(losses) + 0.5


def test_training_stops_where_validation_no_longer_gains(symmetries):
    wrong = np.where(OTHER_LABELS == "hot", "cold", "hot")
    estimator = transformer(epochs=20, patience=2, schedule="constant", warm_up=0.0)
    fit(estimator, symmetries, validation=(OTHERS, wrong))
    losses = [row["validation_loss"] for row in estimator.history_]
    assert len(losses) == int(np.argmin(losses)) + 3 < 20


def test_a_probe_is_a_logistic_regression_on_frozen_features(symmetries):
    estimator = transformer(epochs=0, head=Head(penalty=30.0), precision="float32")
    fit(estimator, symmetries)
    untrained = fit(transformer(epochs=0, precision="float32"), symmetries)
    features = untrained.features(IMAGES).astype(np.float64)
    assert (features == estimator.features(IMAGES)).all()
    standard = (features - features.mean(0)) / np.sqrt(features.var(0).sum())
    expected = LogisticRegression(C=30.0, max_iter=20_000, tol=1e-7).fit(standard, LABELS).predict_proba(standard)
    np.testing.assert_allclose(estimator.predict_proba(IMAGES), expected, atol=1e-3)


def test_a_probe_of_three_classes_sees_copies(symmetries):
    labels = np.array(["a", "b", "c"])[np.arange(64) % 3]
    estimator = transformer(epochs=0, head=Head(copies=2))
    estimator.fit(IMAGES, labels, symmetries=symmetries, progress=False)
    once = clone(estimator).set_params(head__copies=1).fit(IMAGES, labels, symmetries=symmetries, progress=False)
    assert estimator.logits(IMAGES).shape == (64, 3)
    assert not np.allclose(estimator.logits(IMAGES), once.logits(IMAGES))


def test_bfloat16_gives_the_same_scores(symmetries):
    """A training in bfloat16 comes out far nearer to that in float32 than one of another seed does."""
    images = labelled(400, seed=1)[0]
    full, half = (fit(transformer(precision=word), symmetries) for word in ("float32", "bfloat16"))
    other = fit(transformer(precision="float32", seed=1), symmetries)
    assert half.network_.head.weight.dtype == torch.float32
    half.set_params(recipe__precision="float32")
    there, near, far = (each.predict_proba(images)[:, 0] for each in (full, half, other))
    assert 0 < np.abs(there - near).mean() < 0.01
    assert np.abs(there - far).mean() > 0.05
    rounded = full.set_params(recipe__precision="bfloat16").predict_proba(OTHERS)
    exact = full.set_params(recipe__precision="float32").predict_proba(OTHERS)
    assert 0 < np.abs(rounded - exact).max() < 0.05


def test_residual_networks_have_no_bfloat16_on_single_pixels():
    """PyTorch leaves gradients of strided convolutions undefined there: on larger lattices they come out alike."""
    assert choose_precision("auto", torch.device("cpu"), single_pixels=True) == "float32"
    assert [ResNet().architecture(side).single_pixels for side in (16, 17)] == [True, False]
    assert not transformer().architecture(8).single_pixels
    with pytest.raises(InputError, match=r"precision = 'bfloat16': gradients .* are not defined"):
        fit(ResNet(recipe=Recipe(precision="bfloat16"), augment=False))
    images, labels = labelled(6, side=17)
    settings = {"recipe": Recipe(epochs=1, batch=3, precision="bfloat16"), "augment": False}
    one, same = (ResNet(**settings).fit(images, labels, progress=False).network_ for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))


def test_saved_and_loaded(tmp_path, symmetries):
    estimator = fit(transformer(dropout=0.1), symmetries, validation=(OTHERS, OTHER_LABELS))
    estimator.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert isinstance(loaded, VisionTransformer)
    assert loaded.get_params() == estimator.get_params()
    assert loaded.history_ == estimator.history_
    assert loaded.configuration == estimator.configuration
    assert (loaded.predict(OTHERS) == estimator.predict(OTHERS)).all()
    assert (loaded.logits(OTHERS) == estimator.logits(OTHERS)).all()
    content = bytearray((tmp_path / "model" / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "model" / "weights.safetensors").write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        load(tmp_path / "model")
    with pytest.raises(InputError, match="holds no model"):
        load(tmp_path)


def test_a_loaded_residual_network_says_the_same_to_the_last_bit(tmp_path):
    """Convolutions round in the order of their weights in memory, which a file does not keep."""
    images, labels = labelled(12, side=24)
    estimator = ResNet(recipe=Recipe(epochs=1, batch=6, learning_rate=1e-3), augment=False)
    estimator.fit(images, labels, out=tmp_path, progress=False)
    again = clone(estimator).fit(images, labels, out=tmp_path, progress=False)
    for loaded in (load(tmp_path), again):
        assert (loaded.predict_proba(images) == estimator.predict_proba(images)).all()


def test_defaults_are_those_of_the_study_for_published_layouts():
    base = VisionTransformer(Transformer(size="base"))
    for estimator in (base, ResNet(18), ResNet(50)):
        recipe = Recipe(epochs=4).filled(estimator.defaults)
        assert (recipe.epochs, recipe.learning_rate, recipe.weight_decay) == (4, 2e-5, 5e-6)
        assert recipe.patience == PUBLISHED.patience
    assert VisionTransformer().defaults is NATIVE
    assert base.architecture(100).pooling == "cls"
    assert VisionTransformer().architecture(100).to_dict()["patch"] == 10


def test_the_rate_warms_up_and_falls():
    recipe = Recipe(learning_rate=1.0, warm_up=0.2).filled(NATIVE)
    rates = [recipe.rate(step, 50) for step in range(50)]
    assert rates[:10] == pytest.approx(np.arange(1, 11) / 11)
    assert rates[10] == 1.0
    assert rates[30] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.01


def test_dropout_depends_on_seed_and_step_alone(symmetries):
    torch.manual_seed(1)
    one = fit(transformer(epochs=1, dropout=0.3), symmetries)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert (one.logits(OTHERS) == fit(transformer(epochs=1, dropout=0.3), symmetries).logits(OTHERS)).all()
    assert not (one.logits(OTHERS) == fit(transformer(epochs=1), symmetries).logits(OTHERS)).all()
    assert torch.equal(before, torch.get_rng_state())


def test_a_rate_that_is_too_high_is_an_error_not_a_result(symmetries):
    with pytest.raises(SpinlensError, match=r"diverged\. Lower learning_rate"):
        fit(ResNet(recipe=Recipe(learning_rate=1e30, batch=8)), symmetries)


@pytest.mark.parametrize(
    ("estimator", "change", "message"),
    [
        (transformer(), {"labels": LABELS[:-1]}, "labels = 63 labels: there are 64 images"),
        (transformer(), {"labels": np.full(64, "hot")}, "at least two classes with images"),
        (transformer(), {"images": IMAGES[:, :4], "symmetries": WIDE}, "the networks read lattices of equal sides"),
        (transformer(), {"images": IMAGES * 0}, "states = 1"),
        (transformer(), {"images": IMAGES[0]}, "must be an ensemble or an array of configurations"),
        (transformer(), {"validation": (OTHERS, OTHER_LABELS[1:])}, "there are 48 validation images"),
        (transformer(), {"validation": (OTHERS, np.full(48, "warm"))}, "warm: is a class without training images"),
        (transformer(), {"validation": (labelled(4, 4)[0], LABELS[:4])}, "the network reads 8 x 8 spins"),
        (transformer(), {"validation": 3}, "must be a pair"),
        (transformer(patch=3), {}, "does not divide the side 8"),
        (transformer(size="tiny"), {}, "width = 16: differs from the 128 of size 'tiny'. Leave out one"),
        (transformer(label_smoothing=1), {}, "label_smoothing = 1"),
        (transformer(device="gpu"), {}, "device = gpu"),
        (transformer(seed=-1), {}, "seed = -1"),
        (VisionTransformer(Transformer(size="base", patch=4)), {}, "belongs to the lattice-native sizes"),
        (ResNet(34), {}, "depth = 34: must be 18 or 50"),
        (transformer(pretrained="resnet"), {}, "published layouts|nor a folder"),
    ],
)
def test_what_is_refused_is_refused_before_any_work(estimator, change, message, symmetries, tmp_path, monkeypatch):
    monkeypatch.setattr("spinlens.learning.training.Training.run", None)
    given = {"images": IMAGES, "labels": LABELS, "symmetries": symmetries, "out": tmp_path / "out"} | change
    with pytest.raises(InputError, match=message):
        estimator.fit(given.pop("images"), given.pop("labels"), progress=False, **given)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": "enormous"}, "size = 'enormous': is unknown"),
        ({"epochs": -1}, "epochs = -1"),
        ({"batch": 0}, "batch = 0"),
        ({"learning_rate": 0}, "learning_rate = 0"),
        ({"schedule": "linear"}, "schedule = 'linear': is unknown"),
        ({"precision": "float16"}, "precision = 'float16': is unknown"),
        ({"warm_up": 1.0}, "warm_up = 1.0"),
        ({"clip": -1.0}, "clip = -1.0"),
    ],
)
def test_settings_that_cannot_be_are_never_made(change, message):
    with pytest.raises(InputError, match=message):
        arranged(change)
    with pytest.raises(InputError, match="copies = 0"):
        Head(copies=0)


def test_images_of_another_size_are_refused_by_a_trained_network(symmetries):
    estimator = fit(transformer(epochs=0), symmetries)
    with pytest.raises(InputError, match="images = 4 x 4: the network reads 8 x 8 spins"):
        estimator.predict(labelled(2, side=4)[0])


def test_the_base_class_stands_for_no_network():
    assert Classifier.architecture.__doc__
    with pytest.raises(NotImplementedError):
        _ = Classifier().defaults


ANY = {
    "colours": (sl.Potts(states=3), (8, 8), [0.5, 3.0], {}),
    "spin one": (sl.BlumeCapel(), (8, 8), [0.4, 4.0], {"crystal_field": 1.0}),
    "cubic": (sl.Ising(), (4, 4, 4), [2.0, 9.0], {}),
    "cubic colours": (sl.Potts(states=4), (4, 4, 4), [0.5, 4.0], {}),
}


@pytest.mark.parametrize("name", ANY)
def test_any_space_on_two_or_three_sides(name, tmp_path):
    """Cold from hot, with nothing but the configurations; also of new values, and after a save."""
    model, shape, temperature, controls = ANY[name]
    plan = {"temperature": temperature, "equilibration": 200, "exchange": False, "progress": False, **controls}
    ensemble, new = (sl.simulate(model, shape, **plan, chains=64, seed=seed) for seed in (1, 2))
    labels = np.broadcast_to(np.arange(2)[:, None, None], (2, 64, 1))
    network = Transformer(patch=4 if len(shape) == 2 else 2, width=16, layers=2, heads=2, stem=4)
    recipe = Recipe(epochs=8, batch=16, learning_rate=5e-3)
    found = VisionTransformer(network, recipe=recipe, seed=1).fit(ensemble, labels, out=tmp_path, progress=False)
    truth = labels.ravel()
    assert found.score(new, truth) > 0.95
    values = np.asarray(new.spins()).reshape(-1, *shape)
    np.testing.assert_array_equal(found.predict_proba(values), found.predict_proba(new))
    loaded = sl.load(tmp_path)
    np.testing.assert_array_equal(loaded.predict_proba(values[:1]), found.predict_proba(values[:1]))
    assert loaded.network_.architecture.boundary.startswith("periodic")
    other = sl.simulate(sl.Potts(states=5), shape, temperature=1.0, chains=2, equilibration=1, progress=False)
    with pytest.raises(InputError, match="the network was trained on other values of a site"):
        loaded.predict(other)
    with pytest.raises(InputError, match="9"):
        loaded.predict(np.full_like(values, 9))


def test_residual_networks_read_colours_and_published_layouts_do_not():
    model, shape, temperature, _ = ANY["colours"]
    ensemble = sl.simulate(model, shape, temperature=temperature, chains=16, equilibration=200, progress=False)
    labels = np.repeat([0, 1], 16)
    recipe = Recipe(epochs=1, batch=8, learning_rate=1e-3)
    found = ResNet(18, recipe=recipe).fit(ensemble, labels, progress=False)
    assert found.network_.body.config.num_channels == 3
    assert found.predict(ensemble).shape == (32,)
    with pytest.raises(InputError, match="published layouts and weights read two states"):
        VisionTransformer(Transformer(size="base"), recipe=recipe).fit(ensemble, labels, progress=False)
    cubic = sl.simulate(sl.Ising(), (4, 4, 4), temperature=[2.0, 9.0], chains=16, equilibration=8, progress=False)
    stacked = ResNet(18, recipe=recipe).fit(cubic, labels, progress=False)
    assert stacked.network_.body.config.num_channels == 4
    spins = torch.from_numpy(np.asarray(cubic.spins()).reshape(-1, 1, 4, 4, 4)).float()
    assert torch.equal(stacked.network_.pixels(spins)[:, 2], spins[:, 0, 2])
    with pytest.raises(InputError, match="published layouts and weights"):
        VisionTransformer(Transformer(size="base"), recipe=recipe).fit(cubic, labels, progress=False)
    with pytest.raises(InputError, match="needs the stem of a native network, and sites of two states"):
        VisionTransformer(Transformer(patch=4, even=True, stem=4)).fit(ensemble, labels, progress=False)


@pytest.mark.parametrize("name", ["cubic", "angles"])
def test_a_pretraining_without_any_term_tells_temperatures_apart(name, tmp_path):
    """No temperature and no energy is shown to it; the head is fitted on what it found."""
    model, shape, temperature, _ = {"angles": (sl.XY(), (8, 8), [0.3, 3.0], {}), **ANY}[name]
    plan = {"temperature": temperature, "equilibration": 200, "exchange": False, "chains": 64, "progress": False}
    unlabelled, ensemble, new = (sl.simulate(model, shape, **plan, seed=seed) for seed in (1, 2, 3))
    labels = np.broadcast_to(np.arange(2)[:, None, None], (2, 64, 1))
    network = Transformer(patch=4 if len(shape) == 2 else 2, width=16, layers=2, heads=2, stem=8)
    recipe = Recipe(epochs=16, batch=16, learning_rate=5e-3)
    found = Pretraining(network, task=Masking(bond_weight=0.0), recipe=recipe, seed=1)
    found.fit(unlabelled, out=tmp_path, progress=False)
    assert found.single_spin_loss_ < 0.9 * np.log(model.space.states)
    classifier = VisionTransformer(pretrained=tmp_path, head=Head(), augment=False, recipe=Recipe(epochs=0))
    assert classifier.fit(ensemble, labels, progress=False).score(new, labels.ravel()) > 0.9
    np.testing.assert_array_equal(sl.load(tmp_path).transform(new), found.transform(new))
