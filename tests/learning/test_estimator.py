"""scikit-learn's conventions, and one way to save and load every estimator."""

from __future__ import annotations

import inspect
import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted
from tests.learning.conftest import autoencoder
from tests.learning.vision.conftest import labelled, pretraining, transformer
from tests.statistics.exact_draws import drawn

import spinlens as sl
from spinlens.errors import DamagedError, InputError
from spinlens.learning import Confusion, Neighbours, Prediction
from spinlens.learning.estimator import ROOMS

IMAGES, LABELS = labelled(40)
ESTIMATORS = {
    "TCVAE": sl.TCVAE(latent=2, recipe=sl.Recipe(epochs=1)),
    "VisionTransformer": transformer(epochs=1, augment=False, head=sl.Head()),
    "ResNet": sl.ResNet(recipe=sl.Recipe(epochs=1), augment=False),
    "Pretraining": pretraining(epochs=1, augment=False, bond_weight=0.0),
    **{kind.__name__: kind(recipe=sl.Recipe(epochs=1, batch=16)) for kind in (Confusion, Neighbours, Prediction)},
}
CONDITIONS = drawn(3, (2.0, 2.5, 3.0), seed=1, chains=16, draws=4)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize(
    "check",
    [
        "check_no_attributes_set_in_init", "check_get_params_invariance", "check_set_params", "check_estimator_repr",
        "check_estimator_cloneable", "check_mixin_order",
    ],
)  # fmt: skip
def test_what_scikit_learn_asks_of_every_estimator(name, check):
    getattr(estimator_checks, check)(name, ESTIMATORS[name])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_constructors_are_short_and_clones_equal(name):
    estimator = ESTIMATORS[name]
    assert len(inspect.signature(type(estimator)).parameters) <= 12
    twin = clone(estimator)
    assert twin is not estimator
    assert twin.get_params() == estimator.get_params()
    assert twin.set_params(recipe__epochs=2, seed=5).recipe == estimator.recipe.changed(epochs=2)
    assert estimator.recipe.epochs == 1
    with pytest.raises(InputError, match="epochs = -1"):
        twin.set_params(recipe__epochs=-1)
    with pytest.raises(InputError, match=r"seed = 5: has no setting 'epochs'"):
        twin.set_params(seed__epochs=1)


def fitted(name, ensemble, out):
    if name == "TCVAE":
        return autoencoder(filters=(2, 4)).fit(ensemble, out=out, progress=False)
    if name in ("Confusion", "Neighbours", "Prediction"):
        return clone(ESTIMATORS[name]).fit(CONDITIONS, out=out)
    return clone(ESTIMATORS[name]).fit(IMAGES, LABELS, out=out, progress=False)


@pytest.mark.parametrize("name", ROOMS)
def test_everything_that_is_saved_is_loaded(name, ensemble, tmp_path):
    estimator = fitted(name, ensemble, tmp_path)
    loaded = sl.load(tmp_path)
    check_is_fitted(loaded)
    assert type(loaded) is type(estimator)
    assert loaded.get_params() == estimator.get_params()
    assert loaded.history_ == estimator.history_
    assert loaded.configuration == estimator.configuration
    values = {"TCVAE": ensemble.values, **dict.fromkeys(("Confusion", "Neighbours", "Prediction"), CONDITIONS)}.get(
        name, IMAGES
    )
    look = "transform" if hasattr(estimator, "transform") else "predict_proba"
    np.testing.assert_array_equal(getattr(loaded, look)(values), getattr(estimator, look)(values))


def test_what_describes_no_estimator(ensemble, tmp_path):
    fitted("TCVAE", ensemble, tmp_path)
    whole = json.loads((tmp_path / "model.json").read_text())
    for change in (
        {"estimator": "Perceptron"},
        {"parameters": {"latents": 3}},
        {"parameters": {"recipe": {"epochs": -1}}},
    ):
        (tmp_path / "model.json").write_text(json.dumps(whole | change))
        with pytest.raises(DamagedError, match="does not describe an estimator"):
            sl.load(tmp_path)
    with pytest.raises(InputError, match="holds no model"):
        sl.load(tmp_path / "nowhere")


def test_a_search_and_a_pipeline():
    search = GridSearchCV(transformer(augment=False, epochs=1), {"recipe__epochs": [1, 6]}, cv=2)
    search.fit(IMAGES, LABELS, progress=False)
    assert search.best_params_["recipe__epochs"] in (1, 6)
    assert len(search.best_estimator_.history_) == search.best_params_["recipe__epochs"]
    pipeline = make_pipeline(pretraining(epochs=1, augment=False, bond_weight=0.0), LogisticRegression())
    assert pipeline.fit(IMAGES, LABELS, pretraining__progress=False).predict(IMAGES).shape == (40,)


def test_latents_of_an_ensemble_in_their_order(ensemble):
    vae = fitted("TCVAE", ensemble, None)
    assert vae.transform(ensemble).shape == (72, 3)
    np.testing.assert_array_equal(vae.transform(ensemble), vae.encode(ensemble).mean.reshape(-1, 3))
