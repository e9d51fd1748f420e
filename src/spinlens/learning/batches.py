"""Batches of configurations, drawn from packed codes and unpacked a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.channels import Channels, Configurations, Integers, see
from spinlens.seeds import Purpose, generator

ORDER, NOISE, INITIAL = 1, 2, 0
"""Places of the training streams: the order of an epoch, the noise of a step, the first weights."""


def split(chains: int, held_out: float) -> tuple[slice, slice]:
    """Return the chains to train on and the last ones, kept for tests.

    Parameters
    ----------
    chains : int
        Number of chains of a condition.
    held_out : float
        Share of the chains to keep, between 0 and 1; at least one chain lands on each side.

    Raises
    ------
    InputError
        If the share is not between 0 and 1 or there is only one chain.
    """
    if not 0 < held_out < 1:
        raise InputError("held_out", held_out, "must be a share between 0 and 1", "Take 0.125")
    if chains < 2:
        why = "training and held-out configurations come from different chains, so there must be two"
        raise InputError("ensemble.sizes['chain']", chains, why, "Simulate with chains=2 or more")
    kept = min(max(round(held_out * chains), 1), chains - 1)
    return slice(0, chains - kept), slice(chains - kept, chains)


def last_of_each(values: np.ndarray, held_out: float, conditions: Mapping[str, Any]) -> tuple[np.ndarray, slice, slice]:
    """Return configurations in an order in which those that are kept from training are the last of each condition.

    Parameters
    ----------
    values : ndarray, (n, *sides)
        Configurations.
    held_out : float
        Share of each condition to keep; at least one configuration lands on each side.
    conditions : mapping of str to array, (n,)
        What they were sampled at; without any, all count as of one condition.

    Returns
    -------
    values : ndarray
        Those to train on, then those that are kept.
    trained, kept : slice
        Where they are.

    Raises
    ------
    InputError
        If a condition has not one finite number for each configuration, or a single configuration.
    """
    columns = []
    for name, given in conditions.items():
        column = np.asarray(given, dtype=np.float64) if np.asarray(given).dtype.kind in "iuf" else np.empty(0)
        if column.shape != (len(values),) or not np.isfinite(column).all():
            why = f"must hold a finite number for each of the {len(values)} configurations"
            raise InputError(name, f"shape {np.shape(given)}", why)
        columns.append(column)
    if not columns:
        return (values, *split(len(values), held_out))
    label = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    parts = [np.flatnonzero(label == each) for each in range(int(label.max()) + 1)]
    if few := [part for part in parts if len(part) < 2]:
        at = ", ".join(f"{name} = {column[few[0][0]]:g}" for name, column in zip(conditions, columns, strict=True))
        why = "some configurations of each condition are trained on and some are kept from it, so there must be two"
        raise InputError("configurations", f"{len(few[0])} at {at}", why)
    edges = [split(len(part), held_out)[0].stop for part in parts]
    first = np.concatenate([part[:edge] for part, edge in zip(parts, edges, strict=True)])
    rest = np.concatenate([part[edge:] for part, edge in zip(parts, edges, strict=True)])
    order = np.concatenate([np.sort(first), np.sort(rest)])
    return values[order], slice(0, len(first)), slice(len(first), len(values))


def check_enough(count: int, batch: int) -> None:
    """Refuse a batch of more configurations than there are."""
    if count < batch:
        raise InputError("batch", batch, f"the training chains hold {count} configurations", f"Take {count} or fewer")


class Batches:
    """The batches of a training, each named by its step alone.

    Parameters
    ----------
    trained : Configurations
        Training configurations; never copied.
    channels : Channels
        What is seen of them.
    group : ndarray, int64 (G, q)
        Permutations of the codes, the identity first: the configurations of a batch take turns under them.
    seed : int
        Seed of order and noise.
    batch : int
        Configurations in a batch, B. What does not fill the last batch of an epoch waits for the next epoch.
    latent : int
        Number of latents D, for the noise.
    device : torch.device
        Where the batches go.

    Raises
    ------
    InputError
        If there are fewer configurations than one batch.
    """

    def __init__(
        self, trained: Configurations, channels: Channels, group: Integers, *, seed: int, batch: int, latent: int,
        device: torch.device,
    ) -> None:  # fmt: skip
        self.count = trained.count
        check_enough(self.count, batch)
        self.steps = self.count // batch
        self._trained, self._channels, self._group, self._seed = trained, channels, group, seed
        self._batch, self._latent, self._device = batch, latent, device
        self._epoch = -1
        self._order = np.empty(0, np.uint32)

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what is seen, (B, *sides, d), and standard normal noise (B, D) of a step."""
        epoch, place = divmod(step, self.steps)
        if epoch != self._epoch:
            order = np.arange(self.count, dtype=np.uint32)
            generator(self._seed, Purpose.TRAINING, ORDER, epoch).shuffle(order)
            self._epoch, self._order = epoch, order
        codes = self._trained.codes(self._order[place * self._batch : (place + 1) * self._batch])
        for turn, permutation in enumerate(self._group[1:], start=1):
            codes[turn :: len(self._group)] = permutation[codes[turn :: len(self._group)]]
        noise_stream = generator(self._seed, Purpose.TRAINING, NOISE, step)
        noise: Any = noise_stream.standard_normal((self._batch, self._latent), dtype=np.float32)
        return see(self._channels, codes, self._device), torch.from_numpy(noise).to(self._device)
