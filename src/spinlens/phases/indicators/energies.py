"""The energy of each draw, where the model is known: the baseline that no learned indicator of temperature beats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spinlens.ensemble import Ensemble
from spinlens.errors import InputError

Array = NDArray[np.float64]


def energies(ensemble: Ensemble, **fixed: float) -> Array:
    """Return the energy per site of each draw over temperatures.

    Parameters
    ----------
    ensemble : Ensemble
        Of any model.
    **fixed : float
        Which value of the other controls, where they were varied too.

    Returns
    -------
    ndarray of float64, (temperature, chain, draw)
        In units of energy.

    Raises
    ------
    InputError
        If other controls were varied and are not named.
    """
    found = ensemble.energy.sel(fixed, method="nearest", tolerance=1e-12) if fixed else ensemble.energy
    others = [str(name) for name in found.dims if name not in ("temperature", "chain", "draw")]
    for name in others:
        if found.sizes[name] > 1:
            raise InputError(name, f"{found.sizes[name]} values", "varies beside the temperature", "Choose one of them")
    return np.asarray(found.squeeze(others, drop=True).transpose("temperature", "chain", "draw").values)
