"""Settings are checked when they are made, fill each other in, and fit into scikit-learn and into studies."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sklearn.base import clone

from spinlens.config import Section
from spinlens.errors import InputError
from spinlens.learning.settings import AUTOENCODER, PLAIN, Autoencoder, Head, Masking, Recipe, Transformer


class Study(Section):
    recipe: Recipe = Recipe(epochs=5, batch=16)
    training: Autoencoder = Autoencoder()


def test_what_is_left_open_is_taken_from_others_the_nearest_first():
    recipe = Recipe(epochs=3).filled(Recipe(epochs=4, batch=8), Recipe(batch=9, clip=2.0), PLAIN)
    assert (recipe.epochs, recipe.batch, recipe.clip, recipe.schedule) == (3, 8, 2.0, "cosine")
    assert Recipe(epochs=None) == Recipe()
    assert Recipe(epochs=3).given == Recipe(epochs=3).to_dict() == {"epochs": 3}
    assert repr(Recipe(epochs=3)) == "Recipe(epochs=3)"
    assert Recipe(epochs=3).changed(epochs=4, batch=2) == Recipe(epochs=4, batch=2)


def test_parts_keep_the_defaults_of_what_they_are_part_of():
    for given in (Recipe(epochs=2), {"epochs": 2}):
        assert Autoencoder(recipe=given).recipe == AUTOENCODER.changed(epochs=2)
    study = Study.resolve({"recipe": {"epochs": 2}, "training": {"recipe": {"batch": 8}, "filters": [2, 4]}})
    assert study.recipe == Recipe(epochs=2, batch=16)
    assert study.training.recipe == AUTOENCODER.changed(batch=8)
    assert study.training.filters == (2, 4)
    assert Study.resolve(study.model_dump(mode="json", exclude_none=True)) == study


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recipe(epochs=-1), "epochs = -1: "),
        (lambda: Recipe(epochs=1.5), r"epochs = 1\.5: "),
        (lambda: Recipe(learning_rate=float("inf")), "learning_rate = inf: "),
        (lambda: Recipe(schedule="cosin"), "schedule = 'cosin': is unknown. Did you mean 'cosine'"),
        (lambda: Recipe(epoks=1), "key = 'epoks': is unknown. Did you mean 'epochs'"),
        (lambda: Autoencoder(recipe=Recipe(epochs=0)), r"recipe\.epochs = 0: must be a whole number >= 1"),
        (lambda: Autoencoder(filters=(4, 0)), r"filters\[1\] = 0"),
        (lambda: Transformer(size="enormous"), "size = 'enormous': is unknown"),
        (lambda: Head(penalty=0.0), r"penalty = 0\.0"),
        (lambda: Masking(spin_ratio=0.0), "nothing would be hidden"),
        (lambda: Masking(coupling_weight=0.0), "no hidden spin would be predicted"),
        (lambda: Study.resolve({"training": {"recipe": {"epochs": "many"}}}), r"training\.recipe\.epochs = 'many'"),
        (lambda: Study.resolve({"recipe": {"epoks": 1}}), r"'recipe\.epoks': is unknown. Did you mean 'epochs'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert str(caught.value).count("\n") == 0


def test_nothing_changes_them():
    recipe = Recipe(epochs=3)
    assert clone(recipe) is recipe
    with pytest.raises(ValueError, match="frozen"):
        recipe.epochs = 4


def test_settings_load_no_torch():
    code = "import sys, spinlens as sl, spinlens.studies.crossover; sl.Recipe(epochs=1); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
