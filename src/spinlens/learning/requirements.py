"""Can this network be trained on such an ensemble? Asked before an hour of sampling, not after it."""

from __future__ import annotations

from spinlens.errors import InputError
from spinlens.learning.batches import check_enough, split
from spinlens.learning.network import check_shape
from spinlens.learning.settings import Autoencoder


def check_training(settings: Autoencoder, *, shape: tuple[int, ...], chains: int, configurations: int) -> None:
    """Check a training before there is anything to train on.

    Parameters
    ----------
    settings : Autoencoder
        Network, loss and recipe.
    shape : tuple of int
        The lattice's sides.
    chains : int
        Chains of each condition.
    configurations : int
        Configurations of each chain, over all conditions.

    Raises
    ------
    InputError
        If the network does not fit the lattice, there are too few chains to split, or too few configurations for a
        batch.
    """
    check_shape(shape, len(settings.filters))
    if settings.latent < 2:
        raise InputError("latent", settings.latent, "tau_1 is the second component, so it takes two latents")
    trained, _ = split(chains, settings.held_out)
    check_enough(configurations * (trained.stop - trained.start), settings.recipe.batch)
