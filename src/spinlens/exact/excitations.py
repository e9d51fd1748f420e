"""What an order parameter excites, from all eigenstates: its correlation in imaginary time, the lowest excitation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinlens.exact.conditions import check_controls, check_one_temperature, check_solvable
from spinlens.exact.diagonalisation import Spectrum, spectrum
from spinlens.exact.enumeration import all_states
from spinlens.lattices import Lattice, check_lattice
from spinlens.models import Model

Array = NDArray[np.float64]

NOTHING = 1e-10
"""Squares of matrix elements below this are rounding."""


def time_correlation(model: Model, lattice: Lattice, *, times: Any, temperature: float, **controls: float) -> Array:
    """Return N <m(0) m(u / T)> of the model's first order parameter m at imaginary times u / T.

    Parameters
    ----------
    times : array, shape (n,)
        u, shares of the circle of imaginary time.
    model, lattice, temperature, **controls
        As of `spinlens.exact.diagonalise`, and so are errors.

    Returns
    -------
    ndarray, float64 (n,)
    """
    found, elements = _excited(model, lattice, controls)
    t, u = check_one_temperature(temperature), np.asarray(times, dtype=np.float64)
    levels = (found.levels - found.levels[0]) / t
    # Tr exp(-(1 - u) H / T) m exp(-u H / T) m / Z.
    outer, inner = np.exp(-(1.0 - u)[:, None] * levels), np.exp(-u[:, None] * levels)
    return np.asarray(np.einsum("un,nm,um->u", outer, elements, inner) / np.exp(-levels).sum())


def excitation_gap(model: Model, lattice: Lattice, **controls: float) -> float:
    """Return the lowest energy above the ground state that the first order parameter leads to, in units of energy.

    Parameters and errors are those of `spinlens.exact.diagonalise`.
    """
    found, elements = _excited(model, lattice, controls)
    reached = elements[0, 1:] > NOTHING
    return float(found.levels[1:][reached].min() - found.levels[0])


def _excited(model: Model, lattice: Lattice, controls: dict[str, float]) -> tuple[Spectrum, Array]:
    """Return the eigenstates, and N times the squares of the order parameter's matrix elements."""
    model, lattice = check_solvable(model, imaginary_time=True), check_lattice(lattice)
    found = spectrum(model, lattice, tuple(check_controls(model, controls).items()))
    tables, order = model.tables(lattice), model.order_parameters(lattice)[0]
    sums = dict(zip(tables.names, tables.sums(all_states(2, lattice.sites)), strict=True))
    m = order.values(sums, lattice.sites)[:, 0]
    return found, lattice.sites * (found.vectors.T @ (m[:, None] * found.vectors)) ** 2
