"""How well a network gives configurations back: the numbers behind the paper's figures 9 to 11."""

from __future__ import annotations

import math

import numpy as np
import torch
import xarray as xr

from spinlens.errors import InputError
from spinlens.learning.channels import PackedEnsemble, see
from spinlens.learning.latents import CHUNK, readable
from spinlens.learning.tcvae import TCVAE
from spinlens.progress import progress_bar


def reconstruct(
    vae: TCVAE,
    ensemble: PackedEnsemble,
    *,
    chain: slice | None = None,
    bins: int = 100,
    progress: bool = False,
) -> xr.Dataset:
    """Compare configurations with what the network makes of their latent means.

    Parameters
    ----------
    vae : TCVAE
        A trained network.
    ensemble : Ensemble
        Where the configurations come from.
    chain : slice, optional
        Chains to take; those kept from training by default.
    bins : int
        Bins of each histogram.
    progress : bool
        Whether to show how far it is.

    Returns
    -------
    Dataset
        Counts ``spin_error`` (code minus expected code over the largest code, one count per site),
        ``absolute_spin_error`` and ``kl_divergence`` (of the posterior from the prior, in nats, one count per
        configuration), each along ``NAME_bin`` with the centres as coordinate, ``NAME_edge`` beside; numbers
        ``mean_spin_error``, ``mean_absolute_spin_error``, ``spin_accuracy``, ``cross_entropy`` (nats per
        configuration), ``mean_kl_divergence`` and ``kl_divergence_quantile``.

    Raises
    ------
    InputError
        If there are no such chains or the lattice is another one.
    """
    kept = vae.held_out_chains if chain is None else chain
    given = readable(vae.network_, ensemble, chain=kept)
    count = given.count
    if not count:
        raise InputError("chain", kept, "names no chains of the ensemble")
    error_edges, absolute_edges = np.linspace(-1, 1, bins + 1), np.linspace(0, 1, bins + 1)
    errors, absolutes = np.zeros(bins, np.int64), np.zeros(bins, np.int64)
    sums = np.zeros(4)
    divergence = np.empty(count, np.float32)
    done = 0
    network, sites = vae.network_, math.prod(vae.network_.shape)
    with progress_bar("reconstruct", show=progress) as report, torch.inference_mode():
        for codes in given.stream(CHUNK):
            seen = see(network.channels, codes)
            mean, log_variance = network.encode(seen)
            kl = 0.5 * (mean**2 + torch.exp(log_variance) - log_variance - 1).sum(1)
            divergence[done : done + len(codes)] = kl.numpy()
            log_probabilities = network.log_probabilities(network.decode(mean))
            difference = _deviation(torch.exp(log_probabilities).numpy(), codes).ravel()
            errors += np.histogram(difference, error_edges)[0]
            magnitude = np.abs(difference)
            absolutes += np.histogram(magnitude, absolute_edges)[0]
            entropy = -np.take_along_axis(log_probabilities.numpy(), codes[..., None].astype(np.intp), -1)
            right = np.count_nonzero(log_probabilities.argmax(-1).numpy() == codes)
            sums += [difference.sum(dtype=float), magnitude.sum(dtype=float), right, entropy.sum(dtype=float)]
            done += len(codes)
            report(done / count, "")
    data = _histogram("spin_error", errors, error_edges)
    data |= _histogram("absolute_spin_error", absolutes, absolute_edges)
    data |= _histogram("kl_divergence", *np.histogram(divergence, bins))
    quantile = np.array([0.01, 0.5, 0.99])
    numbers = {
        "mean_spin_error": sums[0] / count / sites,
        "mean_absolute_spin_error": sums[1] / count / sites,
        "spin_accuracy": sums[2] / count / sites,
        "cross_entropy": sums[3] / count,
        "mean_kl_divergence": float(divergence.mean(dtype=float)),
        "kl_divergence_quantile": ("quantile", np.quantile(divergence, quantile)),
    }
    configurations = {"configurations": count, "estimator": vae.estimator}
    return xr.Dataset({**data, **numbers}, coords={"quantile": quantile}, attrs=configurations)


def _deviation(probabilities: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return by how much each code is larger than its expectation, in units of the largest, (n, *sides)."""
    most = probabilities.shape[-1] - 1
    expected: np.ndarray = (codes - probabilities @ np.arange(most + 1, dtype=np.float32)) / most
    return expected


def _histogram(name: str, counts: np.ndarray, edges: np.ndarray) -> dict[str, xr.DataArray]:
    dimension = f"{name}_bin"
    centres = 0.5 * (edges[1:] + edges[:-1])
    return {
        name: xr.DataArray(counts, {dimension: centres}, [dimension]),
        f"{name}_edge": xr.DataArray(edges, dims=[f"{name}_edges"]),
    }
