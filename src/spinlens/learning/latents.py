"""Configurations to latents and back, through a trained network and a part at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from spinlens.errors import InputError
from spinlens.learning.channels import Channels, Configurations, PackedEnsemble, configurations, see
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
        Means and standard deviations of the latents; (F, T, C, D, latent) for an ensemble over one control.
    """

    mean: np.ndarray
    deviation: np.ndarray


def readable(network: Network, given: PackedEnsemble | np.ndarray, *, chain: slice = slice(None)) -> Configurations:
    """Return configurations that a network reads.

    Parameters
    ----------
    network : Network
        What they are meant for.
    given : Ensemble or ndarray
        An ensemble, or values of shape (..., *sides).
    chain : slice
        The chains of the ensemble to take.

    Raises
    ------
    InputError
        If sides or values are not those of the training.
    """
    found = configurations(given, chain=chain, space=network.channels.space, axes=len(network.shape))
    if found.shape != network.shape:
        got, trained = (" x ".join(map(str, sides)) for sides in (found.shape, network.shape))
        raise InputError("lattice", got, f"the network was trained on sides {trained}")
    if hasattr(given, "packed") and not network.channels.same(Channels.of(found.space)):
        raise InputError("ensemble", found.space.text, "the network was trained on other values of a site")
    return found


def encode(
    network: Network,
    given: PackedEnsemble | np.ndarray,
    *,
    chain: slice = slice(None),
    turned: np.ndarray | None = None,
    report: Report = silent,
) -> Latents:
    """Return the posterior of every configuration, float32 (..., latent); see `TCVAE.encode`.

    ``turned`` is a permutation of the codes, int64 (q,), under which they are looked at.
    """
    found = readable(network, given, chain=chain)
    mean = np.empty((found.count, network.latent), np.float32)
    deviation = np.empty_like(mean)
    done = 0
    with torch.inference_mode():
        for codes in found.stream(CHUNK):
            part = slice(done, done + len(codes))
            means, log_variances = network.encode(see(network.channels, codes if turned is None else turned[codes]))
            mean[part] = means.numpy()
            deviation[part] = torch.exp(0.5 * log_variances).numpy()
            done = part.stop
            report(done / found.count, "")
    shape = (*found.leading, network.latent)
    return Latents(mean.reshape(shape), deviation.reshape(shape))


def decode(network: Network, z: np.ndarray) -> np.ndarray:
    """Return the probability of each value at every site, float32 (..., *sides, q), at latents (..., latent).

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
    found = np.empty((len(flat), *network.shape, len(network.channels.values)), np.float32)
    with torch.inference_mode():
        for start in range(0, len(flat), CHUNK):
            part = slice(start, start + CHUNK)
            natural = network.decode(torch.from_numpy(flat[part]))
            found[part] = torch.exp(network.log_probabilities(natural)).numpy()
    return found.reshape(*points.shape[:-1], *found.shape[1:])
