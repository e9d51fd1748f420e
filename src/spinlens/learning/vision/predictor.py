"""What a trained network says about configurations, with scikit-learn's conventions."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import ClassifierMixin

from spinlens.learning.choices import choose_device, choose_precision
from spinlens.learning.estimator import Estimator
from spinlens.learning.settings import Recipe
from spinlens.learning.vision.configurations import configurations, same_lattice
from spinlens.learning.vision.inference import evaluating, in_chunks
from spinlens.learning.vision.reader import Reader
from spinlens.progress import progress_bar


class ReaderEstimator(Estimator):
    """An estimator whose network reads spins."""

    recipe: Recipe
    device: str | torch.device | None

    @property
    def reader(self) -> Reader:
        """The network that reads spins."""
        self._check_fitted()
        reader: Reader = self.network_
        return reader

    def features(self, images: Any, *, progress: bool = False) -> np.ndarray:
        """Return the pooled features that the head sees, float32 (n, width)."""
        return self._look(lambda network: network.features, images, progress=progress)

    def _look(self, part: Any, images: Any, *, progress: bool) -> np.ndarray:
        self._check_fitted()
        given = configurations(images, channels=self.reader.channels)
        same_lattice(self.reader.architecture.shape, given, "images")
        device = choose_device(self.device)
        precision = choose_precision(self.recipe.precision or "auto", device)
        evaluating(self.network_, device)
        try:
            with progress_bar("look", show=progress) as report:
                return in_chunks(part(self.reader), given, device=device, precision=precision, report=report)
        finally:
            self.network_.cpu()


class Predictor(ClassifierMixin, ReaderEstimator):  # type: ignore[misc]
    """A classifier that has its network, or not yet.

    Attributes
    ----------
    classes_ : ndarray
        The labels, sorted; the columns of `predict_proba`.
    """

    classes_: np.ndarray
    network_: Reader

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

    def predict_proba(self, images: Any) -> np.ndarray:
        """Return the probability of each class, float64 (n, classes), in the order of ``classes_``."""
        logits = self.logits(images).astype(np.float64)
        odds = np.exp(logits - logits.max(1, keepdims=True))
        result: np.ndarray = odds / odds.sum(1, keepdims=True)
        return result

    def predict(self, images: Any) -> np.ndarray:
        """Return the likeliest label of each configuration, (n,)."""
        best = self.logits(images).argmax(1)
        result: np.ndarray = self.classes_[best]
        return result
