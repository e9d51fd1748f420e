"""Can this network be trained on such an ensemble? Asked before an hour of sampling, not after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spinlens.learning.batches import split
from spinlens.learning.choices import Design, Recipe
from spinlens.learning.network import check_shape

_DESIGN = ("latent", "beta", "alpha", "dimension_weight", "estimator", "filters", "symmetric")


def check_training(shape: tuple[int, int], chains: int, *, seed: int, choices: Mapping[str, Any]) -> None:
    """Check a training before there is anything to train on.

    Parameters
    ----------
    shape : tuple of int
        The lattice's sides.
    chains : int
        Chains of each condition.
    seed : int
        Of the training.
    choices : mapping
        The parameters of `TCVAE` and of `TCVAE.fit`, all of them but the precision and where to run.

    Raises
    ------
    InputError
        If a value is out of range, the network does not fit the lattice, or there are too few chains to split.
    """
    design = {name: choices[name] for name in _DESIGN}
    recipe = {name: value for name, value in choices.items() if name not in _DESIGN}
    Recipe(seed=seed, precision="float32", **recipe)
    check_shape(shape, len(Design(**{**design, "filters": tuple(design["filters"])}).filters))
    split(chains, choices["held_out"])
