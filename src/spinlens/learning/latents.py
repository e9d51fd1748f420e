"""Configurations to latents and back, through a trained network and a part at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.batches import PackedEnsemble, check_readable, pack, stream
from spinlens.learning.network import Network
from spinlens.progress import Report, silent

CHUNK = 2048
"""Configurations that pass through the network at once when it is not training."""


@dataclass(frozen=True, slots=True)
class Latents:
    """Posterior of each configuration.

    Parameters
    ----------
    mean, deviation : ndarray, float32, (..., D)
        Means and standard deviations of the latents; (F, T, C, D, latent) for an ensemble.
    """

    mean: np.ndarray
    deviation: np.ndarray


def packed_spins(
    network: Network, configurations: PackedEnsemble | np.ndarray, *, chain: slice = slice(None)
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return configurations as bits with four axes before the sides, and the axes that they came with.

    Parameters
    ----------
    network : Network
        What they are meant for.
    configurations : Ensemble or ndarray
        An ensemble, or spins +-1 of shape (..., Lx, Ly).
    chain : slice
        The chains of the ensemble to take.

    Raises
    ------
    InputError
        If the sides are not those of the training, or a value is not a spin.
    """
    if not isinstance(configurations, np.ndarray) and hasattr(configurations, "packed"):
        sizes = configurations.sizes
        _check_sides(network, (int(sizes["x"]), int(sizes["y"])))
        check_readable(configurations)
        packed = configurations.packed(chain=chain)
        return packed, packed.shape[:4]
    spins = np.asarray(configurations)
    _check_sides(network, spins.shape[-2:])
    bits = pack(spins)
    return bits.reshape(-1, 1, 1, 1, *bits.shape[-2:]), spins.shape[:-2]


def _check_sides(network: Network, sides: tuple[int, ...]) -> None:
    if sides != network.shape:
        why = f"the network was trained on sides {network.shape[0]} x {network.shape[1]}"
        raise InputError("lattice", " x ".join(map(str, sides)), why)


def encode(
    network: Network,
    configurations: PackedEnsemble | np.ndarray,
    *,
    chain: slice = slice(None),
    flipped: bool = False,
    report: Report = silent,
) -> Latents:
    """Return the posterior of every configuration, float32 (..., latent); see `TCVAE.encode`."""
    packed, leading = packed_spins(network, configurations, chain=chain)
    count = int(np.prod(leading))
    mean = np.empty((count, network.latent), np.float32)
    deviation = np.empty_like(mean)
    done = 0
    with torch.inference_mode():
        for spins in stream(packed, network.shape[1], CHUNK, torch.device("cpu")):
            part = slice(done, done + len(spins))
            means, log_variances = network.encode(1 - spins if flipped else spins)
            mean[part] = means.numpy()
            deviation[part] = torch.exp(0.5 * log_variances).numpy()
            done = part.stop
            report(done / count, "")
    shape = (*leading, network.latent)
    return Latents(mean.reshape(shape), deviation.reshape(shape))


def decode(network: Network, z: np.ndarray) -> np.ndarray:
    """Return the probability of spin up at every site, float32 (..., Lx, Ly), at latents (..., latent).

    Raises
    ------
    InputError
        If the last axis has another length.
    """
    points = np.asarray(z, np.float32)
    if points.ndim == 0 or points.shape[-1] != network.latent:
        why = f"the last axis must hold {network.latent} latents"
        raise InputError("z", f"shape {points.shape}", why)
    flat = points.reshape(-1, network.latent)
    up = np.empty((len(flat), *network.shape), np.float32)
    with torch.inference_mode():
        for start in range(0, len(flat), CHUNK):
            part = slice(start, start + CHUNK)
            up[part] = torch.sigmoid(network.decode(torch.from_numpy(flat[part]))).numpy()
    return up.reshape(*points.shape[:-1], *network.shape)
