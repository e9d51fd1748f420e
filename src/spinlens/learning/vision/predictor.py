"""What a trained classifier says about configurations, with scikit-learn's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from spinlens.errors import InputError
from spinlens.learning.choices import choose_device
from spinlens.learning.recipe import resolve_precision
from spinlens.learning.vision.configurations import Configurations, configurations, same_lattice
from spinlens.learning.vision.inference import evaluating, in_chunks
from spinlens.learning.vision.networks import Reader
from spinlens.progress import progress_bar


class Predictor(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that has its network, or not yet.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; the columns of `predict_proba`.
    network_ : Reader
        The trained network, on the CPU.
    """

    classes_: np.ndarray
    network_: Reader
    _description: dict[str, Any]

    def __sklearn_is_fitted__(self) -> bool:
        """Tell whether there is a network."""
        return hasattr(self, "network_")

    @property
    def configuration(self) -> dict[str, Any]:
        """Settings, recipe, images and versions that made the weights."""
        self._check_fitted()
        return self._description

    def _check_fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise InputError(type(self).__name__, "no weights", "it was not trained yet", "Call fit or load first")

    def logits(self, images: Any, *, progress: bool = False) -> np.ndarray:
        """Return the logits of each configuration, float32 (n, classes).

        Parameters
        ----------
        images : Ensemble or array, (n, L, L)
            Configurations with the sides of the training.
        progress : bool
            Whether to show how far it is.

        Raises
        ------
        InputError
            If it was not trained, or the images have other sides or values that are no spins.
        """
        return self._look(lambda network: network, images, progress=progress)

    def features(self, images: Any, *, progress: bool = False) -> np.ndarray:
        """Return the pooled features that the head sees, float32 (n, width)."""
        return self._look(lambda network: network.features, images, progress=progress)

    def _look(self, part: Any, images: Any, *, progress: bool) -> np.ndarray:
        self._check_fitted()
        given = configurations(images)
        side = self.network_.architecture.side
        same_lattice(Configurations(np.empty((0, side, -(-side // 8)), np.uint8), side), given, "images")
        device = choose_device(self.device)
        precision = resolve_precision(self.precision, device)
        network = evaluating(self.network_, device)
        try:
            with progress_bar("look", show=progress) as report:
                return in_chunks(part(network), given, device=device, precision=precision, report=report)
        finally:
            self.network_.cpu()

    def predict_proba(self, images: Any) -> np.ndarray:
        """Return the probability of each class, float64 (n, classes), in the order of ``classes_``."""
        logits = self.logits(images).astype(np.float64)
        weights = np.exp(logits - logits.max(1, keepdims=True))
        result: np.ndarray = weights / weights.sum(1, keepdims=True)
        return result

    def predict(self, images: Any) -> np.ndarray:
        """Return the likeliest label of each configuration, (n,)."""
        best = self.logits(images).argmax(1)
        result: np.ndarray = self.classes_[best]
        return result
