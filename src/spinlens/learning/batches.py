"""Batches of configurations, drawn from packed spins and unpacked on the device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.seeds import Purpose, generator

ORDER, NOISE, INITIAL = 1, 2, 0
"""Places of the training streams: the order of an epoch, the noise of a step, the first weights."""


class PackedEnsemble(Protocol):
    """What learning asks of an ensemble."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Sizes by the names of the control, temperature, chain, draw, x and y."""

    @property
    def fingerprint(self) -> str:
        """Digest of the configuration that made it."""

    def packed(self, *, chain: slice = ...) -> np.ndarray:
        """Return spins, uint8 (F, T, C, D, Lx, ceil(Ly / 8)), one bit each, little end first along y."""


def check_readable(ensemble: Any) -> None:
    """Refuse ensembles that the networks do not read.

    Raises
    ------
    InputError
        If sites have more than two states, the lattice is no plane, or there is not one control beside the temperature.
    """
    model = getattr(ensemble, "model", None)
    if model is None:
        return
    if model.space.states != 2:
        raise InputError("ensemble", model.text, f"has {model.space.states} states a site; the networks read two")
    if ensemble.lattice.axes != 2:
        sides = " x ".join(map(str, ensemble.lattice.shape))
        raise InputError("ensemble", f"a lattice of {sides}", "the networks read lattices of two sides")
    controls = [name for name in ensemble.grid if name != "temperature"]
    if len(controls) != 1:
        why = "the networks read ensembles over one control and temperature"
        raise InputError("ensemble", f"controls {', '.join(controls) or 'none'}", why)


def unpack(packed: torch.Tensor, columns: int) -> torch.Tensor:
    """Return packed spins (..., Lx, ceil(Ly / 8)) as float32 zeros and ones (..., Lx, Ly) on their device."""
    shifts = torch.arange(8, dtype=torch.uint8, device=packed.device)
    bits = (packed[..., None] >> shifts) & 1
    return bits.flatten(-2)[..., :columns].float()


def pack(spins: np.ndarray, what: str = "spins") -> np.ndarray:
    """Return spins +-1, (..., Lx, Ly), as bits, uint8 (..., Lx, ceil(Ly / 8)).

    Raises
    ------
    InputError
        If a value is neither -1 nor 1.
    """
    up = spins == 1
    if not np.all(up | (spins == -1)):
        odd = spins[~(up | (spins == -1))].flat[0]
        raise InputError(what, odd, "a spin is -1 or +1", "Rescale the values")
    return np.packbits(up, axis=-1, bitorder="little")


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


def check_enough(count: int, batch: int) -> None:
    """Refuse a batch of more configurations than there are."""
    if count < batch:
        raise InputError("batch", batch, f"the training chains hold {count} configurations", f"Take {count} or fewer")


def rows(packed: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return the configurations at flat places ``index`` of the first four axes, without flattening them."""
    places = np.unravel_index(index, packed.shape[:4])
    chosen: np.ndarray = packed[places]
    return chosen


def stream(packed: np.ndarray, columns: int, size: int, device: torch.device) -> Iterator[torch.Tensor]:
    """Yield all configurations in their order, (up to size, Lx, Ly), float32 zeros and ones."""
    count = int(np.prod(packed.shape[:4]))
    for start in range(0, count, size):
        chosen = rows(packed, np.arange(start, min(start + size, count)))
        yield unpack(torch.from_numpy(chosen).to(device), columns)


class Batches:
    """The batches of a training, each named by its step alone.

    Parameters
    ----------
    packed : ndarray, uint8, (F, T, C, D, Lx, ceil(Ly / 8))
        Training configurations; never copied.
    columns : int
        Ly.
    seed : int
        Seed of order and noise.
    batch : int
        Configurations in a batch, B. What does not fill the last batch of an epoch waits for the next epoch.
    latent : int
        Number of latents D, for the noise.
    symmetric : bool
        Whether every second configuration of a batch has all its spins flipped, (s, h) -> (-s, -h).
    device : torch.device
        Where the batches go.

    Raises
    ------
    InputError
        If there are fewer configurations than one batch.
    """

    def __init__(
        self,
        packed: np.ndarray,
        columns: int,
        *,
        seed: int,
        batch: int,
        latent: int,
        symmetric: bool,
        device: torch.device,
    ) -> None:
        self.count = int(np.prod(packed.shape[:4]))
        check_enough(self.count, batch)
        self.steps = self.count // batch
        self._packed, self._columns, self._seed, self._batch = packed, columns, seed, batch
        self._latent, self._symmetric, self._device = latent, symmetric, device
        self._epoch = -1
        self._order = np.empty(0, np.uint32)

    def __call__(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return spins (B, Lx, Ly), zeros and ones, and standard normal noise (B, D) of a step."""
        epoch, place = divmod(step, self.steps)
        if epoch != self._epoch:
            order = np.arange(self.count, dtype=np.uint32)
            generator(self._seed, Purpose.TRAINING, ORDER, epoch).shuffle(order)
            self._epoch, self._order = epoch, order
        chosen = rows(self._packed, self._order[place * self._batch : (place + 1) * self._batch])
        if self._symmetric:
            chosen[1::2] ^= np.uint8(255)
        noise_stream = generator(self._seed, Purpose.TRAINING, NOISE, step)
        noise: Any = noise_stream.standard_normal((self._batch, self._latent), dtype=np.float32)
        spins = unpack(torch.from_numpy(chosen).to(self._device), self._columns)
        return spins, torch.from_numpy(noise).to(self._device)
