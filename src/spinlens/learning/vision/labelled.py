"""Configurations with their classes: those to train on, and those that tell when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spinlens.errors import InputError
from spinlens.learning.vision.configurations import Configurations, configurations, same_lattice


@dataclass(frozen=True, slots=True)
class Labelled:
    """Configurations with the number of the class of each."""

    images: Configurations
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @property
    def digest(self) -> dict[str, Any]:
        """What tells one set from another."""
        return {"count": len(self), "images": self.images.digest, "classes": np.bincount(self.classes).tolist()}


def training_set(images: Any, labels: Any) -> tuple[Labelled, np.ndarray]:
    """Return configurations with their classes, and the sorted labels that the classes stand for.

    Raises
    ------
    InputError
        If there are more labels than configurations or fewer, or less than two classes.
    """
    given, values = configurations(images), np.asarray(labels).ravel()
    if len(values) != len(given):
        raise InputError("labels", f"{len(values)} labels", f"there are {len(given)} images")
    names, classes = np.unique(values, return_inverse=True)
    if len(names) < 2:
        raise InputError("labels", names.tolist(), "there must be at least two classes with images")
    return Labelled(given, classes.astype(np.int64)), names


def validation_set(pair: Sequence[Any], trained: Labelled, *, names: np.ndarray) -> Labelled:
    """Return a pair (configurations, labels) as `training_set` numbered the classes.

    Raises
    ------
    InputError
        If it is no pair, sizes disagree, or a label is not among ``names``.
    """
    try:
        images, labels = pair
    except (TypeError, ValueError) as problem:
        raise InputError("validation", type(pair).__name__, "must be a pair (images, labels)") from problem
    given = configurations(images, what="validation images", channels=trained.images.channels)
    values = np.asarray(labels).ravel()
    if len(values) != len(given):
        raise InputError("validation", f"{len(values)} labels", f"there are {len(given)} validation images")
    same_lattice(trained.images.shape, given, "validation images")
    if odd := sorted(set(values.tolist()) - set(names.tolist())):
        raise InputError("validation labels", odd[0], "is a class without training images")
    return Labelled(given, np.searchsorted(names, values).astype(np.int64))
