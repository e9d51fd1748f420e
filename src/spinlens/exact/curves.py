"""Exact curves for pictures: whichever oracle answers quickly for a model on a finite lattice, or none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman
from spinlens.lattices import Lattice
from spinlens.models import Model

Array = NDArray[np.float64]

FEW_STATES = 1 << 16
"""States that are summed for a picture without anybody noticing how long it takes."""

NAMES = ("energy", "specific_heat", "susceptibility", "susceptibility_absolute", "binder_cumulant")


def exact_values(model: Model, lattice: Lattice, *, temperature: Any, **controls: float) -> dict[str, Array]:
    """Return exact averages at some temperatures, as far as they are known and quickly worked out.

    Parameters
    ----------
    model, lattice, **controls
        As of the oracles in `spinlens.exact`.
    temperature : array (T,)
        T > 0.

    Returns
    -------
    dict of str to ndarray, float64 (T,)
        By the names of `spinlens.statistics.observables`: of all states where they are few, else of Kaufman's formula;
        empty where neither answers, or the model is sealed.
    """
    temperatures = np.atleast_1d(np.asarray(temperature, dtype=np.float64))
    try:
        if model.space.states**lattice.sites <= FEW_STATES:
            found = [enumerate_states(model, lattice, temperature=float(t), **controls) for t in temperatures]
            orders = [order.name for order in model.order_parameters(lattice)]
            wanted = [*NAMES, *orders, *(f"absolute_{name}" for name in orders)]
            return {
                name: np.array([each[name] for each in found], dtype=np.float64) for name in found[0] if name in wanted
            }
        torus = kaufman(model, lattice, temperature=temperatures, **controls)
        return {name: np.asarray(torus[name], dtype=np.float64) for name in ("energy", "specific_heat")}
    except InputError:
        return {}
