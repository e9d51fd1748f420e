"""Bootstrap over chains: the only things that are independent in one column of a plane."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.phases.planes import axes
from spinlens.seeds import Purpose, generator

Floats = NDArray[np.float64]


def check_resampling(chains: int, resamples: int) -> None:
    """Refuse what cannot give an error.

    Raises
    ------
    InputError
        If there are fewer than two chains or fewer than two resamples.
    """
    if chains < 2:
        raise InputError(
            "chains", chains, "an error from chains needs at least 2", "Simulate more (64 cost the same as 1)"
        )
    if resamples < 2:
        raise InputError("resamples", resamples, "must be at least 2", "200 give the error to 5 %")


def chain_weights(chains: int, resamples: int, *, seed: int, column: int) -> Floats:
    """Draw chains with replacement, as weights.

    Parameters
    ----------
    chains, resamples : int
        How many to draw, and how often.
    seed : int
        The user's seed.
    column : int
        Index of the column of the plane, which names the stream.

    Returns
    -------
    ndarray of float64, shape (1 + resamples, chains)
        Rows sum to one. Row 0 weighs all chains equally: the estimate itself.

    Notes
    -----
    One drawing serves all temperatures of a column, because replica exchange couples equal chains along
    the temperature axis; different columns are independent and draw from different streams.
    B. Efron, Ann. Stat. 7, 1 (1979). https://doi.org/10.1214/aos/1176344552
    """
    counts = generator(seed, Purpose.BOOTSTRAP, column).multinomial(chains, np.full(chains, 1 / chains), resamples)
    return np.vstack([np.ones(chains), counts]) / chains


def resampled_profiles(maps: xr.Dataset, name: str, *, resamples: int, seed: int) -> Floats:
    """Return ``NAME_chain`` averaged over resampled chains.

    Returns
    -------
    ndarray of float64, shape (across, 1 + resamples, along)
        Index 0 of the second axis is the plain mean.
    """
    values = maps[f"{name}_chain"].transpose(*axes(maps), "chain").to_numpy()
    weights = (chain_weights(values.shape[2], resamples, seed=seed, column=column) for column in range(len(values)))
    return np.stack([weight @ profile.T.astype(np.float64) for weight, profile in zip(weights, values, strict=True)])
