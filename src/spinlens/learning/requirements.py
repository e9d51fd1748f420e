"""Can this network be trained on such an ensemble? Asked before an hour of sampling, not after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spinlens.errors import InputError
from spinlens.learning.batches import split
from spinlens.learning.choices import Design
from spinlens.learning.fitting import check_recipe
from spinlens.learning.network import check_shape

_DESIGN = ("latent", "beta", "alpha", "dimension_weight", "estimator", "filters", "symmetric")


def check_training(
    shape: tuple[int, ...], chains: int, *, configurations: int, seed: int, choices: Mapping[str, Any]
) -> None:
    """Check a training before there is anything to train on.

    Parameters
    ----------
    shape : tuple of int
        The lattice's sides.
    chains : int
        Chains of each condition.
    configurations : int
        Configurations of each chain, over all conditions.
    seed : int
        Of the training.
    choices : mapping
        The parameters of `TCVAE` and of `TCVAE.fit`, all of them but the precision and where to run.

    Raises
    ------
    InputError
        If a value is out of range, the network does not fit the lattice, there are too few chains to split, or too
        few configurations for a batch.
    """
    design = {name: choices[name] for name in _DESIGN}
    recipe = {name: value for name, value in choices.items() if name not in _DESIGN}
    check_recipe(seed=seed, precision="float32", **recipe)
    check_shape(shape, len(Design(**{**design, "filters": tuple(design["filters"])}).filters))
    if design["latent"] < 2:
        raise InputError("latent", design["latent"], "tau_1 is the second component, so it takes two latents")
    trained, _ = split(chains, choices["held_out"])
    count = configurations * (trained.stop - trained.start)
    if count < choices["batch"]:
        why = f"the training chains hold {count} configurations"
        raise InputError("batch", choices["batch"], why, f"Take {count} or fewer")
