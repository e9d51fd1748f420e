"""What the small networks have in common: settings, training, reading, and several trainings of one recipe."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import torch
from pydantic import Field
from sklearn.base import TransformerMixin
from torch import nn

from spinlens.errors import InputError
from spinlens.learning.channels import Channels
from spinlens.learning.choices import choose_device
from spinlens.learning.estimator import Estimator
from spinlens.learning.observing.objective import ByCondition, read
from spinlens.learning.pooled import CONVOLUTIONS, Pooled
from spinlens.learning.settings import PLAIN, Count, Recipe, Settings
from spinlens.learning.training import Objective
from spinlens.progress import Report
from spinlens.statistics import Configurations, Indicator

SITES = 1 << 21
"""Sites that pass through a network at once when it is not training."""

OBSERVING = Recipe(epochs=2, batch=128, learning_rate=1e-2, weight_decay=1e-2, warm_up=0.1).filled(PLAIN)


class Observing(Settings):
    """A small network and its training; see `Observer`."""

    width: Count = 12
    recipe: Recipe = OBSERVING
    seed: int = Field(default=0, ge=0)


class Observer(TransformerMixin, Estimator):  # type: ignore[misc]
    """A small network that learns from configurations over a control and reads others, of any size.

    Parameters
    ----------
    width : int
        Features of a neighbourhood.
    recipe : Recipe
        How to train; what it leaves open: 2 epochs, batches of 128, AdamW at a rate of 0.01 that falls like a cosine.
    seed : int
        Of weights and order.
    device : str or torch.device, optional
        CUDA where there is one, else the CPU.

    Attributes
    ----------
    network_ : Pooled
        The trained network, on the CPU.
    values_ : ndarray, float64 (C,)
        Of the control, that it learned from.
    """

    values_: np.ndarray

    def __init__(
        self, width: int = 12, *, recipe: Recipe = Recipe(), seed: int = 0,  # noqa: B008
        device: str | torch.device | None = None,
    ) -> None:  # fmt: skip
        self.width, self.recipe, self.seed, self.device = width, recipe, seed, device

    def fit(
        self, X: Configurations, y: object = None, *, out: str | Path | None = None, progress: bool | Report = False,  # noqa: ARG002
        checkpoint_seconds: float = 60.0,
    ) -> Self:  # fmt: skip
        """Train on configurations, the values of whose control are all that is told.

        Parameters
        ----------
        X : Configurations
            What is learned from: other chains than those that are read later.
        y : object
            Not looked at.
        out : path, optional
            Directory for checkpoints and the model. The same call continues what is there.
        progress : bool
            Whether to show the loss while training.
        checkpoint_seconds : float
            Longest time between checkpoints.

        Raises
        ------
        InputError
            If a setting is out of range, or there are too few configurations.
        IncompleteError
            If interrupted with Ctrl-C; the same call continues.
        """
        settings, place = self._settings(Observing), choose_device(self.device)
        if X.dimensions not in CONVOLUTIONS:
            raise InputError("sides", X.shape, "must be one to three")
        digest = sha256(np.ascontiguousarray(X.codes).tobytes()).hexdigest()
        description = self._describe(
            settings.recipe, "float32", configurations={"digest": digest, "control": X.control},
            channels=Channels.of(X.space).to_dict(), dimensions=X.dimensions, values=X.values.tolist(),
        )  # fmt: skip

        def begin() -> Objective:
            return ByCondition(
                X, self._outputs(len(X.values)), self._loss_of(X.values), width=settings.width,
                batch=settings.recipe.batch, seed=settings.seed, device=place,
            )  # fmt: skip

        return self._open_or_train(
            begin, settings.recipe, description, out=out, progress=progress, checkpoint_seconds=checkpoint_seconds
        )

    def outputs(self, configurations: Configurations) -> np.ndarray:
        """Return the outputs of the network for every draw, float64 (C, chain, draw, outputs).

        Raises
        ------
        InputError
            If it was not trained, or on other values of a site or another number of sides.
        """
        self._check_fitted()
        known = Channels.from_dict(self._description["channels"])
        if not known.same(Channels.of(configurations.space)):
            raise InputError("configurations", configurations.space.text, "the network saw other values of a site")
        if configurations.dimensions != self._description["dimensions"]:
            raise InputError("sides", configurations.shape, f"the network saw {self._description['dimensions']}")
        return read(self.network_, configurations, size=max(1, SITES // configurations.sites))

    def transform(self, X: Configurations) -> np.ndarray:
        """Return one number of every draw, float64 (C, chain, draw)."""
        raise NotImplementedError

    def indicator(self, configurations: Configurations) -> Indicator:
        """Return the indicator that the network makes of draws that it did not learn from."""
        raise NotImplementedError

    def _outputs(self, conditions: int) -> int:
        raise NotImplementedError

    def _loss_of(self, values: np.ndarray) -> Any:
        raise NotImplementedError

    def _check_values(self, configurations: Configurations) -> None:
        self._check_fitted()
        if not np.array_equal(configurations.values, self.values_):
            why = f"must be those that were trained on, {self.values_[0]:g} to {self.values_[-1]:g}"
            raise InputError(configurations.control, configurations.values.tolist(), why)

    def _take(self, network: nn.Module) -> None:
        super()._take(network)
        self.values_ = np.asarray(self._description["values"], dtype=np.float64)

    def _empty_network(self, description: dict[str, Any], folder: Path) -> nn.Module:  # noqa: ARG002
        channels = Channels.from_dict(description["channels"])
        outputs = self._outputs(len(description["values"]))
        return Pooled(description["dimensions"], channels.count, outputs, width=self.width)


Kind = TypeVar("Kind", bound=Observer)


def trained(observer: Kind, configurations: Configurations, trainings: int = 5) -> list[Kind]:
    """Train one recipe several times, with the seeds that follow the observer's own.

    Parameters
    ----------
    observer : Observer
        The recipe; not changed.
    configurations : Configurations
        What is learned from.
    trainings : int
        How many; the spread between them is a part of the error.
    """
    parameters = observer.get_params(deep=False)
    seeds = range(observer.seed, observer.seed + trainings)
    return [type(observer)(**{**parameters, "seed": seed}).fit(configurations) for seed in seeds]


def indicator_of_trainings(observers: Sequence[Observer], configurations: Configurations) -> Indicator:
    """Return the indicator of several trainings, whose spread is in its error."""
    return Indicator.together([each.indicator(configurations) for each in observers])
