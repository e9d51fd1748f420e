"""What all estimators share: scikit-learn's conventions, one way to train or continue, one way to save and load."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from torch import nn

from spinlens.errors import DamagedError, InputError
from spinlens.files import local_path
from spinlens.learning.checkpoint import make_folder
from spinlens.learning.folder import MODEL, finished, fitting_weights, read_description, read_model, write_model
from spinlens.learning.history import Row
from spinlens.learning.settings import Head, Masking, Recipe, Settings, Transformer
from spinlens.learning.training import Objective, Training
from spinlens.progress import Report, progress_bar
from spinlens.provenance import provenance
from spinlens.seeds import check_seed

Kind = TypeVar("Kind", bound=Settings)

ROOMS = {
    "TCVAE": "spinlens.learning.tcvae",
    "Pretraining": "spinlens.learning.vision.pretraining",
    "VisionTransformer": "spinlens.learning.vision.estimators",
    "ResNet": "spinlens.learning.vision.estimators",
    "Prediction": "spinlens.learning.observing.prediction",
    "Confusion": "spinlens.learning.observing.confusion",
    "Neighbours": "spinlens.learning.observing.neighbours",
}
"""Where the estimators are that `load` knows."""

PARTS: dict[str, type[Settings]] = {"recipe": Recipe, "network": Transformer, "head": Head, "task": Masking}
"""Settings that are objects."""


class Estimator(BaseEstimator):  # type: ignore[misc]
    """A network with its settings, trained or not.

    Attributes
    ----------
    network_ : Module
        The trained network, on the CPU.
    history_ : list of dict
        One row an epoch, in nats.
    """

    network_: Any
    history_: list[Row]
    _description: dict[str, Any]

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether there is a network."""
        return hasattr(self, "network_")

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise InputError(type(self).__name__, "no weights", "it was not trained yet", "Call fit or load first")

    @property
    def configuration(self) -> dict[str, Any]:
        """Settings, recipe, configurations and versions that made the weights."""
        self._check_fitted()
        return self._description

    def set_params(self, **params: Any) -> Self:
        """Change settings; ``recipe__epochs`` is one of a recipe."""
        own = {name: value for name, value in params.items() if "__" not in name}
        super().set_params(**own)
        known = self.get_params()
        for name in params.keys() - own.keys():
            part, _, key = name.partition("__")
            if not isinstance(known.get(part), Settings):
                raise InputError(part, known.get(part), f"has no setting {key!r}", "Pass an object of settings first")
            setattr(self, part, getattr(self, part).changed(**{key: params[name]}))
        return self

    def _settings(self, kind: type[Kind]) -> Kind:
        """Return the settings that are of a kind, checked, with all defaults."""
        return kind(**{name: getattr(self, name) for name in kind.model_fields if hasattr(self, name)})

    def _describe(self, recipe: Recipe, precision: str, **more: Any) -> dict[str, Any]:
        """Return what tells a training from others.

        Neither a path nor a device makes a training another one, nor what "auto" means there, so that it can be moved
        and continued elsewhere.
        """
        check_seed(self.seed)
        parameters = {name: _plain(value) for name, value in self.get_params(deep=False).items() if name != "device"}
        return {
            "estimator": type(self).__name__, "parameters": parameters, "recipe": recipe.to_dict(), **more,
            "provenance": provenance() | {"precision": precision},
        }  # fmt: skip

    def _open_or_train(
        self,
        begin: Callable[[], Objective],
        recipe: Recipe,
        description: dict[str, Any],
        *,
        out: str | Path | None,
        progress: bool | Report,
        checkpoint_seconds: float,
    ) -> Self:
        """Read the trained network in a folder, or train from its checkpoint or from the start, and save."""
        folder = None if out is None else local_path(out)
        if folder is not None and finished(folder, description):
            return self._restore(folder)
        objective = begin()
        if folder is not None:
            make_folder(folder)
        training = Training(objective, recipe, description, folder, checkpoint_seconds)
        with progress_bar("train", show=progress) as report:
            self.history_ = training.run(report)
        self._description = description | self._conclude(objective)
        self._take(objective.network.cpu())
        if folder is not None:
            self.save(folder)
        return self

    def _conclude(self, objective: Objective) -> dict[str, Any]:  # noqa: ARG002
        """Return what a trained network adds to its description."""
        return {}

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:
        """Return the network of a description, with weights still to be loaded."""
        raise NotImplementedError

    def _take(self, network: nn.Module) -> None:
        """Take a trained network, and from the description what else was learned."""
        self.network_ = network.eval()

    def save(self, out: str | Path) -> None:
        """Write weights (safetensors), history and description (JSON) to a directory."""
        self._check_fitted()
        write_model(local_path(out), dict(self.network_.state_dict()), self._description, self.history_)

    def _restore(self, folder: Path) -> Self:
        tensors, self._description, self.history_ = read_model(folder, type(self).__name__)
        with fitting_weights(folder):
            network = self._empty_network(self._description, folder)
            network.load_state_dict(tensors)
            self._take(network)
        return self


def load(path: str | Path) -> Any:
    """Read any trained estimator: what its ``save``, or its ``fit`` with ``out``, wrote.

    Returns
    -------
    TCVAE, VisionTransformer, ResNet, Pretraining, Prediction, Confusion or Neighbours
        With the settings of its training; starting weights are known by their digest alone.

    Raises
    ------
    InputError
        If there is none in the directory.
    DamagedError
        If a file is damaged or the weights do not fit the description.
    """
    folder = Path(path)
    description = read_description(folder)
    try:
        name = description["estimator"]
        parameters = {key: _setting(key, value) for key, value in description["parameters"].items()}
        estimator = getattr(import_module(ROOMS[name]), name)(**parameters)
    except (KeyError, TypeError, InputError) as problem:
        raise DamagedError(f"{folder / MODEL} does not describe an estimator: {problem}") from problem
    return estimator._restore(folder)


def _plain(value: Any) -> Any:
    """Return a setting as JSON can hold it."""
    if isinstance(value, Settings):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value.item() if isinstance(value, np.generic) else value


def _setting(name: str, value: Any) -> Any:
    """Return what `_plain` made JSON of."""
    return PARTS[name](**value) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value
